/** @file The figures of a margin sweep as curves against the margin. */
import { checkOptions, ensure, largest, smallest } from '../base/index.ts'
import { axisX, axisY, type Box } from './axes.ts'
import { broken, linear, log10, nice, percent, percentTicks, short, type Scale } from './scale.ts'
import { tone } from './style.ts'
import { element, heading, label, line, polyline, svgDocument } from './svg.ts'
import { sweepTitle, type SweepFigures } from './sweep-panels.ts'
import { textWidth } from './text-width.ts'

/** Options of {@link sweepCurves}. */
export interface SweepCurvesOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 1000. */
  width?: number
  /** The margin to mark as best; none when left out. */
  best?: number
}

interface Curve {
  name: string
  colour: string
  of: (f: SweepFigures) => number | null | undefined
  interval?: (f: SweepFigures) => { low: number; high: number } | undefined
}
interface Panel {
  title: string
  curves: Curve[]
  format: 'share' | 'number'
  /** Logarithmic where all values are above zero and far apart. */
  log?: boolean
}

const green = '#2b7a4b'
const brown = '#a04a2c'
const panels: Panel[] = [
  {
    title: 'kNN accuracy',
    format: 'share',
    curves: [{ name: '', colour: green, of: (f) => f.knnAccuracy, interval: (f) => f.knnInterval }],
  },
  {
    title: 'Mean distance',
    format: 'number',
    log: true,
    curves: [
      { name: 'between', colour: tone.ink, of: (f) => f.between },
      { name: 'within', colour: brown, of: (f) => f.within },
    ],
  },
  {
    title: 'Within / between',
    format: 'number',
    curves: [
      { name: '', colour: brown, of: (f) => (f.within === undefined || f.between === undefined ? undefined : f.within / f.between) },
    ],
  },
  { title: 'Silhouette', format: 'number', curves: [{ name: '', colour: tone.soft, of: (f) => f.silhouette }] },
  { title: 'Loss, last tenth of the steps', format: 'number', log: true, curves: [{ name: '', colour: tone.orange, of: (f) => f.loss }] },
  { title: 'Active triplets', format: 'share', curves: [{ name: '', colour: tone.purple, of: (f) => f.activeTriplets }] },
]

/**
 * Draws the figures of a sweep against the margin, each in its own panel.
 *
 * Every mark stands at its value. Distances and loss have a logarithmic axis where their values are far apart; an axis of shares is broken where a collapsed
 * margin lies far from the others. kNN accuracies carry their 95 % intervals where they are given; crosses are collapsed margins.
 *
 * @param figures one record a margin
 * @returns an SVG document
 * @throws KindredError `usage` for an empty sweep
 */
export function sweepCurves(figures: readonly SweepFigures[], options: SweepCurvesOptions = {}): string {
  checkOptions('sweepCurves', options, ['title', 'subtitle', 'width', 'best'])
  ensure(figures.length > 0, 'sweepCurves', 'there must be at least one margin', 'none', 'Run the sweep first.')
  const { width = 1000, best } = options
  const sorted = [...figures].sort((a, b) => a.margin - b.margin)
  const title = options.title ?? sweepTitle(sorted, best)
  const top = heading({ title, subtitle: options.subtitle ?? subtitleOf(sorted, best) }, width)
  const columns = 3
  const cellWidth = (width - 24) / columns
  const drawn = panels
    .map((panel) => ({ ...panel, values: panel.curves.map((c) => sorted.map((f) => c.of(f) ?? Number.NaN)) }))
    .filter(({ values, title: name }) => values.flat().some(Number.isFinite) || name === 'kNN accuracy')
  let svg = top.svg
  for (const [i, panel] of drawn.entries()) {
    const box: Box = {
      left: 24 + (i % columns) * cellWidth + 48,
      top: top.bottom + 28 + Math.floor(i / columns) * 232,
      width: cellWidth - 108,
      height: 140,
    }
    svg += onePanel(panel, panel.values, sorted, box, best)
  }
  const rows = Math.ceil(drawn.length / columns)
  return svgDocument(width, top.bottom + 28 + rows * 232 - 24, `${title}. ${drawn.length} figures against the margin.`, svg)
}

