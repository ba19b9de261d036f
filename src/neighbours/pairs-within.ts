/** @file All pairs of rows within a radius, visited in slices and never kept. */
import { checkOptions, checkRows, ensure, inSlices, type Pieces, type Stage } from '../base/index.ts'
import { blockRows, coarseRows } from './coarse-rows.ts'
import type { AllRowsOptions } from './knn-graph.ts'
import { fourRows } from './product-kernel.ts'
import { squaredDistance } from './squared-distance.ts'

/**
 * Visits every pair of rows i < j whose squared distance, summed in float64, is at most radius^2: each once, in an order that depends on n alone.
 *
 * @param vectors row-major [n, dim]
 * @param visit called between two turns of the event loop, some ten thousand times each
 * @throws KindredError `usage` when lengths do not fit, the radius is negative or a number is not finite; `interrupted` within a fraction of a second of the
 *   signal
 * Cost: O(n^2 dim / 2) in integer products (coarse-rows.ts), a sum in float64 for the pairs that these cannot decide; memory 2 bytes a number
 */
export async function eachPairWithin(
  vectors: Float32Array,
  dim: number,
  radius: number,
  visit: (i: number, j: number) => void,
  options: AllRowsOptions = {},
): Promise<void> {
  const where = 'eachPairWithin'
  checkOptions(where, options, ['signal', 'progress'])
  return inSlices(pairPieces(vectors, dim, radius, visit), { ...options, where })
}

/** {@link eachPairWithin} in pieces of about a millisecond. @param task what is done, in words */
export function* pairPieces(
  vectors: Float32Array,
  dim: number,
  radius: number,
  visit: (i: number, j: number) => void,
  task = 'looking for pairs',
): Pieces<void> {
  const where = 'eachPairWithin'
  const n = checkRows(where, vectors, dim, 'vectors')
  ensure(Number.isFinite(radius) && radius >= 0, where, 'radius must be a number of at least 0', radius)
  const limit = radius * radius
  const coarse = coarseRows(vectors, dim)
  const { squaredNorms, scales, errors, worstError } = coarse
  const pairs = (n * (n - 1)) / 2
  const stage: Stage = { task, total: pairs, unit: 'pair', done: 0 }
  const group = 16 * fourRows
  for (let start = 0; start < n; start += group) {
    const end = Math.min(n, start + group)
    for (let from = start; from < n; from += blockRows) {
      const to = Math.min(n, from + blockRows)
      for (let first = start; first < end; first += fourRows) {
        const products = coarse.products(first, from, to)
        for (let i = first; i < Math.min(end, first + fourRows); i++) {
          const [norm, scale, error] = [squaredNorms[i], 2 * scales[i], errors[i]]
          const reach = (radius + error + worstError) ** 2
          const sure = radius - error - worstError
          const within = sure > 0 ? sure * sure : -Infinity
          const next = Math.max(from, i + 1)
          for (let j = next, p = fourRows * (next - from) + (i - first); j < to; j++, p += fourRows) {
            const about = norm + squaredNorms[j] - scale * scales[j] * products[p]
            if (about > reach) continue
            if (about < within || squaredDistance(vectors, i * dim, vectors, j * dim, dim, limit) <= limit) visit(i, j)
          }
        }
      }
      yield stage
    }
    stage.done = done(end, n)
  }
}

/** Pairs whose first row lies before `rows`. */
const done = (rows: number, n: number): number => (rows * (2 * n - rows - 1)) / 2
