/**
 * @file The margin sweep: one small map a margin, side by side, and the figures as curves against the margin.
 */
import { checkOptions, ensure, largest, smallest } from '../base/index.ts'
import { axisX, axisY, type Box } from './axes.ts'
import { checkCloud, dots, fit, names, places, type Labels } from './cloud.ts'
import { shareDomain } from './loss-curve.ts'
import { linear, nice, percent, percentTicks, short } from './scale.ts'
import { classColour, tone } from './style.ts'
import { element, heading, label, line, polyline, rect, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** What training with one margin gave; a figure that was not measured is `null` or NaN. */
export interface SweepFigures {
  margin: number
  loss: number | null
  /** Share 0..1. */
  activeTriplets: number | null
  /** Share 0..1. */
  knnAccuracy: number | null
  /** Share 0..1. */
  headAccuracy: number | null
  /** Mean silhouette, -1..1. */
  silhouette: number | null
  /** True when all images got (nearly) the same embedding. */
  collapsed: boolean
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
  /** Maps in a row; default 5. */
  columns?: number
  /** Points drawn a map, spread evenly over all; default 2,000. */
  most?: number
}

/**
 * Draws one small map for each margin, with its figures below.
 *
 * Each map is scaled on its own (both axes alike), so shapes may be compared, sizes not. A collapsed map is drawn grey and says so.
 *
 * @param panels one a margin, in the order of drawing
 * @param classes names, one a class
 * @returns an SVG document
 * @throws KindredError `usage` for no panels, or a panel whose points and labels do not fit
 */
export function sweepPanels(panels: readonly SweepPanel[], classes: readonly string[], options: SweepPanelsOptions = {}): string {
  checkOptions('sweepPanels', options, ['title', 'subtitle', 'width', 'columns', 'most'])
  ensure(panels.length > 0, 'sweepPanels', 'there must be at least one panel', 'none', 'Run the sweep first.')
  const { width = 1000, columns = 5, most = 2000 } = options
  const title = options.title ?? sweepTitle(panels)
  const top = heading(
    {
      title,
      subtitle:
        options.subtitle ?? 'One map of the embedding space for each margin; each is scaled on its own, so compare shapes, not sizes.',
    },
    width,
  )
  const gap = 14
  const side = (width - 48 - gap * (columns - 1)) / columns
  const caption = 84
  const best = bestPanel(panels)
  let svg = top.svg
  for (const [i, panel] of panels.entries()) {
    const box: Box = {
      left: 24 + (i % columns) * (side + gap),
      top: top.bottom + Math.floor(i / columns) * (side + caption),
      width: side,
      height: side,
    }
    svg += onePanel(panel, classes, box, most, i === best)
  }
  const height = top.bottom + Math.ceil(panels.length / columns) * (side + caption)
  return svgDocument(width, height, `${title}. ${panels.length} maps, one a margin.`, svg)
}

function onePanel(panel: SweepPanel, classes: readonly string[], box: Box, most: number, best: boolean): string {
  checkCloud('sweepPanels', panel.points, panel.labels, classes)
  const { points, labels } = thin(panel, most)
  const colours = classes.map((_, c) => (panel.collapsed ? tone.line : classColour(c)))
  const frame = panel.collapsed
    ? { stroke: tone.red, 'stroke-dasharray': '4 4', 'stroke-width': 1.3 }
    : best
      ? { stroke: tone.ink, 'stroke-width': 2 }
      : { stroke: tone.grid }
  let svg = rect(box.left, box.top, box.width, box.height, { fill: tone.paper, rx: 4, ...frame })
  const pixels = fit(points, box, 10, labels.length > 200 ? 0.002 : 0)
  const radius = Math.max(0.9, Math.min(2.6, 60 / Math.sqrt(labels.length)))
  const cloud = dots(pixels, labels, colours, radius, 0.75)
  if (panel.collapsed) {
    const text = 'collapsed'
    const w = textWidth(text, 14, 600) + 20
    svg += cloud
    svg += rect(box.left + (box.width - w) / 2, box.top + box.height / 2 - 14, w, 28, { fill: tone.red, rx: 4 })
    svg += label(box.left + box.width / 2, box.top + box.height / 2 + 5, text, {
      size: 14,
      weight: 600,
      fill: tone.paper,
      anchor: 'middle',
    })
  } else {
    const found = places(pixels, labels, classes.length, box, {
      cell: box.width / Math.min(20, Math.max(6, Math.sqrt(labels.length) / 2.5)),
      share: 0.25,
      perClass: 2,
    })
    const marks = { at: pixels, groups: labels, halves: new Float32Array(2 * labels.length).fill(radius + 0.3) }
    const beside = names(found, classes, colours, Math.max(13, box.width / 13), marks, box)
    svg += beside.lines + cloud + beside.texts
  }
  const { left, width } = box
  const y = box.top + box.height
  svg += label(left, y + 20, `margin ${short(panel.margin)}`, { size: 14, weight: 600, fill: tone.ink })
  if (best) svg += label(left + width, y + 20, 'best kNN', { size: 11.5, weight: 600, fill: tone.ink, anchor: 'end' })
  const cell = (column: number, row: number, name: string, value: string) =>
    label(left + column * (width * 0.52), y + 38 + row * 16, `${name} ${value}`, { size: 11.5 })
  const figure = (v: number | null, format: (x: number) => string) => (v === null || !Number.isFinite(v) ? 'n/a' : format(v))
  svg += cell(0, 0, 'kNN', figure(panel.knnAccuracy, percent)) + cell(1, 0, 'head', figure(panel.headAccuracy, percent))
  svg += cell(0, 1, 'loss', figure(panel.loss, short)) + cell(1, 1, 'active', figure(panel.activeTriplets, percent))
  return (
    svg +
    (panel.collapsed
      ? label(left, y + 70, 'this map shows only noise', { size: 11.5, fill: tone.red })
      : cell(
          0,
          2,
          'silhouette',
          figure(panel.silhouette, (v) => v.toFixed(2).replace('-', '−')),
        ))
  )
}

/** Evenly spread over all points, at most `most` of them. */
function thin({ points, labels }: SweepPanel, most: number): { points: Float32Array; labels: Labels } {
  if (labels.length <= most) return { points, labels }
  const pick = Array.from({ length: most }, (_, i) => Math.floor((i * labels.length) / most))
  return {
    points: Float32Array.from(pick.flatMap((i) => [points[2 * i], points[2 * i + 1]])),
    labels: Int32Array.from(pick, (i) => labels[i]),
  }
}

/** The index of the panel with the highest kNN accuracy among those that have not collapsed; -1 when none has one. */
export function bestPanel(panels: readonly SweepFigures[]): number {
  let best = -1
  for (const [i, p] of panels.entries()) {
    if (p.collapsed || p.knnAccuracy === null || !Number.isFinite(p.knnAccuracy)) continue
    if (best < 0 || p.knnAccuracy > panels[best].knnAccuracy!) best = i
  }
  return best
}

function sweepTitle(panels: readonly SweepFigures[]): string {
  const best = bestPanel(panels)
  const fallen = panels.filter((p) => p.collapsed).map((p) => short(p.margin))
  const one =
    best < 0
      ? 'No margin gave a usable embedding'
      : `Margin ${short(panels[best].margin)} reads best: kNN accuracy ${percent(panels[best].knnAccuracy!)}`
  return fallen.length === 0 || best < 0 ? one : `${one}; margin ${fallen.join(', ')} collapsed`
}

/** Options of {@link sweepCurves}. */
export interface SweepCurvesOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 1000. */
  width?: number
}

