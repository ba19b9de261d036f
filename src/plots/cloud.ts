/**
 * @file Clouds of coloured points: fitting them into a box with equal aspect, drawing thousands of them compactly, and finding where a class's letter belongs.
 *
 * A class's places are found on a coarse density grid: cells that hold enough of the class are joined to their eight neighbours, and each group
 * with a fair share of the class (or of its largest group) gets a letter at its densest point. Idea: grid-based clustering as in
 * CLIQUE (Agrawal et al., SIGMOD 1998), on two dimensions.
 */
import { ensure, show, smallest } from '../base/index.ts'
import { readable, shade } from './style.ts'
import { placeLabels, type LabelMarks } from './place-labels.ts'
import { clip, label, line } from './svg.ts'
import { textWidth } from './text-width.ts'
import type { Box } from './axes.ts'

/** Class numbers as integers, one a point. */
export type Labels = Int32Array | Uint8Array | Uint16Array | Int8Array

/** Throws unless points are finite [n, 2] and the labels are n numbers of known classes; returns n. */
export function checkCloud(where: string, points: Float32Array, labels: Labels, classes: readonly string[]): number {
  const n = labels.length
  ensure(n > 0, where, 'there must be at least one point', 'none', 'Embed some images first.')
  ensure(
    points.length === 2 * n,
    where,
    `points must be ${n} x 2 numbers, as there are ${n} labels`,
    points.length,
    'Project the embeddings to two dimensions first.',
  )
  const stray = points.findIndex((v) => !Number.isFinite(v))
  ensure(stray < 0, where, 'points must be finite', points[stray], 'The projection or the training has diverged.')
  const unknown = Array.prototype.findIndex.call(labels, (l: number) => l < 0 || l >= classes.length)
  ensure(
    unknown < 0,
    where,
    `labels must be class numbers below ${classes.length}`,
    labels[unknown],
    `Name all classes; the names are ${show(classes)}.`,
  )
  return n
}

/**
 * Places points in a box: both axes get the same scale, the middle of the cloud the middle of the box.
 *
 * The extent is that of all points but the outermost `trim` of them on each side, so that one stray point does not shrink the rest; strays are moved to the
 * box's edge. A cloud that is one single point lands in the middle.
 *
 * @param points [n, 2]
 * @param box pixels
 * @param margin pixels left free inside the box
 * @returns pixels [n, 2]
 */
export function fit(points: Float32Array, box: Box, margin: number, trim = 0): Float32Array {
  const n = points.length / 2
  const axis = (k: number) => {
    const sorted = Float32Array.from({ length: n }, (_, i) => points[2 * i + k]).sort()
    return [sorted[Math.floor(trim * (n - 1))], sorted[Math.ceil((1 - trim) * (n - 1))]]
  }
  const [[x0, x1], [y0, y1]] = [axis(0), axis(1)]
  const scales = [(box.width - 2 * margin) / (x1 - x0), (box.height - 2 * margin) / (y1 - y0)].filter(Number.isFinite)
  const k = scales.length === 0 ? 0 : smallest(scales)
  const out = new Float32Array(2 * n)
  for (let i = 0; i < n; i++) {
    const x = box.left + box.width / 2 + (points[2 * i] - (x0 + x1) / 2) * k
    const y = box.top + box.height / 2 - (points[2 * i + 1] - (y0 + y1) / 2) * k
    out[2 * i] = Math.min(box.left + box.width - 3, Math.max(box.left + 3, x))
    out[2 * i + 1] = Math.min(box.top + box.height - 3, Math.max(box.top + 3, y))
  }
  return out
}

/**
 * Dots as a few paths of zero-length strokes with round caps: about seven bytes a point.
 *
 * The classes are drawn in turns, so that none covers the others only because it comes last.
 */
