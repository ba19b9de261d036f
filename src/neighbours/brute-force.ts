/**
 * @file Exact neighbours by measuring every pair: the method for wide vectors, few references and long lists.
 *
 * References are walked in blocks that fit the first-level cache while a block of queries passes over them. Short lists
 * are kept sorted by insertion; long ones (k > 128) measure a whole row and sort its first k places.
 */
import { EMPTY, insert } from './nearest-list.ts'
import { partialSort } from './partial-sort.ts'
import { squaredDistance } from './squared-distance.ts'
import type { SearchMethod } from './types.ts'

/** Above this many neighbours a row is measured whole and partially sorted. */
const LONG_LIST = 128
const QUERY_BLOCK = 64
const REFERENCE_BLOCK_BYTES = 16384

/**
 * A search that measures every pair.
 *
 * @param references points, row-major [n, dim]
 * @param dim coordinates a point
 * Cost: O(queries * n * dim) time; memory beside the result O(64 k) or O(n)
 */
export function bruteForce(references: Float32Array, dim: number): SearchMethod {
  return (queries, k, firstExcluded, distances, indices) =>
    k > LONG_LIST
      ? byRow(queries, references, dim, k, firstExcluded, distances, indices)
      : byBlock(queries, references, dim, k, firstExcluded, distances, indices)
}

function byBlock(queries: Float32Array, references: Float32Array, dim: number, k: number, firstExcluded: number | undefined, distances: Float32Array, indices: Int32Array): void {
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

function byRow(queries: Float32Array, references: Float32Array, dim: number, k: number, firstExcluded: number | undefined, distances: Float32Array, indices: Int32Array): void {
  const nQueries = queries.length / dim
  const n = references.length / dim
  const row = new Float64Array(n)
  const order = new Int32Array(n)
  for (let q = 0; q < nQueries; q++) {
    for (let r = 0; r < n; r++) {
      row[r] = squaredDistance(queries, q * dim, references, r * dim, dim, Infinity)
      order[r] = r
    }
    if (firstExcluded !== undefined && firstExcluded + q < n) row[firstExcluded + q] = Infinity
    partialSort(row, order, k)
    for (let i = 0; i < k; i++) {
      indices[q * k + i] = order[i]
      distances[q * k + i] = Math.sqrt(row[order[i]])
    }
  }
}
