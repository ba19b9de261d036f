/**
 * @file Training curves: loss, active triplets and kNN accuracy, one above the other on one epoch axis.
 *
 * The share of active triplets is always there, because the loss alone can mislead: with triplets that are picked to be the hardest it need not fall while
 * training works (Hermans, Beyer & Leibe, "In Defense of the Triplet Loss", arXiv:1703.07737, section 4.4, watch the same two curves).
 */
import { checkOptions, ensure, largest, smallest } from '../base/index.ts'
import { axisX, axisY, spread, type Box } from './axes.ts'
import { linear, nice, percent, percentTicks, short, type Scale } from './scale.ts'
import { tone } from './style.ts'
import { heading, label, line, polyline, svgDocument, element } from './svg.ts'

/** What one epoch of training left behind; a figure that was not measured is `null` or NaN. */
export interface EpochFigures {
  /** 1 for the first epoch. */
  epoch: number
  trainLoss: number | null
  validationLoss: number | null
  /** Share of triplets with a loss above zero, 0..1. */
  activeTriplets: number | null
  /** Share of validation images whose nearest neighbours name the right class, 0..1. */
  knnAccuracy: number | null
}

/** Options of {@link lossCurve}. */
export interface LossCurveOptions {
  title?: string
  subtitle?: string
  /** Epoch to mark; by default the one with the lowest validation loss. */
  bestEpoch?: number
  /** Pixels; default 860. */
  width?: number
}

interface Curve {
  name: string
  colour: string
  values: number[]
  dash?: string
  format: (v: number) => string
}

/**
 * Draws training and validation loss, the active-triplet fraction and the kNN accuracy against the epoch.
 *
 * @param history one record an epoch, in order; null or NaN breaks a line and is counted in the subtitle; without any kNN accuracy (all null) its panel is left
 *   out
 * @returns an SVG document
 * @throws KindredError `usage` for an empty history or an unknown option
 */
export function lossCurve(history: readonly EpochFigures[], options: LossCurveOptions = {}): string {
  checkOptions('lossCurve', options, ['title', 'subtitle', 'bestEpoch', 'width'])
  ensure(history.length > 0, 'lossCurve', 'history must hold at least one epoch', 'none', 'Train for an epoch first.')
  const { width = 860 } = options
  const column = (key: keyof EpochFigures) => history.map((h) => h[key] ?? Number.NaN)
  const [train, validation, active, knn] = [column('trainLoss'), column('validationLoss'), column('activeTriplets'), column('knnAccuracy')]
  const best = options.bestEpoch ?? history[argMin(validation)]?.epoch
  const bad = history.filter((_, i) => !Number.isFinite(train[i])).length
  const last = history.length - 1
  const found = Number.isFinite(knn[last])
    ? `After ${count(history.length, 'epoch')}: kNN accuracy ` +
      `${percent(knn[last])}${Number.isFinite(active[last]) ? `, ${percent(active[last])} still active` : ''}`
    : `Loss over ${count(history.length, 'epoch')}`
  const marked =
    best === undefined
      ? ''
      : options.bestEpoch === undefined
        ? `Best epoch ${best} (lowest validation loss). `
        : `The weights of epoch ${best} were kept. `
  const top = heading(
    {
      title: options.title ?? found,
      subtitle: options.subtitle ?? `${marked}${bad > 0 ? `${count(bad, 'epoch')} without a finite training loss.` : ''}`.trim(),
    },
    width,
  )

  const epochs = history.map((h) => h.epoch)
  const [first, end] = [epochs[0], epochs[last]]
  const left = 72
  const inner = width - left - 148
  const all: { title: string; height: number; curves: Curve[]; share: boolean }[] = [
    {
      title: 'Loss',
      height: 210,
      share: false,
      curves: [
        { name: 'validation', colour: tone.orange, values: validation, format: short },
        { name: 'training', colour: tone.blue, values: train, format: short },
      ],
    },
    {
      title: 'Active (share of triplets or pairs with a loss above zero)',
      height: 110,
      share: true,
      curves: [{ name: 'active', colour: tone.purple, values: active, format: percent }],
    },
    {
      title: 'kNN accuracy (validation images)',
      height: 110,
      share: true,
      curves: [{ name: 'kNN', colour: '#2b7a4b', values: knn, format: percent }],
    },
  ]
  const measured = history.some((h) => h.knnAccuracy !== null)
  const panels = measured ? all : all.slice(0, -1) // nobody asked for it
  let svg = top.svg
  let y = top.bottom + 24
  const boxes: Box[] = []
  let x: Scale = linear([first, end], [left, left + inner])
  for (const [i, panel] of panels.entries()) {
    const box = { left, top: y, width: inner, height: panel.height }
    boxes.push(box)
    x = linear(first === end ? [first - 1, end + 1] : [first, end], [left, left + inner], Math.min(10, Math.max(1, end - first)))
    x.ticks = first === end ? [first] : x.ticks.filter(Number.isInteger)
    svg +=
      curves(panel.curves, panel.title, panel.share, epochs, x, box) +
      axisX(x, box, i === panels.length - 1 ? 'Epoch' : undefined, { labels: i === panels.length - 1 })
    y += panel.height + 46
  }
  if (best !== undefined && best >= first && best <= end) {
    const at = x(best)
    svg += line(at, boxes[0].top, at, boxes.at(-1)!.top + boxes.at(-1)!.height, { stroke: tone.ink, 'stroke-dasharray': '2 4' })
    const leftSide = first === end || at > left + inner * 0.8 // the names of the curves stand on the right
    svg += label(at + (leftSide ? -6 : 6), boxes[0].top + 10, `${options.bestEpoch === undefined ? 'best' : 'kept'}: epoch ${best}`, {
      size: 12,
      weight: 600,
      fill: tone.ink,
      halo: 4,
      anchor: leftSide ? 'end' : 'start',
    })
  }
  return svgDocument(width, y + 14, `${options.title ?? found}. Loss, active triplets and kNN accuracy by epoch.`, svg)
}

