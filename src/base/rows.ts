/** @file Vectors side by side, row-major: what everything does with them that compares or judges vectors. No checks; see `checkRows`. */

/**
 * Some rows, one after the other, in the order asked for; repeats are allowed.
 *
 * @param rows [n, dim]
 * @param indices of the rows wanted, within [0, n)
 * @param out where they go (default: made); at least `indices.length` x dim
 * @returns `out`. Cost: O(indices x dim)
 */
export function gatherRows(
  rows: Float32Array,
  dim: number,
  indices: ArrayLike<number>,
  out: Float32Array<ArrayBuffer> = new Float32Array(indices.length * dim),
): Float32Array<ArrayBuffer> {
  for (let i = 0; i < indices.length; i++) out.set(rows.subarray(indices[i] * dim, (indices[i] + 1) * dim), i * dim)
  return out
}

/** Each row divided by its Euclidean length, computed in float64; a row of zeros stays. @param rows [n, dim] Cost: O(n dim) */
export function unitRows(rows: Float32Array | Float64Array, dim: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length)
  for (let at = 0; at < rows.length; at += dim) {
    let squares = 0
    for (let i = at; i < at + dim; i++) squares += rows[i] * rows[i]
    const factor = squares === 0 ? 0 : 1 / Math.sqrt(squares)
    for (let i = at; i < at + dim; i++) out[i] = rows[i] * factor
  }
  return out
}

/**
 * ||a - b||^2 in float64, coordinates summed in order.
 *
 * @param a numbers; the row starts at element `i`
 * @param b numbers; the row starts at element `j`
 * Cost: O(dim)
 */
export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  let sum = 0
  for (let d = 0; d < dim; d++) {
    const t = a[i + d] - b[j + d]
    sum += t * t
  }
  return sum
}
