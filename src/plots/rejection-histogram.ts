/**
 * @file Where a score puts what belongs and what does not: two histograms over one axis, with thresholds as labelled lines.
 *
 * Rejection scores are often one-sided (most softmax maxima lie within a thousandth of 1). A linear axis then shows one bar. The axis is chosen from the data:
 * linear; logarithmic for positive scores that span decades; else by rank, where equal distances hold equal numbers of images. The outermost bars also hold
 * what lies beyond them.
 */
import { checkChoice, checkOptions, ensure, largest, smallest } from '../base/index.ts'
import { axisX, axisY, type Box } from './axes.ts'
import { linear, log10, percent, percentTicks, short, thousands, type Scale } from './scale.ts'
import { tone } from './style.ts'
import { element, heading, label, line, num, rect, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** One threshold and what it is called ("student's rule", "95 % of digits kept"). */
export interface ThresholdMark {
  value: number
  name: string
}

/** What {@link rejectionHistogram} draws. */
export interface RejectionScores {
  /** Scores of what belongs (digits). */
  inScores: ArrayLike<number>
  /** Scores of what does not (letters). */
  outScores: ArrayLike<number>
  thresholds: readonly ThresholdMark[]
  /** Which side of a threshold is rejected. */
  rejectWhen: 'above' | 'below'
  scoreName: string
  /** Default "digits" and "letters". */
  inName?: string
  outName?: string
}

/** Options of {@link rejectionHistogram}. */
export interface RejectionHistogramOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 860. */
  width?: number
  /** Default `auto`: see the file's head. */
  axis?: 'auto' | 'linear' | 'log' | 'rank'
  /** Default 48. */
  bins?: number
}

/**
 * Draws two overlaid histograms, each as shares of its own set, and the thresholds.
 *
 * @returns an SVG document
 * @throws KindredError `usage` for an empty set, scores that are not finite, or a log axis with no positive score
 */
export function rejectionHistogram(scores: RejectionScores, options: RejectionHistogramOptions = {}): string {
  const where = 'rejectionHistogram'
  checkOptions(where, options, ['title', 'subtitle', 'width', 'axis', 'bins'])
  const { thresholds, rejectWhen, scoreName, inName = 'digits', outName = 'letters' } = scores
  checkChoice(where, 'rejectWhen', rejectWhen, ['above', 'below'])
  checkChoice(where, 'axis', options.axis ?? 'auto', ['auto', 'linear', 'log', 'rank'])
  const inside = Float64Array.from(scores.inScores).sort()
  const outside = Float64Array.from(scores.outScores).sort()
  for (const [name, list] of [
    [inName, inside],
    [outName, outside],
  ] as const) {
    ensure(list.length > 0, where, `there must be at least one score of ${name}`, 'none', 'Score both sets.')
    ensure(
      list.every(Number.isFinite),
      where,
      `scores of ${name} must be finite`,
      list.find((v) => !Number.isFinite(v)),
      'A softmax entry may have underflowed before a logarithm.',
    )
  }
  const { width = 860, bins = 48 } = options
  const kind = options.axis === undefined || options.axis === 'auto' ? chooseAxis(inside, outside) : options.axis
  const share = (list: Float64Array, t: number) => list.filter((s) => (rejectWhen === 'above' ? s > t : s < t)).length / list.length
  const first = thresholds[0]
  const found =
    first === undefined
      ? `${scoreName}: ${inName} and ${outName}`
      : `${scoreName}: rejecting ${rejectWhen} ${precise(first.value)} stops ${percent(share(outside, first.value))} of the ${outName} and keeps ` +
        `${percent(1 - share(inside, first.value))} of the ${inName}`
  const axisNote =
    kind === 'linear' ? '' : kind === 'log' ? ' Logarithmic axis.' : ' Axis by rank: equal distances hold equally many images.'
  const top = heading(
    {
      title: options.title ?? found,
      subtitle:
        options.subtitle ??
        `Reject ${rejectWhen} the threshold. ${thousands(inside.length)} ${inName}, ${thousands(outside.length)} ${outName}.${axisNote}`,
    },
    width,
  )

  const labelRows = thresholds.length * 20
  const box: Box = { left: 72, top: top.bottom + 34 + labelRows, width: width - 72 - 32, height: 260 }
  const x = scoreAxis(kind, inside, outside, thresholds, [box.left, box.left + box.width])
  const bars = (list: Float64Array) => {
    const counts = new Float64Array(bins)
    for (const s of list) counts[Math.min(bins - 1, Math.max(0, Math.floor(((x(s) - box.left) / box.width) * bins)))] += 1 / list.length
    return counts
  }
  const [a, b] = [bars(inside), bars(outside)]
  const peak = largest(b, largest(a))
  const y = linear([0, peak * 1.04], [box.top + box.height, box.top], 4)
  y.format = percentTicks(y.ticks)
  let svg =
    top.svg +
    label(box.left - 48, top.bottom + 14, 'Share of each set per bar', { size: 12.5, weight: 600, fill: tone.ink }) +
    axisY(y, box)
  for (const t of thresholds) {
    const at = x(t.value)
    const [from, to] = rejectWhen === 'above' ? [at, box.left + box.width] : [box.left, at]
    if (t === first) svg += rect(from, box.top, to - from, box.height, { fill: tone.red, 'fill-opacity': 0.05 })
  }
  svg +=
    area(a, box, y, tone.blue) +
    area(b, box, y, tone.orange) +
    axisX(x, box, `${scoreName} (${kind === 'rank' ? 'by rank' : kind === 'log' ? 'log scale' : 'no unit'})`)
  svg += legend(inName, outName, box.left + 150, top.bottom + 14)
  let labels = ''
  const marks = thresholds.map((t, i) => {
    const at = Math.min(box.left + box.width, Math.max(box.left, x(t.value)))
    const text =
      `${t.name} ${precise(t.value)}: ${percent(share(outside, t.value))} of ${outName} rejected, ${percent(1 - share(inside, t.value))} of ` +
      `${inName} kept`
    const wide = textWidth(text, 12, 600)
    return { at, text, wide, right: at + wide + 12 < width - 16, colour: i === 0 ? tone.red : tone.ink, dash: i === 0 ? undefined : '5 3' }
  })
  // The label that reaches over the other lines stands above them.
  marks.sort((p, q) => (p.right !== q.right ? (p.right ? -1 : 1) : p.right ? p.at - q.at : q.at - p.at))
  for (const [i, m] of marks.entries()) {
    const ty = box.top - labelRows + i * 20 + 6
    svg += line(m.at, ty - 8, m.at, box.top + box.height, { stroke: m.colour, 'stroke-width': 1.6, 'stroke-dasharray': m.dash })
    labels += label(m.right ? m.at + 7 : Math.max(24 + m.wide, m.at - 7), ty + 2, m.text, {
      size: 12,
      weight: 600,
      fill: m.colour,
      anchor: m.right ? 'start' : 'end',
      halo: 5,
    })
  }
  return svgDocument(width, box.top + box.height + 54, options.title ?? found, svg + labels)
}

