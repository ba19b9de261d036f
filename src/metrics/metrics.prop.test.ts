import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import * as m from './index.ts'

/** Few distinct values, so that ties are common. */
const scores = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 })
const labelled = fc.integer({ min: 3, max: 60 }).chain((n) =>
  fc.record({
    labels: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: n, maxLength: n }).map((x) => Int32Array.from(x)),
    others: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: n, maxLength: n }).map((x) => Int32Array.from(x)),
    points: fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 2 * n, maxLength: 2 * n }).map((x) => Float32Array.from(x)),
    seed: fc.nat(),
  }),
)

test('AUROC is the pair count, sums to 1 with its mirror, and survives any rising map', () => {
  fc.assert(
    fc.property(scores, scores, (p, n) => {
      const pairs = p.flatMap((a) => n.map((b) => (a > b ? 1 : a === b ? 0.5 : 0) as number))
      const area = m.auroc(p, n)
      expect(area).toBeCloseTo(pairs.reduce((s, x) => s + x, 0) / pairs.length, 12)
      expect(area + m.auroc(n, p)).toBeCloseTo(1, 12)
      const rise = (x: number[]) => x.map((s) => Math.exp(s) + s)
      expect(m.auroc(rise(p), rise(n))).toBe(area)
      const fall = (x: number[]) => x.map((s) => -s)
      expect(m.auroc(fall(n), fall(p))).toBeCloseTo(area, 12)
    }),
  )
})

test('FPR at a TPR is the least over all thresholds that reach it; AUPR is at least what it must be', () => {
  fc.assert(
    fc.property(scores, scores, fc.double({ min: 0.01, max: 1, noNaN: true }), (p, n, tpr) => {
      const reach = [...p, ...n].filter((t) => p.filter((s) => s >= t).length / p.length >= tpr)
      const least = Math.min(...reach.map((t) => n.filter((s) => s >= t).length / n.length))
      expect(m.fprAtTpr(p, n, tpr)).toBe(least)
      expect(m.averagePrecision(p, n)).toBeGreaterThan(0)
      expect(m.averagePrecision(p, n)).toBeLessThanOrEqual(1)
    }),
  )
})

test('OSCR lies between 0 and the accuracy, and is the AUROC when all are right', () => {
  fc.assert(
    fc.property(scores, scores, fc.nat(), (p, n, seed) => {
      const random = rng(seed)
      const correct = p.map(() => random.integer(2))
      const area = m.oscr(p, correct, n)
      expect(area).toBeGreaterThanOrEqual(0)
      expect(area).toBeLessThanOrEqual(correct.reduce((a, b) => a + b, 0) / p.length + 1e-12)
      expect(
        m.oscr(
          p,
          p.map(() => 1),
          n,
        ),
      ).toBeCloseTo(m.auroc(p, n), 12)
    }),
  )
})

test('no figure depends on the order of points or the names of classes', () => {
  fc.assert(
    fc.property(labelled, ({ labels, others, points, seed }) => {
      fc.pre(new Set(labels).size >= 2)
      const order = rng(seed).shuffle(Int32Array.from(labels, (_, i) => i))
      const moved = labels.map((_, i) => labels[order[i]])
      const renamed = moved.map((label) => 40 - 7 * label)
      const movedOthers = others.map((_, i) => others[order[i]])
      const movedPoints = points.map((_, i) => points[order[i >> 1] * 2 + (i & 1)])
      expect(m.silhouette(movedPoints, 2, renamed)).toBeCloseTo(m.silhouette(points, 2, labels), 9)
      expect(m.classDistances(movedPoints, 2, renamed).inter).toBeCloseTo(m.classDistances(points, 2, labels).inter, 9)
      expect(m.normalizedMutualInformation(renamed, movedOthers)).toBeCloseTo(m.normalizedMutualInformation(labels, others), 9)
      expect(m.adjustedMutualInformation(movedOthers, renamed)).toBeCloseTo(m.adjustedMutualInformation(labels, others), 9)
      expect(m.adjustedRandIndex(renamed, movedOthers)).toBeCloseTo(m.adjustedRandIndex(labels, others), 9)
      expect(m.accuracy(moved, movedOthers)).toBe(m.accuracy(labels, others))
    }),
  )
})

test("Wilson's interval holds the share and narrows with more trials", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const k = Math.round(share * n)
      const { low, high } = m.wilsonInterval(k, n)
      expect(low).toBeLessThanOrEqual(k / n)
      expect(high).toBeGreaterThanOrEqual(k / n)
      const more = m.wilsonInterval(4 * k, 4 * n)
      expect(more.high - more.low).toBeLessThan(high - low)
    }),
  )
})
