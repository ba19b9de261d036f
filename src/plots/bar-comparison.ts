/**
 * @file A table drawn as dots: a few methods (rows), a few measures (columns), so that small differences between good figures can be seen.
 *
 * Dots, not bars: a bar must begin at zero, and 96 % against 98 % would look the same (W. S. Cleveland, "The Elements of Graphing Data", 1985, section 3.3).
 */
import { checkOptions, ensure, largest, smallest } from '../base/index.ts'
import { axisX, type Box } from './axes.ts'
import { shareDomain } from './loss-curve.ts'
import { linear, percent, percentTicks } from './scale.ts'
import { tone } from './style.ts'
import { element, heading, label, line, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** One method: its name, a line about it, and its figures, shares 0..1 (null: not measured). */
export interface ComparisonRow {
  name: string
  note?: string
  knnAccuracy: number | null
  mapAtR: number | null
  /** The row that the figure is about; by default the last. */
  main?: boolean
}

/** Options of {@link barComparison}. */
export interface BarComparisonOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 860. */
  width?: number
}

/**
 * Draws kNN accuracy and MAP@R of each row on two axes side by side.
 *
 * @param rows in the order of drawing, e.g. raw pixels, untrained network, trained network
 * @returns an SVG document
 * @throws KindredError `usage` for no rows or shares outside 0..1
 */
export function barComparison(rows: readonly ComparisonRow[], options: BarComparisonOptions = {}): string {
  checkOptions('barComparison', options, ['title', 'subtitle', 'width'])
  ensure(rows.length > 0, 'barComparison', 'there must be at least one row', 'none')
  for (const r of rows)
    for (const v of [r.knnAccuracy, r.mapAtR])
      ensure(v === null || !Number.isFinite(v) || (v >= 0 && v <= 1), 'barComparison', 'figures must be shares from 0 to 1', v)
  const { width = 860 } = options
  const main = rows.findIndex((r) => r.main === true)
  const chosen = main < 0 ? rows.length - 1 : main
  const title = options.title ?? 'What training adds'
  const top = heading(
    {
      title,
      subtitle:
        options.subtitle ??
        'kNN accuracy: share of test images whose nearest neighbours name the right class. MAP@R: how purely the nearest images are of the same class.',
    },
    width,
  )
  const nameWidth = largest(rows.flatMap((r) => [textWidth(r.name, 14, 600), textWidth(r.note ?? '', 11.5)])) + 28
  const each = (width - 48 - nameWidth - 40) / 2
  const y0 = top.bottom + 30
  const pitch = 46
  let svg = top.svg
  for (const [i, r] of rows.entries()) {
    const y = y0 + (i + 0.5) * pitch
    svg += label(24, y + (r.note === undefined ? 5 : -1), r.name, { size: 14, weight: i === chosen ? 600 : 400, fill: tone.ink })
    if (r.note !== undefined) svg += label(24, y + 15, r.note, { size: 11.5 })
  }
  for (const [k, [key, name]] of (
    [
      ['knnAccuracy', 'kNN accuracy'],
      ['mapAtR', 'MAP@R'],
    ] as const
  ).entries()) {
    const box: Box = { left: 24 + nameWidth + k * (each + 40), top: y0, width: each, height: rows.length * pitch }
    const values = rows.map((r) => r[key] ?? Number.NaN)
    const finite = values.filter(Number.isFinite)
    svg += label(box.left, y0 - 12, name, { size: 12.5, weight: 600, fill: tone.ink })
    if (finite.length === 0) {
      svg += label(box.left, y0 + 24, 'not measured', { size: 12 })
      continue
    }
    const x = linear(shareDomain(smallest(finite), largest(finite)), [box.left + 4, box.left + box.width - 4], 4)
    x.format = percentTicks(x.ticks)
    svg += axisX(x, box, undefined, { grid: true })
    for (const [i, v] of values.entries()) {
      const y = y0 + (i + 0.5) * pitch
      svg += line(box.left, y, box.left + box.width, y, { stroke: tone.line, 'stroke-dasharray': '1 4' })
      if (!Number.isFinite(v)) {
        svg += label(box.left + 4, y - 6, 'not measured', { size: 11.5 })
        continue
      }
      const colour = i === chosen ? tone.blue : tone.faint
      const text = percent(v)
      const right = x(v) + 12 + textWidth(text, 13, 600) < box.left + box.width + 8
      svg += element('circle', { cx: x(v), cy: y, r: 7, fill: colour })
      svg += label(x(v) + (right ? 12 : -12), y + 5, text, {
        size: 13,
        weight: 600,
        fill: i === chosen ? tone.blue : tone.ink,
        anchor: right ? 'start' : 'end',
        halo: 5,
      })
    }
  }
  return svgDocument(width, y0 + rows.length * pitch + 36, `${title}: kNN accuracy and MAP@R of ${rows.length} methods`, svg)
}
