/** @file Links between rows, kept in typed arrays and put in order of length: what grows clusters. */
import type { Pieces, Stage } from '../base/index.ts'

/** Pairs of rows with their squared distances. */
export class Links {
  length = 0
  #squares = new Float64Array(1024)
  #first = new Int32Array(1024)
  #second = new Int32Array(1024)

  get squares(): Float64Array {
    return this.#squares
  }
  /** The lower row of each. */
  get first(): Int32Array {
    return this.#first
  }
  get second(): Int32Array {
    return this.#second
  }

  add(first: number, second: number, squared: number): void {
    if (this.length === this.#squares.length) {
      const grown = <T extends Float64Array | Int32Array>(from: T, to: T): T => (to.set(from), to)
      this.#squares = grown(this.#squares, new Float64Array(2 * this.length))
      this.#first = grown(this.#first, new Int32Array(2 * this.length))
      this.#second = grown(this.#second, new Int32Array(2 * this.length))
    }
    this.#squares[this.length] = squared
    this.#first[this.length] = first
    this.#second[this.length++] = second
  }

  /** Places of the links from the shortest to the longest, equal ones by first, then second row. Cost: O(length), 8 bytes a link */
  *order(): Pieces<Int32Array<ArrayBuffer>> {
    const words = new Int32Array(this.#squares.buffer)
    const low = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 0 : 1
    const [first, second] = [this.#first, this.#second]
    const stage: Stage = { task: 'sorting links', total: this.length, unit: 'link', done: 0 }
    let order = Int32Array.from({ length: this.length }, (_, at) => at)
    order = yield* byNumber(order, (at) => second[at], stage)
    order = yield* byNumber(order, (at) => first[at], stage)
    order = yield* byNumber(order, (at) => words[2 * at + low], stage)
    return yield* byNumber(order, (at) => words[2 * at + 1 - low], stage) // numbers >= 0 are ordered as their bits
  }

  /** Keeps the links at these places, in their order. */
  keep(places: Int32Array): void {
    const pick = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      for (let i = 0; i < places.length; i++) to[i] = from[places[i]]
      return to
    }
    const size = Math.max(1024, places.length)
    this.#squares = pick(this.#squares, new Float64Array(size))
    this.#first = pick(this.#first, new Int32Array(size))
    this.#second = pick(this.#second, new Int32Array(size))
    this.length = places.length
  }
}

/** Numbers handled between two pauses. */
const piece = 1 << 17

/** Sorts places by an unsigned 32-bit number each, equal ones as they stand: three passes of eleven bits. */
export function* byNumber(places: Int32Array<ArrayBuffer>, key: (place: number) => number, stage: Stage): Pieces<Int32Array<ArrayBuffer>> {
  const n = places.length
  let [from, to] = [places, new Int32Array(n)]
  for (const shift of [0, 11, 22]) {
    const starts = new Int32Array(2049)
    for (let start = 0; start < n; start += piece) {
      for (let i = start, end = Math.min(n, start + piece); i < end; i++) starts[((key(from[i]) >>> shift) & 2047) + 1]++
      yield stage
    }
    if (starts.includes(n)) continue // all alike
    for (let digit = 0; digit < 2048; digit++) starts[digit + 1] += starts[digit]
    for (let start = 0; start < n; start += piece) {
      for (let i = start, end = Math.min(n, start + piece); i < end; i++) to[starts[(key(from[i]) >>> shift) & 2047]++] = from[i]
      yield stage
    }
    ;[from, to] = [to, from]
  }
  return from
}
