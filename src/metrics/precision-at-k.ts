/**
 * @file Precision at k of each person's photos, beside the most that the size of the person's cluster allows.
 *
 * With n_p photos of a person, each as a query finds at most n_p - 1 others: beyond k = n_p - 1 precision must fall, however good the embedding.
 */
import { checkChoice, checkOptions, checkRows, ensure, gatherRows, largest } from '../base/index.ts'
import { neighbourSearch } from '../neighbours/index.ts'
import { bootstrapInterval, wilsonInterval, type Interval } from './intervals.ts'
import { checkLabels, compactLabels, type Labels } from './labels.ts'

/** How precision at k is measured. */
export interface PrecisionAtKOptions {
  /** The k to measure, ascending. Default: 1 to two more than the largest cluster, at most 40. */
  ks?: readonly number[]
  /** `wilson` (default) or `bootstrap`; see {@link precisionAtK}. */
  interval?: 'wilson' | 'bootstrap'
  /** Probability that the interval covers the truth. Default 0.95. */
  level?: number
  /** Seeds the bootstrap. Default 0. */
  seed?: number
}

/** One row of {@link precisionAtK}. */
export interface PrecisionAtK {
  /** The person; null: all queries together. */
  label: number | null
  k: number
  /** Mean over queries of the share of the k nearest others that show the query's person, in [0, 1]. */
  precision: number
  /** The most that is possible: min(k, n_p - 1) / k; for all together the mean of it over queries. */
  ceiling: number
  /** Of `precision`, within [0, ceiling]. */
  interval: Interval
  /** How many photos were queries: n_p, or all that have another of their person. */
  queries: number
}

/**
 * Leave-one-out precision at k by exact Euclidean search, for each person and for all: mean over queries of (matches among the k nearest others) / k.
 *
 * Intervals. The k hits of one query are not independent of each other, so a query counts once, not k times. `wilson` takes Wilson's interval of
 * precision / ceiling with the queries as trials: exact counting for k = 1, and for k > 1 on the safe side, as a mean of numbers in [0, 1] varies at most
 * like a share with that mean; it stays honest at 100 %. `bootstrap` resamples queries: narrower, but of no width at all where every query is perfect.
 * Neither knows that queries of one person share references.
 *
 * @param vectors points, row-major [n, dim]
 * @param dim coordinates per point
 * @param labels one person per point; points with a negative label are unlabelled: neither queries nor candidates
 * @returns rows by person (ascending label) and k, then the rows of all queries (`label: null`); a person with one photo cannot be found, so has none
 * @throws KindredError `usage` when lengths do not fit, no person has two photos, or a k is not an integer from 1 to (labelled points - 1)
 * Cost: one exact search with the largest k
 * Source: precision at k as in Manning, Raghavan, Schuetze 2008, "Introduction to Information Retrieval", section 8.4
 */
export function precisionAtK(vectors: Float32Array, dim: number, labels: Labels, options: PrecisionAtKOptions = {}): PrecisionAtK[] {
  const where = 'precision at k'
  checkOptions(where, options, ['ks', 'interval', 'level', 'seed'])
  const { interval = 'wilson', level = 0.95, seed = 0 } = options
  checkChoice(where, 'interval', interval, ['wilson', 'bootstrap'])
  checkLabels(where, 'labels', labels, checkRows(where, vectors, dim, 'vectors'))
  const known = Int32Array.from(Array.from(labels.keys()).filter((i) => labels[i] >= 0))
  const { classes, ids, counts } = compactLabels(Int32Array.from(known, (i) => labels[i]))
  const widest = largest(counts, 0)
  ensure(widest >= 2, where, 'a person must have at least two photos', widest, 'Put the photos of one person into one folder.')
  const ks = options.ks ?? Array.from({ length: Math.min(known.length - 1, widest + 2, 40) }, (_, i) => i + 1)
  ensure(ks.length > 0, where, 'ks must hold at least one k', 'none')
  for (const k of ks)
    ensure(Number.isInteger(k) && k >= 1 && k < known.length, where, `each k must be an integer from 1 to ${known.length - 1}`, k)

  const points = gatherRows(vectors, dim, known)
  const most = largest(ks)
  const { indices } = neighbourSearch(points, dim).nearest(points, most, { exclude: 'same-index' })
  // hits[q, j]: how many of query q's ks[j] nearest show its person.
  const hits = new Int32Array(known.length * ks.length)
  for (let q = 0; q < known.length; q++) {
    for (const [j, k] of ks.entries()) for (let i = 0; i < k; i++) if (ids[indices[q * most + i]] === ids[q]) hits[q * ks.length + j]++
  }

  const row = (label: number | null, queries: Int32Array, j: number): PrecisionAtK => {
    const k = ks[j]
    const ceilings = Float64Array.from(queries, (q) => Math.min(k, counts[ids[q]] - 1) / k)
    const mean = (rows: Int32Array) => rows.reduce((sum, r) => sum + hits[queries[r] * ks.length + j], 0) / (k * rows.length)
    const precision = mean(Int32Array.from(queries.keys()))
    const ceiling = ceilings.reduce((a, b) => a + b, 0) / queries.length
    if (interval === 'bootstrap')
      return { label, k, precision, ceiling, interval: bootstrapInterval(queries.length, mean, { level, seed }), queries: queries.length }
    return precisionRow({ label, k, precision, ceiling, queries: queries.length }, largest(ceilings), level)
  }
  const rowsOf = (label: number | null, queries: Int32Array) => ks.map((_, j) => row(label, queries, j))
  const asking = Int32Array.from(Array.from(ids.keys()).filter((q) => counts[ids[q]] > 1))
  const people = Array.from(classes.keys()).filter((c) => counts[c] > 1)
  return [
    ...people.flatMap((c) =>
      rowsOf(
        classes[c],
        asking.filter((q) => ids[q] === c),
      ),
    ),
    ...rowsOf(null, asking),
  ]
}

/**
 * A row with Wilson's interval, where precision was summed up elsewhere.
 *
 * @param top the largest ceiling of a query: that of the row, where all queries show one person
 * Cost: O(1)
 */
export function precisionRow(row: Omit<PrecisionAtK, 'interval'>, top = row.ceiling, level = 0.95): PrecisionAtK {
  const { precision, ceiling, queries } = row
  const { low, high } = wilsonInterval(Math.min(1, precision / top) * queries, queries, level)
  return { ...row, interval: { low: low * top, high: Math.min(ceiling, high * top) } }
}
