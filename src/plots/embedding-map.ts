/**
 * @file The map of an embedding: every image at its place in two dimensions, coloured by class, each class named where it lies.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { legendRow, type LegendEntry } from './class-legend.ts'
import { checkCloud, dots, fit, names, places, type Labels } from './cloud.ts'
import { count } from './loss-curve.ts'
import { thousands } from './scale.ts'
import { classEntries, countLabels, shownClasses, type ShownClasses } from './shown-classes.ts'
import { readable, rgb, tone } from './style.ts'
import { element, heading, label, num, rect, svgDocument } from './svg.ts'
import { pngDataUri } from '../images/index.ts'
import type { Box } from './axes.ts'

/** Small pictures for the images mode of a map: `pixels` is `Uint8Array` [n, height, width, channels], 0..255. */
export interface Thumbnails {
  pixels: Uint8Array
  height: number
  width: number
  /** 1: ink on nothing, drawn in the class's colour; 3: photos. Default 1. */
  channels?: 1 | 3
  /** Longer side on the map in pixels. Default 24 for ink, 40 for photos. */
  size?: number
}

/** Options of {@link embeddingMap}. */
export interface EmbeddingMapOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 1000 x 860. */
  width?: number
  height?: number
  /** Draws pictures in place of dots, as many as fit without covering each other. */
  images?: Thumbnails
  /** Predicted class of each point; points whose prediction differs from the label are marked with a ring. */
  predicted?: Labels
  /** Writes a line under the map; by default that axes and far distances mean nothing. `''` for none. */
  note?: string
}

/**
 * Draws the map of up to some ten thousand points.
 *
 * @param points `Float32Array` [n, 2], e.g. of t-SNE; any unit, both axes are scaled alike
 * @param labels n class numbers
 * @param classes names, one a class
 * @returns an SVG document, about 9 bytes a point
 * @throws KindredError `usage` for no points, sizes that do not fit, points that are not finite
 */
export function embeddingMap(points: Float32Array, labels: Labels, classes: readonly string[], options: EmbeddingMapOptions = {}): string {
  checkOptions('embeddingMap', options, ['title', 'subtitle', 'width', 'height', 'images', 'predicted', 'note'])
  const n = checkCloud('embeddingMap', points, labels, classes)
  const { width = 1000, height = 860, images, predicted } = options
  ensure(predicted === undefined || predicted.length === n, 'embeddingMap', `predicted must hold ${n} classes`, predicted?.length)
  const shown = shownClasses(countLabels(labels, classes.length))
  const { colours } = shown
  const title = options.title ?? `${count(n, 'embedding')} of ${count(classes.length, 'class').replace('classs', 'classes')}`
  const top = heading({ title, subtitle: options.subtitle }, width)
  const note =
    options.note ?? 'Neighbours on the map are alike. The axes have no unit, and the distance between far clusters has no meaning.'
  const legend = legendRow(legendOf(classes, shown, labels, predicted), width)
  const box: Box = { left: 12, top: top.bottom, width: width - 24, height: height - top.bottom - legend.height - (note === '' ? 8 : 30) }
  ensure(box.height > 80, 'embeddingMap', 'height must leave room for the map', height, 'Use at least 300.')
  const pixels = fit(points, box, images === undefined ? 16 : 24, n > 200 ? 0.0005 : 0)
  const radius = Math.max(1.4, Math.min(4.5, 190 / Math.sqrt(n) - 0.4))
  const drawn = images === undefined ? undefined : pictures(pixels, labels, colours, images, box)
  let svg = ''
  // Photos that find no room stay dots; ink alone shows the crowd by its own crowding.
  if (images === undefined || images.channels === 3) svg += dots(pixels, labels, colours, radius, 0.72)
  svg += drawn?.svg ?? ''
  const halves = new Float32Array(2 * n).fill(radius + 0.5)
  for (const i of drawn?.rows ?? []) {
    halves[2 * i] = drawn!.halfWidth
    halves[2 * i + 1] = drawn!.halfHeight
  }
  if (predicted !== undefined) {
    let d = ''
    const r = radius + 1.6
    for (let i = 0; i < n; i++) {
      if (predicted[i] === labels[i]) continue
      d += `M${num(pixels[2 * i] - r)} ${num(pixels[2 * i + 1])}a${num(r)} ${num(r)} 0 1 0 ${num(2 * r)} 0a${num(r)} ${num(r)} 0 1 0 ${num(-2 * r)} 0`
      for (const k of [0, 1]) halves[2 * i + k] = Math.max(halves[2 * i + k], r + 0.7)
    }
    if (d !== '') svg += element('path', { d, fill: 'none', stroke: tone.ink, 'stroke-width': 1.3 })
  }
  // Drawn digits name themselves; all else is named beside its clusters.
  if (images === undefined || images.channels === 3) {
    const named = new Set(shown.named)
    const mine = Int32Array.from(labels, (l) => (named.has(l) ? l : -1))
    const long = classes.some((c) => [...c].length > 3)
    const marks = { at: pixels, groups: labels, halves }
    const beside = names(places(pixels, mine, classes.length, box), classes, colours, long ? 15 : 28, marks, box)
    svg = beside.lines + svg + beside.texts
  }
  svg = top.svg + svg
  const y = box.top + box.height + 8
  svg += `<g transform="translate(0 ${num(y)})">${legend.svg}</g>`
  if (note !== '')
    svg += label(
      24,
      y + legend.height + 10,
      drawn === undefined || drawn.count === n ? note : `${note} Drawn: ${thousands(drawn.count)} of ${thousands(n)} pictures.`,
      { size: 12, fill: tone.soft },
    )
  return svgDocument(width, height, `${title}. Map of ${n} points in ${classes.length} classes.`, svg)
}

