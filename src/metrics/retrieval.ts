/**
 * @file How well alike items find each other: precision@1, Recall@k, R-precision, MAP@R.
 *
 * Source: Musgrave, Belongie, Lim 2020, "A metric learning reality check", section 3.2; queries and averages as
 * pytorch-metric-learning's AccuracyCalculator: a query with no reference of its class counts nowhere.
 * Queries are streamed in blocks, so nothing of size n x n is ever made.
 */
import { checkChoice, checkOptions, ensure, largest } from '../base/index.ts'
import { neighbourSearch } from '../neighbours/index.ts'
import { checkLabels, type Labels } from './labels.ts'

/** How retrieval is measured. */
export interface RetrievalOptions {
  /** The k of each Recall@k. Default [1, 5, 10]. */
  recallAt?: readonly number[]
  /** `queries`: the mean over queries; `classes`: the mean over classes of their means (`avg_of_avgs`). Default `queries`. */
  averageOver?: 'queries' | 'classes'
}

/** Which points are queries. */
export interface RetrievalQueries {
  /** The queries, row-major [nQueries, dim]; without them each reference is put to all the others (leave-one-out). */
  queries?: Float32Array
  /** The labels of `queries`. */
  queryLabels?: Labels
}

/** How good retrieval is; every figure in [0, 1]. */
export interface RetrievalResult {
  /** Share of queries whose nearest reference has their label. */
  precisionAt1: number
  /** For each k: share of queries with at least one reference of their label among the k nearest. */
  recallAt: Record<number, number>
  /** Mean over queries of (matches among the R nearest) / R, R = how many references share the query's label. */
  rPrecision: number
  /** Mean over queries of (1/R) sum_{i<=R} P(i) rel(i); P(i) is precision@i, rel(i) whether neighbour i matches. */
  mapAtR: number
  /** Queries that counted. */
  queries: number
  /** Queries left out since no reference shares their label. */
  lone: number
}

/** Takes neighbour lists block by block, from any search, and gives the retrieval figures at the end. */
export interface RetrievalTally {
  /** How long each list must be. */
  readonly k: number
  /** Adds queries: their labels and neighbour lists, row-major [labels.length, k], nearest first. */
  add(labels: Labels, indices: Int32Array): void
  /** The figures so far. */
  result(): RetrievalResult
}

/**
 * Starts a tally; use it where the neighbours come from elsewhere (an engine, an index, another process).
 *
 * @param referenceLabels one label per reference
 * @param leaveOneOut whether queries are the references themselves, so that R is one less
 * @returns a tally whose `k` is the longest R, or the largest k of Recall@k if that is more
 * Cost: O(k) per query
 */
export function retrievalTally(referenceLabels: Labels, leaveOneOut: boolean, options: RetrievalOptions = {}): RetrievalTally {
  const where = 'retrieval'
  checkOptions(where, options, ['recallAt', 'averageOver'])
  const { recallAt = [1, 5, 10], averageOver = 'queries' } = options
  checkChoice(where, 'averageOver', averageOver, ['queries', 'classes'])
  for (const k of recallAt) ensure(Number.isInteger(k) && k > 0, where, 'recallAt must hold positive integers', recallAt)
  const available = referenceLabels.length - (leaveOneOut ? 1 : 0)
  ensure(available > 0, where, 'there must be a reference to find', available)
  const matching = new Map<number, number>()
  for (const label of referenceLabels) matching.set(label, (matching.get(label) ?? (leaveOneOut ? -1 : 0)) + 1)
  const k = Math.min(available, largest(recallAt, largest(matching.values(), 1)))

  // One row of sums a class: precision@1, R-precision, MAP@R, then each Recall@k.
  const sums = new Map<number, { queries: number; figures: Float64Array }>()
  let lone = 0
  return {
    k,
    add(labels, indices) {
      ensure(
        indices.length === labels.length * k,
        where,
        `indices must hold ${k} neighbours for each of ${labels.length} queries`,
        indices.length,
      )
      for (let q = 0; q < labels.length; q++) {
        const label = labels[q]
        const R = matching.get(label) ?? 0
        if (R === 0) {
          lone++
          continue
        }
        let ofClass = sums.get(label)
        if (ofClass === undefined) sums.set(label, (ofClass = { queries: 0, figures: new Float64Array(3 + recallAt.length) }))
        let firstMatch = Infinity
        let matches = 0
        let precision = 0
        for (let i = 0; i < k; i++) {
          if (referenceLabels[indices[q * k + i]] !== label) continue
          if (firstMatch === Infinity) firstMatch = i
          if (i >= R) break
          matches++
          precision += matches / (i + 1)
        }
        ofClass.queries++
        ofClass.figures[0] += firstMatch === 0 ? 1 : 0
        ofClass.figures[1] += matches / R
        ofClass.figures[2] += precision / R
        recallAt.forEach((at, i) => (ofClass.figures[3 + i] += firstMatch < at ? 1 : 0))
      }
    },
    result() {
      const classes = [...sums.values()]
      const queries = classes.reduce((total, c) => total + c.queries, 0)
      const mean = (i: number): number => {
        if (queries === 0) return 0
        const total = classes.reduce((sum, c) => sum + (averageOver === 'classes' ? c.figures[i] / c.queries : c.figures[i]), 0)
        return total / (averageOver === 'classes' ? classes.length : queries)
      }
      return {
        precisionAt1: mean(0),
        rPrecision: mean(1),
        mapAtR: mean(2),
        recallAt: Object.fromEntries(recallAt.map((at, i) => [at, mean(3 + i)])),
        queries,
        lone,
      }
    },
  }
}

/**
 * Precision@1, Recall@k, R-precision and MAP@R of an embedding, by exact Euclidean search.
 *
 * @param references points, row-major [n, dim]
 * @param referenceLabels one label per reference
 * @param dim coordinates per point
 * @param options queries with their labels, or neither for leave-one-out; which k; how to average
 * @throws KindredError `usage` when lengths do not fit
 * Cost: one exact search with k = the largest class; memory O(64 k + n)
 */
export function retrieval(
  references: Float32Array,
  referenceLabels: Labels,
  dim: number,
  options: RetrievalOptions & RetrievalQueries = {},
): RetrievalResult {
  const where = 'retrieval'
  const { queries, queryLabels, ...figures } = options
  const search = neighbourSearch(references, dim)
  checkLabels(where, 'referenceLabels', referenceLabels, search.size)
  ensure((queries === undefined) === (queryLabels === undefined), where, 'queries and queryLabels must come together')
  const points = queries ?? references
  const labels = queryLabels ?? referenceLabels
  checkLabels(where, 'queryLabels', labels, points.length / dim)
  const tally = retrievalTally(referenceLabels, queries === undefined, figures)
  const block = 64
  for (let first = 0; first < labels.length; first += block) {
    const some = points.subarray(first * dim, (first + block) * dim)
    const { indices } = search.nearest(some, tally.k, queries === undefined ? { exclude: 'same-index', firstQuery: first } : {})
    tally.add(labels.subarray(first, first + block), indices)
  }
  return tally.result()
}
