/**
 * @file Rejection as a trade: digits kept and right against letters rejected, a line for each score, a dot for each chosen threshold.
 *
 * It is the OSCR curve (Dhamija, Guenther & Boult, "Reducing Network Agnostophobia", NeurIPS 2018, eq. 4-5) with 1 - FPR upwards, so that better is up and
 * right.
 */
import { checkChoice, checkOptions, ensure, largest } from '../base/index.ts'
import { axisX, axisY, spread, type Box } from './axes.ts'
import { linear, percent } from './scale.ts'
import { classColour, readable, tone } from './style.ts'
import { clip, element, heading, label, line, polyline, svgDocument, wrap } from './svg.ts'
import { textWidth } from './text-width.ts'

/** One score on both sets. */
export interface RejectionCurve {
  name: string
  rejectWhen: 'above' | 'below'
  /** Scores of the digits. */
  inScores: ArrayLike<number>
  /** For each digit 1 where its class was read right, else 0. */
  inRight: ArrayLike<number>
  /** Scores of the letters. */
  outScores: ArrayLike<number>
  /** Chosen thresholds: each is a dot on the line. */
  thresholds?: readonly { value: number; name: string }[]
}

/** Options of {@link rejectionCurve}. */
export interface RejectionCurveOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 860. */
  width?: number
  inName?: string
  outName?: string
}

/**
 * Draws, for each score and every threshold, the share of digits kept and read right (x) and of letters rejected (y).
 *
 * @returns an SVG document
 * @throws KindredError `usage` for no curves, an empty set, sizes that differ, or scores that are not finite
 * Cost: O(n log n) a score.
 */
export function rejectionCurve(curves: readonly RejectionCurve[], options: RejectionCurveOptions = {}): string {
  const where = 'rejectionCurve'
  checkOptions(where, options, ['title', 'subtitle', 'width', 'inName', 'outName'])
  ensure(curves.length > 0, where, 'there must be at least one score', 'none')
  const { width = 860, inName = 'digits', outName = 'letters' } = options
  const traced = curves.map((c) => ({ ...c, ...trace(c) })).sort((a, b) => b.area - a.area || (a.name < b.name ? -1 : 1))
  const found =
    `${traced[0].name} trades best: ${percent(bestAt(traced[0].points, 0.95))} of the ${outName} rejected where 95 % of the ${inName} are ` +
    `kept and right`
  const reach = largest(traced.flatMap((c) => c.points.map(([x]) => x)))
  const fallback = reach >= 0.95 ? found : `${traced[0].name} trades best between ${inName} kept and ${outName} rejected`
  const top = heading(
    {
      title: options.title ?? fallback,
      subtitle: options.subtitle ?? 'Each line is one score at all its thresholds; up and right is better. Dots: thresholds in use.',
    },
    width,
  )
  const legend = legendOf(traced, width)
  const box: Box = { left: 72, top: top.bottom + 28, width: width - 72 - 24 - legend.width - 24, height: Math.max(400, legend.height) }
  const x = linear([0, 1], [box.left, box.left + box.width], 5)
  const y = linear([0, 1], [box.top + box.height, box.top], 5)
  x.format = y.format = (v) => percent(v, 0)
  let svg =
    top.svg + axisY(y, box, `${capital(outName)} rejected`) + axisX(x, box, `${capital(inName)} kept and read right`, { grid: true })
  const colours = traced.map((_, i) => readable(classColour(i)))
  for (const [i, c] of [...traced.entries()].reverse())
    svg += polyline(
      c.points.map(([px, py]) => [x(px), y(py)] as const),
      { stroke: colours[i], 'stroke-width': i === 0 ? 3 : 1.8 },
    )
  const marks = traced.flatMap((c, i) => (c.thresholds ?? []).map((t) => ({ ...share(c, t.value), name: t.name, colour: colours[i] })))
  for (const m of marks) svg += element('circle', { cx: x(m.x), cy: y(m.y), r: 5, fill: m.colour, stroke: tone.paper, 'stroke-width': 1.6 })
  const distinct = new Set(marks.map((m) => m.name))
  const named = distinct.size > 1 || marks.length === 1 ? marks : []
  const heights = spread(
    named.map((m) => y(m.y) + 16),
    15,
    box.top + 12,
    box.top + box.height - 4,
  )
  for (const [i, m] of named.entries()) {
    const right = x(m.x) < box.left + box.width * 0.55
    svg += line(x(m.x), y(m.y), x(m.x) + (right ? 8 : -8), heights[i] - 4, { stroke: m.colour, 'stroke-width': 0.8 })
    svg += label(x(m.x) + (right ? 10 : -10), heights[i], m.name, { size: 11.5, fill: m.colour, anchor: right ? 'start' : 'end', halo: 4 })
  }
  svg += drawLegend(traced, legend, colours, { x: box.left + box.width + 24, y: box.top })
  return svgDocument(width, box.top + box.height + 54, options.title ?? fallback, svg)
}

