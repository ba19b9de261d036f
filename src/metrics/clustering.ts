/**
 * @file How much two partitions of the same points agree: NMI, AMI, ARI.
 *
 * All three are made of the contingency table n_ij (points of class i in cluster j) with sums a_i, b_j over n points.
 * Definitions and defaults as scikit-learn (arithmetic mean of entropies, natural logarithms).
 */
import { checkLabels, compactLabels, type Labels } from './labels.ts'

interface Contingency {
  n: number
  rows: Int32Array
  columns: Int32Array
  /** Row-major [rows, columns]. */
  table: Float64Array
}

/**
 * Normalised mutual information: MI(U, V) / ((H(U) + H(V)) / 2).
 *
 * @param truth one label per point
 * @param clusters one cluster per point
 * @returns 1 for equal partitions (whatever their names), 0 for unrelated ones; not corrected for chance
 * Cost: O(n + c^2). Source: scikit-learn normalized_mutual_info_score
 */
export function normalizedMutualInformation(truth: Labels, clusters: Labels): number {
  const t = contingency('normalised mutual information', truth, clusters)
  if (t.rows.length === 1 && t.columns.length === 1) return 1
  const mi = mutualInformation(t)
  const mean = (entropy(t.rows, t.n) + entropy(t.columns, t.n)) / 2
  return mi <= 0 ? 0 : mi / mean
}

/**
 * Adjusted mutual information: (MI - E[MI]) / ((H(U) + H(V)) / 2 - E[MI]), E over random tables with the same sums.
 *
 * @returns 1 for equal partitions, about 0 for random ones (may be negative)
 * Cost: O(n c) for c clusters. Source: Vinh, Epps, Bailey 2010; scikit-learn adjusted_mutual_info_score
 */
export function adjustedMutualInformation(truth: Labels, clusters: Labels): number {
  const t = contingency('adjusted mutual information', truth, clusters)
  const single = t.rows.length === 1 && t.columns.length === 1
  const separate = t.rows.length === t.n && t.columns.length === t.n
  if (single || separate) return 1
  const expected = expectedMutualInformation(t)
  const mean = (entropy(t.rows, t.n) + entropy(t.columns, t.n)) / 2
  const denominator = mean - expected
  return (
    (mutualInformation(t) - expected) / (denominator < 0 ? Math.min(denominator, -Number.EPSILON) : Math.max(denominator, Number.EPSILON))
  )
}

/**
 * Adjusted Rand index: the share of point pairs on which both partitions agree, corrected for chance.
 *
 * @returns 1 for equal partitions, about 0 for random ones, -0.5 at worst
 * Cost: O(n + c^2). Source: Hubert, Arabie 1985; scikit-learn adjusted_rand_score
 */
export function adjustedRandIndex(truth: Labels, clusters: Labels): number {
  const t = contingency('adjusted Rand index', truth, clusters)
  const pairs = (counts: ArrayLike<number>): number => Array.from(counts, (x) => (x * (x - 1)) / 2).reduce((a, b) => a + b, 0)
  const both = pairs(t.table)
  const rows = pairs(t.rows)
  const columns = pairs(t.columns)
  const expected = (rows * columns) / ((t.n * (t.n - 1)) / 2)
  const most = (rows + columns) / 2
  return most === expected || t.n === 1 ? 1 : (both - expected) / (most - expected)
}

function contingency(where: string, truth: Labels, clusters: Labels): Contingency {
  checkLabels(where, 'truth', truth, truth.length)
  checkLabels(where, 'clusters', clusters, truth.length)
  const u = compactLabels(truth)
  const v = compactLabels(clusters)
  const table = new Float64Array(u.classes.length * v.classes.length)
  for (let i = 0; i < truth.length; i++) table[u.ids[i] * v.classes.length + v.ids[i]]++
  return { n: truth.length, rows: u.counts, columns: v.counts, table }
}

function entropy(counts: Int32Array, n: number): number {
  let h = 0
  for (const count of counts) h -= (count / n) * Math.log(count / n)
  return h
}

function mutualInformation({ n, rows, columns, table }: Contingency): number {
  let mi = 0
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns.length; j++) {
      const nij = table[i * columns.length + j]
      if (nij > 0) mi += (nij / n) * Math.log((n * nij) / (rows[i] * columns[j]))
    }
  }
  return mi
}

/** Vinh et al. 2010, equation 24a: hypergeometric weights, by logarithms of factorials. */
function expectedMutualInformation({ n, rows, columns }: Contingency): number {
  const logFactorial = new Float64Array(n + 1)
  for (let i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1] + Math.log(i)
  let emi = 0
  for (const a of rows) {
    for (const b of columns) {
      const fixed = logFactorial[a] + logFactorial[b] + logFactorial[n - a] + logFactorial[n - b] - logFactorial[n]
      for (let nij = Math.max(1, a + b - n); nij <= Math.min(a, b); nij++) {
        const weight = fixed - logFactorial[nij] - logFactorial[a - nij] - logFactorial[b - nij] - logFactorial[n - a - b + nij]
        emi += (nij / n) * Math.log((n * nij) / (a * b)) * Math.exp(weight)
      }
    }
  }
  return emi
}
