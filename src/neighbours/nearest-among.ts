/** @file The nearest of some rows among others of the same vectors. */
import { gatherRows, type Pieces, type Stage } from '../base/index.ts'
import { blockRows, coarseRows } from './coarse-rows.ts'
import { fourRows } from './product-kernel.ts'
import { squaredDistance } from './squared-distance.ts'

/**
 * The nearest of `candidates` for each of `asking`, equal distances the earlier candidate; in pieces of a few milliseconds.
 *
 * @param vectors row-major [n, dim], finite
 * @param radius farther ones are not looked for
 * @param task what is done, in words
 * @returns for each asking row the candidate's row, or -1 where none lies within the radius, and its squared distance, Infinity there
 * Cost: O(asking candidates dim) in integer products
 */
export function* nearestAmong(
  vectors: Float32Array,
  dim: number,
  asking: Int32Array,
  candidates: Int32Array,
  radius: number,
  task = 'looking for neighbours',
): Pieces<{ rows: Int32Array; squares: Float64Array }> {
  const [n, first] = [asking.length, candidates.length]
  const rows = new Int32Array(n).fill(-1)
  const squares = new Float64Array(n).fill(Infinity)
  const both = new Int32Array(first + n)
  both.set(candidates)
  both.set(asking, first)
  const coarse = coarseRows(gatherRows(vectors, dim, both), dim)
  const { squaredNorms, scales, errors, worstError } = coarse
  const stage: Stage = { task, total: n, unit: 'row', done: 0 }
  for (let q = 0; q < n; q += fourRows) {
    for (let from = 0; from < first; from += blockRows) {
      const to = Math.min(first, from + blockRows)
      const products = coarse.products(first + q, from, to)
      for (let i = q; i < Math.min(n, q + fourRows); i++) {
        const [norm, scale, error] = [squaredNorms[first + i], 2 * scales[first + i], errors[first + i]]
        let worst = Math.min(squares[i], radius * radius)
        let reach = (Math.sqrt(worst) + error + worstError) ** 2
        for (let j = from, p = i - q; j < to; j++, p += fourRows) {
          if (norm + squaredNorms[j] - scale * scales[j] * products[p] > reach) continue
          const squared = squaredDistance(vectors, asking[i] * dim, vectors, candidates[j] * dim, dim, worst)
          if (squared > worst || squared === squares[i]) continue
          rows[i] = candidates[j]
          squares[i] = worst = squared
          reach = (Math.sqrt(worst) + error + worstError) ** 2
        }
      }
    }
    stage.done = Math.min(n, q + fourRows)
    yield stage
  }
  return { rows, squares }
}
