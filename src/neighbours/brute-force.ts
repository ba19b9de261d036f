/**
 * @file Exact neighbours by measuring every pair: the method for wide vectors, few references and long lists.
 *
 * References are walked in blocks that fit the first-level cache while a block of queries passes over them. Short lists
 * are kept sorted by insertion; long ones (k > 128) measure a whole row, column by column, and sort what may be among its first k.
 */
import { rng } from '../base/index.ts'
import { EMPTY, insert } from './nearest-list.ts'
import { sorterByDistance } from './sort-by-distance.ts'
import { squaredDistance } from './squared-distance.ts'
import type { SearchMethod } from './types.ts'

/** Above this many neighbours, a row is measured whole and partially sorted. */
const LONG_LIST = 128
const QUERY_BLOCK = 64
const REFERENCE_BLOCK_BYTES = 16384

/**
 * A search that measures every pair.
 *
 * @param references points, row-major [n, dim]
 * @param dim coordinates per point
 * Cost: O(queries * n * dim) time; memory beside the result O(64 k), or O(n dim) for long lists
 */
export function bruteForce(references: Float32Array, dim: number): SearchMethod {
  let long: SearchMethod | undefined
  return (queries, k, firstExcluded, distances, indices) => {
    if (k <= LONG_LIST) byBlock(queries, references, dim, k, firstExcluded, distances, indices)
    else (long ??= byRow(references, dim))(queries, k, firstExcluded, distances, indices)
  }
}

function byBlock(
  queries: Float32Array,
  references: Float32Array,
  dim: number,
  k: number,
  firstExcluded: number | undefined,
  distances: Float32Array,
  indices: Int32Array,
): void {
  const nQueries = queries.length / dim
  const n = references.length / dim
  const step = Math.max(1, Math.floor(REFERENCE_BLOCK_BYTES / (4 * dim)))
  const nearest = new Float64Array(QUERY_BLOCK * k)
  for (let firstQuery = 0; firstQuery < nQueries; firstQuery += QUERY_BLOCK) {
    const endQuery = Math.min(nQueries, firstQuery + QUERY_BLOCK)
    const found = indices.subarray(firstQuery * k, endQuery * k)
    nearest.fill(Infinity)
    found.fill(EMPTY)
    for (let first = 0; first < n; first += step) {
      const end = Math.min(n, first + step)
      for (let q = firstQuery; q < endQuery; q++) {
        const skip = firstExcluded === undefined ? -1 : firstExcluded + q
        const at = (q - firstQuery) * k
        let worst = nearest[at + k - 1]
        for (let r = first; r < end; r++) {
          const d = squaredDistance(queries, q * dim, references, r * dim, dim, worst)
          if (d <= worst && r !== skip) worst = insert(nearest, found, at, k, d, r)
        }
      }
    }
    for (let i = 0; i < found.length; i++) distances[firstQuery * k + i] = Math.sqrt(nearest[i])
  }
}

/** Long lists: a whole row of distances a query, then a sort of those that may be among the first k. */
function byRow(references: Float32Array, dim: number): SearchMethod {
  const n = references.length / dim
  const columns = new Float32Array(references.length)
  for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) columns[d * n + i] = references[i * dim + d]
  const row = new Float64Array(n)
  const order = new Int32Array(n)
  const sort = sorterByDistance(n)
  const random = rng(0)
  const places = Int32Array.from({ length: Math.min(512, n) }, () => random.integer(n))
  return (queries, k, firstExcluded, distances, indices) => {
    for (let q = 0; q < queries.length / dim; q++) {
      measureRow(queries, q * dim, columns, n, dim, row)
      if (firstExcluded !== undefined && firstExcluded + q < n) row[firstExcluded + q] = Number.MAX_VALUE
      const candidates = order.subarray(0, collect(row, k, places, order))
      sort(row, candidates)
      for (let i = 0; i < k; i++) {
        indices[q * k + i] = candidates[i]
        distances[q * k + i] = Math.sqrt(row[candidates[i]])
      }
    }
  }
}

/** Squared distances of one query to all references, given by column: the very sums of squared-distance.ts, four columns per pass. */
function measureRow(queries: Float32Array, at: number, columns: Float32Array, n: number, dim: number, row: Float64Array): void {
  const step = 1024
  for (let first = 0; first < n; first += step) {
    const end = Math.min(n, first + step)
    row.fill(0, first, end)
    let d = 0
    for (; d + 4 <= dim; d += 4) {
      const [q0, q1, q2, q3] = [queries[at + d], queries[at + d + 1], queries[at + d + 2], queries[at + d + 3]]
      const [c0, c1, c2, c3] = [d * n, (d + 1) * n, (d + 2) * n, (d + 3) * n]
      for (let r = first; r < end; r++) {
        const t0 = q0 - columns[c0 + r]
        const t1 = q1 - columns[c1 + r]
        const t2 = q2 - columns[c2 + r]
        const t3 = q3 - columns[c3 + r]
        row[r] += t0 * t0 + t1 * t1 + (t2 * t2 + t3 * t3)
      }
    }
    for (; d < dim; d++) {
      const q0 = queries[at + d]
      for (let r = first; r < end; r++) {
        const t = q0 - columns[d * n + r]
        row[r] += t * t
      }
    }
  }
}

/**
 * Fills `order` with the indices of all distances up to some bound that at least k distances reach; gives their number.
 *
 * The bound is guessed from the distances at `places`, a little above the share k / n; if fewer than k reach it, all are
 * taken. Places are drawn at random: labels often repeat with the index, and a regular stride would meet the same few.
 */
function collect(row: Float64Array, k: number, places: Int32Array, order: Int32Array): number {
  const n = row.length
  let count = 0
  if (k < n / 2) {
    const sample = new Float64Array(places.length)
    for (let i = 0; i < places.length; i++) sample[i] = row[places[i]]
    sample.sort()
    const share = k / n
    const place = Math.ceil(sample.length * share + 3 * Math.sqrt(sample.length * share * (1 - share)))
    const bound = sample[Math.min(place, sample.length - 1)]
    for (let r = 0; r < n; r++) if (row[r] <= bound) order[count++] = r
  }
  if (count >= k) return count
  for (let r = 0; r < n; r++) order[r] = r
  return n
}
