/**
 * @file Sorts indices by distance with the engine's native sort of numbers, which knows no second column.
 *
 * Idea: the order of positive float64 numbers is that of their bits. So the lowest bits of each distance are replaced by
 * the candidate's place in the list, the numbers are sorted natively, and the places are read back. What the lost bits
 * may have put out of order is put right by one pass of insertion sort over nearly sorted data.
 */

/** Sorts index lists by distance; keeps its scratch memory between calls. */
export type SortByDistance = (distances: Float64Array, candidates: Int32Array) => void

/**
 * Makes a sorter for lists of up to `most` candidates.
 *
 * The sorter reorders `candidates` so that `distances[candidate]` ascends, ties by the lower index. Distances must be
 * finite and >= 0, candidates ascending.
 *
 * Cost: O(n log n) per call, about a fifth of a comparison sort of indices
 */
export function sorterByDistance(most: number): SortByDistance {
  const packed = new Float64Array(most)
  const words = new Uint32Array(packed.buffer)
  const places = new Int32Array(most)
  const lowWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
  const placeBits = 2 ** Math.ceil(Math.log2(most + 1)) - 1
  return (distances, candidates) => {
    const n = candidates.length
    for (let i = 0; i < n; i++) {
      packed[i] = distances[candidates[i]]
      words[2 * i + lowWord] = ((words[2 * i + lowWord] & ~placeBits) | i) >>> 0
      places[i] = candidates[i]
    }
    packed.subarray(0, n).sort()
    for (let i = 0; i < n; i++) {
      const index = places[words[2 * i + lowWord] & placeBits]
      const distance = distances[index]
      let slot = i
      while (
        slot > 0 &&
        (distance < distances[candidates[slot - 1]] || (distance === distances[candidates[slot - 1]] && index < candidates[slot - 1]))
      ) {
        candidates[slot] = candidates[slot - 1]
        slot--
      }
      candidates[slot] = index
    }
  }
}
