/** @file Leave-one-out retrieval, query by query: each labelled face asks all the others, and its whole ranking is judged. */
import { squaredDistance } from '../base/index.ts'
import { bootstrapInterval, wilsonInterval, type Interval } from '../metrics/index.ts'
import type { EmbeddedFaces } from './embed-folder.ts'

/** What each query found. Lists run in parallel, one entry a query. */
export interface Answers {
  /** The rows that asked: labelled faces of persons with at least two. */
  readonly rows: Int32Array
  /** Faces whose person has no other, so that there is nothing to find; they can still be found by mistake. */
  readonly lone: number
  /** The row nearest to each. */
  readonly nearest: Int32Array
  /** Euclidean. */
  readonly distance: Float64Array
  /** Rank of the first face of the same person; 1 is right at once. */
  readonly firstMatch: Int32Array
  /** (1/R) sum over the R other faces of the person of (matches so far) / rank: average precision over the whole ranking. */
  readonly averagePrecision: Float64Array
}

/**
 * Lets each labelled face ask all other labelled faces, by Euclidean distance; equal distances rank in the order of the rows.
 *
 * @param vectors row-major [n, dim]
 * @param labels one a row; below 0: unlabelled, neither asks nor answers
 * Cost: O(n^2 dim); memory O(n)
 */
export function askEachOther(vectors: Float32Array, dim: number, labels: Int32Array): Answers {
  const known = [...labels.keys()].filter((i) => labels[i] >= 0)
  const counts = new Map<number, number>()
  for (const i of known) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1)
  const rows = Int32Array.from(known.filter((i) => counts.get(labels[i])! > 1))
  const n = rows.length
  const answers = {
    rows,
    lone: known.length - n,
    nearest: new Int32Array(n),
    distance: new Float64Array(n),
    firstMatch: new Int32Array(n),
    averagePrecision: new Float64Array(n),
  }
  const squared = new Float64Array(labels.length)
  for (const [q, row] of rows.entries()) {
    const order = known.filter((i) => i !== row)
    for (const i of order) squared[i] = squaredDistance(vectors, i * dim, vectors, row * dim, dim)
    order.sort((a, b) => squared[a] - squared[b] || a - b)
    let [matches, precision] = [0, 0]
    for (const [at, i] of order.entries()) {
      if (labels[i] !== labels[row]) continue
      if (matches === 0) answers.firstMatch[q] = at + 1
      precision += ++matches / (at + 1)
    }
    answers.nearest[q] = order[0]
    answers.distance[q] = Math.sqrt(squared[order[0]])
    answers.averagePrecision[q] = precision / matches
  }
  return answers
}

/** A share or mean with its 95 % interval. */
export interface Figure extends Interval {
  readonly value: number
}

/** What retrieval is worth, in numbers between 0 and 1. */
export interface RetrievalFigures {
  readonly queries: number
  readonly lone: number
  /** Share whose nearest face is of the same person (leave-one-out 1-NN = Recall@1); Wilson's interval. */
  readonly knn: Figure
  /** Mean average precision over whole rankings; bootstrap over queries, or Wilson's where all are equal. */
  readonly map: Figure
  /** For each k: share with a face of the same person among the k nearest; Wilson's interval. */
  readonly recallAt: Readonly<Record<number, Figure>>
}

/** Sums up answers; undefined where nobody asked, or there was only one person to find. */
export function retrievalFigures(answers: Answers, labels: Int32Array, seed: number): RetrievalFigures | undefined {
  const { rows, lone, firstMatch, averagePrecision: ap } = answers
  const n = rows.length
  if (n === 0 || new Set(labels.filter((l) => l >= 0)).size < 2) return undefined
  const within = (k: number): Figure => {
    const hits = firstMatch.filter((rank) => rank <= k).length
    return { value: hits / n, ...wilsonInterval(hits, n) }
  }
  const mean = (asked: ArrayLike<number>): number => Array.from(asked, (q) => ap[q]).reduce((a, b) => a + b, 0) / asked.length
  const most = [...labels].filter((l) => l >= 0).length - 1
  const map = mean([...ap.keys()])
  const drawn = bootstrapInterval(n, mean, { seed })
  // Where all are equal, resampling shows no spread; a mean of numbers in 0..1 varies at most as a share does.
  const sure = drawn.low === drawn.high ? wilsonInterval(Math.min(1, map) * n, n) : drawn
  return {
    queries: n,
    lone,
    knn: within(1),
    map: { value: map, ...sure },
    recallAt: Object.fromEntries([1, 5, 10].filter((k) => k <= Math.max(1, most)).map((k) => [k, within(k)])),
  }
}

/** Faces that have asked each other. */
export interface Asked {
  readonly found: EmbeddedFaces
  readonly answers: Answers
}
