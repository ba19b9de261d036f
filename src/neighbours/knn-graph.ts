/** @file The k nearest of every row among all the others, exact, in slices. */
import { checkOptions, checkRowsPieces, ensure, inSlices, type Pieces, type Progress, type Stage } from '../base/index.ts'
import { blockRows, coarsePieces } from './coarse-rows.ts'
import { EMPTY, insert } from './nearest-list.ts'
import { fourRows } from './product-kernel.ts'
import { squaredDistance } from './squared-distance.ts'
import type { Neighbours } from './types.ts'

/** How a search of all rows among all rows is stopped and watched. */
export interface AllRowsOptions {
  /** Stops the search within a fraction of a second. */
  readonly signal?: AbortSignal
  /** Told of rows done. */
  readonly progress?: Progress
}

/**
 * The k nearest other rows of each row: `nearest(vectors, vectors, dim, k, { exclude: 'same-index' })`, bit for bit, in slices between which the event loop
 * turns.
 *
 * @param vectors row-major [n, dim]
 * @param k 1 to n - 1
 * @throws KindredError `usage` when lengths do not fit, k is out of range or a number is not finite; `interrupted` within a fraction of a second of the signal
 * Cost: O(n^2 dim) in integer products (coarse-rows.ts), some hundred sums in float64 a row; memory beside the result 2 bytes a number
 */
export async function knnGraph(vectors: Float32Array, dim: number, k: number, options: AllRowsOptions = {}): Promise<Neighbours> {
  const where = 'knnGraph'
  checkOptions(where, options, ['signal', 'progress'])
  return inSlices(knnPieces(vectors, dim, k), { ...options, where })
}

/** {@link knnGraph} in pieces of about a millisecond. */
export function* knnPieces(vectors: Float32Array, dim: number, k: number): Pieces<Neighbours> {
  const where = 'knnGraph'
  const n = yield* checkRowsPieces(where, vectors, dim, 'vectors')
  ensure(Number.isInteger(k) && k >= 1 && k < n, where, `k must be an integer from 1 to ${n - 1}`, k)
  const stage: Stage = { task: 'looking for neighbours', total: n, unit: 'row', done: 0 }
  const indices = new Int32Array(n * k).fill(EMPTY)
  const distances = new Float32Array(n * k)
  const coarse = yield* coarsePieces(vectors, dim)
  const { squaredNorms, scales, errors, worstError } = coarse
  const group = 16 * fourRows
  const nearest = new Float64Array(group * k)
  for (let start = 0; start < n; start += group) {
    const end = Math.min(n, start + group)
    nearest.fill(Infinity)
    for (let from = 0; from < n; from += blockRows) {
      const to = Math.min(n, from + blockRows)
      for (let first = start; first < end; first += fourRows) {
        if (dim > 512) yield stage // a block of wide rows is more than one piece
        const products = coarse.products(first, from, to)
        for (let i = first; i < Math.min(end, first + fourRows); i++) {
          const [at, mine] = [(i - start) * k, indices.subarray(start * k, end * k)]
          const [norm, scale, error] = [squaredNorms[i], 2 * scales[i], errors[i]]
          let worst = nearest[at + k - 1]
          // Rows come in order, so that one as far as the last kept cannot enter, and none at all where that is at distance zero.
          let reach = worst === 0 ? -Infinity : (Math.sqrt(worst) + error + worstError) ** 2
          for (let j = from, p = i - first; j < to; j++, p += fourRows) {
            if (norm + squaredNorms[j] - scale * scales[j] * products[p] > reach || j === i) continue
            const squared = squaredDistance(vectors, i * dim, vectors, j * dim, dim, worst)
            if (squared >= worst) continue
            worst = insert(nearest, mine, at, k, squared, j)
            reach = worst === 0 ? -Infinity : (Math.sqrt(worst) + error + worstError) ** 2
          }
        }
      }
      yield stage
    }
    for (let at = 0; at < (end - start) * k; at++) distances[start * k + at] = Math.sqrt(nearest[at])
    stage.done = end
  }
  return { indices, distances }
}
