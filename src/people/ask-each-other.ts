/** @file Leave-one-out retrieval, query by query: each labelled face asks all the others, and its whole ranking is judged. */
import { checkOptions, ensure, gatherRows, inSlices, largest, rng, type Progress } from '../base/index.ts'
import { bootstrapPieces, wilsonInterval, type Interval } from '../metrics/index.ts'
import { matchRanks } from '../neighbours/index.ts'
import type { EmbeddedFaces } from './embed-folder.ts'

/** What each query found. Lists run in parallel, one entry a query. */
export interface Answers {
  /** The rows that asked: labelled faces of persons with at least two, or a sample of them. */
  readonly rows: Int32Array
  /** Labelled faces of persons with at least two. */
  readonly askable: number
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
  /** For each label the number of its queries' matches at ranks 1, 2, ... up to `depth`. */
  readonly matchesAt: ReadonlyMap<number, Int32Array>
  /** Ranks that `matchesAt` counts: half as many again as the largest person has faces, 10 to 600. */
  readonly depth: number
}

/** How {@link askEachOther} is bounded, watched and stopped. */
export interface AskOptions {
  /** Queries at most; of more faces so many are drawn, the same share of each person's. Default 20,000. */
  readonly most?: number
  /** Seeds the drawing. Default 0. */
  readonly seed?: number
  readonly progress?: Progress
  /** Stops within a fraction of a second. */
  readonly signal?: AbortSignal
}

/** Queries at most, unless asked for otherwise. */
const mostQueries = 20_000

/**
 * Lets each labelled face ask all other labelled faces, by Euclidean distance; equal distances rank in the order of the rows.
 *
 * @param vectors row-major [n, dim]
 * @param labels one a row; below 0: unlabelled, neither asks nor answers
 * @throws KindredError `interrupted` when the signal fires
 * Cost: O(queries n dim) in integer products, in slices between which the event loop turns; memory O(n dim)
 */
export async function askEachOther(vectors: Float32Array, dim: number, labels: Int32Array, options: AskOptions = {}): Promise<Answers> {
  const where = 'askEachOther'
  checkOptions(where, options, ['most', 'seed', 'progress', 'signal'])
  const { most = mostQueries, seed = 0, progress, signal } = options
  ensure(Number.isInteger(most) && most >= 1, where, 'most must be a positive integer', most)
  const known = Int32Array.from(labels.keys()).filter((i) => labels[i] >= 0)
  const own = known.map((i) => labels[i])
  const counts = new Map<number, number>()
  for (const label of own) counts.set(label, (counts.get(label) ?? 0) + 1)
  const askable = Int32Array.from(own.keys()).filter((at) => counts.get(own[at])! > 1)
  const asking = drawn(askable, own, most, seed)
  const n = asking.length
  const depth = Math.max(0, Math.min(known.length - 1, 600, Math.max(10, Math.ceil(1.5 * largest(counts.values(), 0)))))
  const matchesAt = new Map<number, Int32Array>()
  const answers = {
    rows: asking.map((at) => known[at]),
    askable: askable.length,
    lone: known.length - askable.length,
    nearest: new Int32Array(n),
    distance: new Float64Array(n),
    firstMatch: new Int32Array(n),
    averagePrecision: new Float64Array(n),
    matchesAt,
    depth,
  }
  let q = 0
  const points = known.length === labels.length ? vectors : gatherRows(vectors, dim, known)
  const pieces = matchRanks(
    points,
    dim,
    own,
    asking,
    ({ row, ranks, nearest, squared }) => {
      let tally = matchesAt.get(own[row])
      if (tally === undefined) matchesAt.set(own[row], (tally = new Int32Array(depth)))
      let precision = 0
      for (let m = 0; m < ranks.length; m++) {
        precision += (m + 1) / ranks[m]
        if (ranks[m] <= depth) tally[ranks[m] - 1]++
      }
      answers.firstMatch[q] = ranks[0]
      answers.averagePrecision[q] = precision / ranks.length
      answers.nearest[q] = known[nearest]
      answers.distance[q++] = Math.sqrt(squared)
    },
    'letting faces ask all the others',
  )
  await inSlices(pieces, { where, progress, signal })
  return answers
}

/** Every so many of rows ordered by label, from a place drawn by chance: each row is as likely as any other, and each label has its share. */
function drawn(rows: Int32Array, labels: Int32Array, most: number, seed: number): Int32Array {
  if (rows.length <= most) return rows
  const order = rows.toSorted((a, b) => labels[a] - labels[b] || a - b)
  const start = rng(seed).fork('asking').uniform()
  return Int32Array.from({ length: most }, (_, t) => order[Math.floor(((start + t) * rows.length) / most)]).sort()
}

/** A share or mean with its 95 % interval. */
export interface Figure extends Interval {
  readonly value: number
}

/** What retrieval is worth, in numbers between 0 and 1. */
export interface RetrievalFigures {
  readonly queries: number
  /** Faces that could have asked. */
  readonly askable: number
  readonly lone: number
  /** Share whose nearest face is of the same person (leave-one-out 1-NN = Recall@1); Wilson's interval. */
  readonly knn: Figure
  /** Mean average precision over whole rankings; bootstrap over queries, or Wilson's where all are equal. */
  readonly map: Figure
  /** For each k: share with a face of the same person among the k nearest; Wilson's interval. */
  readonly recallAt: Readonly<Record<number, Figure>>
}

/**
 * Sums up answers; undefined where nobody asked, or there was only one person to find.
 *
 * @throws KindredError `interrupted` when the signal fires
 */
export async function retrievalFigures(
  answers: Answers,
  labels: Int32Array,
  seed: number,
  watched: Pick<AskOptions, 'progress' | 'signal'> = {},
): Promise<RetrievalFigures | undefined> {
  const { rows, askable, lone, firstMatch, averagePrecision: ap } = answers
  const n = rows.length
  if (n === 0 || new Set(labels.filter((l) => l >= 0)).size < 2) return undefined
  const within = (k: number): Figure => {
    const hits = firstMatch.filter((rank) => rank <= k).length
    return { value: hits / n, ...wilsonInterval(hits, n) }
  }
  const mean = (asked: ArrayLike<number>): number => {
    let sum = 0
    for (let i = 0; i < asked.length; i++) sum += ap[asked[i]]
    return sum / asked.length
  }
  const most = labels.filter((l) => l >= 0).length - 1
  const map = mean(Int32Array.from(ap.keys()))
  const resampled = await inSlices(bootstrapPieces(n, mean, { seed }), { ...watched, where: 'retrieval' })
  // Where all are equal, resampling shows no spread; a mean of numbers in 0..1 varies at most as a share does.
  const sure = resampled.low === resampled.high ? wilsonInterval(Math.min(1, map) * n, n) : resampled
  return {
    queries: n,
    askable,
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
