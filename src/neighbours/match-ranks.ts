/** @file Where the rows of one label stand in each other's rankings of all rows, exact, without making a ranking. */
import { gatherRows, type Pieces, type Stage } from '../base/index.ts'
import { blockRows, coarseRows } from './coarse-rows.ts'
import { fourRows } from './product-kernel.ts'
import { sorterByDistance } from './sort-by-distance.ts'
import { squaredDistance } from './squared-distance.ts'

/** What one row found. */
export interface MatchRanks {
  /** The row that asked. */
  readonly row: number
  /** Ranks from 1 of the other rows of its label among all other rows, ascending; equal distances rank in the order of rows. Overwritten by the next. */
  readonly ranks: Int32Array
  /** The row of rank 1, and its squared distance. */
  readonly nearest: number
  readonly squared: number
}

/** One asking row under way. */
interface Query {
  readonly row: number
  /** Squared distances of the matches, ascending, and their rows. */
  readonly squares: Float64Array
  readonly rows: Int32Array
  /** Bounds around each within which an estimate decides nothing. */
  readonly from: Float64Array
  readonly to: Float64Array
  /** Rows of other labels that come before the m-th match, but after the one before it. */
  readonly between: Int32Array
  nearest: number
  squared: number
}

/**
 * Lets rows ask all others; distances are Euclidean, summed in float64.
 *
 * @param vectors row-major [n, dim], finite
 * @param labels one a row
 * @param asking rows that share their label with another row
 * @param take called for each, in order
 * @param task what is done, in words
 * Cost: O(asking n dim) in integer products, a sum in float64 for each match and for what the products cannot decide; memory O(n dim)
 */
export function* matchRanks(
  vectors: Float32Array,
  dim: number,
  labels: Int32Array,
  asking: Int32Array,
  take: (found: MatchRanks) => void,
  task = 'ranking',
): Pieces<void> {
  const n = labels.length
  const members = new Map<number, number[]>()
  for (let i = 0; i < n; i++) {
    const list = members.get(labels[i])
    if (list === undefined) members.set(labels[i], [i])
    else list.push(i)
  }
  let most = 1
  for (const list of members.values()) most = Math.max(most, list.length)
  const [sort, ranks] = [sorterByDistance(most), new Int32Array(most)]
  const both = new Int32Array(n + asking.length)
  for (let i = 0; i < n; i++) both[i] = i
  both.set(asking, n)
  const coarse = coarseRows(gatherRows(vectors, dim, both), dim)
  const { squaredNorms, scales, errors, worstError } = coarse
  const stage: Stage = { task, total: asking.length, unit: 'face', done: 0 }

  const begin = (q: number): Query => {
    const row = asking[q]
    const others = Int32Array.from(members.get(labels[row])!).filter((i) => i !== row)
    const squares = new Float64Array(others.length)
    for (let m = 0; m < others.length; m++) squares[m] = squaredDistance(vectors, row * dim, vectors, others[m] * dim, dim, Infinity)
    const order = Int32Array.from(others.keys())
    sort(squares, order)
    const uncertain = errors[n + q] + worstError
    const ordered = Float64Array.from(order, (m) => squares[m])
    return {
      row,
      squares: ordered,
      rows: order.map((m) => others[m]),
      from: ordered.map((s) => (Math.sqrt(s) > uncertain ? (Math.sqrt(s) - uncertain) ** 2 : -Infinity)),
      to: ordered.map((s) => (Math.sqrt(s) + uncertain) ** 2),
      between: new Int32Array(others.length),
      nearest: others[order[0]],
      squared: ordered[0],
    }
  }

  for (let q = 0; q < asking.length; q += fourRows) {
    const queries = Array.from({ length: Math.min(fourRows, asking.length - q) }, (_, r) => begin(q + r))
    for (let from = 0; from < n; from += blockRows) {
      const to = Math.min(n, from + blockRows)
      const products = coarse.products(n + q, from, to)
      for (const [r, query] of queries.entries()) {
        const [norm, scale, label] = [squaredNorms[n + q + r], 2 * scales[n + q + r], labels[query.row]]
        const reach = query.to[query.to.length - 1]
        for (let j = from, p = r; j < to; j++, p += fourRows) {
          const about = norm + squaredNorms[j] - scale * scales[j] * products[p]
          if (about > reach || labels[j] === label) continue
          const place = placeOf(query.squares, about)
          if (place > 0 && about > query.to[place - 1] && place < query.squares.length && about < query.from[place]) {
            query.between[place]++
            continue
          }
          measure(query, j, squaredDistance(vectors, query.row * dim, vectors, j * dim, dim, Infinity))
        }
      }
      yield stage
    }
    for (const { row, between, nearest, squared } of queries) {
      let before = 0
      for (let m = 0; m < between.length; m++) ranks[m] = before += between[m] + 1
      take({ row, ranks: ranks.subarray(0, between.length), nearest, squared })
    }
    stage.done = Math.min(asking.length, q + fourRows)
  }
}

/** Puts a row of another label before the first match that is farther, or as far and a later row. */
function measure(query: Query, j: number, squared: number): void {
  const { squares, rows, between } = query
  let place = placeOf(squares, squared)
  while (place < squares.length && squares[place] === squared && rows[place] < j) place++
  if (place < squares.length) between[place]++
  if (squared < query.squared || (squared === query.squared && j < query.nearest)) {
    query.nearest = j
    query.squared = squared
  }
}

/** How many of ascending numbers lie below a value. */
function placeOf(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