export function dots(pixels: Float32Array, labels: Labels, colours: readonly string[], radius: number, opacity: number): string {
  const turns = labels.length > 400 ? 6 : 1
  // Classes of one colour share a path; a colour of many classes is the ground that the others lie on.
  const kinds = [...new Set(colours)].sort((a, b) => Number(isShared(b)) - Number(isShared(a)))
  function isShared(colour: string): boolean {
    return colours.indexOf(colour) !== colours.lastIndexOf(colour)
  }
  const kindOf = colours.map((colour) => kinds.indexOf(colour))
  let svg = `<g fill="none" stroke-linecap="round" stroke-width="${(2 * radius * 4).toFixed(0)}" stroke-opacity="${opacity}" transform="scale(.25)">`
  for (let turn = 0; turn < turns; turn++) {
    const paths = kinds.map(() => ({ d: '', x: 0, y: 0 }))
    for (let i = turn; i < labels.length; i += turns) {
      const path = paths[kindOf[labels[i]]]
      const x = Math.round(pixels[2 * i] * 4)
      const y = Math.round(pixels[2 * i + 1] * 4)
      const [dx, dy] = [x - path.x, y - path.y]
      if (path.d !== '' && dx === 0 && dy === 0) continue
      path.d += path.d === '' ? `M${x} ${y}h0` : `m${dx}${dy < 0 ? '' : ' '}${dy}h0`
      path.x = x
      path.y = y
    }
    for (const [k, path] of paths.entries()) if (path.d !== '') svg += `<path stroke="${kinds[k]}" d="${path.d}"/>`
  }
  return `${svg}</g>`
}

/** One place of a class's name on a map. */
export interface Place {
  classIndex: number
  x: number
  y: number
  /** The points of the class in this cluster. */
  members: readonly number[]
}

/**
 * Where each class's name belongs: once for each big cluster of the class.
 *
 * @param pixels [n, 2] places in the box
 * @param labels class of each point; below 0: in no class
 * @param box pixels
 * @param options.cell grid cell in pixels, by default 1/28 of the box's longer side, coarser for fewer than 5,000 points
 * @param options.share least share of the class for a cluster to be named; default 0.12
 * @param options.perClass most names a class gets; default 4
 * @returns at least one place for every class that has points: the largest cluster of each class, the largest first, then the others
 * Cost: O(n + classes x cells).
 */
export function places(
  pixels: Float32Array,
  labels: Labels,
  classCount: number,
  box: Box,
  options: { cell?: number; share?: number; perClass?: number } = {},
): Place[] {
  const fineness = Math.min(28, Math.max(6, Math.sqrt(labels.length) / 2.5))
  const { cell = Math.max(box.width, box.height) / fineness, share = 0.12, perClass = 4 } = options
  const columns = Math.ceil(box.width / cell) + 1
  const rows = Math.ceil(box.height / cell) + 1
  const counts = new Int32Array(columns * rows * classCount)
  const totals = new Int32Array(classCount)
  const cellOf = (i: number) => Math.floor((pixels[2 * i + 1] - box.top) / cell) * columns + Math.floor((pixels[2 * i] - box.left) / cell)
  const cells = Int32Array.from(labels, (_, i) => cellOf(i))
  for (const [i, c] of labels.entries()) {
    if (c < 0) continue
    counts[c * columns * rows + cells[i]]++
    totals[c]++
  }
  const found: Place[] = []
  for (let c = 0; c < classCount; c++) {
    if (totals[c] === 0) continue
    const density = counts.subarray(c * columns * rows, (c + 1) * columns * rows)
    const enough = Math.max(1, 0.12 * density.reduce((a, b) => Math.max(a, b), 0))
    const group = groupCells(density, columns, rows, enough)
    const members = new Map<number, number[]>()
    for (const [i, label] of labels.entries()) {
      const g = label === c ? group[cells[i]] : 0
      if (g === 0) continue
      const list = members.get(g)
      if (list === undefined) members.set(g, [i])
      else list.push(i)
    }
    const big = [...members.values()].sort((a, b) => b.length - a.length || a[0] - b[0])
    for (const list of big.filter((m, k) => k === 0 || m.length >= share * totals[c]).slice(0, perClass)) {
      const [x, y] = medianPoint(pixels, list)
      found.push({ classIndex: c, x, y, members: list })
    }
  }
  const bySize = found.sort((a, b) => b.members.length - a.members.length || a.classIndex - b.classIndex)
  const seen = new Set<number>()
  const [first, further]: [Place[], Place[]] = [[], []]
  for (const place of bySize) (seen.has(place.classIndex) ? further : first).push(seen.add(place.classIndex) && place)
  return [...first, ...further]
}