function subtitleOf(sorted: readonly SweepFigures[], best: number | undefined): string {
  return [
    'Each figure against the margin.',
    ...(sorted.some((f) => f.knnInterval !== undefined) ? ['Upright bars: 95 % intervals.'] : []),
    ...(best === undefined ? [] : ['The dashed line marks the best kNN accuracy.']),
    ...(sorted.some((f) => f.collapsed) ? ['Crosses: collapsed.'] : []),
  ].join(' ')
}

function onePanel(panel: Panel, values: readonly number[][], sorted: readonly SweepFigures[], box: Box, best: number | undefined): string {
  const all = values.flat().filter(Number.isFinite)
  const x = linear(marginDomain(sorted), [box.left, box.left + box.width], 5)
  if (all.length === 0)
    return (
      label(box.left - 48, box.top - 12, panel.title, { size: 12.5, weight: 600, fill: tone.ink }) +
      label(box.left + 8, box.top + 70, 'no finite value', { size: 12 })
    )
  const y = axisOf(panel, values, sorted, box)
  const written = y.kind === 'log' ? `${panel.title} (log)` : panel.title
  let svg = axisY(y.scale, box, written) + axisX(x, box, 'Margin')
  if (y.breakAt !== undefined) svg += breakMark(box.left, y.breakAt)
  if (best !== undefined && sorted.some((f) => f.margin === best))
    svg += line(x(best), box.top, x(best), box.top + box.height, { stroke: tone.ink, 'stroke-dasharray': '2 4' })
  const ends: { text: string; y: number; colour: string }[] = []
  for (const [c, curve] of panel.curves.entries()) {
    const at = values[c]
    svg += polyline(
      sorted.map((f, k) => [x(f.margin), Number.isFinite(at[k]) && !f.collapsed ? y.scale(at[k]) : Number.NaN] as const),
      { stroke: curve.colour, 'stroke-width': 2.2 },
    )
    for (const [k, f] of sorted.entries()) {
      if (!Number.isFinite(at[k])) continue
      const [px, py] = [x(f.margin), y.scale(at[k])]
      const interval = curve.interval?.(f)
      if (interval !== undefined)
        svg += line(px, y.scale(interval.low), px, y.scale(interval.high), {
          stroke: f.collapsed ? tone.red : curve.colour,
          'stroke-width': 1.2,
        })
      svg += mark(f, px, py, curve.colour, f.margin === best)
    }
    const last = sorted.findLastIndex((f, k) => Number.isFinite(at[k]) && !f.collapsed)
    if (curve.name !== '' && last >= 0) ends.push({ text: curve.name, y: y.scale(at[last]), colour: curve.colour })
  }
  return svg + endLabels(ends, box) + collapsedLabels(panel, values, sorted, x, y.scale, box)
}

/** A mark at its value: `data-margin` says whose it is. */
function mark(f: SweepFigures, px: number, py: number, colour: string, best: boolean): string {
  return f.collapsed
    ? element('path', {
        d: `M${(px - 4).toFixed(1)} ${(py - 4).toFixed(1)}l8 8m0-8l-8 8`,
        stroke: tone.red,
        'stroke-width': 2.2,
        fill: 'none',
        'data-margin': f.margin,
      })
    : element('circle', { cx: px, cy: py, r: best ? 4.5 : 3, fill: colour, 'data-margin': f.margin })
}

function endLabels(ends: readonly { text: string; y: number; colour: string }[], box: Box): string {
  const sorted = [...ends].sort((a, b) => a.y - b.y)
  let previous = -Infinity
  return sorted
    .map(({ text, y, colour }) => {
      previous = Math.max(y, previous + 14)
      return label(box.left + box.width + 8, previous + 4, text, { size: 11.5, weight: 600, fill: colour })
    })
    .join('')
}

