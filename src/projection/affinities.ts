/**
 * @file The input side of t-SNE: how likely it is that two points are neighbours, as a sparse symmetric matrix.
 *
 * Follows van der Maaten, "Accelerating t-SNE using Tree-Based Algorithms" (JMLR 2014), section 4.1, with the neighbour count of scikit-learn's TSNE.
 */
import { allAtOnce, ensure, type Pieces, type Stage } from '../base/index.ts'
import { nearest, type Neighbours } from '../neighbours/index.ts'

/**
 * A symmetric matrix P with zero diagonal, whose entries sum to 1; only those above the diagonal are kept.
 *
 * Row i holds the entries `start[i]` to `start[i + 1]` of `column` (ascending, each > i) and `value` (p_ij = p_ji).
 */
export interface Affinities {
  readonly n: number
  readonly start: Int32Array
  readonly column: Int32Array
  readonly value: Float64Array
}

/** Entropy (in nats) may miss log(perplexity) by this much. */
const TOLERANCE = 1e-9

/**
 * Neighbour probabilities of t-SNE: each point's Gaussian has the width that gives it the perplexity asked for.
 *
 * p_j|i = exp(-beta_i |x_i - x_j|^2) / sum over the k nearest, with beta_i such that -sum_j p_j|i log p_j|i = log(perplexity);
 * p_ij = (p_j|i + p_i|j) / 2n; k = floor(3 perplexity + 1), at most n - 1.
 *
 * @param points     float32 [n, dim], row-major
 * @param dim        numbers per point
 * @param perplexity effective number of neighbours, >= 1 and < n / 3
 * @returns P above its diagonal
 * @throws KindredError `usage` when the perplexity does not fit the number of points
 * Cost: the exact neighbour search, O(n^2 dim) at worst; then O(n k log k).
 */
export function affinities(points: Float32Array, dim: number, perplexity: number): Affinities {
  const n = points.length / dim
  const k = neighboursFor(perplexity, n)
  return allAtOnce(affinityPieces(nearest(points, points, dim, k, { exclude: 'same-index' }), n, perplexity))
}

/** How many neighbours of each of n points have a part in the affinities. @throws KindredError `usage` when the perplexity does not fit n */
export function neighboursFor(perplexity: number, n: number): number {
  ensure(perplexity >= 1, 't-SNE', 'perplexity must be at least 1', perplexity)
  ensure(
    3 * perplexity < n,
    't-SNE',
    `3 * perplexity must be less than the number of points (${n})`,
    perplexity,
    `Pass a perplexity of at most ${Math.floor((n - 1) / 3)}, or more points.`,
  )
  return Math.min(n - 1, Math.floor(3 * perplexity + 1))
}

/** {@link affinities} in pieces, from the nearest neighbours of each point among the others: at least as many as {@link neighboursFor} says. */
export function* affinityPieces({ indices, distances }: Neighbours, n: number, perplexity: number): Pieces<Affinities> {
  const k = neighboursFor(perplexity, n)
  const stride = indices.length / n
  const stage: Stage = { task: 'perplexity', total: n, unit: 'point', done: 0 }
  const conditional = new Float64Array(n * k)
  const column = stride === k ? indices : new Int32Array(n * k)
  const squared = new Float64Array(k)
  for (let i = 0; i < n; i++) {
    if (stride !== k) column.set(indices.subarray(i * stride, i * stride + k), i * k)
    for (let s = 0; s < k; s++) squared[s] = distances[i * stride + s] ** 2
    rowProbabilities(squared, Math.log(perplexity), conditional.subarray(i * k, (i + 1) * k))
    stage.done = i
    yield stage
  }
  return yield* symmetrise(n, k, column, conditional)
}

/**
 * Finds beta by Newton steps on log beta, kept inside a bracket, and writes the row p_j|i.
 *
 * With weights w_s = exp(-beta (d_s - d_0)) the entropy is H = log(sum w) + beta mean(d - d_0) and dH / d(log beta) = -beta^2 var(d).
 * Taking the smallest distance off changes nothing but keeps exp from vanishing.
 */
