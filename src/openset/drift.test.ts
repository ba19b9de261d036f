/** @file The two-sample test is scipy's, and raises a false alarm at most once in a hundred batches. */
import { describe, expect, test } from 'vitest'
import golden from '../../test/golden/promise.json' with { type: 'json' }
import { rng } from '../base/index.ts'
import { kolmogorovSmirnov, scoreDrift } from './index.ts'

describe('Kolmogorov-Smirnov against scipy', () => {
  test.each(golden.ks.map((g) => [`${g.a.length} and ${g.b.length}, p ${g.p.toPrecision(3)}`, g] as const))(
    '%s',
    (_, { a, b, d, p, sign }) => {
      const got = kolmogorovSmirnov(a, b)
      expect(got.d).toBeCloseTo(d, 12)
      expect(Math.abs(got.p / p - 1)).toBeLessThan(1e-9)
      expect(got.second).toBe(sign > 0 ? 'higher' : 'lower')
      expect(kolmogorovSmirnov(b, a)).toMatchObject({ d: got.d })
    },
  )

  test('large groups: the limit', () => {
    const { power, d, p } = golden.large
    const spread = (n: number, by: number) => Float64Array.from({ length: n }, (_, i) => (i / n) ** by)
    const got = kolmogorovSmirnov(spread(5000, 1), spread(4500, power))
    expect(got.d).toBeCloseTo(d, 12)
    expect(Math.abs(got.p / p - 1)).toBeLessThan(1e-9)
  })

  test('equal groups, infinite numbers, and what is no number', () => {
    expect(kolmogorovSmirnov([1, 2, 3], [3, 2, 1])).toMatchObject({ d: 0, p: 1 })
    expect(kolmogorovSmirnov([1, Infinity], [Infinity, 2]).d).toBe(0.5)
    expect(() => kolmogorovSmirnov([], [1])).toThrow('a number or more')
    expect(() => kolmogorovSmirnov([Number.NaN], [1])).toThrow('NaN')
  })
})

const draw = (n: number, random: { normal(): number }, shift = 0) => Float64Array.from({ length: n }, () => random.normal() + shift)

test.each([20, 60, 400])('batches of %d like the calibration points raise a false alarm at most once in a hundred', (n) => {
  const random = rng(n)
  const rounds = 1500
  let alarms = 0
  for (let round = 0; round < rounds; round++) if (scoreDrift({ scores: draw(200, random) }, draw(n, random), 'above')!.drifted) alarms++
  expect(alarms / rounds).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / rounds))
})

test('a shift is found and its side named; fewer than twenty say nothing', () => {
  const random = rng(9)
  const scores = draw(500, random)
  expect(scoreDrift({ scores }, draw(40, random, 1.2), 'above')).toMatchObject({ drifted: true, towards: 'outliers', n: 40 })
  expect(scoreDrift({ scores }, draw(40, random, 1.2), 'below')).toMatchObject({ drifted: true, towards: 'the ordinary' })
  expect(scoreDrift({ scores }, draw(40, random, -1.2), 'below')).toMatchObject({ drifted: true, towards: 'outliers' })
  expect(scoreDrift({ scores }, draw(19, random, 5), 'above')).toBeUndefined()
})
