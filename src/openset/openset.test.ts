import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import * as o from './index.ts'

/** Two tight classes at (0, 0) and (10, 0). */
function twoClasses(n = 200) {
  const random = rng(1)
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 2)
  return { x: Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 10 * labels[i >> 1] : 0) + random.normal()), labels }
}

describe('softmax scores', () => {
  test('the two Ginis are two things that point opposite ways', () => {
    const oneHot = Float64Array.from({ length: 10 }, (_, i) => (i === 3 ? 1 : 0))
    const uniform = new Float64Array(10).fill(0.1)
    expect(o.giniCoefficient(oneHot, 10)[0]).toBeCloseTo(0.9, 12)
    expect(o.giniImpurity(oneHot, 10)[0]).toBe(0)
    expect(o.giniCoefficient(uniform, 10)[0]).toBeCloseTo(0, 12)
    expect(o.giniImpurity(uniform, 10)[0]).toBeCloseTo(0.9, 12)
    expect(o.scoreInfo('gini-coefficient').outlierWhen).toBe('below')
    expect(o.scoreInfo('gini-impurity').outlierWhen).toBe('above')
  })

  test('entropy is a number when entries underflow', () => {
    expect([...o.entropy(Float32Array.of(1, 0, 0, 0.5, 0.5, 0), 3)]).toEqual([0, Math.LN2])
    expect(o.logitScore('entropy', Float32Array.of(900, -900, 0), 3)[0]).toBe(0)
  })

  test('very sure rows keep their order in the impurity', () => {
    const logits = Float32Array.of(40, 0, 0, 50, 0, 0)
    const [less, more] = o.logitScore('gini-impurity', logits, 3)
    expect(less / (4 * Math.exp(-40))).toBeCloseTo(1, 9)
    expect(more / (4 * Math.exp(-50))).toBeCloseTo(1, 9)
  })

  test('every score separates a sure row from a flat one as the table says', () => {
    const sure = Float32Array.of(9, 0, 1, 0)
    const flat = Float32Array.of(0.1, 0, 0.1, 0)
    for (const { name, input, outlierWhen } of o.scores) {
      if (input !== 'logits') continue
      const gap = o.logitScore(name as o.LogitScoreName, flat, 4)[0] - o.logitScore(name as o.LogitScoreName, sure, 4)[0]
      expect(outlierWhen === 'above' ? gap : -gap, name).toBeGreaterThan(0.1)
    }
  })

  test('says what is wrong', () => {
    expect(() => o.softmax(Float32Array.of(1, NaN), 2)).toThrow('logits must be finite')
    expect(() => o.softmax(new Float32Array(3), 2)).toThrow('multiple of the row width 2, got 3')
    expect(() => o.energy(new Float32Array(2), 2, { temperature: 0 })).toThrow('temperature must be a positive number')
    expect(() => o.scoreInfo('gini')).toThrow('which Gini is meant')
    expect(() => o.scoreInfo('entropi')).toThrow('Did you mean "entropy"?')
    expect(() => o.logitScore('knn-distance' as never, new Float32Array(2), 2)).toThrow('name must be one of')
  })
})

describe('the rule of 0.87', () => {
  test('rejects a nearly flat row of ten and keeps a sure one', () => {
    const logits = new Float32Array(20)
    logits[0] = 0.5
    logits[10] = 9
    expect([...o.rejectByGiniImpurity(o.softmax(logits, 10), 10)]).toEqual([1, 0])
    expect(o.giniImpurityRule087).toMatchObject({ score: 'gini-impurity', rejectWhen: 'above', threshold: 0.87 })
  })
})

