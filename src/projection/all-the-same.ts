/** @file Whether a set of points shows anything at all. */
import { checkRows } from '../base/index.ts'

/**
 * Whether all points are the same up to the rounding of float32: no coordinate spreads over more than 2^-22 of the largest number in them.
 *
 * A map of such points would show nothing but rounding, as a pretty cloud.
 * @param points float32 [n, dim], row-major
 * @returns false for no points
 * @throws KindredError `usage` when a number is not finite
 * Cost: O(n dim).
 */
export function allTheSame(points: Float32Array, dim: number): boolean {
  const n = checkRows('all the same', points, dim)
  const low = points.slice(0, dim)
  const high = points.slice(0, dim)
  let largest = 0
  for (let i = 0; i < points.length; i++) {
    const d = i % dim
    low[d] = Math.min(low[d], points[i])
    high[d] = Math.max(high[d], points[i])
    largest = Math.max(largest, Math.abs(points[i]))
  }
  return n > 0 && low.every((value, d) => high[d] - value <= largest * 2 ** -22)
}
