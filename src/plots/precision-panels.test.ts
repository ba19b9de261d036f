import { expect, test } from 'vitest'
import { precisionPanels, type PrecisionPanel } from './precision-panels.ts'

const panel = (name: string, others: number, most: number): PrecisionPanel => ({
  name,
  others,
  points: Array.from({ length: most }, (_, i) => ({
    k: i + 1,
    precision: Math.min(1, others / (i + 1)) * 0.9,
    ceiling: Math.min(1, others / (i + 1)),
    low: 0.2,
    high: 0.95,
  })),
})

test('one panel a person: solid line, dashed ceiling, band, mark at the number of others', () => {
  const svg = precisionPanels([panel('Ann', 3, 8), panel('B<b>', 4, 8)])
  expect(svg.match(/fill-opacity="0.16"/g)).toHaveLength(2)
  expect(svg.match(/stroke-dasharray="4 4"/g)).toHaveLength(2)
  expect(svg.match(/stroke-dasharray="2 3"/g)).toHaveLength(2)
  expect(svg).toContain('>3 others<')
  expect(svg).toContain('B&lt;b&gt;')
  expect(svg).not.toMatch(/NaN|undefined/)
  expect(precisionPanels([panel('Ann', 3, 8), panel('B<b>', 4, 8)])).toBe(svg)
})

test('the line touches its ceiling where precision does', () => {
  const svg = precisionPanels([
    { name: 'Ann', others: 2, points: [1, 2, 3, 4].map((k) => ({ k, precision: Math.min(1, 2 / k), ceiling: Math.min(1, 2 / k) })) },
  ])
  const paths = [...svg.matchAll(/<path d="([^"]+)"/g)].map((m) => m[1])
  expect(paths).toHaveLength(2)
  expect(paths[0]).toBe(paths[1])
  // Where both run together the dashes lie over the line, and are narrower: each is seen.
  const widths = [...svg.matchAll(/<path [^>]*stroke-width="([\d.]+)"/g)].map((m) => Number(m[1]))
  expect(widths[0]).toBeGreaterThan(2 * widths[1])
  expect([...svg.matchAll(/<path [^>]*>/g)].at(-1)![0]).toContain('stroke-dasharray')
})

test('a single k is a dot; nothing is refused by name', () => {
  expect(precisionPanels([panel('Ann', 1, 1)])).toContain('<circle')
  expect(precisionPanels([panel('Ann', 1, 1)])).toContain('>1 other<')
  expect(() => precisionPanels([])).toThrow('at least one panel')
  expect(() => precisionPanels([{ name: 'Ann', others: 1, points: [] }])).toThrow('Ann must have at least one point')
})
