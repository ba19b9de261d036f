/**
 * @file Quiet axes: thin grid lines, small tick labels, a title with its unit.
 */
import { label, line } from './svg.ts'
import { tone } from './style.ts'
import type { Scale } from './scale.ts'

/** A plotting area in pixels. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** A horizontal axis below `box`: ticks, their labels, and the title (with its unit) in the middle. */
export function axisX(scale: Scale, box: Box, title?: string, options: { grid?: boolean; labels?: boolean } = {}): string {
  const bottom = box.top + box.height
  let svg = ''
  for (const tick of scale.ticks) {
    const x = scale(tick)
    if (options.grid === true) svg += line(x, box.top, x, bottom, { stroke: tone.grid })
    svg += line(x, bottom, x, bottom + 4)
    if (options.labels !== false) svg += label(x, bottom + 17, scale.format(tick), { size: 11.5, anchor: 'middle' })
  }
  svg += line(box.left, bottom, box.left + box.width, bottom)
  if (title !== undefined) svg += label(box.left + box.width / 2, bottom + 37, title, { size: 12.5, anchor: 'middle', fill: tone.soft })
  return svg
}

/** A vertical axis left of `box`: grid lines, tick labels, and the title above its upper end, so that nobody tilts the head. */
export function axisY(scale: Scale, box: Box, title?: string): string {
  let svg = ''
  for (const tick of scale.ticks) {
    const y = scale(tick)
    svg += line(box.left, y, box.left + box.width, y, { stroke: tone.grid })
    svg += label(box.left - 8, y + 4, scale.format(tick), { size: 11.5, anchor: 'end' })
  }
  if (title !== undefined) svg += label(box.left - 48, box.top - 12, title, { size: 12.5, weight: 600, fill: tone.ink })
  return svg
}

/** Moves label heights apart until neighbours are at least `gap` pixels from each other, keeping their order and staying within [low, high]. */
export function spread(heights: readonly number[], gap: number, low: number, high: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b)
  const out = heights.map((h) => Math.min(high, Math.max(low, h)))
  for (let i = 1; i < order.length; i++) out[order[i]] = Math.max(out[order[i]], out[order[i - 1]] + gap)
  let ceiling = high
  for (let i = order.length - 1; i >= 0; i--) {
    out[order[i]] = Math.min(out[order[i]], ceiling)
    ceiling = out[order[i]] - gap
  }
  return out
}
