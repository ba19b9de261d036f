/** @file The table counts what a rule keeps, apart for characters that look like digits, and sums scripts up; on sets small enough to count by hand. */
import { expect, it } from 'vitest'
import { inMemory, type Dataset } from '../../dataset/index.ts'
import { wilsonInterval } from '../../metrics/index.ts'
import { withNetwork, type JudgedSet } from './outlier-table.ts'

const set = (classes: readonly string[], count: number): Dataset =>
  inMemory({
    images: new Uint8Array(count * 784),
    labels: Int32Array.from({ length: count }, (_, i) => i % classes.length),
    height: 28,
    width: 28,
    classes,
    source: 'made for a test',
  })
const rules = { kept95: { threshold: 10, rejectWhen: 'above' }, kept84: { threshold: 5, rejectWhen: 'above' } } as const
const latin: JudgedSet = { name: 'Latin', kind: 'script', images: set(['o', 'a'], 8) }
const greek: JudgedSet = { name: 'Greek', kind: 'script', images: set(['Greek/character01', 'Greek/character15'], 4) }
const blank: JudgedSet = { name: 'blank', kind: 'outliers', images: set(['blank'], 2), refusedBefore: 6 }
const scored = [
  { set: latin, scores: [1, 20, 1, 20, 7, 20, 7, 1] },
  { set: greek, scores: [20, 1, 8, 1] },
  { set: blank, scores: [1, 30] },
]
const table = withNetwork({ rows: [] }, 'invented', scored, rules)

it('counts the images kept at both points, with intervals, and apart those that look like no digit', () => {
  const [first, second, third] = table.rows
  expect([first.images, first.lookAlikes, second.lookAlikes, third.lookAlikes]).toEqual([8, 4, 2, 0])
  expect(first.figures.invented!.kept95).toEqual({
    kept: 5,
    of: 8,
    interval: wilsonInterval(5, 8),
    unlike: { kept: 1, of: 4, interval: wilsonInterval(1, 4) },
  })
  expect(first.figures.invented!.kept84).toMatchObject({ kept: 3, unlike: { kept: 1, of: 4 } })
  expect(second.figures.invented!.kept95).toMatchObject({ kept: 3, of: 4, unlike: { kept: 1, of: 2 } })
})

it('pictures that no network was asked about count as refused', () => {
  expect(table.rows[2].images).toBe(8)
  expect(table.rows[2].figures.invented!.kept95).toEqual({ kept: 1, of: 8, interval: wilsonInterval(1, 8) })
})

it('sums scripts up, each counted alike, and names the worst', () => {
  const { all, unlike } = table.scripts!.invented!.kept95
  expect(all.mean).toBeCloseTo((3 / 8 + 1 / 4) / 2, 12)
  expect([all.scripts, all.worst, all.worstName]).toEqual([2, 1 / 4, 'Greek'])
  expect([unlike!.mean, unlike!.worst, unlike!.worstName]).toEqual([(3 / 4 + 1 / 2) / 2, 1 / 2, 'Greek'])
  for (const { mean, meanInterval, worst, worstInterval } of [all, unlike!]) {
    expect(meanInterval.low).toBeLessThanOrEqual(mean)
    expect(meanInterval.high).toBeGreaterThanOrEqual(mean)
    expect(worstInterval.low).toBeLessThanOrEqual(worst)
    expect(worstInterval.high).toBeGreaterThanOrEqual(worst)
  }
})

it('draws whole characters: two that are refused whole or not at all give a wide interval, many mixed ones a narrow one', () => {
  const names = Array.from({ length: 40 }, (_, i) => `Tagalog/character${50 + i}`)
  const script = (name: string): JudgedSet => ({ name, kind: 'script', images: set(names, 400) })
  const whole = withNetwork(
    { rows: [] },
    'none',
    [
      { set: script('x'), scores: Array.from({ length: 400 }, (_, i) => ((i % 40) % 2) * 20) },
      { set: script('y'), scores: Array.from({ length: 400 }, (_, i) => ((i % 40) % 2) * 20) },
    ],
    rules,
  )
  const mixed = withNetwork(
    { rows: [] },
    'none',
    [
      { set: script('x'), scores: Array.from({ length: 400 }, (_, i) => (Math.floor(i / 40) % 2) * 20) },
      { set: script('y'), scores: Array.from({ length: 400 }, (_, i) => (Math.floor(i / 40) % 2) * 20) },
    ],
    rules,
  )
  const width = (t: typeof whole) => t.scripts!.none!.kept95.all.meanInterval.high - t.scripts!.none!.kept95.all.meanInterval.low
  expect(whole.scripts!.none!.kept95.all.mean).toBe(0.5)
  expect(mixed.scripts!.none!.kept95.all.mean).toBe(0.5)
  expect(width(whole)).toBeGreaterThan(0.15)
  expect(width(mixed)).toBe(0)
})

it('adds a network beside another without touching its figures, and keeps the order of rows', () => {
  const both = withNetwork(table, 'none', scored.toReversed(), rules)
  expect(both.rows.map(({ name }) => name)).toEqual(['Latin', 'Greek', 'blank'])
  expect(both.rows[0].figures.invented).toEqual(table.rows[0].figures.invented)
  expect(both.rows[0].figures.none).toEqual(table.rows[0].figures.invented)
  expect(Object.keys(both.scripts!)).toEqual(['invented', 'none'])
})

it('one script alone is not summed up', () => {
  expect(withNetwork({ rows: [] }, 'none', scored.slice(0, 1), rules).scripts).toBeUndefined()
})
