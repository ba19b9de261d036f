/** @file Rows in parts that grow by joining and may not hold two names, or one photo twice. */

/** What keeps two parts from being joined. */
export type Obstacle = { readonly why: 'names' } | { readonly why: 'apart'; readonly number: number }

/** A partition of rows (a forest of parents, the lowest row of a part its root) with what each part holds. */
export class Parts {
  readonly #parent: Int32Array
  readonly #name: Int32Array
  /** Of each root: which numbers of `apart` its rows have, those alone that two rows have. */
  readonly #holds = new Map<number, Set<number>>()

  /**
   * @param names a number a row, below 0: none. Rows of one name are one part from the start
   * @param apart a number a row, below 0: none
   */
  constructor(names: Int32Array, apart: Int32Array | undefined) {
    this.#parent = Int32Array.from(names.keys())
    this.#name = names.map((name) => Math.max(-1, name))
    const seen = new Map<number, number>()
    for (const [i, number] of (apart ?? new Int32Array(0)).entries()) {
      if (number < 0) continue
      const before = seen.get(number)
      seen.set(number, i)
      if (before === undefined) continue
      for (const row of [before, i]) this.#holds.set(row, new Set([number]))
    }
    const firstOf = new Map<number, number>()
    for (const [i, name] of names.entries()) {
      if (name < 0) continue
      const first = firstOf.get(name)
      if (first === undefined) firstOf.set(name, i)
      else this.join(first, i)
    }
  }

  root(i: number): number {
    const parent = this.#parent
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }

  /** The root of every row. */
  roots(): Int32Array {
    return this.#parent.map((_, i) => this.root(i))
  }

  /** What keeps two parts, given by their roots, from being joined; undefined where nothing does. */
  obstacle(a: number, b: number): Obstacle | undefined {
    if (this.#name[a] >= 0 && this.#name[b] >= 0 && this.#name[a] !== this.#name[b]) return { why: 'names' }
    const [mine, yours] = [this.#holds.get(a), this.#holds.get(b)]
    if (mine === undefined || yours === undefined) return undefined
    const [few, many] = mine.size <= yours.size ? [mine, yours] : [yours, mine]
    for (const number of few) if (many.has(number)) return { why: 'apart', number }
    return undefined
  }

  /** Joins the parts of two rows. */
  join(i: number, j: number): void {
    const [a, b] = [this.root(i), this.root(j)]
    if (a === b) return
    const [first, second] = a < b ? [a, b] : [b, a]
    this.#parent[second] = first
    this.#name[first] = Math.max(this.#name[a], this.#name[b])
    const [mine, yours] = [this.#holds.get(first), this.#holds.get(second)]
    if (yours === undefined) return
    this.#holds.delete(second)
    const [few, many] = mine === undefined || mine.size < yours.size ? [mine ?? [], yours] : [yours, mine]
    for (const number of few) many.add(number)
    this.#holds.set(first, many)
  }
}
