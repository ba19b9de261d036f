import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import * as m from './index.ts'

describe('kNN vote', () => {
  test('a tie goes to the class whose member is nearest', () => {
    const labels = Int32Array.of(5, 2, 2, 5, 9)
    expect([...m.knnVote(Int32Array.of(4, 1, 0, 3, 2), 5, labels)]).toEqual([2])
    expect([...m.knnVote(Int32Array.of(0, 1, 2, 3, 4, 4, 1, 0), 4, labels)]).toEqual([5, 9])
    expect([...m.knnVote(Int32Array.of(1, 0, 2, 3), 4, labels)]).toEqual([2])
  })

  test('leave-one-out does not let a point vote for itself', () => {
    const points = Float32Array.of(0, 1, 10, 11)
    expect(m.knnAccuracy(points, Int32Array.of(0, 0, 1, 1), 1, { k: 1 })).toBe(1)
    expect(m.knnAccuracy(points, Int32Array.of(0, 1, 0, 1), 1, { k: 1 })).toBe(0)
  })
})

describe('retrieval', () => {
  test('the worked example of MAP@R: the same R-precision, another order, another value', () => {
    // One query at 0 with R = 3; of its three nearest the first two match in one case, the last two in the other.
    const labels = Int32Array.of(1, 1, 2, 1, 2)
    const query = { queries: Float32Array.of(0), queryLabels: Int32Array.of(1), recallAt: [1] }
    const early = m.retrieval(Float32Array.of(1, 2, 3, 9, 8), labels, 1, query)
    const late = m.retrieval(Float32Array.of(2, 3, 1, 9, 8), labels, 1, query)
    expect(early.rPrecision).toBeCloseTo(2 / 3, 12)
    expect(late.rPrecision).toBeCloseTo(2 / 3, 12)
    expect(early.mapAtR).toBeCloseTo(2 / 3, 12)
    expect(late.mapAtR).toBeCloseTo((1 / 2 + 2 / 3) / 3, 12)
    expect([early.precisionAt1, late.precisionAt1]).toEqual([1, 0])
  })

  test('a block boundary changes nothing', () => {
    const random = rng(4)
    const points = Float32Array.from({ length: 300 * 2 }, () => random.normal())
    const labels = Int32Array.from({ length: 300 }, () => random.integer(4))
    const whole = m.retrieval(points, labels, 2)
    const order = random.shuffle(Int32Array.from({ length: 300 }, (_, i) => i))
    const shuffled = m.retrieval(
      Float32Array.from({ length: 600 }, (_, i) => points[order[i >> 1] * 2 + (i & 1)]),
      labels.map((_, i) => labels[order[i]]),
      2,
    )
    expect(shuffled.mapAtR).toBeCloseTo(whole.mapAtR, 12)
    expect(shuffled.recallAt[5]).toBeCloseTo(whole.recallAt[5], 12)
  })

  test('says what is wrong', () => {
    expect(() => m.retrieval(new Float32Array(4), Int32Array.of(1), 2)).toThrow('referenceLabels must hold one label for each of 2 rows')
    expect(() => m.retrieval(new Float32Array(4), Int32Array.of(1, 1), 2, { recallat: [1] } as never)).toThrow('Did you mean "recallAt"?')
    expect(() => m.retrieval(new Float32Array(4), Int32Array.of(1, 1), 2, { queries: new Float32Array(2) })).toThrow('must come together')
  })
})

describe('silhouette', () => {
  test('a sample estimates the whole without bias', () => {
    const random = rng(5)
    const labels = Int32Array.from({ length: 400 }, (_, i) => i % 3)
    const points = Float32Array.from({ length: 800 }, (_, i) => labels[i >> 1] * 1.5 + random.normal())
    const exact = m.silhouette(points, 2, labels)
    const samples = Array.from({ length: 30 }, (_, seed) => m.silhouette(points, 2, labels, { sample: 100, seed }))
    const mean = samples.reduce((a, b) => a + b, 0) / 30
    expect(exact).toBeGreaterThan(0.1)
    expect(Math.abs(mean - exact)).toBeLessThan(0.02)
    expect(new Set(samples).size).toBe(30)
  })

  test('needs two classes', () => {
    expect(() => m.silhouette(new Float32Array(4), 2, Int32Array.of(1, 1))).toThrow('at least two classes, got 1')
  })
})

describe('calibration', () => {
  test('refuses logits', () => {
    expect(() => m.calibration(Float32Array.of(2, -1, 0.5, 0.5), 2, Int32Array.of(0, 1))).toThrow('Put logits through a softmax first.')
    expect(() => m.brierScore(Float32Array.of(0.5, 0.6), 2, Int32Array.of(0))).toThrow('sum to 1')
  })

  test('a confidence of exactly a bin edge belongs to the lower bin, and of 1 to the last', () => {
    const { bins } = m.calibration(Float64Array.of(0.6, 0.4, 1, 0), 2, Int32Array.of(0, 0), { bins: 5 })
    expect(bins.map((bin) => bin.count)).toEqual([0, 0, 1, 0, 1])
  })
})

describe('ranking', () => {
  test('refuses NaN and empty groups', () => {
    expect(() => m.auroc([1, NaN], [0])).toThrow('positives must hold no NaN')
    expect(() => m.fprAtTpr([1], [])).toThrow('negatives must not be empty')
  })

  test('a threshold keeps the points that lie on it', () => {
    const at = { inScores: [0.5], inCorrect: [1], outScores: [0.5], threshold: 0.5 }
    expect(m.evaluateRejection({ ...at, rejectWhen: 'above' })).toMatchObject({ keptShare: 1, rejectedShare: 0 })
    expect(m.evaluateRejection({ ...at, rejectWhen: 'below' })).toMatchObject({ keptShare: 1, rejectedShare: 0 })
  })

  test('no rightly classified point: an OSCR of 0, not NaN', () => {
    expect(m.oscr([1, 2], [0, 0], [0])).toBe(0)
  })
})

test('clustering figures of equal, single and separate partitions', () => {
  const a = Int32Array.of(1, 1, 2, 2)
  for (const figure of [m.normalizedMutualInformation, m.adjustedMutualInformation, m.adjustedRandIndex]) {
    expect(figure(a, Int32Array.of(7, 7, 3, 3))).toBeCloseTo(1, 12)
    expect(figure(Int32Array.of(1, 1), Int32Array.of(2, 2))).toBe(1)
    expect(figure(Int32Array.of(1, 2, 3), Int32Array.of(5, 4, 3))).toBeCloseTo(1, 12)
  }
})

test('the paired bootstrap sees a real difference and no false one', () => {
  const random = rng(6)
  const hard = Array.from({ length: 500 }, () => random.uniform())
  const a = hard.map((h) => (h < 0.8 ? 1 : 0))
  const b = hard.map((h) => (h < 0.7 ? 1 : 0))
  const real = m.pairedBootstrap(a, b, { rounds: 500 })
  expect(real.low).toBeGreaterThan(0)
  expect(real.difference).toBeCloseTo(0.1, 1)
  const none = m.pairedBootstrap(a, [...a].reverse(), { rounds: 500 })
  expect(none.low).toBeLessThan(0)
  expect(none.high).toBeGreaterThan(0)
})
