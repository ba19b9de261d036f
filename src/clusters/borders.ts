/** @file Rows that are no core points join the cluster of their nearest core point, unless it holds a row that they must stay apart from. */
import type { Pieces } from '../base/index.ts'
import { nearestAmong, squaredDistance } from '../neighbours/index.ts'
import type { Refused } from './grow.ts'

/** What borders join. */
export interface Homes {
  /** The root of the part that each row is in, -1: none. Filled in for borders. */
  readonly home: Int32Array
  readonly refused: readonly Refused[]
}

/**
 * Puts borders into parts, the nearest to a core point first, equally near ones by the lower of the two rows.
 *
 * @param home the root of each core row; -1 for borders
 * @param apart rows of one number do not get into one part; below 0: free
 * Cost: O(borders cores dim) in integer products; O(cores dim) each time a border is refused
 */
export function* joinBorders(
  vectors: Float32Array,
  dim: number,
  reach: number,
  core: Uint8Array,
  home: Int32Array,
  apart: Int32Array | undefined,
): Pieces<Homes> {
  const rowsWith = (value: number): Int32Array => Int32Array.from(core.keys()).filter((i) => core[i] === value)
  const [cores, borders] = [rowsWith(1), rowsWith(0)]
  const refused: Refused[] = []
  if (borders.length === 0 || cores.length === 0) return { home, refused }
  const found = yield* nearestAmong(vectors, dim, borders, cores, reach, 'joining stragglers')
  if (apart === undefined) {
    for (const [b, row] of borders.entries()) if (found.rows[b] >= 0) home[row] = home[found.rows[b]]
    return { home, refused }
  }
  const holds = new Map<number, Set<number>>()
  const held = (part: number): Set<number> => {
    if (!holds.has(part)) holds.set(part, new Set())
    return holds.get(part)!
  }
  for (const i of cores) if (apart[i] >= 0) held(home[i]).add(apart[i])
  const queue = new Queue()
  for (const [b, border] of borders.entries())
    if (found.rows[b] >= 0) queue.push({ border, inside: found.rows[b], squared: found.squares[b] })
  const closed = new Map<number, Set<number>>()
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { border, inside, squared } = next
    const part = home[inside]
    const number = apart[border]
    if (number < 0 || !held(part).has(number)) {
      home[border] = part
      if (number >= 0) held(part).add(number)
      continue
    }
    refused.push({ a: Math.min(border, inside), b: Math.max(border, inside), squared, number })
    if (!closed.has(border)) closed.set(border, new Set())
    const shut = closed.get(border)!.add(part)
    const again = nearestOpen(vectors, dim, border, cores, reach * reach, (i) => !shut.has(home[i]))
    if (again !== undefined) queue.push(again)
  }
  return { home, refused }
}

interface Step {
  readonly border: number
  readonly inside: number
  readonly squared: number
}

function nearestOpen(
  vectors: Float32Array,
  dim: number,
  border: number,
  cores: Int32Array,
  limit: number,
  open: (row: number) => boolean,
): Step | undefined {
  let best: Step | undefined
  for (const inside of cores) {
    const most = best?.squared ?? limit
    if (!open(inside)) continue
    const squared = squaredDistance(vectors, border * dim, vectors, inside * dim, dim, most)
    if (squared < most || (squared === most && best === undefined)) best = { border, inside, squared }
  }
  return best
}

/** Steps, the shortest first: a binary heap. */
class Queue {
  readonly #heap: Step[] = []

  push(step: Step): void {
    const heap = this.#heap
    let at = heap.push(step) - 1
    for (; at > 0 && before(step, heap[(at - 1) >> 1]); at = (at - 1) >> 1) heap[at] = heap[(at - 1) >> 1]
    heap[at] = step
  }

  pop(): Step | undefined {
    const heap = this.#heap
    const [top, last] = [heap[0], heap.pop()]
    if (last === undefined || heap.length === 0) return last
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
      if (!before(heap[child], last)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}

const before = (a: Step, b: Step): boolean => {
  if (a.squared !== b.squared) return a.squared < b.squared
  const [low, other] = [Math.min(a.border, a.inside), Math.min(b.border, b.inside)]
  return low !== other ? low < other : Math.max(a.border, a.inside) < Math.max(b.border, b.inside)
}
