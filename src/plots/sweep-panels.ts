/**
 * @file The margin sweep as maps: each margin on one common scale, and below on a scale of its own.
 */
import { checkOptions, ensure, largest, smallest } from '../base/index.ts'
import type { Box } from './axes.ts'
import { checkCloud, dots, names, places, type Labels } from './cloud.ts'
import { percent, short } from './scale.ts'
import { classColour, tone } from './style.ts'
import { element, heading, label, line, rect, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** What training with one margin gave; a figure that was not measured is `null` or NaN. */
export interface SweepFigures {
  margin: number
  /** Mean over the last tenth of the steps. */
  loss: number | null
  /** Share 0..1, mean over the last tenth of the steps. */
  activeTriplets: number | null
  /** Share 0..1. */
  knnAccuracy: number | null
  /** Covers the kNN accuracy with 95 %. */
  knnInterval?: { low: number; high: number }
  /** Share 0..1. */
  headAccuracy: number | null
  /** Mean silhouette, -1..1. */
  silhouette: number | null
  /** Mean distance of images of one class. */
  within?: number
  /** Mean distance of images of two classes. */
  between?: number
  /** Root mean square distance to the mean, and the same before the first step. */
  spread?: number
  initialSpread?: number
  /** True when all images got (nearly) the same embedding, or the space has shrunk towards one point. */
  collapsed: boolean
  /** What was trained, in words; how long; and what a step sees. */
  network?: string
  steps?: number
  batch?: string
  /** One record a training. */
  runs?: readonly unknown[]
}

/** The figures of one margin with its map: `points` [n, 2] and n class numbers. */
export interface SweepPanel extends SweepFigures {
  points: Float32Array
  labels: Labels
}

/** Options of {@link sweepPanels}. */
export interface SweepPanelsOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 1000. */
  width?: number
  /** Maps in a row; default 5, or as many as there are margins. */
  columns?: number
  /** Points drawn a map, spread evenly over all; default 2,000. */
  most?: number
  /** The margin to mark as best; none when left out. */
  best?: number
}

const gap = 14
const free = 10
const caption = 108

/**
 * Draws two maps for each margin, with its figures below: the upper ones all on one scale, so that sizes may be compared, the lower ones each on its own, so
 * that forms may. A bar in each says how long its unit is. Every point stands where it is; none is moved into the frame.
 *
 * A collapsed margin has a dashed red frame. Where it still tells classes apart, the lower map shows how far it is magnified; where it does not, the map
 * is grey.
 *
 * @param panels one a margin, in the order of drawing
 * @param classes names, one a class
 * @returns an SVG document
 * @throws KindredError `usage` for no panels, or a panel whose points and labels do not fit
 */
export function sweepPanels(panels: readonly SweepPanel[], classes: readonly string[], options: SweepPanelsOptions = {}): string {
  checkOptions('sweepPanels', options, ['title', 'subtitle', 'width', 'columns', 'most', 'best'])
  ensure(panels.length > 0, 'sweepPanels', 'there must be at least one panel', 'none', 'Run the sweep first.')
  const { width = 1000, columns = Math.min(5, panels.length), most = 2000, best } = options
  const title = options.title ?? sweepTitle(panels, best)
  const top = heading(
    {
      title,
      subtitle:
        options.subtitle ??
        'Two maps of the embedding space for each margin. Upper row: all on one scale, so compare sizes. Lower row: each on its own, so compare forms.',
    },
    width,
  )
  const side = Math.min(260, (width - 48 - gap * (columns - 1)) / columns)
  const block = 2 * (side + 26) + caption
  for (const panel of panels) checkCloud('sweepPanels', panel.points, panel.labels, classes)
  const extents = panels.map(({ points }) => extentOf(points))
  const common = (side - 2 * free) / (largest(extents.map((e) => e.size)) || 1)
  let svg = top.svg
  for (const [i, panel] of panels.entries()) {
    const left = 24 + (i % columns) * (side + gap)
    const y = top.bottom + Math.floor(i / columns) * block
    if (i % columns === 0) {
      svg += label(left, y + 14, 'All on one scale', { size: 12.5, weight: 600, fill: tone.soft })
      svg += label(left, y + 14 + side + 26, 'Each on its own scale', { size: 12.5, weight: 600, fill: tone.soft })
    }
    const cloud = { ...thin(panel, most), extent: extents[i] }
    const upper: Box = { left, top: y + 22, width: side, height: side }
    const lower: Box = { ...upper, top: upper.top + side + 26 }
    const own = (side - 2 * free) / (extents[i].size || 1)
    const marked = panel.margin === best
    svg += frame(panel, upper, marked) + onCommon(panel, cloud, classes, upper, common)
    svg += frame(panel, lower, marked) + onOwn(panel, cloud, classes, lower, own, own / common)
    svg += figuresBelow(panel, lower, marked)
  }
  const height = top.bottom + Math.ceil(panels.length / columns) * block
  return svgDocument(width, height, `${title}. ${panels.length} margins, each as a map on a common scale and on one of its own.`, svg)
}