/**
 * Draws the figures of a sweep against the margin, each in its own panel, the best margin marked in all.
 *
 * @param figures one record a margin
 * @returns an SVG document
 * @throws KindredError `usage` for an empty sweep
 */
export function sweepCurves(figures: readonly SweepFigures[], options: SweepCurvesOptions = {}): string {
  checkOptions('sweepCurves', options, ['title', 'subtitle', 'width'])
  ensure(figures.length > 0, 'sweepCurves', 'there must be at least one margin', 'none', 'Run the sweep first.')
  const { width = 1000 } = options
  const sorted = [...figures].sort((a, b) => a.margin - b.margin)
  const best = bestPanel(sorted)
  const title = options.title ?? sweepTitle(sorted)
  const top = heading(
    {
      title,
      subtitle:
        options.subtitle ??
        `Each figure against the margin.${best < 0 ? '' : ' The dashed line marks the best kNN accuracy.'}${
          sorted.some((f) => f.collapsed) ? ' Crosses: collapsed, at the axis’s end where their figure lies beyond it.' : ''
        }`,
    },
    width,
  )
  const panels: {
    key: 'knnAccuracy' | 'headAccuracy' | 'silhouette' | 'loss' | 'activeTriplets'
    title: string
    colour: string
    share: boolean
  }[] = [
    { key: 'knnAccuracy', title: 'kNN accuracy', colour: '#2b7a4b', share: true },
    { key: 'headAccuracy', title: 'Head accuracy', colour: tone.blue, share: true },
    { key: 'silhouette', title: 'Silhouette', colour: '#a04a2c', share: false },
    { key: 'loss', title: 'Loss (grows with the margin itself)', colour: tone.orange, share: false },
    { key: 'activeTriplets', title: 'Active triplets', colour: tone.purple, share: true },
  ]
  const columns = 3
  const cellWidth = (width - 24) / columns
  let svg = top.svg
  for (const [i, panel] of panels.entries()) {
    const box: Box = {
      left: 24 + (i % columns) * cellWidth + 48,
      top: top.bottom + 28 + Math.floor(i / columns) * 232,
      width: cellWidth - 80,
      height: 140,
    }
    const values = sorted.map((f) => f[panel.key] ?? Number.NaN)
    const finite = values.filter(Number.isFinite)
    const x = linear(marginDomain(sorted), [box.left, box.left + box.width], 5)
    if (finite.length === 0) {
      svg +=
        label(box.left - 48, box.top - 12, panel.title, { size: 12.5, weight: 600, fill: tone.ink }) +
        label(box.left + 8, box.top + 70, 'no finite value', { size: 12 })
      continue
    }
    // A collapsed run would squeeze all others into one line: the axis spans the usable ones, and a cross at its edge says how far off it is.
    const usable = values.filter((v, k) => Number.isFinite(v) && !sorted[k].collapsed)
    const [low, high] = usable.length === 0 ? [smallest(finite), largest(finite)] : [smallest(usable), largest(usable)]
    const y = linear(panel.share ? shareDomain(low, high) : nice(Math.min(0, low), high, 4), [box.top + box.height, box.top], 4)
    if (panel.share) y.format = percentTicks(y.ticks)
    svg += axisY(y, box, panel.title) + axisX(x, box, 'Margin')
    if (best >= 0)
      svg += line(x(sorted[best].margin), box.top, x(sorted[best].margin), box.top + box.height, {
        stroke: tone.ink,
        'stroke-dasharray': '2 4',
      })
    svg += polyline(
      sorted.map((f, k) => [x(f.margin), Number.isFinite(values[k]) && !f.collapsed ? y(values[k]) : Number.NaN] as const),
      { stroke: panel.colour, 'stroke-width': 2.2 },
    )
    for (const [k, f] of sorted.entries()) {
      if (!Number.isFinite(values[k])) continue
      const px = x(f.margin)
      const py = Math.min(box.top + box.height - 6, Math.max(box.top + 6, y(values[k])))
      if (f.collapsed)
        svg += label(px + 9, py + 4, panel.share ? percent(values[k]) : short(values[k]), { size: 11.5, fill: tone.red, halo: 4 })
      svg += f.collapsed
        ? element('path', {
            d: `M${(px - 4).toFixed(1)} ${(py - 4).toFixed(1)}l8 8m0-8l-8 8`,
            stroke: tone.red,
            'stroke-width': 2.2,
            fill: 'none',
          })
        : element('circle', { cx: px, cy: py, r: k === best ? 4.5 : 3, fill: panel.colour })
    }
    if (best >= 0 && Number.isFinite(values[best])) {
      const text = panel.share ? percent(values[best]) : short(values[best])
      const near = x(sorted[best].margin)
      const right = near < box.left + box.width - textWidth(text, 12, 600) - 10
      const below = y(values[best]) < box.top + 24
      svg += label(near + (right ? 8 : -8), y(values[best]) + (below ? 18 : -8), text, {
        size: 12,
        weight: 600,
        fill: panel.colour,
        halo: 4,
        anchor: right ? 'start' : 'end',
      })
    }
  }
  return svgDocument(width, top.bottom + 28 + 2 * 232 - 24, `${title}. Five figures against the margin.`, svg)
}

function marginDomain(sorted: readonly SweepFigures[]): [number, number] {
  const [low, high] = [sorted[0].margin, sorted[sorted.length - 1].margin]
  return low === high ? [low - 0.1, high + 0.1] : [low, high]
}
