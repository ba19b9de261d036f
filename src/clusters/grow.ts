/**
 * @file Clusters grown along the shortest links first (Kruskal 1956), a link that joins what must stay apart refused; exact, with a bounded number of links
 * in memory.
 *
 * Where more pairs lie within the radius than are kept, only the shortest are, and rows are joined along them; then all pairs are visited again for the next
 * ones. From then on links within a part are none, and of the links between two parts only the shortest matters: once it has been looked at, the two are
 * one, or are never to be joined, as parts only grow. So the second visit mostly is the last.
 */
import type { Pieces, Stage } from '../base/index.ts'
import { pairPieces, squaredDistance } from '../neighbours/index.ts'
import { byNumber, Links } from './links.ts'
import type { Parts } from './parts.ts'

/** Links kept at most: 64 MB, and as much again while they are sorted. */
const mostLinks = 4_000_000

/** A link that was not followed as both sides hold a row of one number of `apart`. */
export interface Refused {
  readonly a: number
  readonly b: number
  readonly squared: number
  readonly number: number
}

/** Refused links that are looked for at most, beyond those met on the way. */
const mostRefused = 100_000

/** The shortest links of a stream, as many as are kept, between the limits that have been reached. */
class Shortest {
  links = new Links()
  /** The longest link that is kept, once some are not. */
  limit: { squared: number; first: number; second: number } | undefined
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(first: number, second: number, squared: number): void {
    if (this.limit === undefined || !after({ squared, first, second }, this.limit)) this.links.add(first, second, squared)
  }

  /** Where there are too many: the shortest of each two parts; where that leaves more than half, the shorter half. */
  *thin(partOf: Int32Array | undefined): Pieces<void> {
    const { links } = this
    if (links.length < this.#most) return
    let order = yield* links.order()
    if (partOf !== undefined) order = yield* onePerPair(links, order, partOf)
    if (order.length > this.#most / 2) {
      order = order.subarray(0, this.#most / 2)
      const last = order[order.length - 1]
      this.limit = { squared: links.squares[last], first: links.first[last], second: links.second[last] }
    }
    links.keep(order)
  }
}

interface Link {
  squared: number
  first: number
  second: number
}

/** Whether `a` comes after `b`: is longer, or equally long and between later rows. */
const after = (a: Link, b: Link): boolean =>
  a.squared > b.squared || (a.squared === b.squared && (a.first > b.first || (a.first === b.first && a.second > b.second)))

/** Of links in order, the first between each two parts. */
function* onePerPair(links: Links, order: Int32Array<ArrayBuffer>, partOf: Int32Array): Pieces<Int32Array<ArrayBuffer>> {
  const low = (at: number) => Math.min(partOf[links.first[at]], partOf[links.second[at]])
  const high = (at: number) => Math.max(partOf[links.first[at]], partOf[links.second[at]])
  const stage: Stage = { task: 'sorting links', total: order.length, unit: 'link', done: 0 }
  const byParts = yield* byNumber(yield* byNumber(order.slice(), high, stage), low, stage)
  const kept = new Uint8Array(links.length)
  for (let i = 0; i < byParts.length; i++) {
    const [at, before] = [byParts[i], byParts[i - 1]]
    if (i === 0 || low(at) !== low(before) || high(at) !== high(before)) kept[at] = 1
  }
  return order.filter((at) => kept[at] === 1)
}

/** What is known after the first visit of all pairs. */
export interface Crowds {
  /** Rows within the radius, the row itself among them. */
  readonly crowd: Int32Array
  readonly shortest: Shortest
}

/** Work that is shown as part of another. */
function* under<T>(stage: Stage, work: Pieces<T>): Pieces<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    yield stage
  }
}

