/**
 * @file Faces in a box: every picture near its place, none covering another, framed by its person's colour, people named beside their clusters.
 */
import { ensure, show, smallest } from '../base/index.ts'
import type { Box } from './axes.ts'
import { names as nameBeside, places, type Labels } from './cloud.ts'
import { jpegDataUri, type Photos } from '../images/index.ts'
import { removeOverlaps } from './remove-overlaps.ts'
import type { ShownClasses } from './shown-classes.ts'
import { tone } from './style.ts'
import { label, line, num, rect } from './svg.ts'

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

/** What a map shows of 0..1 along each axis: the quarters that all places lie in, at least half of the whole. */
export function shownRange(list: ArrayLike<number>): [number, number] {
  const [low, high] = [least(list), -least(Array.from(list, (v) => -v))]
  const [from, to] = [Math.floor(low * 4) / 4, Math.ceil(high * 4) / 4]
  return to - from >= 0.5 ? [from, to] : from < 0.25 ? [0, 0.5] : to > 0.75 ? [0.5, 1] : [0.25, 0.75]
}

/** From a map's 0..1 to pixels: the same scale along both axes, y upwards, what is shown of it in the box's middle. */
export interface PageScale {
  x: (v: number) => number
  y: (v: number) => number
  rangeX: readonly [number, number]
  rangeY: readonly [number, number]
  /** Pixels. */
  perUnit: number
}

/** Lays what a map shows into a box. */
export function pageScale(x: ArrayLike<number>, y: ArrayLike<number>, box: Box, margin: number): PageScale {
  const [rangeX, rangeY] = [shownRange(x), shownRange(y)]
  const k = smallest([(box.width - 2 * margin) / (rangeX[1] - rangeX[0]), (box.height - 2 * margin) / (rangeY[1] - rangeY[0])])
  return {
    x: (v) => box.left + box.width / 2 + (v - (rangeX[0] + rangeX[1]) / 2) * k,
    y: (v) => box.top + box.height / 2 - (v - (rangeY[0] + rangeY[1]) / 2) * k,
    rangeX,
    rangeY,
    perUnit: k,
  }
}

const least = (list: ArrayLike<number>) =>
  Array.prototype.reduce.call(list, (a, b) => Math.min(a as number, b as number), Infinity) as number

/** Room for the numbers of {@link scaleMarks}, left of a map and below it, pixels. */
export const scaleRoom = { left: 30, below: 20 }

/** Quiet grid lines at quarters of the map's 0..1, their numbers left of the box and below it. */
export function scaleMarks({ x, y, rangeX, rangeY }: PageScale, box: Box): string {
  const [right, bottom] = [box.left + box.width, box.top + box.height]
  const quarters = [0, 0.25, 0.5, 0.75, 1]
  let svg = ''
  for (const q of quarters.filter((v) => v >= rangeX[0] && v <= rangeX[1])) {
    svg += line(x(q), box.top, x(q), bottom + 4, { stroke: tone.grid })
    svg += label(x(q), bottom + 16, String(q), { size: 11, anchor: 'middle', fill: tone.faint })
  }
  for (const q of quarters.filter((v) => v >= rangeY[0] && v <= rangeY[1])) {
    svg += line(box.left - 4, y(q), right, y(q), { stroke: tone.grid })
    svg += label(box.left - 7, y(q) + 4, String(q), { size: 11, anchor: 'end', fill: tone.faint })
  }
  return svg
}

/** The pictures as JPEG data URIs, drawn with `side` pixels, two pixels of the JPEG to one of the page. */
export function thumbnails({ images, labels }: Faces, side: number): Promise<string[]> {
  const each = images.pixels.length / labels.length
  return Promise.all(Array.from(labels, (_, i) => jpegDataUri(images.pixels.subarray(i * each, (i + 1) * each), images, 2 * side)))
}

/**
 * Draws the faces in a box, over a quiet scale.
 *
 * @param x, y 0..1, y upwards
 * @param uris of {@link thumbnails}
 * @param side of a cell: frame, picture and a gap of one and a half pixels
 * @returns SVG; how far the farthest face lies from its true place, in units of the map
 */
export function faceCloud(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  faces: Faces & { shown: ShownClasses },
  uris: readonly string[],
  side: number,
  box: Box,
): { svg: string; moved: number } {
  const { images, labels, names, shown } = faces
  const scale = pageScale(x, y, box, side / 2)
  const wanted = Float64Array.from({ length: 2 * x.length }, (_, i) => (i % 2 === 0 ? scale.x(x[i >> 1]) : scale.y(y[i >> 1])))
  const at = removeOverlaps(wanted, side, box)
  const frame = Math.min(3, Math.max(1.4, side / 16))
  const inner = side - 1.5 - 2 * frame
  const k = inner / Math.max(images.width, images.height)
  const [w, h] = [images.width * k, images.height * k]
  const colourOf = (l: number) => (l < 0 ? tone.faint : shown.colours[l])
  let [svg, moved] = ['', 0]
  for (const [i, l] of labels.entries()) {
    const [px, py] = [at[2 * i], at[2 * i + 1]]
    moved = Math.max(moved, Math.hypot(px - wanted[2 * i], py - wanted[2 * i + 1]) / scale.perUnit)
    svg += rect(px - w / 2 - frame, py - h / 2 - frame, w + 2 * frame, h + 2 * frame, {
      rx: frame,
      ...(l < 0 ? unlabelledFrame : { fill: colourOf(l) }),
    })
    svg += `<image x="${num(px - w / 2)}" y="${num(py - h / 2)}" width="${num(w)}" height="${num(h)}" href="${uris[i]}"/>`
  }
  const named = new Set(shown.named)
  const pixels = Float32Array.from(at)
  const own = Int32Array.from(labels, (l) => (named.has(l) ? l : -1))
  const found = places(pixels, own, names.length, box, { share: 0.3, perClass: 2, cell: 1.5 * side })
  const marks = { at: pixels, groups: labels, halves: new Float32Array(at.length).fill(side / 2) }
  const beside = nameBeside(found, names, shown.colours, 14, marks, box, 160 + 3 * side)
  return { svg: `${scaleMarks(scale, box)}${beside.lines}<g>${svg}</g>${beside.texts}`, moved }
}