/** Names in as many lines as they need, within two fifths of the figure; only one word that is wider than that is cut. */
function legendOf(traced: readonly { readonly name: string }[], width: number): { names: string[][]; width: number; height: number } {
  const most = 0.4 * width - 28 - areaWidth
  const names = traced.map(({ name }) => wrap(name, Math.min(most, 190), 13, 600).map((row) => clip(row, most, 13, 600)))
  const widest = largest(names.flatMap((rows) => rows.map((row) => textWidth(row, 13, 600))))
  return {
    names,
    width: largest([28 + widest + areaWidth, textWidth(areaTitle, 12)]),
    height: 32 + names.reduce((y, rows) => y + rowHeight(rows), 0),
  }
}

const areaTitle = 'Area under the line'
/** Room for an area, "0.968", right of a name. */
const areaWidth = 56
const rowHeight = (rows: readonly string[]): number => 8 + 16 * rows.length

function drawLegend(
  traced: readonly { readonly area: number }[],
  legend: ReturnType<typeof legendOf>,
  colours: readonly string[],
  at: { x: number; y: number },
): string {
  let svg = label(at.x, at.y + 6, areaTitle, { size: 12 })
  let y = at.y + 32
  for (const [i, { area }] of traced.entries()) {
    svg += line(at.x, y - 4, at.x + 20, y - 4, { stroke: colours[i], 'stroke-width': i === 0 ? 3 : 2 })
    for (const [k, row] of legend.names[i].entries()) svg += label(at.x + 28, y + 16 * k, row, { size: 13, weight: 600, fill: colours[i] })
    svg += label(at.x + legend.width, y, area.toFixed(3), { size: 13, anchor: 'end', fill: tone.ink })
    y += rowHeight(legend.names[i])
  }
  return svg
}

/** The curve from "reject all" to "reject none", and its area (trapezoids over x). */
function trace(curve: RejectionCurve): { points: [number, number][]; area: number } {
  const where = 'rejectionCurve'
  checkChoice(where, 'rejectWhen', curve.rejectWhen, ['above', 'below'])
  const { inScores, inRight, outScores } = curve
  ensure(inScores.length > 0 && outScores.length > 0, where, `${curve.name} must have scores of both sets`, 'none')
  ensure(inRight.length === inScores.length, where, `inRight of ${curve.name} must hold ${inScores.length} values`, inRight.length)
  const sign = curve.rejectWhen === 'above' ? 1 : -1
  const all = [
    ...Array.from(inScores, (s, i) => ({ s: s * sign, inside: true, right: inRight[i] === 1 })),
    ...Array.from(outScores, (s) => ({ s: s * sign, inside: false, right: false })),
  ]
  for (const a of all) ensure(Number.isFinite(a.s), where, `scores of ${curve.name} must be finite`, a.s)
  all.sort((a, b) => a.s - b.s)
  let [kept, accepted] = [0, 0]
  const points: [number, number][] = [[0, 1]]
  let area = 0
  for (let i = 0; i < all.length; i++) {
    if (all[i].inside) kept += all[i].right ? 1 : 0
    else accepted++
    if (i + 1 < all.length && all[i + 1].s === all[i].s) continue
    const next: [number, number] = [kept / inScores.length, 1 - accepted / outScores.length]
    const last = points[points.length - 1]
    area += ((next[0] - last[0]) * (next[1] + last[1])) / 2
    points.push(next)
  }
  return { points: thin(points), area }
}

/** Drops points nearer than a third of a pixel's worth to the last one kept; the ends stay. */
function thin(points: [number, number][]): [number, number][] {
  const out = [points[0]]
  for (const p of points) {
    const q = out[out.length - 1]
    if (Math.hypot(p[0] - q[0], p[1] - q[1]) > 0.002) out.push(p)
  }
  out.push(points[points.length - 1])
  return out
}

function share(curve: RejectionCurve, t: number): { x: number; y: number } {
  const rejected = (s: number) => (curve.rejectWhen === 'above' ? s > t : s < t)
  let [kept, out] = [0, 0]
  for (let i = 0; i < curve.inScores.length; i++) if (!rejected(curve.inScores[i]) && curve.inRight[i] === 1) kept++
  for (let i = 0; i < curve.outScores.length; i++) if (rejected(curve.outScores[i])) out++
  return { x: kept / curve.inScores.length, y: out / curve.outScores.length }
}

function bestAt(points: readonly [number, number][], x: number): number {
  return largest(
    points.filter(([px]) => px >= x).map(([, py]) => py),
    0,
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
