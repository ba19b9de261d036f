/** @file The paired bootstrap over people: its difference, and that people, not points, are what it is sure of. */
import { expect, test } from 'vitest'
import { pairedBootstrap, pairedPeopleBootstrap } from './index.ts'

test('the difference of means; an interval as wide as the people differ', () => {
  // Ten people with 50 points each; the gain is the same at all points of one person.
  const people = Int32Array.from({ length: 500 }, (_, i) => Math.floor(i / 50))
  const b = new Float64Array(500)
  const a = Float64Array.from(people, (p) => (p < 5 ? 0 : 0.2))
  const { difference, low, high, people: count } = pairedPeopleBootstrap(a, b, people)
  expect([difference, count]).toEqual([expect.closeTo(0.1, 12), 10])
  // Sum of 10 draws of 0 or 0.2: the standard deviation of their mean is 0.2 * sqrt(0.25 / 10) = 0.0316.
  expect(low).toBeCloseTo(0.1 - 1.96 * 0.0316, 1)
  expect(high).toBeCloseTo(0.1 + 1.96 * 0.0316, 1)
  const points = pairedBootstrap(a, b)
  expect(high - low).toBeGreaterThan(4 * (points.high - points.low))
})

test('people with more points weigh more, as in the mean; the same seed gives the same interval', () => {
  const people = Int32Array.of(7, 7, 7, 9)
  const one = pairedPeopleBootstrap([1, 1, 1, 0], [0, 0, 0, 0], people, { seed: 3 })
  expect(one).toEqual({ difference: 0.75, low: 0, high: 1, people: 2 })
  expect(pairedPeopleBootstrap([1, 1, 1, 0], [0, 0, 0, 0], people, { seed: 3 })).toEqual(one)
  expect(() => pairedPeopleBootstrap([1], [1, 2], people)).toThrow('same points')
  expect(() => pairedPeopleBootstrap([1, NaN, 0, 0], [0, 0, 0, 0], people)).toThrow('finite')
})