/** Counts neighbours, and keeps the shortest links. Cost: one visit of all pairs */
export function* countCrowds(vectors: Float32Array, dim: number, radius: number, most = mostLinks): Pieces<Crowds> {
  const crowd = new Int32Array(vectors.length / dim).fill(1)
  const shortest = new Shortest(most)
  const visit = (i: number, j: number): void => {
    crowd[i]++
    crowd[j]++
    const limit = shortest.limit?.squared ?? Infinity
    const squared = squaredDistance(vectors, i * dim, vectors, j * dim, dim, limit)
    if (squared <= limit) shortest.add(i, j, squared)
  }
  for (const stage of pairPieces(vectors, dim, radius, visit, 'counting neighbours')) {
    yield* under(stage, shortest.thin(undefined))
    yield stage
  }
  yield* shortest.thin(undefined)
  return { crowd, shortest }
}

/**
 * Joins parts along the links between core rows, shortest first.
 *
 * @returns refused links, shortest first; of two parts the first, and perhaps longer ones
 */
export function* growParts(
  parts: Parts,
  vectors: Float32Array,
  dim: number,
  radius: number,
  core: Uint8Array,
  { shortest }: Crowds,
  most = mostLinks,
): Pieces<Refused[]> {
  const refused: Refused[] = []
  const follow = function* (links: Links): Pieces<void> {
    const { first, second, squares } = links
    const order = yield* links.order()
    const stage: Stage = { task: 'following links', total: order.length, unit: 'link', done: 0 }
    for (const [place, at] of order.entries()) {
      if (place % 65536 === 65535) {
        stage.done = place
        yield stage
      }
      const [i, j] = [first[at], second[at]]
      if (core[i] === 0 || core[j] === 0) continue
      const [a, b] = [parts.root(i), parts.root(j)]
      if (a === b) continue
      const obstacle = parts.obstacle(a, b)
      if (obstacle === undefined) parts.join(a, b)
      else if (obstacle.why === 'apart') refused.push({ a: i, b: j, squared: squares[at], number: obstacle.number })
    }
  }
  yield* follow(shortest.links)
  for (let done = shortest.limit; done !== undefined;) {
    const from: Link = done
    const partOf = parts.roots()
    const next = new Shortest(most)
    const memory = new PairMemory()
    const visit = (i: number, j: number): void => {
      const [a, b] = [partOf[i], partOf[j]]
      if (a === b || core[i] === 0 || core[j] === 0) return
      const known = memory.shortest(a, b)
      const squared = squaredDistance(vectors, i * dim, vectors, j * dim, dim, known)
      if (squared > known || !after({ squared, first: i, second: j }, from)) return
      const obstacle = parts.obstacle(a, b)
      if (obstacle !== undefined && (obstacle.why === 'names' || refused.length >= mostRefused)) return
      memory.keep(a, b, squared)
      next.add(i, j, squared)
    }
    for (const stage of pairPieces(vectors, dim, radius, visit, 'joining neighbours')) {
      yield* under(stage, next.thin(partOf))
      yield stage
    }
    yield* next.thin(partOf)
    yield* follow(next.links)
    done = next.limit
  }
  return refused
}

/** The shortest link seen lately between two parts: forgets, and is never wrong. */
class PairMemory {
  readonly #size = 1 << 18
  readonly #keys = new Float64Array(this.#size).fill(-1)
  readonly #squares = new Float64Array(this.#size)

  shortest(a: number, b: number): number {
    const slot = this.#slot(a, b)
    return this.#keys[slot] === this.#key(a, b) ? this.#squares[slot] : Infinity
  }

  keep(a: number, b: number, squared: number): void {
    const slot = this.#slot(a, b)
    this.#keys[slot] = this.#key(a, b)
    this.#squares[slot] = squared
  }

  #key(a: number, b: number): number {
    return a < b ? a * 2 ** 26 + b : b * 2 ** 26 + a
  }

  #slot(a: number, b: number): number {
    const [low, high] = a < b ? [a, b] : [b, a]
    return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) & (this.#size - 1)
  }
}
