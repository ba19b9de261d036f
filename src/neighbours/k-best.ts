/**
 * @file The k smallest of a stream: a binary heap with the greatest on top.
 */

/** Keeps the k smallest (value, position) pairs offered; equal values are ordered by position. */
export class KBest {
  readonly #values: Float64Array
  readonly #positions: Int32Array
  #size = 0

  constructor(k: number) {
    this.#values = new Float64Array(k)
    this.#positions = new Int32Array(k)
  }

  /** A value above this cannot enter: the k-th smallest so far, infinite before there are k. */
  get worst(): number {
    return this.#size < this.#values.length ? Infinity : this.#values[0]
  }

  /** Takes the pair if it is among the k smallest, O(log k). */
  offer(value: number, position: number): void {
    const values = this.#values
    const positions = this.#positions
    if (this.#size < values.length) {
      let at = this.#size++
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!this.#above(value, position, parent)) break
        values[at] = values[parent]
        positions[at] = positions[parent]
        at = parent
      }
      values[at] = value
      positions[at] = position
      return
    }
    if (this.#above(value, position, 0) || (value === values[0] && position === positions[0])) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#above(values[child + 1], positions[child + 1], child)) child++
      if (this.#above(value, position, child)) break
      values[at] = values[child]
      positions[at] = positions[child]
      at = child
    }
    values[at] = value
    positions[at] = position
  }

  /** What is kept, smallest first. */
  sorted(): { value: number; position: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({ value: this.#values[i], position: this.#positions[i] })).sort(
      (a, b) => a.value - b.value || a.position - b.position,
    )
  }

  /** Whether a pair is greater than the one at `at`. */
  #above(value: number, position: number, at: number): boolean {
    return value > this.#values[at] || (value === this.#values[at] && position > this.#positions[at])
  }
}
