/** @file The check that every function of this room begins with. */
import { ensure, KindredError } from '../base/index.ts'

/**
 * How many points the array holds.
 *
 * @throws KindredError `usage` when the array is no whole number of points, or a number is NaN or infinite
 */
export function checkPoints(where: string, points: Float32Array | Float64Array, dim: number, name = 'points'): number {
  ensure(Number.isInteger(dim) && dim >= 1, where, 'dim must be a positive integer', dim)
  ensure(points instanceof Float32Array || points instanceof Float64Array, where, `${name} must be a Float32Array`, points)
  ensure(points.length % dim === 0, where, `${name}.length must be a multiple of dim ${dim}`, points.length)
  const bad = points.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) {
    const got = `${points[bad]} in point ${Math.floor(bad / dim)}, coordinate ${bad % dim}`
    throw new KindredError('usage', where, `every number in ${name} must be finite`, got, 'Drop that point, or find out why it was embedded so.')
  }
  return points.length / dim
}
