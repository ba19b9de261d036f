/**
 * @file Characters that no one writes: a few strokes of a pen, joined as a hand would join them. Material for rejection training that has seen no
 * letter.
 *
 * Idea: a character is a handful of simple strokes, each beginning somewhere on those before it (Lake, Salakhutdinov, Tenenbaum, "Human-level
 * concept learning through probabilistic program induction", Science 350, 2015); here every choice is left to chance. Some come out as digits or
 * letters by chance: treat them as noisy outliers.
 */
import { checkOptions, ensure, largest, rng, smallest, type Rng } from '../base/index.ts'
import { inMemory, type Dataset } from '../dataset/index.ts'
import { mnistFrame } from './mnist-frame.ts'

type Point = readonly [x: number, y: number]
type Stroke = readonly Point[]

/**
 * Invented characters, each another one: one to four strokes (lines, arcs, free curves), mostly joined, in MNIST's frame.
 *
 * @param options.count how many
 * @returns 28x28x1 images of one class, `invented`
 * @throws KindredError `usage` for a count that is no whole number above 0
 * cost: about 1 ms an image
 */
export function inventedCharacters(options: { count: number; seed?: number }): Dataset {
  const where = 'invented characters'
  checkOptions(where, options, ['count', 'seed'])
  const { count, seed = 0 } = options
  ensure(Number.isInteger(count) && count > 0, where, 'count must be a whole number above 0', count)
  const random = rng(seed).fork(where)
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++)
    images.set(mnistFrame(ink(character(random), within(random, 1.6, 3.4)), canvas, canvas, { invert: false }), i * 784)
  return inMemory({ images, labels: new Int32Array(count), height: 28, width: 28, classes: ['invented'], source: 'invented characters' })
}

const within = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()
const oneOf = <T>(random: Rng, list: readonly T[]): T => list[random.integer(list.length)]

/** One to four strokes in the unit square (and somewhat beyond); most begin on a stroke that is there. */
function character(random: Rng): Stroke[] {
  const strokes: Stroke[] = []
  const count = oneOf(random, [1, 2, 2, 2, 3, 3, 3, 4])
  while (strokes.length < count) strokes.push(stroke(random, startOf(strokes, random)))
  return strokes
}

/** Where the next stroke begins: at the end of the last one, anywhere on one of them, or in the open. */
function startOf(strokes: readonly Stroke[], random: Rng): Point {
  const choice = random.uniform()
  if (strokes.length > 0 && choice < 0.5) return strokes.at(-1)!.at(-1)!
  if (strokes.length > 0 && choice < 0.85) return oneOf(random, oneOf(random, strokes))
  return [random.uniform(), random.uniform()]
}

function stroke(random: Rng, from: Point): Stroke {
  const kind = random.uniform()
  return kind < 0.42 ? line(random, from) : kind < 0.87 ? arc(random, from) : curve(random, from)
}

const samples = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i / n)

/** Mostly upright or level, slightly bowed. */
function line(random: Rng, [x, y]: Point): Stroke {
  const eighth = random.uniform() < 0.75 ? 2 * random.integer(4) : random.integer(8)
  const angle = (eighth * Math.PI) / 4 + within(random, -0.2, 0.2)
  const length = within(random, 0.25, 1)
  const bow = within(random, -0.06, 0.06)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return samples(10).map((t) => {
    const aside = bow * Math.sin(Math.PI * t)
    return [x + length * t * cos - aside * sin, y + length * t * sin + aside * cos]
  })
}

/** A quarter, half, three quarters or the whole of an ellipse, roughly. */
function arc(random: Rng, [x, y]: Point): Stroke {
  const wide = within(random, 0.14, 0.45)
  const high = wide * (random.uniform() < 0.5 ? within(random, 0.88, 1.12) : within(random, 0.6, 1.7))
  const lean = within(random, -0.3, 0.3)
  const [cos, sin] = [Math.cos(lean), Math.sin(lean)]
  const sweep = oneOf(random, [-1, 1]) * Math.PI * oneOf(random, [0.5, 1, 1, 1, 1.5, 1.5, 2]) * within(random, 0.88, 1.12)
  const begin = (random.integer(8) * Math.PI) / 4 + within(random, -0.25, 0.25)
  const at = (t: number): Point => {
    const [u, v] = [wide * Math.cos(begin + sweep * t), high * Math.sin(begin + sweep * t)]
    return [u * cos - v * sin, u * sin + v * cos]
  }
  const [u0, v0] = at(0)
  return samples(24).map((t) => {
    const [u, v] = at(t)
    return [x + u - u0, y + v - v0]
  })
}

/** A smooth curve through two to four more points (Catmull-Rom). */
function curve(random: Rng, from: Point): Stroke {
  const knots: Point[] = [from]
  const count = 3 + random.integer(3)
  while (knots.length < count) knots.push([random.uniform(), random.uniform()])
  return knots.slice(1).flatMap((to, i) => {
    const [before, here, after] = [knots[Math.max(0, i - 1)], knots[i], knots[Math.min(count - 1, i + 2)]]
    const axis = (d: 0 | 1, t: number): number =>
      0.5 *
      (2 * here[d] +
        (to[d] - before[d]) * t +
        (2 * before[d] - 5 * here[d] + 4 * to[d] - after[d]) * t ** 2 +
        (3 * here[d] - before[d] - 3 * to[d] + after[d]) * t ** 3)
    return samples(12).map((t): Point => [axis(0, t), axis(1, t)])
  })
}

/** Side of the square a character is drawn in; it fills `drawn` of it. */
const canvas = 80
const drawn = 66

/** Strokes as ink 0..1, drawn with a round pen `pen` px wide in MNIST's frame: clamp(radius + 1/2 - distance to the stroke). */
function ink(strokes: readonly Stroke[], pen: number): Float32Array {
  const points = strokes.flat()
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])]
  const [left, top] = [smallest(xs), smallest(ys)]
  const scale = drawn / Math.max(largest(xs) - left, largest(ys) - top, 0.05)
  // the 20 px of the frame hold the drawing and a pen's width of about 2
  const radius = ((pen / 18) * drawn) / 2
  const border = (canvas - drawn) / 2
  const place = ([x, y]: Point): Point => [(x - left) * scale + border, (y - top) * scale + border]
  const out = new Float32Array(canvas * canvas)
  for (const s of strokes) {
    const placed = s.map(place)
    for (let i = 1; i < placed.length; i++) drawSegment(out, placed[i - 1], placed[i], radius)
  }
  return out
}

function drawSegment(out: Float32Array, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const [dx, dy] = [bx - ax, by - ay]
  const squared = dx * dx + dy * dy
  const reach = radius + 0.5
  const farthest = reach * reach
  const x1 = Math.min(canvas - 1, Math.ceil(Math.max(ax, bx) + reach))
  const y1 = Math.min(canvas - 1, Math.ceil(Math.max(ay, by) + reach))
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= y1; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach)); x <= x1; x++) {
      const t = squared === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared))
      const u = x - ax - t * dx
      const v = y - ay - t * dy
      const away = u * u + v * v
      if (away >= farthest) continue
      const value = Math.min(1, reach - Math.sqrt(away))
      if (value > out[y * canvas + x]) out[y * canvas + x] = value
    }
  }
}
