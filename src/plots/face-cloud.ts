/**
 * @file Faces in a box: every picture near its place, none covering another, framed by its person's colour, people named beside their clusters.
 */
import { ensure, show, smallest } from '../base/index.ts'
import type { Box } from './axes.ts'
import { places, type Labels, type Place } from './cloud.ts'
import { jpegDataUri, type Photos } from '../images/index.ts'
import { removeOverlaps } from './remove-overlaps.ts'
import { classColour, readable, shade, tone } from './style.ts'
import { element, label, line, num, rect } from './svg.ts'
import { textWidth } from './text-width.ts'

/** The frame of a face whose person is unknown: grey dashes, as one of the class colours is a grey too. */
export const unlabelledFrame = { fill: tone.paper, stroke: tone.faint, 'stroke-width': 1.2, 'stroke-dasharray': '3 2' }

/** Faces to be drawn: pictures, people and their names. */
export interface Faces {
  images: Photos
  /** A number into `names` for each face; -1: unlabelled. */
  labels: Labels
  names: readonly string[]
}

/** Throws unless pictures and labels are n of known people. */
export function checkFaces(where: string, { images, labels, names }: Faces, n: number): void {
  const { height, width, channels = 3 } = images
  ensure(n > 0, where, 'there must be at least one face', 'none', 'Find some faces first.')
  ensure(labels.length === n, where, `labels must hold one number for each of ${n} faces`, labels.length)
  ensure(
    height > 0 && width > 0 && images.pixels.length === n * height * width * channels,
    where,
    `images.pixels must be ${n} x ${height} x ${width} x ${channels} bytes`,
    images.pixels.length,
  )
  const stray = Array.prototype.findIndex.call(labels, (l: number) => l < -1 || l >= names.length)
  ensure(
    stray < 0,
    where,
    `labels must be -1 or numbers below ${names.length}`,
    labels[stray],
    `Name all people; the names are ${show(names)}.`,
  )
}

/** Throws unless x and y are n numbers from 0 to 1. */
export function checkMap(where: string, x: ArrayLike<number>, y: ArrayLike<number>, n: number): void {
  for (const [name, list] of [
    ['x', x],
    ['y', y],
  ] as const) {
    ensure(list.length === n, where, `${name} must hold ${n} numbers, one a face`, list.length)
    const stray = Array.prototype.find.call(list, (v: number) => !(v >= 0 && v <= 1))
    ensure(stray === undefined, where, `${name} must be numbers from 0 to 1`, stray, 'Pass the map through normalise01 first.')
  }
}

/**
 * The side of a face's cell: a quarter of the box is covered where that gives 22 to 84 pixels.
 *
 * Many faces may fill up to 0.72 of the box before they become smaller than 22 pixels.
 */
export function cellSide(n: number, box: { width: number; height: number }): number {
  const area = box.width * box.height
  const side = Math.min(84, Math.max(Math.sqrt((0.25 * area) / n), Math.min(22, Math.sqrt((0.72 * area) / n))))
  // Whole cells must fit; in a box of few cells the edge that is left over counts.
  for (let s = side; ; s *= 0.98) if (Math.floor(box.width / s) * Math.floor(box.height / s) >= n) return s
}

/** Where x and y of 0..1 lie in the box: the same scale along both axes, y upwards, the cloud's middle in the box's middle. */
export function onPage(x: ArrayLike<number>, y: ArrayLike<number>, box: Box, margin: number): Float64Array {
  const [left, right, low, high] = [least(x), -least(Array.from(x, (v) => -v)), least(y), -least(Array.from(y, (v) => -v))]
  const scales = [(box.width - 2 * margin) / (right - left), (box.height - 2 * margin) / (high - low)].filter(Number.isFinite)
  const k = scales.length === 0 ? 0 : smallest(scales)
  return Float64Array.from({ length: 2 * x.length }, (_, i) =>
    i % 2 === 0
      ? box.left + box.width / 2 + (x[i >> 1] - (left + right) / 2) * k
      : box.top + box.height / 2 - (y[i >> 1] - (low + high) / 2) * k,
  )
}

const least = (list: ArrayLike<number>) =>
  Array.prototype.reduce.call(list, (a, b) => Math.min(a as number, b as number), Infinity) as number

/** The pictures as JPEG data URIs, drawn with `side` pixels, two pixels of the JPEG to one of the page. */
export function thumbnails({ images, labels }: Faces, side: number): Promise<string[]> {
  const each = images.pixels.length / labels.length
  return Promise.all(Array.from(labels, (_, i) => jpegDataUri(images.pixels.subarray(i * each, (i + 1) * each), images, 2 * side)))
}

