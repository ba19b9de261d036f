/** @file Whether a set of points shows anything at all. */
import { allAtOnce, checkRows, type Pieces, type Stage } from '../base/index.ts'

/**
 * Whether all points are the same up to the rounding of float32: no coordinate spreads over more than 2^-22 of the largest number in them.
 *
 * A map of such points would show nothing but rounding, as a pretty cloud.
 * @param points float32 [n, dim], row-major
 * @returns false for no points
 * @throws KindredError `usage` when a number is not finite
 * Cost: O(n dim), in two passes of which the second ends at the first difference.
 */
export function allTheSame(points: Float32Array, dim: number): boolean {
  checkRows('all the same', points, dim)
  return allAtOnce(sameness(points, dim))
}

/** {@link allTheSame} of numbers that are known to be finite, in pieces. */
export function* sameness(points: Float32Array, dim: number): Pieces<boolean> {
  const stage: Stage = { task: 'comparing points', total: points.length / dim, unit: 'point', done: 0 }
  let largest = 0
  for (let from = 0; from < points.length; from += 1 << 20) {
    for (let i = from, end = Math.min(points.length, from + (1 << 20)); i < end; i++) largest = Math.max(largest, Math.abs(points[i]))
    yield stage
  }
  const low = points.slice(0, dim)
  const high = points.slice(0, dim)
  for (let row = 0; row < points.length; row += dim) {
    for (let d = 0; d < dim; d++) {
      const value = points[row + d]
      if (value < low[d]) low[d] = value
      if (value > high[d]) high[d] = value
      if (high[d] - low[d] > largest * 2 ** -22) return false
    }
    stage.done++
    yield stage
  }
  return points.length > 0
}
