/**
 * @file All rows against all rows, block by block: each distance within bounds, at the speed of integer products.
 *
 * Rows are kept as 16-bit whole numbers around their mean, with one scale a row (the scheme of ExactScan, but finer): x' = mean + s c. The error e = |x - x'|
 * is known, so |x - y| lies within |x' - y'| +- (e_x + e_y), and |x' - y'|^2 = |s_x c_x|^2 + |s_y c_y|^2 - 2 s_x s_y c_x.c_y needs an integer product alone.
 * What the bounds cannot decide is measured in float64, so that answers are those of plain loops, to the last bit.
 */
import { allAtOnce, type Pieces, type Stage } from '../base/index.ts'
import { productKernel, fourRows, rowStep, twoRows, type ProductKernel } from './product-kernel.ts'
import { quantise } from './quantise.ts'

const page = 65536
/** Rows of one block: their codes (a quarter of a megabyte at 128 numbers) stay in the cache while others pass. */
export const blockRows = 512

/** Rows made ready to be compared with one another. */
export interface CoarseRows {
  readonly count: number
  /** |s c|^2 of each row. */
  readonly squaredNorms: Float64Array
  /** s of each row. */
  readonly scales: Float64Array
  /** e of each row, with room for rounding. */
  readonly errors: Float64Array
  /** The largest of `errors`. */
  readonly worstError: number
  /**
   * Integer products of rows `first` to `first + 3` with those of `[from, to)`, `from` even and to - from at most {@link blockRows}: row from + j with row
   * first + r stands at 4 j + r. Overwritten by the next call.
   *
   * Rows past the last one are zero.
   */
  products(first: number, from: number, to: number): Int32Array
}

/**
 * Makes rows ready.
 *
 * @param rows row-major [n, dim], finite
 * Cost: O(n dim), two bytes a number
 */
export function coarseRows(rows: Float32Array, dim: number): CoarseRows {
  return allAtOnce(coarsePieces(rows, dim))
}

/** {@link coarseRows} in pieces of at most a row or some ten thousand numbers. */
export function* coarsePieces(rows: Float32Array, dim: number): Pieces<CoarseRows> {
  const count = rows.length / dim
  const width = Math.ceil((2 * dim) / rowStep) * rowStep
  const most = Math.min(32767, Math.floor(Math.sqrt((2 ** 31 - 1) / (width / 2)))) // no sum of products leaves int32
  const codesAt = blockRows * fourRows * 4
  const padded = Math.ceil(count / fourRows) * fourRows + twoRows
  const memory = new WebAssembly.Memory({ initial: Math.ceil((codesAt + padded * width) / page) })
  const kernel: ProductKernel = productKernel(width, memory)
  const codes = new Int16Array(memory.buffer, codesAt)
  const out = new Int32Array(memory.buffer, 0, blockRows * fourRows)
  const [squaredNorms, scales, errors] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
  const stage: Stage = { task: 'preparing rows', total: 2 * count, unit: 'row', done: 0 }
  const some = Math.max(1, Math.floor(50_000 / dim))
  const mean = new Float64Array(dim)
  for (; stage.done < count; stage.done += some) {
    yield stage
    addMean(rows.subarray(stage.done * dim, (stage.done + some) * dim), dim, count, mean)
  }
  let worstError = 0
  for (let i = 0; i < count; i++) {
    if (i % some === 0) {
      stage.done = count + i
      yield stage
    }
    const { scale, error, squaredNorm } = quantise(
      rows.subarray(i * dim, (i + 1) * dim),
      most,
      codes.subarray((i * width) / 2, ((i + 1) * width) / 2),
      mean,
    )
    scales[i] = scale
    squaredNorms[i] = squaredNorm
    errors[i] = error
    worstError = Math.max(worstError, error)
  }
  return {
    count,
    squaredNorms,
    scales,
    errors,
    worstError,
    products(first, from, to) {
      kernel(codesAt + first * width, codesAt + from * width, 0, Math.ceil((to - from) / twoRows))
      return out
    },
  }
}

/** Adds to a mean what some of n rows have in it. */
function addMean(rows: Float32Array, dim: number, n: number, mean: Float64Array): void {
  for (let at = 0; at < rows.length; at += dim) for (let d = 0; d < dim; d++) mean[d] += rows[at + d] / n
}