/** The member nearest to the coordinate-wise median: a place where the cluster really is, also for a crescent. */
function medianPoint(pixels: Float32Array, members: readonly number[]): [number, number] {
  const median = (k: number) => Float32Array.from(members, (i) => pixels[2 * i + k]).sort()[members.length >> 1]
  const [mx, my] = [median(0), median(1)]
  let best = members[0]
  let least = Infinity
  for (const i of members) {
    const d = (pixels[2 * i] - mx) ** 2 + (pixels[2 * i + 1] - my) ** 2
    if (d < least) [least, best] = [d, i]
  }
  return [pixels[2 * best], pixels[2 * best + 1]]
}

/** Numbers the connected groups (eight neighbours) of cells that hold at least `enough`; 0 means none. */
function groupCells(density: Int32Array, columns: number, rows: number, enough: number): Int32Array {
  const group = new Int32Array(density.length)
  let next = 0
  for (let start = 0; start < density.length; start++) {
    if (density[start] < enough || group[start] > 0) continue
    group[start] = ++next
    const queue = [start]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const [r, q] = [Math.floor(at / columns), at % columns]
      for (let dr = -1; dr <= 1; dr++) {
        for (let dq = -1; dq <= 1; dq++) {
          if (r + dr < 0 || r + dr >= rows || q + dq < 0 || q + dq >= columns) continue
          const other = (r + dr) * columns + q + dq
          if (density[other] < enough || group[other] > 0) continue
          group[other] = next
          queue.push(other)
        }
      }
    }
  }
  return group
}

/** Names as SVG: lines to be drawn under the marks, texts to be drawn over all; and the classes that found no room. */
export interface Names {
  lines: string
  texts: string
  unnamed: readonly number[]
}

/**
 * Class names beside their clusters, over no mark: see `placeLabels`.
 *
 * A name that finds no room is tried smaller, down to 11 pixels; then its class is left to the legend.
 * @param list of {@link places}
 * @param size font size in pixels
 * @param reach how far from the middle of a cluster, pixels
 */
export function names(
  list: readonly Place[],
  classes: readonly string[],
  colours: readonly string[],
  size: number,
  marks: LabelMarks,
  box: Box,
  reach?: number,
): Names {
  const texts = classes.map((name) => clip(name, 24 * size, size, 600))
  const all = placeLabels(
    list.map((p) => ({
      ...p,
      sizes: [size, Math.max(11, size * 0.75), 11].map((s) => ({ width: textWidth(texts[p.classIndex], s, 600) + 2, height: s })),
    })),
    marks,
    box,
    { reach },
  )
  let [lines, svg] = ['', '']
  const named = new Set<number>()
  for (const [i, spot] of all.entries()) {
    if (spot === undefined) continue
    const c = list[i].classIndex
    named.add(c)
    const fill = shade(readable(colours[c]), -0.2)
    if (spot.leader !== undefined) {
      const [x1, y1, x2, y2] = spot.leader
      lines += line(x1, y1, x2, y2, { stroke: fill, 'stroke-width': 0.8, 'stroke-opacity': 0.7 })
    }
    svg += label(spot.x, spot.y + 0.27 * spot.height, texts[c], { size: spot.height, weight: 600, fill, anchor: 'middle' })
  }
  return { lines, texts: svg, unnamed: [...new Set(list.map((p) => p.classIndex))].filter((c) => !named.has(c)) }
}