describe('detectors', () => {
  const { x, labels } = twoClasses()
  const far = Float32Array.of(5, 40, 0, 0, 10, 0)
  const all = [
    ['knn-distance', o.knnDistance(x, 2, { k: 5 })],
    ['knn-distance, normalised', o.knnDistance(x, 2, { k: 5, normalize: true })],
    ['class-mean-distance', o.classMeanDistance(x, 2, labels)],
    ['stranger-odds', o.outlierOdds(Float32Array.of(-1, 0, 1, 0, 0, 2), Float32Array.of(5, -5, -4), 2)],
    [
      'distance-and-odds',
      o.distanceAndOdds({ references: x, k: 5, weight: Float32Array.of(-1, 0, 1, 0, 0, 2), bias: Float32Array.of(5, -5, -4) }, 2, x),
    ],
    ['mahalanobis', o.mahalanobis(x, 2, labels)],
    ['mahalanobis per class', o.mahalanobis(x, 2, labels, { covariance: 'per-class', relative: true })],
    ['max-softmax', o.logitScorer('max-softmax', 2, { temperature: 2 })],
  ] as const

  test.each(all)('%s survives JSON to the last bit', (_, scorer) => {
    const one = o.detector(scorer, o.conformalThreshold(scorer.score(x), 0.05, scorer.outlierWhen))
    const other = o.detectorFromJson(JSON.parse(JSON.stringify(one)))
    expect(other.rule).toEqual(one.rule)
    expect(other.scores(far)).toEqual(one.scores(far))
    expect(other.scorer.name).toBe(scorer.name)
    expect(JSON.stringify(other)).toBe(JSON.stringify(one))
  })

  test.each(all.filter(([name]) => !/normalised|max-softmax|per class/.test(name)))('%s finds the far point', (_, scorer) => {
    const d = o.detector(scorer).withRule(o.conformalThreshold(scorer.score(x), 0.02, scorer.outlierWhen))
    expect([...d.predict(far)]).toEqual([-1, 1, 1])
    expect(Math.sign(d.decisionFunction(far)[0])).toBe(-1)
    const sample = d.scoreSamples(far)
    expect(sample[0]).toBeLessThan(Math.min(sample[1], sample[2]))
  })

  test('outlier odds are the log odds of the last class against all others', () => {
    const scorer = o.outlierOdds(Float32Array.of(1, 0, 0, 1, -1, -1), Float32Array.of(0, 0, 1), 2)
    const [p0, p1, p2] = o.softmax(Float32Array.of(2, -1, 0), 3)
    expect(scorer.score(Float32Array.of(2, -1))[0]).toBeCloseTo(Math.log(p2 / (p0 + p1)), 12)
    expect(() => o.outlierOdds(new Float32Array(5), new Float32Array(3), 2)).toThrow('weight must be [3, 2]')
    expect(() => o.outlierOdds(new Float32Array(2), new Float32Array(1), 2)).toThrow('one known class or more')
    expect(() => scorer.score(new Float32Array(3))).toThrow('embeddings.length must be a multiple of dim 2')
  })

  test('distance and odds are added in units of their spreads, given or those of what belongs', () => {
    const parts = { references: x, k: 3, weight: Float32Array.of(1, 0, 0, 1, -1, -1), bias: Float32Array.of(0, 0, 1) }
    const [distance, odds] = [o.knnDistance(x, 2, { k: 3 }), o.outlierOdds(parts.weight, parts.bias, 2)]
    const at = Float32Array.of(2, -1, 7, 3)
    const sum = o.distanceAndOdds(parts, 2, { distanceSpread: 0.5, oddsSpread: 4 }).score(at)
    sum.forEach((v, i) => expect(v).toBeCloseTo(distance.score(at)[i] / 0.5 + odds.score(at)[i] / 4, 10))
    const { settings } = o.distanceAndOdds(parts, 2, x).state()
    const sorted = odds.score(x).toSorted()
    expect(settings.oddsSpread).toBeCloseTo(sorted[Math.floor(0.95 * (sorted.length - 1))] - sorted[sorted.length >> 1], 12)
    expect(() => o.distanceAndOdds(parts, 2, { distanceSpread: 0, oddsSpread: 1 })).toThrow('distanceSpread must be above 0')
    expect(o.distanceAndOdds(parts, 2, Float32Array.of(1, 1, 1, 1)).state().settings).toMatchObject({ distanceSpread: 1, oddsSpread: 1 })
    const json = o.detector(o.distanceAndOdds(parts, 2, x)).toJSON()
    for (const [spread, says] of [
      [{ oddsSpread: -1 }, 'oddsSpread must be above 0'],
      [{ distanceSpread: 'wide' }, 'distanceSpread must be above 0'],
      [{ k: 0 }, 'k must be an integer'],
    ] as const)
      expect(() => o.detectorFromJson({ ...json, scorer: { ...json.scorer, settings: { ...json.scorer.settings, ...spread } } })).toThrow(
        says,
      )
  })

  test('a point on the threshold is kept, and its decision is 0', () => {
    const d = o.detector(o.logitScorer('max-logit', 2), { threshold: 3, rejectWhen: 'below' })
    expect([...d.decisionFunction(Float32Array.of(3, 0, 2, 0))]).toEqual([0, -1])
    expect([...d.predict(Float32Array.of(3, 0, 2, 0))]).toEqual([1, -1])
  })

  test('says what is wrong', () => {
    const scorer = o.classMeanDistance(x, 2, labels)
    expect(() => o.detector(scorer).predict(far)).toThrow('there must be a rule')
    expect(() => o.detectorFromJson({ format: 'pickle' })).toThrow('kindred-detector')
    const good = o
      .detector(o.outlierOdds(Float32Array.of(1, 2, 3, 4), Float32Array.of(0, 1), 2), { threshold: 1, rejectWhen: 'above' })
      .toJSON()
    const withArray = (weight: string) => ({ ...good, scorer: { ...good.scorer, arrays: { ...good.scorer.arrays, weight } } })
    const wrong: readonly (readonly [unknown, string])[] = [
      [null, 'expected object'],
      [{ ...good, rule: { threshold: null, rejectWhen: 'above' } }, 'rule.threshold'],
      [{ ...good, rule: { threshold: 1, rejectWhen: 'beside' } }, 'rule.rejectWhen'],
      [{ ...good, scorer: { ...good.scorer, name: 'toString' } }, 'scorer.name'],
      [{ ...good, scorer: { ...good.scorer, width: 3 } }, 'weight must hold one or more rows of 3 numbers'],
      [{ ...good, scorer: { ...good.scorer, arrays: {} } }, 'weight must hold'],
      [withArray('!'), 'scorer.arrays.weight'],
      ...[1e-320, -1, 0, '2', undefined].map(
        (temperature) =>
          [{ ...good, scorer: { name: 'energy', width: 3, settings: { temperature: temperature! }, arrays: {} } }, 'temperature'] as const,
      ),
      [withArray(Buffer.from(Float32Array.of(1, 2, NaN, 4).buffer).toString('base64')), 'finite numbers below 1e18, got NaN at 2'],
      [withArray(Buffer.from(Float32Array.of(1, 2, 1e30, 4).buffer).toString('base64')), 'finite numbers below 1e18'],
    ]
    for (const [json, words] of wrong)
      expect(() => o.detectorFromJson(json, 'reject.json'), words).toThrow(
        expect.objectContaining({ code: 'corrupt', where: 'reject.json', message: expect.stringContaining(words) }),
      )
    expect(() => o.mahalanobis(Float32Array.of(0, 0, 1, 0, 2, 0), 2, Uint8Array.of(0, 0, 0), { shrinkage: 0 })).toThrow('Raise shrinkage')
    expect(() => o.knnDistance(x, 2, { k: 201 })).toThrow('from 1 to the 200 references')
    expect(() => o.detector(scorer, { threshold: 1, rejectWhen: 'over' as never })).toThrow('rejectWhen must be one of')
  })
})

