// Whoever takes vectors refuses those that are no finite numbers, and names the row: what came out of them would be NaN, or worse, look like an answer.
import { describe, expect, test } from 'vitest'
import { rng } from '../src/base/index.ts'
import { dbscan } from '../src/clusters/index.ts'
import * as metrics from '../src/metrics/index.ts'
import { engineSearch, nearest, neighbourSearch } from '../src/neighbours/index.ts'
import * as openset from '../src/openset/index.ts'
import {
  affinities,
  allTheSame,
  neighbourPreservation,
  normalise01,
  pca,
  project,
  trustworthiness,
  tsne,
  tsneMap,
} from '../src/projection/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'

const [n, dim] = [12, 3]
const random = rng(3)
const good = Float32Array.from({ length: n * dim }, () => random.normal())
const labels = Int32Array.from({ length: n }, (_, i) => i % 3)
const flat = good.slice(0, n * 2)
const shares = openset.softmax(good, dim)
const runtime = await nodeRuntime({ threads: 1 })

/** Each function, with vectors in one of its places. */
const takers: Readonly<Record<string, (x: Float32Array) => unknown>> = {
  silhouette: (x) => metrics.silhouette(x, dim, labels),
  classDistances: (x) => metrics.classDistances(x, dim, labels),
  knnAccuracy: (x) => metrics.knnAccuracy(x, labels, dim, { k: 2 }),
  'knnAccuracy, queries': (x) => metrics.knnAccuracy(good, labels, dim, { k: 2, queries: x, queryLabels: labels }),
  retrieval: (x) => metrics.retrieval(x, labels, dim, { recallAt: [1] }),
  'retrieval, queries': (x) => metrics.retrieval(good, labels, dim, { recallAt: [1], queries: x, queryLabels: labels }),
  precisionAtK: (x) => metrics.precisionAtK(x, dim, labels),
  'precisionAtK, a row without a label': (x) =>
    metrics.precisionAtK(
      x,
      dim,
      labels.map((l, i) => (i === 2 ? -1 : l)),
    ),
  pairDistances: (x) => metrics.pairDistances(x, dim, labels),
  'nearest, references': (x) => nearest(good, x, dim, 1),
  'nearest, queries': (x) => nearest(x, good, dim, 1),
  neighbourSearch: (x) => neighbourSearch(x, dim),
  'engineSearch, references': (x) => engineSearch(runtime, x, dim),
  'engineSearch, queries': (x) => engineSearch(runtime, good, dim).nearest(x, 1),
  dbscan: (x) => dbscan(x, dim, { radius: 1 }),
  pca: (x) => pca(x, dim),
  'pca, transform': (x) => pca(good, dim).transform(x),
  tsne: (x) => tsne(x, dim),
  tsneMap: (x) => tsneMap(x, dim),
  affinities: (x) => affinities(x, dim, 2),
  project: (x) => project(x, dim),
  'project, PCA': (x) => project(x, dim, { method: 'pca' }),
  normalise01: (x) => normalise01(x, dim),
  trustworthiness: (x) => trustworthiness(x, dim, flat, { k: 2 }),
  neighbourPreservation: (x) => neighbourPreservation(x, dim, flat, { k: 2 }),
  allTheSame: (x) => allTheSame(x, dim),
  l2Normalize: (x) => openset.l2Normalize(x, dim),
  'knnDistance, references': (x) => openset.knnDistance(x, dim, { k: 2 }),
  knnDistance: (x) => openset.knnDistance(good, dim, { k: 2 }).score(x),
  'knnDistance of unit length': (x) => openset.knnDistance(good, dim, { k: 2, normalize: true }).score(x),
  'classMeanDistance, references': (x) => openset.classMeanDistance(x, dim, labels),
  classMeanDistance: (x) => openset.classMeanDistance(good, dim, labels).score(x),
  'mahalanobis, references': (x) => openset.mahalanobis(x, dim, labels),
  mahalanobis: (x) => openset.mahalanobis(good, dim, labels, { relative: true }).score(x),
  outlierOdds: (x) => openset.outlierOdds(good.slice(0, 2 * dim), good.slice(0, 2), dim).score(x),
  giniCoefficient: (x) => openset.giniCoefficient(x, dim),
  giniImpurity: (x) => openset.giniImpurity(x, dim),
  maxSoftmax: (x) => openset.maxSoftmax(x, dim),
  entropy: (x) => openset.entropy(x, dim),
  softmaxMargin: (x) => openset.softmaxMargin(x, dim),
}

