/** @file A promise keeps its word: its intervals are scipy's, its share is kept on data drawn anew, and its file says no more than its scores do. */
import { describe, expect, test } from 'vitest'
import golden from '../../test/golden/promise.json' with { type: 'json' }
import { rng } from '../base/index.ts'
import * as o from './index.ts'

const normals = (n: number, seed: number): Float64Array => {
  const r = rng(seed)
  return Float64Array.from({ length: n }, () => r.normal())
}
/** The standard normal distribution function (Abramowitz, Stegun 26.2.17; error below 1e-7). */
function below(x: number): number {
  if (x < 0) return 1 - below(-x)
  const t = 1 / (1 + 0.2316419 * x)
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail
}

test.each(golden.beta)('$n points that keep $keep: the middle 95 % of scipy’s Beta', ({ n, keep, low, high }) => {
  const got = o.keptInterval(n, keep)
  expect(got.low).toBeCloseTo(low, 9)
  expect(got.high).toBeCloseTo(high, 9)
})

test.each(['above', 'below'] as const)(
  'scores that lie %s: 95 %% are kept on average, and as often within the interval as it says',
  (side) => {
    const kept = Array.from({ length: 2000 }, (_, seed) => {
      const { rule, promise } = o.conformalPromise(normals(40, seed), 0.95, side, { of: 'normal numbers' })
      const share = side === 'above' ? below(rule.threshold) : 1 - below(rule.threshold)
      return { share, inside: share >= promise.interval.low && share <= promise.interval.high }
    })
    const mean = kept.reduce((s, k) => s + k.share, 0) / kept.length
    expect(mean).toBeGreaterThan(0.95 - 0.003) // the truth is 1 - 2/41 = .9512, its standard error .0007
    expect(mean).toBeLessThan(0.955)
    const inside = kept.filter((k) => k.inside).length / kept.length
    expect(Math.abs(inside - 0.95)).toBeLessThan(0.02) // standard error .005
  },
)

test('points without a score count as the most outlying; too many of them, or too few points, and nothing is promised', () => {
  const scores = normals(60, 1)
  scores[7] = Infinity
  const with1 = o.conformalPromise(scores, 0.95, 'above', { of: 'x' })
  const ordered = Float64Array.from(scores).sort()
  expect(with1.rule.threshold).toBe(ordered[60 - 3]) // floor(.05 x 61) = 3: the third greatest, the infinite one among them
  scores.fill(Infinity, 0, 3)
  expect(() => o.conformalPromise(scores, 0.95, 'above', { of: 'x' })).toThrow('58 of 60 calibration points must have a finite score')
  expect(() => o.conformalPromise(normals(18, 0), 0.95, 'above', { of: 'x' })).toThrow('needs at least 19 calibration scores')
  expect([0.5, 0.9, 0.95, 0.99].map((keep) => o.calibrationNeeded(keep))).toEqual([1, 9, 19, 99])
  expect(() => o.keptInterval(18, 0.95)).toThrow('n must be at least 19')
})

describe('as JSON', () => {
  const { rule, promise } = o.conformalPromise(normals(100, 3), 0.9, 'below', { of: '100 numbers' })
  const written = (): o.ConformalPromiseJson => JSON.parse(JSON.stringify(o.promiseToJson(promise))) as o.ConformalPromiseJson

  test('it comes back as it was, and can keep another share', () => {
    expect(o.promiseFromJson(written(), rule)).toEqual(promise)
    const other = o.keepAnother(promise, 0.8, rule)
    expect(other.rule).toEqual(o.conformalThreshold(promise.scores, 0.2, 'below'))
    expect(other.promise).toMatchObject({ keep: 0.8, of: '100 numbers' })
  })

  test.each([
    ['keep', 0.95, 'the threshold must be that of the promise'],
    ['keep', 0.9999, 'promise.scores must hold 9999 or more'],
    ['interval', { low: 0.5, high: 1 }, 'promise.interval must be that of its scores'],
    ['n', 99, 'promise.scores must hold 99 numbers'],
    ['scores', btoa('\xff'.repeat(800)), 'ascending order'],
    ['of', 7, 'of'],
  ])('one whose %s is %j is refused', (key, value, message) => {
    expect(() => o.promiseFromJson({ ...written(), [key]: value }, rule, 'reject.json')).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(message) }),
    )
  })
})