interface Extent {
  readonly middle: readonly [number, number]
  /** The longer side of the box around all points. */
  readonly size: number
}
interface Cloud {
  readonly points: Float32Array
  readonly labels: Labels
  readonly extent: Extent
}

function extentOf(points: Float32Array): Extent {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < points.length; i += 2) {
    x0 = Math.min(x0, points[i])
    x1 = Math.max(x1, points[i])
    y0 = Math.min(y0, points[i + 1])
    y1 = Math.max(y1, points[i + 1])
  }
  return { middle: [(x0 + x1) / 2, (y0 + y1) / 2], size: Math.max(x1 - x0, y1 - y0) }
}

/** Pixels of points, `scale` pixels a unit, the cloud's middle in the middle of the box. */
function placed({ points, extent }: Cloud, box: Box, scale: number): Float32Array {
  const [cx, cy] = [box.left + box.width / 2, box.top + box.height / 2]
  return points.map((v, i) => (i % 2 === 0 ? cx + (v - extent.middle[0]) * scale : cy - (v - extent.middle[1]) * scale))
}

const radiusOf = (labels: Labels): number => Math.max(0.9, Math.min(2.6, 60 / Math.sqrt(labels.length)))

function frame(panel: SweepPanel, box: Box, best: boolean): string {
  const look = panel.collapsed
    ? { stroke: tone.red, 'stroke-dasharray': '4 4', 'stroke-width': 1.3 }
    : best
      ? { stroke: tone.ink, 'stroke-width': 2 }
      : { stroke: tone.grid }
  return rect(box.left, box.top, box.width, box.height, { fill: tone.paper, rx: 4, ...look })
}

function onCommon(panel: SweepPanel, cloud: Cloud, classes: readonly string[], box: Box, scale: number): string {
  const pixels = placed(cloud, box, scale)
  const colours = classes.map((_, c) => (ordered(panel, classes) ? classColour(c) : tone.faint))
  const svg = dots(pixels, cloud.labels, colours, radiusOf(cloud.labels), 0.75) + unitBar(box, scale)
  if (cloud.extent.size * scale >= 8) return svg
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
  const words = panel.between === undefined ? `${short(cloud.extent.size)} across` : `${brief(panel.between)} between classes`
  const ring = element('circle', { cx: x, cy: y, r: 10, fill: 'none', stroke: tone.red, 'stroke-width': 1.2 })
  return svg + ring + label(x, y + 28, words, { size: 11.5, fill: tone.red, anchor: 'middle' })
}

function onOwn(panel: SweepPanel, cloud: Cloud, classes: readonly string[], box: Box, scale: number, times: number): string {
  const { labels } = cloud
  const clear = ordered(panel, classes)
  const pixels = placed(cloud, box, scale)
  const colours = classes.map((_, c) => (clear ? classColour(c) : tone.line))
  const radius = radiusOf(labels)
  const drawn = dots(pixels, labels, colours, radius, 0.75)
  const bar = unitBar(box, scale)
  const magnified =
    times < 1.05
      ? ''
      : label(box.left + box.width - 6, box.top + box.height - 8, `× ${short(Number(times.toPrecision(2)))}`, {
          size: 11.5,
          fill: panel.collapsed ? tone.red : tone.soft,
          anchor: 'end',
          halo: 4,
        })
  if (!clear) return drawn + bar + tag('no order left', box) + magnified
  const found = places(pixels, labels, classes.length, box, {
    cell: box.width / Math.min(20, Math.max(6, Math.sqrt(labels.length) / 2.5)),
    share: 0.25,
    perClass: 2,
  })
  const marks = { at: pixels, groups: labels, halves: new Float32Array(2 * labels.length).fill(radius + 0.3) }
  const beside = names(found, classes, colours, Math.max(13, box.width / 13), marks, box)
  return beside.lines + drawn + beside.texts + bar + magnified
}

/** Whether a panel still tells classes apart: see `orderSurvives` of room `train`. */
function ordered({ collapsed, knnAccuracy }: SweepFigures, classes: readonly string[]): boolean {
  const chance = 1 / classes.length
  return !collapsed || (knnAccuracy !== null && knnAccuracy >= chance + 0.25 * (1 - chance))
}

