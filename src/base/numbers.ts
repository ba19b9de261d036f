/** @file Questions about many numbers. Nothing here passes them on as arguments: `Math.max(...values)` runs out of stack at some hundred thousand. */

/**
 * The largest of the values, or `atLeast` where none is larger.
 *
 * @param atLeast default -Infinity, the result for no values at all
 * @returns NaN where one of them is NaN, as Math.max
 */
export function largest(values: Iterable<number>, atLeast = -Infinity): number {
  let most = atLeast
  for (const v of values) most = Math.max(most, v)
  return most
}

/** The smallest of the values, or `atMost` (default Infinity) where none is smaller; as {@link largest}. */
export function smallest(values: Iterable<number>, atMost = Infinity): number {
  let least = atMost
  for (const v of values) least = Math.min(least, v)
  return least
}

/** The index of the first value that is NaN or infinite; -1 where all are finite. */
export function nonFiniteAt(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return -1
}
