/**
 * @file Pairs of groups or lone faces that may be one person, nearest first.
 *
 * Two groups are as far apart as their faces are on average (average linkage): of eight distances tried, it ranks pairs of one person best
 * (docs/decisions/0029-whose-threshold.md). Candidates come from nearest neighbours, so that nothing of the size of all pairs is kept.
 */
import { gatherRows, inSlices, squaredDistance, type Pieces, type Progress, type Stage } from '../base/index.ts'
import { knnGraph } from '../neighbours/index.ts'
import { some } from './pictures.ts'
import type { RowPair } from './labelled-pairs.ts'

/** Two that may be one. */
export interface SuggestedPair {
  /** Numbers of the two, a < b. */
  readonly a: number
  readonly b: number
  /** Mean Euclidean distance of their faces. */
  readonly distance: number
  /** Their closest faces: rows of a and of b. */
  readonly nearest: RowPair
  /** Pairs of faces the mean is of. */
  readonly pairs: number
}

/** Settings of {@link suggestPairs}. */
export interface SuggestOptions {
  /** Mean distance up to which two may be one. */
  readonly limit: number
  /** Pairs at most. Default 200. */
  readonly most?: number
  /** Leaves a pair out: somebody has said that they are two, or both are in one photo. */
  readonly skip?: (a: number, b: number, distance: number) => boolean
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/** Faces of a group that stand for it, and neighbours a face is asked for: more, so that some of them are always of others. */
const [standing, neighbours] = [16, 32]

/**
 * Suggests pairs, nearest first.
 *
 * @param vectors row-major [n, dim]
 * @param groups one a row: the number of its group or lone face, from 0; below 0: nobody's
 * @throws KindredError `interrupted`
 * Cost: O(m^2 dim) in integer products for the m rows that stand for their groups, at most 16 each; 256 distances a candidate
 */
export async function suggestPairs(
  vectors: Float32Array,
  dim: number,
  groups: Int32Array,
  { limit, most = 200, skip = () => false, signal, progress }: SuggestOptions,
): Promise<SuggestedPair[]> {
  const members = new Map<number, number[]>()
  for (const [i, group] of groups.entries()) {
    if (group < 0) continue
    const list = members.get(group)
    if (list === undefined) members.set(group, [i])
    else list.push(i)
  }
  if (members.size < 2) return []
  for (const [group, rows] of members)
    members.set(
      group,
      some(rows.length, standing, 0).map((at) => rows[at]),
    )
  const rows = [...members.values()].flat().sort((a, b) => a - b)
  const k = Math.min(neighbours, rows.length - 1)
  const { indices, distances } = await knnGraph(gatherRows(vectors, dim, rows), dim, k, { signal, progress })
  const candidates = new Map<string, [number, number]>()
  for (const [at, row] of rows.entries()) {
    for (let n = at * k; n < (at + 1) * k; n++) {
      const other = rows[indices[n]]
      // The mean of two groups is not below the distance of their closest faces.
      if (groups[row] === groups[other] || distances[n] > limit) continue
      const [a, b] = groups[row] < groups[other] ? [groups[row], groups[other]] : [groups[other], groups[row]]
      candidates.set(`${a} ${b}`, [a, b])
    }
  }
  const found: SuggestedPair[] = []
  const stage: Stage = { task: 'comparing groups', total: candidates.size, unit: 'pair', done: 0 }
  const compared = function* (): Pieces<void> {
    for (const [a, b] of candidates.values()) {
      const pair = between(vectors, dim, members.get(a)!, members.get(b)!)
      if (pair.distance <= limit && !skip(a, b, pair.distance)) found.push({ a, b, ...pair })
      stage.done++
      yield stage
    }
  }
  await inSlices(compared(), { where: 'group', signal })
  return found.sort((x, y) => x.distance - y.distance || x.a - y.a || x.b - y.b).slice(0, most)
}

/** Mean distance of the faces of two groups, at most 16 of each. */
export function meanDistance(vectors: Float32Array, dim: number, a: readonly number[], b: readonly number[]): number {
  const few = (rows: readonly number[]): number[] => some(rows.length, standing, 0).map((at) => rows[at])
  return between(vectors, dim, few(a), few(b)).distance
}

function between(vectors: Float32Array, dim: number, mine: readonly number[], yours: readonly number[]): Omit<SuggestedPair, 'a' | 'b'> {
  let [sum, nearest] = [0, { a: mine[0], b: yours[0], distance: Infinity }]
  for (const a of mine) {
    for (const b of yours) {
      const distance = Math.sqrt(squaredDistance(vectors, a * dim, vectors, b * dim, dim))
      sum += distance
      if (distance < nearest.distance) nearest = { a, b, distance }
    }
  }
  const pairs = mine.length * yours.length
  return { distance: sum / pairs, nearest, pairs }
}

/** How often labelled pairs about as far apart show one person. */
export interface PairOdds {
  readonly same: number
  readonly of: number
  /** The photos they are of: those at hand, or those of the calibration. */
  readonly from: 'here' | 'calibration'
}

/** Labelled pairs by distance, to be asked for {@link PairOdds}. */
export interface OddsSource {
  readonly from: PairOdds['from']
  readonly count: (low: number, high: number) => { same: number; different: number }
}

/** Pairs below which nothing is said. */
const leastPairs = 20

/** The share of labelled pairs within 5 % of a distance that show one person; undefined where fewer than 20 pairs are known there. */
export function oddsAt(sources: readonly OddsSource[], distance: number): PairOdds | undefined {
  for (const { from, count } of sources) {
    const { same, different } = count(0.95 * distance, 1.05 * distance)
    if (same + different >= leastPairs) return { same, of: same + different, from }
  }
  return undefined
}

/** Odds from lists of distances. */
export function oddsOfPairs(from: PairOdds['from'], same: Float64Array, different: Float64Array): OddsSource {
  const [ours, others] = [same.toSorted(), different.toSorted()]
  const within = (sorted: Float64Array, low: number, high: number): number =>
    firstAt(sorted, (d) => d > high) - firstAt(sorted, (d) => d >= low)
  return { from, count: (low, high) => ({ same: within(ours, low, high), different: within(others, low, high) }) }
}

/** The place of the first of ascending numbers for which a test holds, which then holds for all that follow. */
function firstAt(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(sorted[middle])) high = middle
    else low = middle + 1
  }
  return low
}

/** Odds from a histogram that a calibration has kept. */
export function oddsOfHistogram({
  step,
  same,
  different,
}: {
  step: number
  same: readonly number[]
  different: readonly number[]
}): OddsSource {
  const within = (list: readonly number[], low: number, high: number): number =>
    list.reduce((n, count, at) => n + ((at + 0.5) * step >= low && (at + 0.5) * step <= high ? count : 0), 0)
  return { from: 'calibration', count: (low, high) => ({ same: within(same, low, high), different: within(different, low, high) }) }
}