function tag(text: string, box: Box): string {
  const w = textWidth(text, 14, 600) + 20
  const y = box.top + box.height / 2
  return (
    rect(box.left + (box.width - w) / 2, y - 14, w, 28, { fill: tone.red, rx: 4 }) +
    label(box.left + box.width / 2, y + 5, text, { size: 14, weight: 600, fill: tone.paper, anchor: 'middle' })
  )
}

/** A bar of a round length in units, at most a third of the box. */
function unitBar(box: Box, scale: number): string {
  const most = box.width / 3 / scale
  const power = 10 ** Math.floor(Math.log10(most))
  const length = Number(([5, 2, 1].find((m) => m * power <= most)! * power).toPrecision(1))
  const [x, y] = [box.left + 8, box.top + box.height - 9]
  const end = x + length * scale
  return (
    line(x, y, end, y, { stroke: tone.soft, 'stroke-width': 1.2, 'data-units': String(length) }) +
    line(x, y - 3, x, y + 3, { stroke: tone.soft }) +
    line(end, y - 3, end, y + 3, { stroke: tone.soft }) +
    label(x, y - 6, short(length), { size: 11, fill: tone.soft, halo: 4 })
  )
}

function figuresBelow(panel: SweepPanel, box: Box, best: boolean): string {
  const { left, width } = box
  const y = box.top + box.height
  let svg = label(left, y + 20, `margin ${short(panel.margin)}`, { size: 14, weight: 600, fill: tone.ink })
  const mark = panel.collapsed ? 'collapsed' : best ? 'best kNN' : undefined
  if (mark !== undefined)
    svg += label(left + width, y + 20, mark, { size: 11.5, weight: 600, fill: panel.collapsed ? tone.red : tone.ink, anchor: 'end' })
  const figure = (v: number | null | undefined, format: (x: number) => string) =>
    v === null || v === undefined || !Number.isFinite(v) ? 'n/a' : format(v)
  const cells: [string, string][] = [
    ['kNN', figure(panel.knnAccuracy, percent)],
    ['head', figure(panel.headAccuracy, percent)],
    ['loss', figure(panel.loss, short)],
    ['active', figure(panel.activeTriplets, percent)],
    ...(panel.between === undefined
      ? []
      : ([
          ['between', figure(panel.between, brief)],
          ['within', figure(panel.within, brief)],
        ] as [string, string][])),
    ['silhouette', figure(panel.silhouette, (v) => v.toFixed(2).replace('-', '−'))],
  ]
  for (const [k, [name, value]] of cells.entries())
    svg += label(left + (k % 2) * (width * 0.52), y + 38 + Math.floor(k / 2) * 16, `${name} ${value}`, { size: 11.5 })
  return svg
}

/** Two digits of small numbers, three of others. */
const brief = (v: number): string => short(v < 0.1 ? Number(v.toPrecision(2)) : v)

/** Evenly spread over all points, at most `most` of them. */
function thin({ points, labels }: SweepPanel, most: number): { points: Float32Array; labels: Labels } {
  if (labels.length <= most) return { points, labels }
  const pick = Array.from({ length: most }, (_, i) => Math.floor((i * labels.length) / most))
  return {
    points: Float32Array.from(pick.flatMap((i) => [points[2 * i], points[2 * i + 1]])),
    labels: Int32Array.from(pick, (i) => labels[i]),
  }
}

/** A sweep's figures in one line: what collapsed, and the kNN accuracies of the others. @param best the margin that is measurably best, if one is */
export function sweepTitle(panels: readonly SweepFigures[], best?: number): string {
  const fallen = panels.filter((p) => p.collapsed).map((p) => short(p.margin))
  const shares = panels.flatMap((p) => (p.collapsed || p.knnAccuracy === null || !Number.isFinite(p.knnAccuracy) ? [] : [p.knnAccuracy]))
  if (shares.length === 0) return 'No margin gave a usable embedding'
  const [low, high] = [percent(smallest(shares)), percent(largest(shares))]
  const others = `${fallen.length === 0 ? 'all margins' : 'the others'}: kNN accuracy ${low === high ? low : `${low} to ${high}`}`
  const found = best === undefined ? others : `margin ${short(best)} reads best, kNN accuracy ${high}`
  const whole = fallen.length === 0 ? found : `${fallen.length === 1 ? 'margin' : 'margins'} ${fallen.join(', ')} collapsed; ${found}`
  return whole.charAt(0).toUpperCase() + whole.slice(1)
}
