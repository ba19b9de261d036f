/** @file The row of names under a map: mark, name and count of each class. */
import { element, label } from './svg.ts'
import { textWidth } from './text-width.ts'
import { tone } from './style.ts'

/** One entry of a legend. */
export interface LegendEntry {
  /** The sign before the name, centred at (x, y), about 10 pixels wide. */
  mark: (x: number, y: number) => string
  name: string
  amount: string
}

/** A filled dot. */
export const dotMark = (fill: string) => (cx: number, cy: number) => element('circle', { cx, cy, r: 5, fill })

/** Entries from left to right in as many rows as `width` asks for, as SVG from y = 0, and its height; no entries, no height. */
export function legendRow(entries: readonly LegendEntry[], width: number): { svg: string; height: number } {
  let [x, y, svg] = [24, 16, '']
  for (const { mark, name, amount } of entries) {
    const w = 16 + textWidth(name, 13, 600) + 5 + textWidth(amount, 12) + 18
    if (x + w > width - 12) [x, y] = [24, y + 20]
    svg +=
      mark(x + 5, y - 4.5) +
      label(x + 15, y, name, { size: 13, weight: 600, fill: tone.ink }) +
      label(x + 20 + textWidth(name, 13, 600), y, amount, { size: 12 })
    x += w
  }
  return { svg, height: svg === '' ? 0 : y + 8 }
}
