import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import golden from '../../test/golden/verification.json' with { type: 'json' }
import * as m from './index.ts'

const { precisionAtK: p, verification: v, bCubed: b } = golden
const points = Float32Array.from(p.points)
const labels = Int32Array.from(p.labels)
const close = (got: number, expected: number) => expect(got).toBeCloseTo(expected, 10)

/** People around centres far apart for their own spread, `each` photos of each. */
function people(count: number, each: number, spread: number, seed = 1, dim = 8) {
  const random = rng(seed)
  const centres = Float64Array.from({ length: count * dim }, () => random.normal())
  const who = Int32Array.from({ length: count * each }, (_, i) => i % count)
  return {
    vectors: Float32Array.from(
      { length: who.length * dim },
      (_, i) => centres[who[Math.floor(i / dim)] * dim + (i % dim)] + spread * random.normal(),
    ),
    labels: who,
    dim,
  }
}

describe('against scipy, scikit-learn and plain numpy', () => {
  test('precision at k, its ceilings and the queries counted', () => {
    const rows = m.precisionAtK(points, p.dim, labels, { ks: [1, 2, 6, 7, 12, 25] })
    expect(rows.map(({ label, k, queries }) => [label, k, queries])).toEqual(p.rows.map(({ label, k, queries }) => [label, k, queries]))
    for (const [i, row] of rows.entries()) {
      close(row.precision, p.rows[i].precision)
      close(row.ceiling, p.rows[i].ceiling)
    }
    expect(rows.some((row) => row.ceiling < 1 && row.precision > 0.2)).toBe(true)
  })

  test('pairs, threshold, TAR and equal error rate', () => {
    const pairs = m.pairDistances(points, p.dim, labels)
    expect([pairs.genuine.length, pairs.impostor.length]).toEqual([v.genuine, v.impostor])
    close(pairs.genuine.reduce((x, y) => x + y, 0) / v.genuineSum, 1)
    close(pairs.impostor.reduce((x, y) => x + y, 0) / v.impostorSum, 1)
    const rule = m.calibrateVerification({ ...pairs, far: v.far, rounds: 200 })
    close(rule.threshold, v.threshold)
    close(rule.far, v.measuredFar)
    close(rule.tar, v.tar)
    expect(rule.tar).toBeLessThanOrEqual(v.mostTar)
    close(rule.equalError.rate, v.equalErrorRate)
  })

  test.each(golden.clopperPearson)('Clopper-Pearson of $successes in $trials', ({ successes, trials, level, low, high }) => {
    const got = m.clopperPearson(successes, trials, level)
    expect(Math.abs(got.low - low)).toBeLessThan(1e-9 * Math.max(low, 1e-6))
    expect(Math.abs(got.high - high)).toBeLessThan(1e-9 * high)
  })

  test('B-cubed', () => {
    const got = m.bCubed(Int32Array.from(b.truth), Int32Array.from(b.clusters))
    close(got.precision, b.precision)
    close(got.recall, b.recall)
    close(got.f1, b.f1)
  })
})