describe.each(Object.entries(takers))('%s', (_, take) => {
  test('takes finite numbers', async () => {
    await take(good)
  })
  test.each([NaN, Infinity, -Infinity])('refuses %s', async (bad) => {
    const x = good.slice()
    x[2 * dim + 1] = bad
    await expect((async () => take(x))()).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(`must be finite, got ${bad} in row 2, column 1\\.`) }),
    )
  })
})

test('logits may be -Infinity, but not all of a row, and never NaN', () => {
  const logits = Float32Array.of(1, -Infinity, 2, 0, 0, 0)
  expect(openset.softmax(logits, 3)[1]).toBe(0)
  expect(openset.maxLogit(logits, 3)[0]).toBe(2)
  for (const bad of [
    [NaN, 1, 2],
    [1, NaN, 2],
    [Infinity, 1, 2],
    [-Infinity, -Infinity, -Infinity],
  ]) {
    for (const score of [openset.softmax, openset.energy, openset.maxLogit])
      expect(() => score(Float32Array.from([0, 0, 0, ...bad]), 3), `${score.name} ${bad}`).toThrow('row 1')
  }
})

test('figures that are no numbers are refused, too', () => {
  expect(() =>
    trustworthiness(
      good,
      dim,
      flat.map((v, i) => (i === 5 ? NaN : v)),
      { k: 2 },
    ),
  ).toThrow('NaN in row 2, column 1')
  expect(() => metrics.pairedBootstrap([1, NaN], [0, 1])).toThrow('both must hold finite figures, got "NaN and 1 at point 1"')
  expect(() => openset.conformalPValues([1, 2, 3], [1, NaN], 'above')).toThrow('scores must hold no NaN')
  expect(() =>
    metrics.brierScore(
      shares.map((v, i) => (i === 4 ? NaN : v)),
      dim,
      labels,
    ),
  ).toThrow('row 1')
  expect(() => metrics.auroc([1, NaN], [2])).toThrow('NaN')
})

test('vectors too long for float32 squares are refused where they are squared in float32', () => {
  expect(() =>
    engineSearch(
      runtime,
      good.map((v, i) => (i === 4 ? 1e20 : v)),
      dim,
    ),
  ).toThrow('each reference must be shorter than 1e19, as its square is kept in float32, got "row 1"')
})

describe('vectors that are all the same', () => {
  const same = (count: number, noise = 0): Float32Array =>
    Float32Array.from({ length: count * dim }, (_, i) => [0.5, -0.1, 0.003][i % dim] + noise * random.normal())
  test('are known as such, whatever rounding did to them', () => {
    for (const x of [same(40), same(40, 1e-8), new Float32Array(9), same(1)]) expect(allTheSame(x, dim)).toBe(true)
    const one = same(40)
    one[61] += 1e-4
    for (const x of [one, good, same(40, 1e-5), Float32Array.of(1e6, 0, 0, 1e6, 0.5, 0), new Float32Array(0)])
      expect(allTheSame(x, dim)).toBe(false)
  })

  test('are one spot on a map; one that differs lies apart', async () => {
    for (const method of ['tsne', 'pca'] as const) {
      const { positions, kl, explainedVarianceRatio } = await project(same(40, 1e-8), dim, { method })
      expect([...new Set(positions)]).toEqual([0.5])
      expect(positions.length).toBe(80)
      expect(method === 'tsne' ? kl : explainedVarianceRatio).toEqual(method === 'tsne' ? 0 : [0, 0])
      const one = same(40)
      one.set([3, 1, 1], 30)
      const map = await project(one, dim, { method })
      expect(map.positions.every(Number.isFinite)).toBe(true)
      expect(new Set(map.positions).size).toBeGreaterThan(1)
    }
    await expect(project(same(40), dim, { perplexty: 3 } as never)).rejects.toThrow('Did you mean "perplexity"')
  })

  test('have figures that are numbers', () => {
    const x = same(12)
    expect(metrics.silhouette(x, dim, labels)).toBe(0)
    expect(metrics.classDistances(x, dim, labels)).toMatchObject({ intra: 0, inter: 0, ratio: 1 })
    expect(metrics.knnAccuracy(x, labels, dim, { k: 3 })).toBeGreaterThanOrEqual(0)
    expect(metrics.retrieval(x, labels, dim, { recallAt: [1] }).mapAtR).toBeGreaterThanOrEqual(0)
    expect(openset.knnDistance(x, dim, { k: 2 }).score(x)).toEqual(new Float64Array(12))
    expect(() => openset.mahalanobis(x, dim, labels)).toThrow(expect.objectContaining({ code: 'collapsed' }))
  })
})
