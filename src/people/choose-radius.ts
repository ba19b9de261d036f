/**
 * @file The radius at which the faces of labelled photos fall into groups as their labels say: chosen by B-cubed, and judged on people it was not chosen on.
 *
 * Pairs alone cannot tell it: chains of pairs add up, so that a radius at which one pair in a thousand is wrong may join everybody (see `dbscan`). Whole
 * clusterings can: B-cubed is high on a range of radii, from where people no longer fall apart to where two of them touch. A quarter of the way up that range
 * is taken, as its upper end comes down where there are more people (docs/decisions/0029-whose-threshold.md).
 */
import { gatherRows, largest, rng, squaredDistance } from '../base/index.ts'
import { bCubed } from '../metrics/index.ts'
import { reachFactor } from './published.ts'

/** A radius that was chosen on labelled photos. */
export interface ChosenRadius {
  /** Core faces are joined at this distance or less. */
  readonly radius: number
  /** A straggler joins its nearest core face up to here. */
  readonly reach: number
  /** Faces that make a core, itself included. */
  readonly minPoints: number
  /** B-cubed F of the photos it was chosen on. */
  readonly f1: number
  /** The range of radii whose F is as good, within {@link asGood}. */
  readonly range: readonly [low: number, high: number]
  readonly people: number
  readonly faces: number
  /** Chosen on half of the people, judged on the others, `splits` times; `f1` and `best` are means of F at the chosen radius, and at the best for them. */
  readonly heldOut: { readonly splits: number; readonly f1: number; readonly best: number }
}

/** People and faces of them from which a radius is chosen at least: below, a half of the people tells nothing of the other. */
export const leastPeople = 4
/** F that counts as equal. */
const asGood = 0.01
/** Radii that are tried, as shares of the threshold. */
const tried = Array.from({ length: 61 }, (_, i) => 0.4 + i * 0.0125)
/** Up to where a straggler joins, as a share of the threshold. */
const reachOf = (share: number): number => Math.max(share, Math.min(1, reachFactor * share))
const [mostFaces, halves] = [1000, 10]

/**
 * Chooses the radius of density clusters on labelled faces.
 *
 * Tries 61 radii between 0.4 and 1.15 of the threshold, and takes a quarter of the way up the widest range of the best B-cubed F. Of more
 * than 1,000 faces, people are drawn.
 * @param vectors row-major [n, dim]; one row a label
 * @param labels one a row, all >= 0
 * @param threshold up to where two photos count as one person: stragglers join up to 1.2 x radius, and no farther than this
 * @returns undefined for fewer than four people, or fewer than two with `minPoints` faces: they cannot say
 * Cost: O(n^2 (dim + 61 (1 + splits / 2))), n at most about 1,000
 */
export function chooseRadius(
  vectors: Float32Array,
  dim: number,
  labels: Int32Array,
  { threshold, minPoints, seed = 0 }: { threshold: number; minPoints: number; seed?: number },
): ChosenRadius | undefined {
  const random = rng(seed).fork('radius')
  const rows = somePeople(labels, random)
  const mine = Int32Array.from(rows, (i) => labels[i])
  const people = new Set(mine)
  if (people.size < leastPeople || [...countsOf(mine).values()].filter((n) => n >= minPoints).length < 2) return undefined
  const squares = squaresOf(gatherRows(vectors, dim, rows), dim, rows.length)
  const n = rows.length
  const judge = (chosen: readonly number[]): Float64Array =>
    Float64Array.from(
      tried,
      (share) =>
        bCubed(
          Int32Array.from(chosen, (i) => mine[i]),
          densityAt(squares, n, chosen, { radius: share * threshold, reach: reachOf(share) * threshold, minPoints }),
        ).f1,
    )
  const all = judge([...rows.keys()])
  const { low, high, chosen } = bestRange(all)
  let [f1, best] = [0, 0]
  for (let split = 0; split < halves; split++) {
    const drawn = new Set(random.shuffle(Int32Array.from(people)).slice(0, people.size >> 1))
    const [ours, others] = [true, false].map((side) => judge([...rows.keys()].filter((i) => drawn.has(mine[i]) === side)))
    for (const [chosenOn, judgedOn] of [
      [ours, others],
      [others, ours],
    ]) {
      f1 += judgedOn[bestRange(chosenOn).chosen]
      best += largest(judgedOn)
    }
  }
  return {
    radius: tried[chosen] * threshold,
    reach: reachOf(tried[chosen]) * threshold,
    minPoints,
    f1: all[chosen],
    range: [tried[low] * threshold, tried[high] * threshold],
    people: people.size,
    faces: n,
    heldOut: { splits: 2 * halves, f1: f1 / (2 * halves), best: best / (2 * halves) },
  }
}

