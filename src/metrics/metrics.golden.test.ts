import { describe, expect, test } from 'vitest'
import golden from '../../test/golden/metrics.json' with { type: 'json' }
import * as m from './index.ts'

const { embedding: e, classification: c, ranking: r, intervals: i } = golden
const points = Float32Array.from(e.points)
const labels = Int32Array.from(e.labels)
const close = (got: number, expected: number) => expect(got).toBeCloseTo(expected, 10)

describe('against the definitions in numpy and scikit-learn', () => {
  test.each(['queries', 'classes'] as const)('retrieval, leave-one-out and split, averaged over %s', (averageOver) => {
    const references = points.subarray(0, e.references * e.dim)
    const split = { queries: points.subarray(e.references * e.dim), queryLabels: labels.subarray(e.references) }
    const cases = [
      [e.leaveOneOut, m.retrieval(points, labels, e.dim, { recallAt: [1, 3, 10], averageOver })],
      [e.split, m.retrieval(references, labels.subarray(0, e.references), e.dim, { ...split, recallAt: [1, 3, 10], averageOver })],
    ] as const
    for (const [expected, got] of cases) {
      close(got.precisionAt1, expected[averageOver].precisionAt1)
      close(got.rPrecision, expected[averageOver].rPrecision)
      close(got.mapAtR, expected[averageOver].mapAtR)
      for (const k of ['1', '3', '10'] as const) close(got.recallAt[Number(k)], expected[averageOver].recallAt[k])
      expect(got.queries).toBe(expected.count)
      expect(got.lone).toBe(expected.lone)
    }
    expect(e.leaveOneOut.lone + e.split.lone).toBeGreaterThan(0)
  })

  test('nearest-neighbour accuracy', () => {
    const references = points.subarray(0, e.references * e.dim)
    const split = { queries: points.subarray(e.references * e.dim), queryLabels: labels.subarray(e.references) }
    close(m.knnAccuracy(references, labels.subarray(0, e.references), e.dim, { k: 1, ...split }), e.accuracy1)
  })

  test('silhouette and class distances', () => {
    close(m.silhouette(points, e.dim, labels), e.silhouette)
    const d = m.classDistances(points, e.dim, labels)
    close(d.intra, e.intra)
    close(d.inter, e.inter)
    close(d.matrix[1], e.between02)
    expect([...d.classes]).toEqual([0, 2, 3, 7, 9])
  })

  test('NMI, AMI, ARI', () => {
    const clusters = Int32Array.from(e.clusters)
    close(m.normalizedMutualInformation(labels, clusters), e.nmi)
    close(m.adjustedMutualInformation(labels, clusters), e.ami)
    close(m.adjustedRandIndex(labels, clusters), e.ari)
  })

  test('confusion matrix, accuracy, precision, recall, F1', () => {
    const p = Float64Array.from(c.probabilities)
    const truth = Int32Array.from(c.truth)
    const predicted = truth.map((_, row) => {
      const of = p.subarray(row * c.classes, (row + 1) * c.classes)
      return of.indexOf(Math.max(...of))
    })
    close(m.accuracy(truth, predicted), c.accuracy)
    const matrix = m.confusionMatrix(truth, predicted)
    expect([...matrix.counts]).toEqual(c.confusion)
    m.classReport(matrix).forEach((report, k) => {
      close(report.precision, c.precision[k])
      close(report.recall, c.recall[k])
      close(report.f1, c.f1[k])
      expect(report.support).toBe(c.support[k])
    })
  })

  test('ECE, MCE, NLL, Brier', () => {
    const p = Float64Array.from(c.probabilities)
    const truth = Uint8Array.from(c.truth)
    const { ece, mce, bins } = m.calibration(p, c.classes, truth)
    close(ece, c.ece)
    close(mce, c.mce)
    expect(bins.reduce((n, bin) => n + bin.count, 0)).toBe(truth.length)
    close(m.negativeLogLikelihood(p, c.classes, truth), c.nll)
    close(m.brierScore(p, c.classes, truth), c.brier)
  })

  test('AUROC, AUPR, FPR95, OSCR and their curves, ties among the scores', () => {
    close(m.auroc(r.inside, r.outside), r.auroc)
    close(m.averagePrecision(r.inside, r.outside), r.auprIn)
    close(m.fprAtTpr(r.inside, r.outside), r.fpr95)
    close(m.oscr(r.inside, r.correct, r.outside), r.oscr)
    const roc = m.rocCurve(r.inside, r.outside)
    const open = m.oscrCurve(r.inside, r.correct, r.outside)
    expect([...roc.x]).toEqual(r.roc.x)
    expect([...roc.y]).toEqual(r.roc.y)
    // The trapezoids under the curve give the same area, whatever points the curve is made of.
    close(area(open), r.oscr)
    expect(open.y.at(-1)).toBeCloseTo(r.oscrCurve.y.at(-1)!, 12)
  })

  test.each(['above', 'below'] as const)('evaluateRejection, rejecting %s, gives the same figures for mirrored scores', (rejectWhen) => {
    const sign = rejectWhen === 'above' ? -1 : 1
    const got = m.evaluateRejection({
      inScores: r.inside.map((s) => sign * s),
      inCorrect: r.correct,
      outScores: r.outside.map((s) => sign * s),
      threshold: sign * r.threshold,
      rejectWhen,
    })
    for (const name of [
      'keptShare',
      'keptRightShare',
      'rejectedShare',
      'auroc',
      'auprIn',
      'auprOut',
      'fpr95',
      'fpr95OutPositive',
      'oscr',
    ] as const)
      close(got[name], r[name])
    close(got.keptAccuracy, r.keptRightShare / r.keptShare)
  })

  test('Wilson interval, normal quantile, McNemar', () => {
    for (const [k, n, level, low, high] of i.wilson) {
      const got = m.wilsonInterval(k, n, level)
      close(got.low, low)
      close(got.high, high)
    }
    for (const [p, z] of i.normalQuantile) close(m.normalQuantile(p), z)
    for (const [b, c2, p] of i.mcnemar) {
      const a = [...Array(b).fill(1), ...Array(c2).fill(0), 1, 0]
      const other = [...Array(b).fill(0), ...Array(c2).fill(1), 1, 0]
      const got = m.mcNemar(a, other)
      expect([got.onlyA, got.onlyB]).toEqual([b, c2])
      close(got.pValue, p)
    }
  })

  test('the bootstrap interval of a mean lies where scipy finds it', () => {
    const { values, low, high, sd } = i.bootstrap
    const mean = (rows: Int32Array) => rows.reduce((sum, row) => sum + values[row], 0) / rows.length
    const got = m.bootstrapInterval(values.length, mean, { rounds: 4000, seed: 3 })
    expect(Math.abs(got.low - low)).toBeLessThan(0.1 * sd)
    expect(Math.abs(got.high - high)).toBeLessThan(0.1 * sd)
    expect(m.bootstrapInterval(values.length, mean, { rounds: 50, seed: 3 })).toEqual(
      m.bootstrapInterval(values.length, mean, { rounds: 50, seed: 3 }),
    )
  })
})

function area({ x, y }: m.Curve): number {
  let sum = 0
  for (let k = 1; k < x.length; k++) sum += ((x[k] - x[k - 1]) * (y[k] + y[k - 1])) / 2
  return sum
}
