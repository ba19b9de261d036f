/** @file Strokes as ink: where they lie, how long they are, and a pen that draws them, as wide and with edges as sharp as MNIST's. */
import type { Rng } from '../base/index.ts'
import { chance, within, type Point, type Stroke } from './strokes.ts'

/** The smallest box round strokes. */
export interface StrokeBox {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export function boxOf(strokes: readonly Stroke[]): StrokeBox {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const s of strokes) {
    for (const [x, y] of s) {
      if (x < left) left = x
      if (x > right) right = x
      if (y < top) top = y
      if (y > bottom) bottom = y
    }
  }
  return { left, top, right, bottom }
}

/** The same stroke elsewhere. */
export const moved = (stroke: Stroke, dx: number, dy: number): Stroke => stroke.map(([x, y]): Point => [x + dx, y + dy])

/** Side of the square that {@link drawStrokes} draws in, pixels; the drawing fills `drawn` of it. */
export const drawingSide = 64
const drawn = 50
/** Half the width of a stroke's edge, pixels of the drawing: MNIST was averaged down from black and white. */
const softness = 0.25
/** The 20 px of the frame hold the drawing and a pen's width of about 2. */
const framed = 18

/** Length of all strokes in pixels of MNIST's frame, where their longer side is 18. */
export function pathLength(strokes: readonly Stroke[]): number {
  let length = 0
  for (const s of strokes) for (let i = 1; i < s.length; i++) length += Math.hypot(s[i][0] - s[i - 1][0], s[i][1] - s[i - 1][1])
  return length * scaleOf(boxOf(strokes), framed)
}

/** From the unit of strokes to a longer side of `size`. */
const scaleOf = ({ left, top, right, bottom }: StrokeBox, size: number): number => size / Math.max(right - left, bottom - top, 0.05)

/**
 * Draws strokes with one pen: about 2.5 px wide in the frame, thinner for long paths; of some pens the width hangs on the direction (a flat nib), with some
 * strokes run thin.
 *
 * @returns ink 0..1, [drawingSide x drawingSide]: clamp(1/2 + (radius - distance to the stroke) / (2 softness))
 */
export function drawStrokes(random: Rng, strokes: readonly Stroke[]): Float32Array {
  const box = boxOf(strokes)
  const scale = scaleOf(box, drawn)
  const border = (drawingSide - drawn) / 2
  const wide = Math.max(1.5, 2.55 + 0.5 * random.normal()) * Math.min(1, Math.max(0.75, 1.25 - pathLength(strokes) / 200))
  const radius = ((wide / framed) * drawn) / 2
  const flat = chance(random, 0.35) ? within(random, 0.1, 0.35) : 0
  const held = within(random, 0, Math.PI)
  const taper = chance(random, 0.3) ? within(random, 0.1, 0.4) : 0
  const out = new Float32Array(drawingSide * drawingSide)
  for (const s of strokes) {
    const placed = s.map(([x, y]): Point => [(x - box.left) * scale + border, (y - box.top) * scale + border])
    const last = placed.length - 1
    const thinned = (i: number): number => 1 - taper * Math.max(0, (2 * i) / last - 1)
    for (let i = 0; i < last; i++) {
      const [a, b] = [placed[i], placed[i + 1]]
      const pressed = radius * (1 + flat * (2 * Math.abs(Math.sin(Math.atan2(b[1] - a[1], b[0] - a[0]) - held)) - 1))
      drawPiece(out, a, b, pressed * thinned(i), pressed * thinned(i + 1))
    }
  }
  return out
}

/** A straight piece whose radius goes from one number to another. */
function drawPiece(out: Float32Array, [ax, ay]: Point, [bx, by]: Point, from: number, to: number): void {
  const [dx, dy] = [bx - ax, by - ay]
  const squared = dx * dx + dy * dy
  const reach = Math.max(from, to) + softness
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - reach))
  const x1 = Math.min(drawingSide - 1, Math.ceil(Math.max(ax, bx) + reach))
  const y1 = Math.min(drawingSide - 1, Math.ceil(Math.max(ay, by) + reach))
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const along = squared === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / squared
      const t = along < 0 ? 0 : along > 1 ? 1 : along
      const u = x - ax - t * dx
      const v = y - ay - t * dy
      const edge = from + t * (to - from) + softness
      const away = u * u + v * v
      if (away >= edge * edge) continue
      const value = Math.min(1, (edge - Math.sqrt(away)) / (2 * softness))
      if (value > out[y * drawingSide + x]) out[y * drawingSide + x] = value
    }
  }
}
