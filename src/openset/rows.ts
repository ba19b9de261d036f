/** @file Batches of vectors as this room takes them, and the checks they share. */
import { checkRows, ensure, unitRows } from '../base/index.ts'

/** Logits, probabilities or embeddings, row-major [n, width]. */
export type Rows = Float32Array | Float64Array

/**
 * Throws unless `x` holds whole rows of `width` entries; gives the number of rows. Embeddings and probabilities are held to `checkRows`; logits may be
 * -Infinity.
 */
export function rowCount(where: string, x: Rows, width: number): number {
  ensure(Number.isInteger(width) && width > 0, where, 'the width of a row must be a positive integer', width)
  ensure(x.length % width === 0, where, `the length must be a multiple of the row width ${width}`, x.length)
  return x.length / width
}

/**
 * Each row divided by its Euclidean length; a row of zeros stays.
 *
 * @param x row-major [n, width]
 * Cost: O(n width)
 */
export function l2Normalize(x: Rows, width: number): Float32Array {
  checkRows('L2 normalisation', x, width, 'embeddings')
  return unitRows(x, width)
}
