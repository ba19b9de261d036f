import { describe, expect, test } from 'vitest'
import golden from '../../test/golden/openset.json' with { type: 'json' }
import * as o from './index.ts'

const { softmax: s, embedding: e, conformal: c } = golden
const logits = Float32Array.from(s.logits)
const train = Float32Array.from(e.train)
const queries = Float32Array.from(e.queries)
const labels = Uint8Array.from(e.labels)

function closeAll(got: ArrayLike<number>, expected: number[], relative = 1e-9): void {
  expect(got.length).toBe(expected.length)
  expected.forEach((x, i) =>
    expect(Math.abs(got[i] - x), `entry ${i}: ${got[i]} for ${x}`).toBeLessThanOrEqual(relative * Math.max(1e-3, Math.abs(x))),
  )
}

describe('against numpy, scipy and scikit-learn', () => {
  test('softmax with a temperature', () => {
    closeAll(o.softmax(logits, s.classes, { temperature: s.temperature }).subarray(0, s.probabilities.length), s.probabilities)
  })

  test.each(Object.entries(s.scores))('%s', (name, expected) => {
    closeAll(o.logitScore(name as o.LogitScoreName, logits, s.classes, { temperature: s.temperature }), expected)
  })

  test('the fitted temperature and its likelihoods', () => {
    const fit = o.fitTemperature(logits, s.classes, Int32Array.from(s.truth))
    expect(fit.temperature).toBeCloseTo(s.fit.temperature, 5)
    expect(fit.nllBefore).toBeCloseTo(s.fit.nllBefore, 9)
    expect(fit.nllAfter).toBeCloseTo(s.fit.nllAfter, 9)
    expect(fit.atBound).toBe(false)
  })

  test('distance to the 7th nearest, plain and normalised', () => {
    closeAll(o.knnDistance(train, e.dim, { k: 7 }).score(queries), e.knn7, 1e-6)
    closeAll(o.knnDistance(train, e.dim, { k: 7, normalize: true }).score(queries), e.knn7normalized, 1e-5)
  })

  test('distance to class means', () => {
    closeAll(o.classMeanDistance(train, e.dim, labels).score(queries), e.classMean)
  })

  test.each([
    ['shared', false, e.mahalanobis],
    ['per-class', false, e.perClass],
    ['shared', true, e.relative],
    ['per-class', true, e.relativePerClass],
  ] as const)('Mahalanobis, covariance %s, relative %s', (covariance, relative, expected) => {
    closeAll(o.mahalanobis(train, e.dim, labels, { covariance, relative, shrinkage: e.shrinkage }).score(queries), expected, 1e-7)
  })

  test('conformal p-values and thresholds, both directions, ties among the scores', () => {
    closeAll(o.conformalPValues(c.calibration, c.scores, 'below'), c.pBelow)
    closeAll(o.conformalPValues(c.calibration, c.scores, 'above'), c.pAbove)
    expect(o.conformalThreshold(c.calibration, c.alpha, 'below')).toEqual({ threshold: c.tBelow, rejectWhen: 'below' })
    expect(o.conformalThreshold(c.calibration, c.alpha, 'above')).toEqual({ threshold: c.tAbove, rejectWhen: 'above' })
  })
})