describe('precision at k', () => {
  test('perfect clusters reach their ceiling, fall beyond it, and keep an interval of some width', () => {
    const { vectors, labels: who, dim } = people(4, 6, 0.01)
    const rows = m.precisionAtK(vectors, dim, who)
    expect(rows.filter((row) => row.label === 2).map((row) => row.k)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    for (const row of rows) {
      close(row.precision, row.ceiling)
      close(row.ceiling, Math.min(row.k, 5) / row.k)
      close(row.interval.high, row.ceiling)
      expect(row.interval.low).toBeLessThan(0.95 * row.ceiling)
      expect(row.interval.low).toBeGreaterThan(0.55 * row.ceiling)
    }
    const drawn = m.precisionAtK(vectors, dim, who, { interval: 'bootstrap', ks: [3] })
    expect(drawn.at(-1)!.interval).toEqual({ low: 1, high: 1 }) // why it is not the default
  })

  test('the interval of k = 1 is Wilson of the queries, and all together are the 1-NN accuracy', () => {
    const { vectors, labels: who, dim } = people(5, 8, 1.1)
    const rows = m.precisionAtK(vectors, dim, who, { ks: [1] })
    const all = rows.at(-1)!
    expect(all.label).toBe(null)
    close(all.precision, m.knnAccuracy(vectors, who, dim, { k: 1 }))
    expect(all.precision).toBeLessThan(1)
    const { low, high } = m.wilsonInterval(Math.round(all.precision * 40), 40)
    close(all.interval.low, low)
    close(all.interval.high, high)
    const drawn = m.precisionAtK(vectors, dim, who, { ks: [1, 4], interval: 'bootstrap' }).at(-1)!
    expect(drawn.interval.low).toBeLessThan(drawn.precision)
    expect(drawn.interval.high).toBeGreaterThan(drawn.precision)
  })

  test('unlabelled photos neither ask nor are found', () => {
    const near = Float32Array.of(0, 0.1, 0.2, 5, 5.1, 0.05, 5.05)
    const rows = m.precisionAtK(near, 1, Int32Array.of(0, 0, 0, 1, 1, -1, -1), { ks: [1, 2] })
    expect(rows.map((row) => row.precision)).toEqual([1, 1, 1, 0.5, 1, 0.8])
  })

  test('says what is wrong', () => {
    expect(() => m.precisionAtK(new Float32Array(4), 2, Int32Array.of(0, 1))).toThrow('a person must have at least two photos, got 1')
    expect(() => m.precisionAtK(new Float32Array(6), 2, Int32Array.of(0, 0, 1), { ks: [3] })).toThrow(
      'each k must be an integer from 1 to 2, got 3',
    )
    expect(() => m.precisionAtK(new Float32Array(6), 2, Int32Array.of(0, 0))).toThrow('labels must hold one label for each of 3 rows')
  })
})

describe('verification', () => {
  const { vectors, labels: who, dim } = people(20, 6, 0.55)
  const pairs = m.pairDistances(vectors, dim, who)

  test('the share of false accepts is the one asked for, never more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 60, maxLength: 200 }),
        fc.double({ min: 0.06, max: 0.6, noNaN: true }),
        (impostor, far) => {
          const rule = m.calibrateVerification({ genuine: [1, 5, 30], impostor, far })
          expect(rule.far).toBeLessThanOrEqual(far)
          expect(rule.far).toBe(impostor.filter((d) => d <= rule.threshold).length / impostor.length)
          // The next larger impostor distance would be too much.
          const next = Math.min(...impostor.filter((d) => d > rule.threshold))
          expect(impostor.filter((d) => d <= next).length / impostor.length).toBeGreaterThan(far)
        },
      ),
    )
  })

  test('too few pairs of two people are refused, with the number needed and the rate they allow', () => {
    expect(m.impostorsNeeded(0.001)).toBe(2995)
    expect(m.impostorsNeeded(0.01)).toBe(299)
    const few = { genuine: [0.1], impostor: Array.from({ length: 400 }, (_, i) => 1 + i / 1000) }
    expect(() => m.calibrateVerification(few)).toThrow(
      'verification threshold: a false-accept rate of 0.001 needs at least 2995 pairs of two people, got 400. ' +
        'Add photos of more people, or ask for a rate of at least 0.0075.',
    )
    expect(m.calibrateVerification({ ...few, far: 0.0075 }).far).toBeLessThanOrEqual(0.0075)
    expect(() => m.calibrateVerification({ genuine: [], impostor: few.impostor, far: 0.1 })).toThrow(
      'there must be two photos of one person',
    )
    expect(() => m.calibrateVerification({ genuine: [1], impostor: new Float64Array(400), far: 0.1 })).toThrow(
      '400 pairs of two people at distance 0',
    )
  })

  test('resampling people gives wider intervals than pretending that pairs are independent, the same for the same seed', () => {
    const rule = m.calibrateVerification({ ...pairs, far: 0.01 })
    const again = m.calibrateVerification({ ...pairs, far: 0.01 })
    expect(again).toEqual(rule)
    const { people: count, farInterval, tarInterval } = rule.byPeople!
    expect(count).toBe(20)
    expect(farInterval.high - farInterval.low).toBeGreaterThan(1.5 * (rule.farInterval.high - rule.farInterval.low))
    expect(tarInterval.low).toBeLessThan(rule.tar)
    expect(tarInterval.high).toBeGreaterThan(rule.tar)
    expect(m.calibrateVerification({ genuine: pairs.genuine, impostor: pairs.impostor, far: 0.01 }).byPeople).toBeUndefined()
  })

  test('the interval over people covers the truth about as often as it says; that over pairs does not', () => {
    // The truth of a threshold: its FAR among thousands of people of the same kind.
    const many = m.pairDistances(people(1200, 1, 0.55, 99).vectors, 8, people(1200, 1, 0.55, 99).labels).impostor.sort()
    let [byPeople, byPairs] = [0, 0]
    const worlds = 60
    for (let world = 0; world < worlds; world++) {
      const sample = people(20, 4, 0.55, 100 + world)
      const rule = m.calibrateVerification({ ...m.pairDistances(sample.vectors, 8, sample.labels), far: 0.1, rounds: 200 })
      const truth = many.findIndex((d) => d > rule.threshold) / many.length
      if (rule.byPeople!.farInterval.low <= truth && truth <= rule.byPeople!.farInterval.high) byPeople++
      if (rule.farInterval.low <= truth && truth <= rule.farInterval.high) byPairs++
    }
    expect(byPeople / worlds).toBeGreaterThan(0.85)
    expect(byPairs / worlds).toBeLessThan(0.75)
  })

  test('cross-validation: each person on trial once, with a threshold from others', () => {
    const result = m.crossValidateVerification(pairs, { far: 0.01, folds: 5 })
    expect(result.folds).toHaveLength(5)
    expect(result.genuine).toBe(pairs.genuine.length)
    expect(result.impostors).toBe(5 * 6 * 36) // five folds of four people, six photos each
    expect(result.people).toBe(20)
    expect(new Set(result.folds.map((f) => f.threshold)).size).toBeGreaterThan(1)
    close(result.tar, result.folds.reduce((sum, f) => sum + f.kept, 0) / result.genuine)
    expect(result.tar).toBeGreaterThan(0.3)
    expect(result.tar).toBeLessThan(1)
    close(result.balancedAccuracy, (result.tar + 1 - result.far) / 2)
    expect(m.crossValidateVerification(pairs, { far: 0.01 }).folds).toHaveLength(10)
    expect(() => m.crossValidateVerification(m.pairDistances(vectors.subarray(0, 24), dim, Int32Array.of(0, 1, 2)))).toThrow(
      'there must be at least four people, two a fold, got 3',
    )
    expect(() => m.crossValidateVerification(pairs, { far: 0.00001 })).toThrow(
      'needs at least 100000 pairs of two people outside each fold',
    )
    expect(() => m.crossValidateVerification(pairs, { folds: 11 })).toThrow('folds must be an integer from 2 to 10')
  })
})