/** Class names with colour and count, and how many are misread. */
function legendOf(classes: readonly string[], shown: ShownClasses, labels: Labels, predicted: Labels | undefined): LegendEntry[] {
  let wrong = 0
  for (const [i, l] of labels.entries()) if (predicted !== undefined && predicted[i] !== l) wrong++
  const entries = classEntries(shown, classes, countLabels(labels, classes.length))
  if (predicted === undefined) return entries
  return [
    ...entries,
    {
      mark: (cx, cy) => element('circle', { cx, cy, r: 4.5, fill: 'none', stroke: tone.ink, 'stroke-width': 1.4 }),
      name: 'misread',
      amount: `${thousands(wrong)} of ${thousands(labels.length)}`,
    },
  ]
}

/** Pictures at their places: the first in each cell of a grid, so that none hides another. */
function pictures(
  pixels: Float32Array,
  labels: Labels,
  colours: readonly string[],
  images: Thumbnails,
  box: Box,
): { svg: string; count: number; rows: number[]; halfWidth: number; halfHeight: number } {
  const drawn: number[] = []
  const { height, width, channels = 1 } = images
  const size = images.size ?? (channels === 1 ? 24 : 40)
  const each = height * width * channels
  ensure(
    images.pixels.length === each * labels.length,
    'embeddingMap',
    `images.pixels must be ${labels.length} x ${height} x ${width} x ${channels} bytes`,
    images.pixels.length,
  )
  const k = size / Math.max(height, width)
  // Ink leaves the frame's edge empty, so frames may overlap where photos may not.
  const near = channels === 1 ? 0.54 : labels.length <= 400 ? 0.4 : 0.9
  const [w, h] = [width * k, height * k]
  const cellOf = (x: number, y: number) => `${Math.floor((x - box.left) / size)} ${Math.floor((y - box.top) / size)}`
  const cells = new Map<string, [number, number][]>()
  let svg = `<g${channels === 1 ? ' class="ink"' : ''} style="image-rendering:auto">`
  for (let i = 0; i < labels.length; i++) {
    const [x, y] = [pixels[2 * i], pixels[2 * i + 1]]
    let free = true
    for (let dx = -1; dx <= 1 && free; dx++) {
      for (let dy = -1; dy <= 1 && free; dy++)
        free = !(cells.get(cellOf(x + dx * size, y + dy * size)) ?? []).some(
          ([a, b]) => Math.abs(a - x) < w * near && Math.abs(b - y) < h * (near + 0.1),
        )
    }
    if (!free) continue
    drawn.push(i)
    const key = cellOf(x, y)
    cells.set(key, [...(cells.get(key) ?? []), [x, y]])
    const bytes = images.pixels.subarray(i * each, (i + 1) * each)
    const href = channels === 1 ? inkUri(bytes, width, height, colours[labels[i]]) : pngDataUri(bytes, { width, height, channels: 3 })
    if (channels === 3) svg += rect(x - w / 2 - 1.5, y - h / 2 - 1.5, w + 3, h + 3, { fill: colours[labels[i]], rx: 2 })
    svg += element('image', { x: x - w / 2, y: y - h / 2, width: w, height: h, href })
  }
  return { svg: `${svg}</g>`, count: drawn.length, rows: drawn, halfWidth: w / 2 + 1.5, halfHeight: h / 2 + 1.5 }
}

/** Ink of one colour on nothing: grey levels become opacity, in 16 steps, which halves the bytes. */
function inkUri(bytes: Uint8Array, width: number, height: number, colour: string): string {
  const [r, g, b] = rgb(readable(colour))
  const palette = Array.from({ length: 16 }, (_, i) => [r, g, b, i * 17] as const)
  return pngDataUri(
    bytes.map((v) => Math.round(v / 17)),
    { width, height, channels: 1, palette },
  )
}
