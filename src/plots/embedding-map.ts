/**
 * @file The map of an embedding: every image at its place in two dimensions, coloured by class, each class named where it lies.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { dotMark, legendRow, type LegendEntry } from './class-legend.ts'
import { checkCloud, dots, fit, names, places, type Labels } from './cloud.ts'
import { count } from './loss-curve.ts'
import { thousands } from './scale.ts'
import { classColour, readable, rgb, shade, tone } from './style.ts'
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
  const colours = classes.map((_, c) => classColour(c))
  const title = options.title ?? `${count(n, 'embedding')} of ${count(classes.length, 'class').replace('classs', 'classes')}`
  const top = heading({ title, subtitle: options.subtitle }, width)
  const note =
    options.note ?? 'Neighbours on the map are alike. The axes have no unit, and the distance between far clusters has no meaning.'
  const legend = legendRow(legendOf(classes, colours, labels, predicted), width)
  const box: Box = { left: 12, top: top.bottom, width: width - 24, height: height - top.bottom - legend.height - (note === '' ? 8 : 30) }
  ensure(box.height > 80, 'embeddingMap', 'height must leave room for the map', height, 'Use at least 300.')
  const pixels = fit(points, box, images === undefined ? 16 : 24, n > 200 ? 0.0005 : 0)
  const radius = Math.max(1.4, Math.min(4.5, 190 / Math.sqrt(n) - 0.4))
  let svg = top.svg
  // Photos that find no room stay dots; ink alone shows the crowd by its own crowding.
  if (images === undefined || images.channels === 3) svg += dots(pixels, labels, colours, radius, 0.72)
  const drawn = images === undefined ? undefined : pictures(pixels, labels, colours, images, box)
  svg += drawn?.svg ?? ''
  if (predicted !== undefined) {
    let d = ''
    const r = radius + 1.6
    for (let i = 0; i < n; i++)
      if (predicted[i] !== labels[i])
        d += `M${num(pixels[2 * i] - r)} ${num(pixels[2 * i + 1])}a${num(r)} ${num(r)} 0 1 0 ${num(2 * r)} 0a${num(r)} ${num(r)} 0 1 0 ${num(-2 * r)} 0`
    if (d !== '') svg += element('path', { d, fill: 'none', stroke: tone.ink, 'stroke-width': 1.3 })
  }
  // Drawn digits name themselves. A letter stands in the middle of its cluster; a long name, or any over photos, stands above, so as to hide none of them.
  if (images === undefined || images.channels === 3) {
    const long = classes.some((c) => [...c].length > 3)
    const raised = long || images !== undefined ? 16 + (images === undefined ? 0 : (images.size ?? 40) / 2) : undefined
    const found = places(pixels, labels, classes.length, box).map((p) => (raised === undefined ? p : { ...p, y: p.top - raised }))
    svg += names(
      found,
      classes,
      colours.map((c) => shade(readable(c), -0.2)),
      long ? 15 : 28,
      box,
    )
  }
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

/** Class names with colour and count, and how many are misread; too many classes get no legend, as the map names them. */
function legendOf(classes: readonly string[], colours: readonly string[], labels: Labels, predicted: Labels | undefined): LegendEntry[] {
  const counts = new Int32Array(classes.length)
  let wrong = 0
  for (const [i, l] of labels.entries()) {
    counts[l]++
    if (predicted !== undefined && predicted[i] !== l) wrong++
  }
  const entries =
    classes.length > 20 ? [] : classes.map((name, c): LegendEntry => ({ mark: dotMark(colours[c]), name, amount: thousands(counts[c]) }))
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
): { svg: string; count: number } {
  let count = 0
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
  let svg = '<g style="image-rendering:auto">'
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
    count++
    const key = cellOf(x, y)
    cells.set(key, [...(cells.get(key) ?? []), [x, y]])
    const bytes = images.pixels.subarray(i * each, (i + 1) * each)
    const href = channels === 1 ? inkUri(bytes, width, height, colours[labels[i]]) : pngDataUri(bytes, { width, height, channels: 3 })
    if (channels === 3) svg += rect(x - w / 2 - 1.5, y - h / 2 - 1.5, w + 3, h + 3, { fill: colours[labels[i]], rx: 2 })
    svg += element('image', { x: x - w / 2, y: y - h / 2, width: w, height: h, href })
  }
  return { svg: `${svg}</g>`, count }
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
