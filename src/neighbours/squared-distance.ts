/**
 * @file The squared Euclidean distance that every exact search of this room shares.
 *
 * Idea: brute force and the tree must agree to the last bit, so both sum the same float64 terms in the same order:
 * four coordinates per step, `(a^2 + b^2) + (c^2 + d^2)`, then the rest one by one. Floating-point addition and
 * multiplication are monotone, so a bound whose terms are each no larger, summed in this order, is a true bound.
 */

/**
 * ||a - b||^2 in float64, given up early once it exceeds `limit` (it then returns some number > limit).
 *
 * @param a points, row-major; the point starts at element `i`
 * @param b points, row-major; the point starts at element `j`
 * @param dim coordinates per point
 * @param limit largest value of interest; Infinity for the exact distance in every case
 * @returns the squared distance, or a partial sum above `limit`. Cost: O(dim)
 */
export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, dim: number, limit: number): number {
  let sum = 0
  let d = 0
  for (; d + 4 <= dim; d += 4) {
    const t0 = a[i + d] - b[j + d]
    const t1 = a[i + d + 1] - b[j + d + 1]
    const t2 = a[i + d + 2] - b[j + d + 2]
    const t3 = a[i + d + 3] - b[j + d + 3]
    sum += t0 * t0 + t1 * t1 + (t2 * t2 + t3 * t3)
    if (sum > limit) return sum
  }
  for (; d < dim; d++) {
    const t = a[i + d] - b[j + d]
    sum += t * t
  }
  return sum
}

/**
 * The squared distance from a point to an axis-aligned box, a lower bound of {@link squaredDistance} to every point inside.
 *
 * @param a points; the point starts at element `i`
 * @param box lower corners then upper corners: `box[j .. j + dim)` is the lower corner, the next `dim` the upper one
 * @returns 0 inside the box. Cost: O(dim)
 */
export function squaredDistanceToBox(a: Float32Array, i: number, box: Float32Array, j: number, dim: number, limit: number): number {
  let sum = 0
  let d = 0
  for (; d + 4 <= dim; d += 4) {
    const t0 = outside(a[i + d], box[j + d], box[j + dim + d])
    const t1 = outside(a[i + d + 1], box[j + d + 1], box[j + dim + d + 1])
    const t2 = outside(a[i + d + 2], box[j + d + 2], box[j + dim + d + 2])
    const t3 = outside(a[i + d + 3], box[j + d + 3], box[j + dim + d + 3])
    sum += t0 * t0 + t1 * t1 + (t2 * t2 + t3 * t3)
    if (sum > limit) return sum
  }
  for (; d < dim; d++) {
    const t = outside(a[i + d], box[j + d], box[j + dim + d])
    sum += t * t
  }
  return sum
}

function outside(x: number, low: number, high: number): number {
  return x < low ? low - x : x > high ? x - high : 0
}
