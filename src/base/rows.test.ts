import { expect, test } from 'vitest'
import { counted, duration, percent } from './format.ts'
import { gatherRows, squaredDistance, unitRows } from './rows.ts'

const rows = Float32Array.of(3, 4, 0, 0, -1, 0, 1e20, 1e20)

test('rows are taken in the order asked for, again and into a given place', () => {
  expect([...gatherRows(rows, 2, [2, 0, 2])]).toEqual([-1, 0, 3, 4, -1, 0])
  const out = new Float32Array(6).fill(7)
  expect(gatherRows(rows, 2, Int32Array.of(0, 1), out)).toBe(out)
  expect([...out]).toEqual([3, 4, 0, 0, 7, 7])
  expect(gatherRows(rows, 2, [])).toHaveLength(0)
})

test('rows get length 1, those of zeros stay; squares beyond float32 do not overflow', () => {
  const unit = unitRows(rows, 2)
  expect([...unit.subarray(0, 6)]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0, -1, 0])
  expect(unit[6]).toBeCloseTo(Math.SQRT1_2, 6)
})

test('squared distances between any two rows', () => {
  expect(squaredDistance(rows, 0, rows, 4, 2)).toBe(32)
  expect(squaredDistance(rows, 0, rows, 0, 2)).toBe(0)
  expect(squaredDistance(rows, 6, rows, 2, 2)).toBe(2 * Math.fround(1e20) ** 2)
})

test('shares, times and counts in words', () => {
  expect([percent(0.98412), percent(0.98412, 2), percent(0)]).toEqual(['98.4 %', '98.41 %', '0.0 %'])
  expect([percent(1), percent(0.99996), percent(0.9999, 0), percent(0.99999, 3)]).toEqual(['100.0 %', '99.9 %', '99 %', '99.999 %'])
  expect([0.4, 59.4, 59.6, 185, 3599.6, 7800].map((s) => duration(s))).toEqual([
    '0 s',
    '59 s',
    '1 min 00 s',
    '3 min 05 s',
    '1 h 00 min',
    '2 h 10 min',
  ])
  expect([4.23, 10].map((s) => duration(s, { tenths: true }))).toEqual(['4.2 s', '10 s'])
  expect([counted(1, 'face'), counted(0, 'face'), counted(2, 'child', 'children')]).toEqual(['1 face', '0 faces', '2 children'])
})
