/**
 * @file Precision at k for each class, one small panel each, against the most that the size of the class allows.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import { axisX, axisY, type Box } from './axes.ts'
import { linear, percentTicks } from './scale.ts'
import { tone } from './style.ts'
import { clip, element, heading, label, line, num, polyline, svgDocument } from './svg.ts'

/** One panel. */
export interface PrecisionPanel {
  /** The class, e.g. a person. */
  name: string
  /** Other members of the class: the k up to which 100 % is possible. */
  others: number
  /** Mean share of the class among the k nearest, 0..1, by rising k. */
  points: readonly { k: number; precision: number; ceiling: number; low?: number; high?: number }[]
}

/** Options of {@link precisionPanels}. */
export interface PrecisionPanelsOptions {
  title?: string
  subtitle?: string
  /** Added to the subtitle, e.g. who is not drawn. */
  note?: string
  /** Pixels; default 1000. */
  width?: number
}

const explained =
  'Solid: share of the right person among the k nearest, with its 95 % interval. Dashed: the most there can be, as a person has only so many other photos.'

/**
 * Draws precision at k: the figure as a wide line with its interval as a band, the ceiling min(k, others) / k as dashes over it.
 *
 * @returns an SVG document
 * @throws KindredError `usage` for no panels, or one without points
 */
export function precisionPanels(panels: readonly PrecisionPanel[], options: PrecisionPanelsOptions = {}): string {
  const where = 'precisionPanels'
  checkOptions(where, options, ['title', 'subtitle', 'note', 'width'])
  ensure(panels.length > 0, where, 'there must be at least one panel', 'none')
  for (const panel of panels) ensure(panel.points.length > 0, where, `${panel.name} must have at least one point`, 'none')
  const { width = 1000 } = options
  const columns = Math.max(1, Math.min(panels.length, Math.floor((width - 40) / 290)))
  const pitch = (width - 40) / columns
  const [above, plot, below] = [34, 132, 46]
  const most = largest(panels.flatMap((p) => p.points.map((q) => q.k)))
  const title = options.title ?? 'Precision at k, by person'
  const top = heading(
    {
      title,
      subtitle: [options.subtitle ?? explained, options.note].filter((part) => part !== undefined).join(' '),
    },
    width,
  )
  let svg = top.svg
  for (const [i, panel] of panels.entries()) {
    const box: Box = {
      left: 20 + (i % columns) * pitch + 46,
      top: top.bottom + Math.floor(i / columns) * (above + plot + below) + above,
      width: pitch - 66,
      height: plot,
    }
    svg += drawn(panel, box, most)
  }
  return svgDocument(width, top.bottom + Math.ceil(panels.length / columns) * (above + plot + below) + 8, title, svg)
}

function drawn({ name, others, points }: PrecisionPanel, box: Box, most: number): string {
  const x = linear([1, Math.max(2, most)], [box.left, box.left + box.width], 6, (v) => String(v))
  x.ticks = [1, ...x.ticks.filter((t) => Number.isInteger(t) && t > 1 && t - 1 > most / 16)]
  const y = linear([0, 1], [box.top + box.height, box.top], 4)
  y.ticks = [0, 0.5, 1]
  y.format = percentTicks(y.ticks)
  let svg = label(box.left, box.top - 14, clip(name, box.width - 70, 14, 600), { size: 14, weight: 600, fill: tone.ink })
  svg += label(box.left + box.width, box.top - 14, others === 1 ? '1 other' : `${others} others`, { size: 12, anchor: 'end' })
  svg += axisY(y, box) + axisX(x, box, 'k nearest')
  if (others >= 1 && others < most)
    svg += line(x(others), box.top, x(others), box.top + box.height, { stroke: tone.line, 'stroke-dasharray': '2 3' })
  const band = points.filter((p) => p.low !== undefined && p.high !== undefined)
  if (band.length > 1) {
    const edge = [...band.map((p) => [x(p.k), y(p.high!)] as const), ...band.toReversed().map((p) => [x(p.k), y(p.low!)] as const)]
    svg += element('path', { d: `M${edge.map(([a, b]) => `${num(a)} ${num(b)}`).join('L')}Z`, fill: tone.blue, 'fill-opacity': 0.16 })
  }
  svg += polyline(
    points.map((p) => [x(p.k), y(p.precision)] as const),
    { stroke: tone.blue, 'stroke-width': 3.4 },
  )
  // Above the wide line, not beneath it: where both run together, each is seen.
  svg += polyline(
    points.map((p) => [x(p.k), y(p.ceiling)] as const),
    { stroke: tone.ink, 'stroke-width': 1.2, 'stroke-dasharray': '4 4' },
  )
  if (points.length === 1) svg += element('circle', { cx: x(points[0].k), cy: y(points[0].precision), r: 4, fill: tone.blue })
  return svg
}
