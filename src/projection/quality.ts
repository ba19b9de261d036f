/**
 * @file How faithful a map is to the points it shows: neighbours kept, and neighbours invented.
 */
import { checkOptions, checkRows, ensure } from '../base/index.ts'
import { nearest } from '../neighbours/index.ts'

/** Options of the quality figures. */
export interface MapQualityOptions {
  /** Neighbours looked at; default 10. */
  k?: number
  /** Numbers a position in the map; default 2. */
  lowDim?: number
}

/**
 * The mean share of each point's k nearest neighbours that are still among its k nearest in the map.
 *
 * (1 / nk) sum_i |N_high(i) and N_low(i) in common|, by Euclidean distance, ties by lower index.
 *
 * @param high    float32 [n, highDim]: the points
 * @param highDim numbers per point
 * @param low     float32 [n, lowDim]: the map
 * @returns 0..1; a random map gives about k / (n - 1)
 * @throws KindredError `usage` when n differs, k is not in 1..n - 1, or a number is not finite
 * Cost: two exact neighbour searches.
 */
export function neighbourPreservation(high: Float32Array, highDim: number, low: Float32Array, options: MapQualityOptions = {}): number {
  const { n, k, lowDim } = checkMap('neighbour preservation', high, highDim, low, options)
  ensure(k < n, 'neighbour preservation', `k must be less than the number of points (${n})`, k)
  const before = nearest(high, high, highDim, k, { exclude: 'same-index' }).indices
  const after = nearest(low, low, lowDim, k, { exclude: 'same-index' }).indices
  return keptShare(before, after, n, k)
}

/** The share of the first k of each point's neighbours (of which there may be more) that are among its k neighbours on the map, [n, k]. */
export function keptShare(before: Int32Array, after: Int32Array, n: number, k: number): number {
  const stride = before.length / n
  let kept = 0
  for (let i = 0; i < n; i++) {
    const row = before.subarray(i * stride, i * stride + k)
    for (let s = i * k; s < (i + 1) * k; s++) if (row.includes(after[s])) kept++
  }
  return kept / (n * k)
}

/**
 * Whether neighbours in the map are neighbours in truth: 1 when no map neighbour is an intruder.
 *
 * T(k) = 1 - 2 / (nk (2n - 3k - 1)) sum_i sum_{j in N_low(i)} max(0, r(i, j) - k), where r(i, j) is the rank of j by distance from i among the points.
 * With the two spaces exchanged it is their continuity: whether true neighbours stay together.
 *
 * @param high    float32 [n, highDim]: the points
 * @param highDim numbers per point
 * @param low     float32 [n, lowDim]: the map
 * @returns 0..1
 * @throws KindredError `usage` when n differs, k is not below n / 2, or a number is not finite
 * Cost: O(n^2 (highDim + k)).
 * Source: Venna & Kaski 2001; scikit-learn's `trustworthiness`.
 */
export function trustworthiness(high: Float32Array, highDim: number, low: Float32Array, options: MapQualityOptions = {}): number {
  const { n, k, lowDim } = checkMap('trustworthiness', high, highDim, low, options)
  ensure(k < n / 2, 'trustworthiness', `k must be less than half the number of points (${n / 2})`, k)
  const after = nearest(low, low, lowDim, k, { exclude: 'same-index' }).indices
  const distance = new Float64Array(n)
  let intrusion = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let a = i * highDim, b = j * highDim, end = a + highDim; a < end; a++, b++) sum += (high[a] - high[b]) ** 2
      distance[j] = sum
    }
    for (let s = i * k; s < (i + 1) * k; s++) {
      const neighbour = after[s]
      const reach = distance[neighbour]
      let rank = 1
      for (let j = 0; j < n; j++) if (j !== i && (distance[j] < reach || (distance[j] === reach && j < neighbour))) rank++
      intrusion += Math.max(0, rank - k)
    }
  }
  return 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * intrusion
}

function checkMap(
  where: string,
  high: Float32Array,
  highDim: number,
  low: Float32Array,
  options: MapQualityOptions,
): { n: number; k: number; lowDim: number } {
  checkOptions(where, options, ['k', 'lowDim'])
  const { k = 10, lowDim = 2 } = options
  const n = checkRows(where, high, highDim, 'high')
  const inMap = checkRows(where, low, lowDim, 'low')
  ensure(n === inMap, where, `the map must hold as many points as there are (${n})`, inMap)
  ensure(Number.isInteger(k) && k >= 1, where, 'k must be a positive integer', k)
  return { n, k, lowDim }
}
