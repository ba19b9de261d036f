/** @file Questions to more numbers than fit into arguments. */
import { expect, test } from 'vitest'
import { largest, nonFiniteAt, smallest } from './index.ts'

test('of a million numbers', () => {
  const many = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003)
  expect(() => Math.max(...many)).toThrow(RangeError) // what they are for
  expect(largest(many)).toBe(many.reduce((a, b) => Math.max(a, b)))
  expect(smallest(many)).toBe(0)
})

test('of none, with a bound, with NaN', () => {
  expect([largest([]), smallest([]), largest([], 3), smallest([], 3)]).toEqual([-Infinity, Infinity, 3, 3])
  expect([largest([1, 5], 3), smallest(new Set([1, 5]), 3), largest([1], 3), smallest([5], 3)]).toEqual([5, 1, 3, 3])
  expect([largest([1, NaN, 2]), smallest(Float32Array.of(NaN, 1))]).toEqual([NaN, NaN])
})

test('the first that is none', () => {
  expect([[1, 2], [1, NaN, Infinity], [-Infinity], []].map(nonFiniteAt)).toEqual([-1, 1, 0, -1])
})
