/** @file Fits a map into the unit square, so that images can be placed on it. */
import { checkRows } from '../base/index.ts'

/**
 * Positions moved and scaled into 0..1, the same scale along each axis, so that distances keep their proportions.
 *
 * y' = (y - centre) / s + 1/2, where s is the longest side of the box around all points; shorter sides are centred.
 *
 * @param positions [n, dim], row-major, finite
 * @param dim       numbers per point, default 2
 * @returns float32 [n, dim]; all 0.5 when the points coincide
 * @throws KindredError `usage` when a number is not finite
 * Cost: O(n dim).
 */
export function normalise01(positions: Float32Array | Float64Array, dim = 2): Float32Array {
  const n = checkRows('normalise01', positions, dim, 'positions')
  const low = new Float64Array(dim).fill(Infinity)
  const high = new Float64Array(dim).fill(-Infinity)
  for (let i = 0; i < n * dim; i++) {
    low[i % dim] = Math.min(low[i % dim], positions[i])
    high[i % dim] = Math.max(high[i % dim], positions[i])
  }
  const side = low.reduce((most, value, d) => Math.max(most, high[d] - value), 0)
  return Float32Array.from(positions, (value, i) => {
    const centre = low[i % dim] / 2 + high[i % dim] / 2
    return side > 0 ? Math.min(1, Math.max(0, (value - centre) / side + 0.5)) : 0.5
  })
}
