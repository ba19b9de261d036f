/**
 * @file A short sorted list of the nearest points seen so far, kept inside two typed arrays.
 *
 * Order: by squared distance, ties by the lower reference index; this makes every search give the same answer
 * whatever the order in which it meets the points.
 */

/**
 * Puts (distance, index) into the sorted list `[at, at + k)` and drops the last entry, if it belongs there.
 *
 * A fresh list holds Infinity and the index 2^31 - 1.
 *
 * @returns the list's new largest distance. Cost: O(k) when inserted, O(1) when not
 */
export function insert(distances: Float64Array, indices: Int32Array, at: number, k: number, distance: number, index: number): number {
  let slot = at + k - 1
  if (distance > distances[slot] || (distance === distances[slot] && index > indices[slot])) return distances[slot]
  while (slot > at && (distance < distances[slot - 1] || (distance === distances[slot - 1] && index < indices[slot - 1]))) {
    distances[slot] = distances[slot - 1]
    indices[slot] = indices[slot - 1]
    slot--
  }
  distances[slot] = distance
  indices[slot] = index
  return distances[at + k - 1]
}

/** The index that marks an empty entry; larger than every real one. */
export const EMPTY = 0x7fffffff
