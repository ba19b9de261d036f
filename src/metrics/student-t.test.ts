import { expect, test } from 'vitest'
import { normalQuantile, studentQuantile } from './index.ts'

test.each([
  // the usual printed table, two-sided 95 % and 99 %
  [0.975, 1, 12.706],
  [0.975, 2, 4.303],
  [0.975, 4, 2.776],
  [0.975, 30, 2.042],
  [0.995, 2, 9.925],
  [0.995, 9, 3.25],
])('Student quantile of %f with %i degrees of freedom', (p, degrees, wanted) => {
  expect(studentQuantile(p, degrees)).toBeCloseTo(wanted, 3)
  expect(studentQuantile(1 - p, degrees)).toBeCloseTo(-wanted, 3)
})

test('one degree is Cauchy, two have a closed form, many are normal', () => {
  for (const p of [0.6, 0.9, 0.999]) {
    expect(studentQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 9)
    expect(studentQuantile(p, 2)).toBeCloseTo((2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 9)
    expect(studentQuantile(p, 1e7)).toBeCloseTo(normalQuantile(p), 5)
  }
  expect(studentQuantile(0.5, 3)).toBeCloseTo(0, 12)
  expect(() => studentQuantile(1, 3)).toThrow('p must be in (0, 1)')
  expect(() => studentQuantile(0.5, 0)).toThrow('degrees must be above 0')
})