describe('B-cubed', () => {
  test('worked by hand: one person split, two merged, one left as noise', () => {
    // a a a | a b ; b is split too; c is noise.
    const got = m.bCubed(Int32Array.of(0, 0, 0, 0, 1, 1, 2), Int32Array.of(5, 5, 5, 6, 6, -1, -1))
    close(got.precision, (3 * 1 + 0.5 + 0.5 + 1 + 1) / 7)
    close(got.recall, (3 * (3 / 4) + 1 / 4 + 1 / 2 + 1 / 2 + 1) / 7)
  })

  test('perfect whatever the names; all in one; all alone; unlabelled points count nowhere', () => {
    expect(m.bCubed(Int32Array.of(0, 0, 3), Int32Array.of(9, 9, -1))).toEqual({ precision: 1, recall: 1, f1: 1 })
    expect(m.bCubed(Int32Array.of(0, 0, 1, 1), Int32Array.of(0, 0, 0, 0))).toMatchObject({ precision: 0.5, recall: 1 })
    expect(m.bCubed(Int32Array.of(0, 0, 1, 1), Int32Array.of(-1, -1, -1, -1))).toMatchObject({ precision: 1, recall: 0.5 })
    expect(m.bCubed(Int32Array.of(0, 0, 1, -1), Int32Array.of(0, 0, 1, 0))).toMatchObject({ precision: 1, recall: 1 })
    expect(() => m.bCubed(Int32Array.of(-1), Int32Array.of(0))).toThrow('at least one point must be labelled')
    expect(() => m.bCubed(Int32Array.of(1), Int32Array.of(0, 0))).toThrow('clusters must hold one label for each of 1 rows')
  })
})