/** The widest stretch of radii whose F is as good as the best, and what is taken of it. */
function bestRange(f: Float64Array): { low: number; high: number; chosen: number } {
  const enough = f.reduce((a, b) => Math.max(a, b)) - asGood
  let [low, high] = [0, -1]
  for (let from = 0; from < f.length; from++) {
    if (f[from] < enough) continue
    let to = from
    while (to + 1 < f.length && f[to + 1] >= enough) to++
    if (to - from > high - low) [low, high] = [from, to]
    from = to
  }
  return { low, high, chosen: low + Math.round((high - low) / 4) }
}

function countsOf(labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const l of labels) counts.set(l, (counts.get(l) ?? 0) + 1)
  return counts
}

/** All rows, or those of people who are drawn until there are enough; whole people, as a person with fewer photos is a thinner cloud. */
function somePeople(labels: Int32Array, random: ReturnType<typeof rng>): number[] {
  if (labels.length <= mostFaces) return [...labels.keys()]
  const counts = countsOf(labels)
  const chosen = new Set<number>()
  let faces = 0
  for (const person of random.shuffle(Int32Array.from(counts.keys()))) {
    if (chosen.size >= leastPeople && faces + counts.get(person)! > mostFaces) continue
    chosen.add(person)
    faces += counts.get(person)!
  }
  return [...labels.keys()].filter((i) => chosen.has(labels[i])).slice(0, 3 * mostFaces)
}

/** Squared distances of all rows, [n, n]. */
function squaresOf(vectors: Float32Array, dim: number, n: number): Float32Array {
  const out = new Float32Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) out[i * n + j] = out[j * n + i] = squaredDistance(vectors, i * dim, vectors, j * dim, dim)
  return out
}

/** What `namedClusters` finds where nobody is named, from squared distances of n rows; one cluster an entry of `chosen`, -1: in none. */
export function densityAt(
  squares: Float32Array,
  n: number,
  chosen: readonly number[],
  { radius, reach, minPoints }: { radius: number; reach: number; minPoints: number },
): Int32Array {
  const [near, far] = [radius * radius, reach * reach]
  const m = chosen.length
  const at = (i: number, j: number): number => squares[chosen[i] * n + chosen[j]]
  const core = new Uint8Array(m)
  for (let i = 0; i < m; i++) {
    let crowd = 0
    for (let j = 0; j < m && crowd < minPoints; j++) if (at(i, j) <= near) crowd++
    core[i] = crowd >= minPoints ? 1 : 0
  }
  const clusters = new Int32Array(m).fill(-1)
  let count = 0
  const stack: number[] = []
  for (let first = 0; first < m; first++) {
    if (core[first] === 0 || clusters[first] >= 0) continue
    clusters[first] = count
    stack.push(first)
    while (stack.length > 0) {
      const i = stack.pop()!
      for (let j = 0; j < m; j++) {
        if (core[j] === 0 || clusters[j] >= 0 || at(i, j) > near) continue
        clusters[j] = count
        stack.push(j)
      }
    }
    count++
  }
  for (let i = 0; i < m; i++) {
    if (core[i] === 1) continue
    let [best, nearest] = [-1, Infinity]
    for (let j = 0; j < m; j++) if (core[j] === 1 && at(i, j) <= far && at(i, j) < nearest) [best, nearest] = [j, at(i, j)]
    if (best >= 0) clusters[i] = clusters[best]
  }
  return clusters
}
