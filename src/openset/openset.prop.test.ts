import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import * as o from './index.ts'

const row = fc
  .integer({ min: 2, max: 12 })
  .chain((classes) => fc.array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: classes, maxLength: classes }))
const scores = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 60 })
const side = fc.constantFrom('above', 'below') as fc.Arbitrary<o.Side>

test('both Ginis lie in [0, (n - 1) / n], entropy in [0, ln n], and none depends on the order of classes', () => {
  fc.assert(
    fc.property(row, fc.nat(), (logits, seed) => {
      const n = logits.length
      const shuffled = rng(seed).shuffle([...logits])
      for (const [name, most] of [
        ['gini-coefficient', (n - 1) / n],
        ['gini-impurity', (n - 1) / n],
        ['entropy', Math.log(n)],
        ['softmax-margin', 1],
        ['max-softmax', 1],
      ] as const) {
        const value = o.logitScore(name, Float32Array.from(logits), n)[0]
        expect(value).toBeGreaterThanOrEqual(-1e-12)
        expect(value).toBeLessThanOrEqual(most + 1e-12)
        expect(o.logitScore(name, Float32Array.from(shuffled), n)[0]).toBeCloseTo(value, 12)
      }
    }),
  )
})

test('softmax sums to 1, energy shifts with the logits', () => {
  fc.assert(
    fc.property(row, fc.integer({ min: -50, max: 50 }), (logits, shift) => {
      const z = Float64Array.from(logits)
      expect(o.softmax(z, z.length).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      const moved = z.map((x) => x + shift)
      expect(o.energy(moved, z.length)[0]).toBeCloseTo(o.energy(z, z.length)[0] - shift, 9)
    }),
  )
})

test('the kNN scorer gives the k-th smallest distance', () => {
  const cloud = fc
    .array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 4, maxLength: 60 })
    .map((x) => Float32Array.from(x.slice(0, x.length - (x.length % 2))))
  fc.assert(
    fc.property(cloud, cloud, fc.double({ min: 0, max: 1, noNaN: true }), (queries, references, share) => {
      const n = references.length / 2
      const k = Math.max(1, Math.round(share * n))
      const got = o.knnDistance(references, 2, { k }).score(queries)
      for (let q = 0; q < queries.length / 2; q++) {
        const all = Array.from({ length: n }, (_, r) =>
          Math.hypot(queries[2 * q] - references[2 * r], queries[2 * q + 1] - references[2 * r + 1]),
        ).sort((a, b) => a - b)
        expect(got[q]).toBeCloseTo(all[k - 1], 5)
      }
    }),
  )
})

test('the conformal rule rejects exactly the p-values <= alpha', () => {
  fc.assert(
    fc.property(scores, scores, fc.double({ min: 0.02, max: 0.9, noNaN: true }), side, (calibration, query, alpha, rejectWhen) => {
      fc.pre(alpha * (calibration.length + 1) >= 1)
      const rule = o.conformalThreshold(calibration, alpha, rejectWhen)
      const p = o.conformalPValues(calibration, query, rejectWhen)
      query.forEach((score, i) => expect(o.isRejected(score, rule)).toBe(p[i] <= alpha))
    }),
  )
})

test('conformal coverage: over every way to leave one point out, at most a share alpha is rejected', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 50 }),
      fc.double({ min: 0.1, max: 0.5, noNaN: true }),
      side,
      (all, alpha, rejectWhen) => {
        const rejected = all.filter((score, i) => o.isRejected(score, o.conformalThreshold(all.toSpliced(i, 1), alpha, rejectWhen)))
        expect(rejected.length / all.length).toBeLessThanOrEqual(alpha + 1e-9)
      },
    ),
  )
})

test('minimum error is the least over all thresholds and both directions', () => {
  fc.assert(
    fc.property(scores, scores, fc.boolean(), (inside, outside, balanced) => {
      const error = (rule: o.RejectionRule) => {
        const lost = inside.filter((s) => o.isRejected(s, rule)).length
        const missed = outside.filter((s) => !o.isRejected(s, rule)).length
        return balanced ? (lost / inside.length + missed / outside.length) / 2 : (lost + missed) / (inside.length + outside.length)
      }
      const every = Array.from({ length: 30 }, (_, i) => i / 2 - 7.25).flatMap((threshold) =>
        (['above', 'below'] as const).map((rejectWhen) => error({ threshold, rejectWhen })),
      )
      const found = o.minimumError(inside, outside, { balanced })
      expect(found.error).toBeCloseTo(Math.min(...every), 9)
      expect(error(found)).toBeCloseTo(found.error, 9)
    }),
  )
})

test('keepShare keeps at least the share, and a stricter threshold would not', () => {
  fc.assert(
    fc.property(scores, fc.double({ min: 0.05, max: 1, noNaN: true }), side, (inside, share, rejectWhen) => {
      const rule = o.keepShare(inside, share, rejectWhen)
      const kept = (threshold: number) => inside.filter((s) => !o.isRejected(s, { threshold, rejectWhen })).length / inside.length
      expect(kept(rule.threshold)).toBeGreaterThanOrEqual(share - 1e-9)
      expect(kept(rule.threshold + (rejectWhen === 'above' ? -0.5 : 0.5))).toBeLessThan(share)
    }),
  )
})