/**
 * Draws the faces in a box.
 *
 * @param x, y 0..1, y upwards
 * @param uris of {@link thumbnails}
 * @param side of a cell: frame, picture and a gap of one and a half pixels
 * @returns SVG; how many faces lie more than three cells from their true place, each tied to it by a thin line
 */
export function faceCloud(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  faces: Faces,
  uris: readonly string[],
  side: number,
  box: Box,
): { svg: string; far: number } {
  const { images, labels, names } = faces
  const wanted = onPage(x, y, box, side / 2)
  const at = removeOverlaps(wanted, side, box)
  const frame = Math.min(3, Math.max(1.4, side / 16))
  const inner = side - 1.5 - 2 * frame
  const k = inner / Math.max(images.width, images.height)
  const [w, h] = [images.width * k, images.height * k]
  const colourOf = (l: number) => (l < 0 ? tone.faint : classColour(l))
  let [ties, svg, far] = ['', '', 0]
  for (const [i, l] of labels.entries()) {
    const [px, py, tx, ty] = [at[2 * i], at[2 * i + 1], wanted[2 * i], wanted[2 * i + 1]]
    if (Math.hypot(px - tx, py - ty) > 3 * side) {
      far++
      ties +=
        line(px, py, tx, ty, { stroke: colourOf(l), 'stroke-width': 1 }) + element('circle', { cx: tx, cy: ty, r: 2, fill: colourOf(l) })
    }
    svg += rect(px - w / 2 - frame, py - h / 2 - frame, w + 2 * frame, h + 2 * frame, {
      rx: frame,
      ...(l < 0 ? unlabelledFrame : { fill: colourOf(l) }),
    })
    svg += `<image x="${num(px - w / 2)}" y="${num(py - h / 2)}" width="${num(w)}" height="${num(h)}" href="${uris[i]}"/>`
  }
  return { svg: `${ties}<g>${svg}</g>${nameClusters(at, labels, names, side, box)}`, far }
}

/** A rectangle given by its middle; `label` is the person of a face, undefined for a name. */
interface Tile {
  x: number
  y: number
  w: number
  h: number
  label?: number
}

/** Each person's name in free space beside their cluster; a name that finds none is left to the legend. */
function nameClusters(at: Float64Array, labels: Labels, names: readonly string[], side: number, box: Box): string {
  const known = Array.from(labels.keys()).filter((i) => labels[i] >= 0)
  const pixels = Float32Array.from(known.flatMap((i) => [at[2 * i], at[2 * i + 1]]))
  const found = places(
    pixels,
    Int32Array.from(known, (i) => labels[i]),
    names.length,
    box,
    { share: 0.3, perClass: 2, cell: 1.5 * side },
  )
  const taken: Tile[] = Array.from(labels, (l, i) => ({ x: at[2 * i], y: at[2 * i + 1], w: side, h: side, label: l }))
  let svg = ''
  for (const place of found) {
    const text = names[place.classIndex]
    const spot = freeSpot(place, { w: textWidth(text, 14, 600) + 6, h: 18 }, taken, box, 100 + 2.5 * side)
    if (spot === undefined) continue
    taken.push(spot)
    svg += label(spot.x, spot.y + 5, text, {
      size: 14,
      weight: 600,
      anchor: 'middle',
      halo: 3,
      fill: shade(readable(classColour(place.classIndex)), -0.2),
    })
  }
  return svg
}

/** The free rectangle nearest to a cluster's middle, among those nearer to one of its person's faces than to any other face. */
function freeSpot(place: Place, { w, h }: { w: number; h: number }, taken: readonly Tile[], box: Box, reach: number): Tile | undefined {
  const gap = (t: Tile, x: number, y: number) =>
    Math.hypot(Math.max(0, Math.abs(t.x - x) - (w + t.w) / 2), Math.max(0, Math.abs(t.y - y) - (h + t.h) / 2))
  const near = taken.filter((t) => gap(t, place.x, place.y) < reach + 30)
  let [best, least]: [Tile | undefined, number] = [undefined, Infinity]
  for (let dy = -reach; dy <= reach; dy += 6) {
    for (let dx = -reach; dx <= reach; dx += 6) {
      const [x, y, far] = [place.x + dx, place.y + dy, Math.hypot(dx / 1.4, dy)] // above or below rather than beside
      if (
        far >= least ||
        x - w / 2 < box.left ||
        x + w / 2 > box.left + box.width ||
        y - h / 2 < box.top ||
        y + h / 2 > box.top + box.height
      )
        continue
      let [own, other] = [30, Infinity]
      for (const t of near) {
        const d = gap(t, x, y)
        if (d === 0) {
          own = Infinity // not free
          break
        }
        if (t.label === place.classIndex) own = Math.min(own, d)
        else if (t.label !== undefined) other = Math.min(other, d)
      }
      if (own < 30 && own < other) [best, least] = [{ x, y, w, h }, far]
    }
  }
  return best
}