describe('thresholds', () => {
  test('keep a share, and keep a share that is also right', () => {
    const strangeness = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    expect(o.keepShare(strangeness, 0.8, 'above')).toEqual({ threshold: 8, rejectWhen: 'above' })
    expect(o.keepShare(strangeness, 0.8, 'below')).toEqual({ threshold: 3, rejectWhen: 'below' })
    const correct = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    expect(o.keepShare(strangeness, 0.8, 'above', { correct })).toEqual({ threshold: 9, rejectWhen: 'above' })
    expect(() => o.keepShare(strangeness, 0.95, 'above', { correct })).toThrow('at most the accuracy, 0.9, got 0.95')
  })

  test('the least error, with its direction learned from the data', () => {
    const rule = o.minimumError([1, 2, 3, 9], [6, 7, 8])
    expect(rule).toEqual({ threshold: 4.5, rejectWhen: 'above', error: 1 / 7, directionLearned: true })
    const mirrored = o.minimumError([-1, -2, -3, -9], [-6, -7, -8])
    expect(mirrored).toMatchObject({ threshold: -4.5, rejectWhen: 'below' })
    expect(o.minimumError([1, 2, 3], [6, 7], { rejectWhen: 'below' })).toMatchObject({
      rejectWhen: 'below',
      error: 2 / 5,
      directionLearned: false,
    })
  })

  test('balanced error weighs both groups alike', () => {
    const inside = Array.from({ length: 98 }, (_, i) => i / 10)
    const plain = o.minimumError(inside, [8, 8.5], { rejectWhen: 'above' })
    const balanced = o.minimumError(inside, [8, 8.5], { rejectWhen: 'above', balanced: true })
    expect([8, 8.5].filter((s) => o.isRejected(s, plain))).toEqual([])
    expect([8, 8.5].filter((s) => o.isRejected(s, balanced))).toEqual([8, 8.5])
  })

  test('too few calibration points for the promise', () => {
    expect(() => o.conformalThreshold([1, 2, 3], 0.05, 'above')).toThrow('alpha 0.05 needs at least 19 calibration scores, got 3')
    expect(
      o.conformalThreshold(
        Array.from({ length: 19 }, (_, i) => i),
        0.05,
        'above',
      ).threshold,
    ).toBe(18)
  })
})

test('temperature: over-confident logits are softened, perfect ones go to the bound', () => {
  const random = rng(3)
  const truth = Int32Array.from({ length: 2000 }, () => random.integer(3))
  const honest = Float32Array.from({ length: 6000 }, (_, i) => (i % 3 === truth[Math.floor(i / 3)] ? 1 : 0) + random.normal())
  const base = o.fitTemperature(honest, 3, truth).temperature
  expect(
    o.fitTemperature(
      honest.map((z) => 4 * z),
      3,
      truth,
    ).temperature / base,
  ).toBeCloseTo(4, 5)
  expect(o.fitTemperature(Float32Array.of(5, 0, 0, 5), 2, Int32Array.of(0, 1))).toMatchObject({ temperature: 0.01, atBound: true })
  expect(o.fitTemperature(Float32Array.of(5, 0, 0, 5), 2, Int32Array.of(1, 0))).toMatchObject({ temperature: 100, atBound: true })
})