/** What a collapsed margin's cross stands at. */
function collapsedLabels(panel: Panel, values: readonly number[][], sorted: readonly SweepFigures[], x: Scale, y: Scale, box: Box): string {
  let svg = ''
  for (const [k, f] of sorted.entries()) {
    if (!f.collapsed) continue
    const at = values.map((v) => v[k]).filter(Number.isFinite)
    const written = (value: number): string => (panel.format === 'share' ? percent(value) : short(Number(value.toPrecision(2))))
    // two curves whose crosses lie close share one line of text
    const near = at.length === 2 && Math.abs(y(at[0]) - y(at[1])) < 14
    const lines = near
      ? [{ text: at.map(written).join(', '), y: (y(at[0]) + y(at[1])) / 2 }]
      : at.map((v) => ({ text: written(v), y: y(v) }))
    for (const { text, y: py } of lines) {
      const right = x(f.margin) + 9 + textWidth(text, 11.5) < box.left + box.width
      svg += label(x(f.margin) + (right ? 9 : -9), py + 4, text, { size: 11.5, fill: tone.red, halo: 4, anchor: right ? 'start' : 'end' })
    }
  }
  return svg
}

/** The axis of a panel: every value and every interval lies on it. */
function axisOf(
  panel: Panel,
  values: readonly number[][],
  sorted: readonly SweepFigures[],
  box: Box,
): { scale: Scale; kind: 'log' | 'linear' | 'broken'; breakAt?: number } {
  const range: [number, number] = [box.top + box.height, box.top]
  const ends = (keep: (f: SweepFigures) => boolean): number[] =>
    values.flatMap((list, c) =>
      list.flatMap((v, k) => {
        if (!Number.isFinite(v) || !keep(sorted[k])) return []
        const interval = panel.curves[c].interval?.(sorted[k])
        return interval === undefined ? [v] : [v, interval.low, interval.high]
      }),
    )
  const all = ends(() => true)
  const [low, high] = [smallest(all), largest(all)]
  if (panel.log === true && low > 0 && high > 10 * low) {
    const scale = log10([low / 1.5, high * 1.5], range, 5)
    scale.ticks = scale.ticks.filter((t) => t >= low / 1.5 && t <= high * 1.5)
    return { scale, kind: 'log' }
  }
  const usable = ends((f) => !f.collapsed)
  const fallen = ends((f) => f.collapsed)
  const finish = (scale: Scale): Scale => (panel.format === 'share' ? Object.assign(scale, { format: percentTicks(scale.ticks) }) : scale)
  if (panel.format === 'share' && usable.length > 0 && fallen.length > 0) {
    const [from, to] = spreadDomain(smallest(usable), largest(usable), panel.format)
    if (largest(fallen) < from && from - largest(fallen) > 2 * (to - from)) {
      const lower = spreadDomain(smallest(fallen), largest(fallen), panel.format)
      const { scale, breakAt } = broken([lower, [from, to]], range)
      return { scale: finish(scale), kind: 'broken', breakAt }
    }
  }
  return { scale: finish(linear(spreadDomain(low, high, panel.format), range, 4)), kind: 'linear' }
}

/** Round ends around some values, not narrower than half a percentage point for shares. */
function spreadDomain(low: number, high: number, format: Panel['format']): [number, number] {
  if (format !== 'share') return nice(low === high ? low : low - (high - low) * 0.05, high, 4)
  const room = Math.max(0.0025 - (high - low) / 2, (high - low) * 0.05)
  const [from, to] = nice(Math.max(0, low - room), Math.min(1, high + room), 4)
  return [Math.max(0, from), Math.min(1, to)]
}

/** Two short strokes across an axis where it leaves out a stretch. */
function breakMark(x: number, y: number): string {
  return [-3, 3].map((d) => line(x - 7, y + d + 3, x + 7, y + d - 3, { stroke: tone.faint, 'stroke-width': 1.2 })).join('')
}

function marginDomain(sorted: readonly SweepFigures[]): [number, number] {
  const [low, high] = [sorted[0].margin, sorted[sorted.length - 1].margin]
  return low === high ? [low - 0.1, high + 0.1] : [low, high]
}
