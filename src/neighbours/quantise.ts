/** @file Vectors as whole numbers with one scale each, and how far they are from what they stand for: what the bounds of this room are made of. */

/** Rounding of float64 in the bounds, relative to the norms: sqrt(4 eps) with some to spare. */
const slack = 1e-7

/**
 * Whole numbers c with x - origin about s c: the nearest to (x - origin) / s, s = max|x - origin| / max.
 *
 * @param codes filled; numbers past the end of x become 0
 * @param origin where zero lies; default at zero. Distances between codes know nothing of it
 * @returns s, |x - origin - s c| with room for rounding, and |s c|^2
 */
export function quantise(
  x: Float32Array,
  max: number,
  codes: Int8Array | Int16Array,
  origin?: Float64Array,
): { scale: number; error: number; squaredNorm: number } {
  let greatest = 0
  for (let j = 0; j < x.length; j++) greatest = Math.max(greatest, Math.abs(origin === undefined ? x[j] : x[j] - origin[j]))
  const scale = greatest / max
  let errors = 0
  let squares = 0
  for (let j = 0; j < x.length; j++) {
    const value = origin === undefined ? x[j] : x[j] - origin[j]
    const code = scale === 0 ? 0 : Math.round(value / scale)
    codes[j] = code
    errors += (value - scale * code) ** 2
    squares += code * code
  }
  codes.fill(0, x.length)
  const squaredNorm = scale * scale * squares
  return { scale, error: Math.sqrt(errors) + slack * Math.sqrt(squaredNorm), squaredNorm }
}
