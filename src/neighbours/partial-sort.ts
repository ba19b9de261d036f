/**
 * @file Sorts only the first k places of a list: what a long neighbour list needs.
 *
 * Quicksort (Hoare 1961) that never enters a part beyond place k: "partial quicksort", Martinez 2004.
 */

/**
 * Reorders `indices` so that its first k entries are the k smallest by `keys[index]`, ascending, ties by the lower index.
 *
 * @param keys a number for each index; no NaN
 * @param indices distinct indices into keys, reordered in place
 * @param k places to sort, at most `indices.length`
 * Cost: O(n + k log k) expected
 */
export function partialSort(keys: Float64Array, indices: Int32Array, k: number): void {
  const stack = [0, indices.length - 1]
  while (stack.length > 0) {
    let high = stack.pop()!
    const low = stack.pop()!
    while (high - low > 12) {
      const pivot = medianOfThree(keys, indices, low, high)
      const pivotKey = keys[pivot]
      let i = low - 1
      let j = high + 1
      for (;;) {
        do i++
        while (keys[indices[i]] < pivotKey || (keys[indices[i]] === pivotKey && indices[i] < pivot))
        do j--
        while (keys[indices[j]] > pivotKey || (keys[indices[j]] === pivotKey && indices[j] > pivot))
        if (i >= j) break
        const t = indices[i]
        indices[i] = indices[j]
        indices[j] = t
      }
      if (j + 1 < k) stack.push(j + 1, high)
      high = j
    }
    for (let i = low + 1; i <= high; i++) {
      const index = indices[i]
      const key = keys[index]
      let slot = i
      while (slot > low && (key < keys[indices[slot - 1]] || (key === keys[indices[slot - 1]] && index < indices[slot - 1]))) {
        indices[slot] = indices[slot - 1]
        slot--
      }
      indices[slot] = index
    }
  }
}

/** The middle one of the first, middle and last index; never the last place unless forced, as Hoare's scheme needs. */
function medianOfThree(keys: Float64Array, indices: Int32Array, low: number, high: number): number {
  const a = indices[low]
  const b = indices[(low + high) >> 1]
  const c = indices[high]
  const less = (p: number, q: number) => keys[p] < keys[q] || (keys[p] === keys[q] && p < q)
  if (less(a, b)) return less(b, c) ? b : less(a, c) ? c : a
  return less(a, c) ? a : less(b, c) ? c : b
}
