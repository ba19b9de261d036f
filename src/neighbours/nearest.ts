/**
 * @file Exact nearest neighbours by Euclidean distance, over plain typed arrays.
 *
 * Two methods give bit-equal answers and the faster one is taken: a k-d tree for narrow vectors with many references,
 * brute force for the rest. For wide vectors on a runtime see {@link engineSearch}.
 */
import { checkChoice, checkOptions, checkRows, ensure } from '../base/index.ts'
import { bruteForce } from './brute-force.ts'
import { kdTree } from './kd-tree.ts'
import type { Neighbours } from './types.ts'

/** Ways to search; all give the same answer. */
export type NeighbourMethod = 'auto' | 'tree' | 'brute-force'

/** Options of one query. */
export interface NearestOptions {
  /** `same-index`: query i never finds reference i (leave-one-out, the queries being the references themselves). */
  exclude?: 'same-index'
  /** The index of the first query, when queries are a block out of a longer array; only for `exclude`. Default 0. */
  firstQuery?: number
  /** How to search; `auto` takes a tree for dim <= 16, at least 1,000 references and k <= 128. Default `auto`. */
  method?: NeighbourMethod
}

/** References made ready to be searched many times. */
export interface NeighbourSearch {
  /** How many references. */
  readonly size: number
  /** Coordinates a point. */
  readonly dim: number
  /** The k nearest references of each query; see {@link nearest}. */
  nearest(queries: Float32Array, k: number, options?: NearestOptions): Neighbours
}

/**
 * The k nearest references of each query, exact, by Euclidean distance d(q, r) = sqrt(sum_i (q_i - r_i)^2).
 *
 * Sums are float64; ties go to the lower reference index.
 *
 * @param queries points, row-major [nQueries, dim]
 * @param references points, row-major [n, dim]
 * @param dim coordinates per point
 * @param k neighbours per query, 1 to n (n - 1 with `exclude: 'same-index'`)
 * @returns indices and distances, row-major [nQueries, k], nearest first
 * @throws KindredError `usage` when lengths do not fit `dim`, k is out of range or a coordinate is not finite
 * Cost: at worst O(nQueries * n * dim); see `NearestOptions.method`
 * Source: Euclidean k-nearest neighbours as scikit-learn's NearestNeighbors; see kd-tree.ts for the tree
 */
export function nearest(queries: Float32Array, references: Float32Array, dim: number, k: number, options: NearestOptions = {}): Neighbours {
  return neighbourSearch(references, dim).nearest(queries, k, options)
}

/**
 * Makes references ready for many searches: the tree is built once, on the first query that wants it.
 *
 * @param references points, row-major [n, dim]; kept, not copied: do not change them afterwards
 * @param dim coordinates per point
 * @throws KindredError `usage` when the length does not fit `dim` or a coordinate is not finite
 * Cost: O(n dim) now, O(n log n dim) once for a tree
 */
export function neighbourSearch(references: Float32Array, dim: number): NeighbourSearch {
  const where = 'nearest'
  const size = checkRows(where, references, dim, 'references')
  const brute = bruteForce(references, dim)
  let tree: ReturnType<typeof kdTree> | undefined
  return {
    size,
    dim,
    nearest(queries, k, options = {}) {
      checkOptions(where, options, ['exclude', 'firstQuery', 'method'])
      const { exclude, firstQuery = 0, method = 'auto' } = options
      checkChoice(where, 'method', method, ['auto', 'tree', 'brute-force'])
      if (exclude !== undefined) checkChoice(where, 'exclude', exclude, ['same-index'])
      const nQueries = checkRows(where, queries, dim, 'queries')
      const most = exclude === undefined ? size : size - 1
      ensure(Number.isInteger(k) && k >= 1 && k <= most, where, `k must be an integer from 1 to ${most}`, k)
      ensure(Number.isInteger(firstQuery) && firstQuery >= 0, where, 'firstQuery must be an integer >= 0', firstQuery)
      const answer = { indices: new Int32Array(nQueries * k), distances: new Float32Array(nQueries * k) }
      const byTree = method === 'tree' || (method === 'auto' && dim <= 16 && size >= 1000 && k <= 128)
      if (byTree) tree ??= kdTree(references, dim)
      const search = byTree ? tree! : brute
      search(queries, k, exclude === undefined ? undefined : firstQuery, answer.distances, answer.indices)
      return answer
    },
  }
}