function rowProbabilities(squared: Float64Array, target: number, row: Float64Array): void {
  const k = squared.length
  const nearestOne = squared[0]
  let mean = 0
  for (let s = 0; s < k; s++) mean += (squared[s] - nearestOne) / k
  if (mean === 0) {
    row.fill(1 / k) // all neighbours equally far: no width tells them apart
    return
  }
  let beta = 1 / mean
  let low = 0
  let high = Infinity
  for (let round = 0; round < 100; round++) {
    let sum = 0
    let first = 0
    let second = 0
    for (let s = 0; s < k; s++) {
      const d = squared[s] - nearestOne
      const w = Math.exp(-beta * d)
      row[s] = w
      sum += w
      first += w * d
      second += w * d * d
    }
    first /= sum
    second /= sum
    for (let s = 0; s < k; s++) row[s] /= sum
    const excess = Math.log(sum) + beta * first - target
    if (Math.abs(excess) < TOLERANCE) return
    if (excess > 0) low = beta
    else high = beta
    const slope = beta * beta * (second - first * first)
    const newton = beta * Math.exp(Math.max(-2, Math.min(2, excess / slope)))
    beta = newton > low && newton < high ? newton : high === Infinity ? beta * 2 : (low + high) / 2
  }
}

/** P above the diagonal from the conditional rows: p_ij = (p_j|i + p_i|j) / 2n, rows sorted by column. */
function* symmetrise(n: number, k: number, indices: Int32Array, conditional: Float64Array): Pieces<Affinities> {
  // Both p_j|i and p_i|j go to row min(i, j). Visiting pairs in order of the larger index fills each row with ascending columns,
  // and the two halves of a pair come one after the other.
  const pairs = n * k
  const stage: Stage = { task: 'neighbourhoods', total: 3 * pairs, unit: 'pair', done: 0 }
  /** Does the work of all pairs, some thousand a piece. */
  function* eachPair(work: (from: number, to: number) => void): Pieces<void> {
    for (let from = 0; from < pairs; from += PAIRS_A_PIECE, stage.done += PAIRS_A_PIECE) {
      yield stage
      work(from, Math.min(pairs, from + PAIRS_A_PIECE))
    }
  }
  const byLarger = new Int32Array(n + 1)
  const rowSize = new Int32Array(n + 1)
  yield* eachPair((from, to) => {
    for (let e = from; e < to; e++) {
      const i = Math.floor(e / k)
      const j = indices[e]
      byLarger[Math.max(i, j) + 1]++
      rowSize[Math.min(i, j) + 1]++
    }
  })
  for (let i = 0; i < n; i++) byLarger[i + 1] += byLarger[i]
  for (let i = 0; i < n; i++) rowSize[i + 1] += rowSize[i]
  const visit = new Int32Array(pairs)
  yield* eachPair((from, to) => {
    for (let e = from; e < to; e++) visit[byLarger[Math.max(Math.floor(e / k), indices[e])]++] = e
  })
  const fill = rowSize.slice()
  const column = new Int32Array(pairs)
  const value = new Float64Array(pairs)
  yield* eachPair((from, to) => {
    for (let v = from; v < to; v++) {
      const e = visit[v]
      const i = Math.floor(e / k)
      const j = indices[e]
      const row = Math.min(i, j)
      const last = fill[row] - 1
      if (last >= rowSize[row] && column[last] === Math.max(i, j)) value[last] += conditional[e]
      else {
        column[fill[row]] = Math.max(i, j)
        value[fill[row]++] = conditional[e]
      }
    }
  })
  // Close the gaps that merged pairs left.
  const start = new Int32Array(n + 1)
  let used = 0
  for (let i = 0; i < n; i++) {
    for (let e = rowSize[i]; e < fill[i]; e++) {
      column[used] = column[e]
      value[used++] = value[e] / (2 * n)
    }
    start[i + 1] = used
    if (i % 1000 === 999) yield stage
  }
  return { n, start, column: column.slice(0, used), value: value.slice(0, used) }
}

const PAIRS_A_PIECE = 50_000