function area(shares: Float64Array, box: Box, y: Scale, colour: string): string {
  const w = box.width / shares.length
  let d = `M${num(box.left)} ${num(box.top + box.height)}`
  for (const [i, v] of shares.entries()) d += `V${num(y(v))}H${num(box.left + (i + 1) * w)}`
  return element('path', {
    d: `${d}V${num(box.top + box.height)}Z`,
    fill: colour,
    'fill-opacity': 0.32,
    stroke: colour,
    'stroke-width': 1.4,
    'stroke-linejoin': 'round',
  })
}

function legend(inName: string, outName: string, left: number, y: number): string {
  let x = left
  let svg = ''
  for (const [name, colour] of [
    [inName, tone.blue],
    [outName, tone.orange],
  ] as const) {
    svg +=
      rect(x, y - 10, 12, 12, { fill: colour, 'fill-opacity': 0.32, stroke: colour, rx: 2 }) +
      label(x + 18, y, name, { size: 13, weight: 600, fill: colour })
    x += textWidth(name, 13, 600) + 40
  }
  return svg
}

const at = (sorted: Float64Array, share: number) => sorted[Math.round(share * (sorted.length - 1))]

/** The pooled range without the outermost half percent of each set: a heavy tail must not flatten the rest. */
const bulk = (inside: Float64Array, outside: Float64Array): [number, number] => [
  Math.min(at(inside, 0.005), at(outside, 0.005)),
  Math.max(at(inside, 0.995), at(outside, 0.995)),
]

/**
 * `linear` unless a set's middle eight tenths fill less than a fifteenth of the range; then `log` for positive scores over at least two decades, else `rank`.
 */
function chooseAxis(inside: Float64Array, outside: Float64Array): 'linear' | 'log' | 'rank' {
  const [low, high] = bulk(inside, outside)
  if (!(high > low)) return 'linear'
  const packed = [inside, outside].some((list) => list.length > 20 && (at(list, 0.9) - at(list, 0.1)) / (high - low) < 1 / 15)
  if (!packed) return 'linear'
  return low > 0 && Math.log10(high / low) >= 2 ? 'log' : 'rank'
}

function scoreAxis(
  kind: 'linear' | 'log' | 'rank',
  inside: Float64Array,
  outside: Float64Array,
  thresholds: readonly ThresholdMark[],
  range: [number, number],
): Scale {
  const marks = thresholds.map((t) => t.value)
  const [from, to] = bulk(inside, outside)
  const low = smallest(marks, from)
  const high = largest(marks, to)
  if (kind === 'linear' || low === high) return low === high ? linear([low - 0.5, high + 0.5], range) : linear([low, high], range, 7)
  if (kind === 'log') {
    const positive = [low, ...inside, ...outside].find((v) => v > 0)
    ensure(positive !== undefined, 'rejectionHistogram', 'a logarithmic axis needs a positive score', 'none', 'Use axis: "rank".')
    return log10([Math.max(positive, high * 1e-12), high], range)
  }
  // Rank: the mean of both sets' distribution functions, so that a small set counts as much as a large one.
  const rank = (v: number) => (ecdf(inside, v) + ecdf(outside, v)) / 2
  const scale = (v: number) => range[0] + rank(v) * (range[1] - range[0])
  const pooled = Float64Array.from([...inside, ...outside]).sort()
  let ticks: number[] = []
  for (let i = 0; i <= 60; i++) {
    const v = at(pooled, i / 60)
    if (ticks.every((t) => Math.abs(scale(t) - scale(v)) > 84)) ticks = [...ticks, v]
  }
  return Object.assign(scale, { domain: [low, high] as [number, number], range, ticks, format: precise })
}

/** Share of a sorted list below v, ties counted half. */
function ecdf(sorted: Float64Array, v: number): number {
  const search = (strict: boolean) => {
    let [lo, hi] = [0, sorted.length]
    while (lo < hi) {
      const middle = (lo + hi) >> 1
      if (strict ? sorted[middle] < v : sorted[middle] <= v) lo = middle + 1
      else hi = middle
    }
    return lo
  }
  return (search(true) + search(false)) / 2 / sorted.length
}

/** Scores near 1 keep the digits that tell them apart: 0.99996. */
function precise(v: number): string {
  const gap = Math.abs(1 - v)
  return gap > 0 && gap < 0.1 && v < 1 ? v.toFixed(Math.min(8, 1 + Math.ceil(-Math.log10(gap)))) : short(v)
}