function curves(list: readonly Curve[], title: string, share: boolean, epochs: readonly number[], x: Scale, box: Box): string {
  const values = list.flatMap((c) => c.values).filter(Number.isFinite)
  if (values.length === 0)
    return (
      label(box.left - 44, box.top - 12, title, { size: 12.5, weight: 600, fill: tone.ink }) +
      label(box.left + 12, box.top + box.height / 2, 'no finite value was recorded', { size: 12 })
    )
  const low = smallest(values)
  const high = largest(values)
  const domain: [number, number] = share ? shareDomain(low, high) : nice(Math.min(0, low), high, 5)
  const y = linear(domain, [box.top + box.height, box.top], share ? 3 : 5)
  if (share) y.format = percentTicks(y.ticks)
  let svg = axisY(y, box, title)
  for (const c of list) {
    const points = c.values.map((v, i) => [x(epochs[i]), v === v ? y(v) : Number.NaN] as const)
    svg += polyline(points, { stroke: c.colour, 'stroke-width': 2.2 })
    if (points.length <= 40)
      for (const [px, py] of points) if (Number.isFinite(py)) svg += element('circle', { cx: px, cy: py, r: 2.6, fill: c.colour })
  }
  const ends = list
    .map((c) => c.values.findLastIndex(Number.isFinite))
    .map((i, k) => ({ i, c: list[k] }))
    .filter((e) => e.i >= 0)
  const heights = spread(
    ends.map(({ i, c }) => y(c.values[i])),
    16,
    box.top + 4,
    box.top + box.height - 2,
  )
  for (const [k, { i, c }] of ends.entries())
    svg += label(x(epochs[i]) + 9, heights[k] + 4, `${c.name} ${c.format(c.values[i])}`, {
      size: 12.5,
      weight: 600,
      fill: c.colour,
      halo: 3,
    })
  return svg
}

/** A share's axis: from a round value below the lowest to the next above the highest, within 0..1. */
export function shareDomain(low: number, high: number): [number, number] {
  const room = Math.max(0.01, (high - low) * 0.08)
  const [a, b] = nice(Math.max(0, low - room), Math.min(1, high + room), 3)
  return [Math.max(0, a), Math.min(1, b)]
}

function argMin(values: readonly number[]): number {
  let best = -1
  for (const [i, v] of values.entries()) if (Number.isFinite(v) && (best < 0 || v < values[best])) best = i
  return best
}

/** "1 epoch", "2 epochs". */
export function count(n: number, word: string): string {
  return `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`
}
