/**
 * @file Principal component analysis: the directions along which points spread most.
 *
 * Definition, variances (divided by n - 1) and signs follow scikit-learn's PCA: each axis points so that its largest entry, by size, is positive.
 */
import { allAtOnce, checkChoice, checkOptions, checkRows, ensure, rng, type Pieces, type Stage } from '../base/index.ts'
import { eigenPieces } from './symmetric-eigen.ts'

/** How {@link pca} finds its axes. */
export type PcaSolver = 'auto' | 'exact' | 'subspace'

/** Options of {@link pca}. */
export interface PcaOptions {
  /** How many axes; default 2. At most min(n, dim). */
  components?: number
  /** `exact`: all eigenvectors; `subspace`: seeded subspace iteration; `auto` (default): exact while min(n, dim) <= 1000. */
  solver?: PcaSolver
  /** Starts `subspace`; default 0. */
  seed?: number
}

/** Fitted axes, and what they explain. */
export interface Pca {
  readonly dim: number
  /** Number of axes. */
  readonly components: number
  /** The mean point, [dim]. */
  readonly mean: Float64Array
  /** Orthonormal axes, row-major [components, dim], widest spread first. */
  readonly axes: Float64Array
  /** Variance of the points along each axis, divided by n - 1. */
  readonly explainedVariance: Float64Array
  /** Share of the total variance along each axis, 0..1; all 0 for constant points. */
  readonly explainedVarianceRatio: Float64Array
  /** Coordinates of points along the axes: (x - mean) . axis, float32 [n, components]. */
  transform(points: Float32Array): Float32Array
}

/**
 * The axes of largest variance: the leading eigenvectors of the covariance C = sum (x - mean)(x - mean)' / (n - 1).
 *
 * With fewer points than dimensions the n x n Gram matrix is solved instead: if G u = lambda u then X'u is an eigenvector of X'X.
 *
 * @param points float32 [n, dim], row-major, n >= 2
 * @param dim    numbers per point
 * @returns axes, variances and a `transform`
 * @throws KindredError `usage` when a number is not finite, or more components are asked for than there can be
 * Cost: exact O(n dim m + m^3) with m = min(n, dim); subspace O(n dim (components + 10)) per round, some ten rounds. Memory beside the points: that of
 *   the axes, and of the points once more in float64 where the n x n matrix is solved.
 * Source: Pearson 1901; scikit-learn's PCA; subspace iteration: Halko, Martinsson & Tropp 2011, algorithm 4.4.
 */
export function pca(points: Float32Array, dim: number, options: PcaOptions = {}): Pca {
  return allAtOnce(pcaPieces(points, dim, checkRows(where, points, dim), options))
}

const where = 'PCA'

/** {@link pca} of n rows that are known to be finite, in pieces; `subspace` takes at most so many rounds. */
export function* pcaPieces(points: Float32Array, dim: number, n: number, options: PcaOptions = {}, mostRounds = 100): Pieces<Pca> {
  checkOptions(where, options, ['components', 'solver', 'seed'])
  const { components = 2, solver = 'auto', seed = 0 } = options
  checkChoice(where, 'solver', solver, ['auto', 'exact', 'subspace'])
  ensure(n >= 2, where, 'there must be at least 2 points', n)
  const rank = Math.min(n, dim)
  ensure(
    Number.isInteger(components) && components >= 1 && components <= rank,
    where,
    `components must be an integer from 1 to min(points, dim) = ${rank}`,
    components,
  )

  const { mean, scattered } = yield* meanOf(points, n, dim)
  const total = scattered / (n - 1)
  const rows: Centred = { points, mean, n, dim }
  const width = Math.min(rank, components + 10)
  const exact = solver === 'exact' || (solver === 'auto' && rank <= 1000)
  const { axes, scatter } = !exact
    ? yield* bySubspace(rows, width, seed, mostRounds)
    : dim <= n
      ? yield* byCovariance(rows)
      : yield* byGram(rows, components)
  const kept = axes.slice(0, components * dim)
  orthonormalise(kept, components, dim)
  flipSigns(kept, components, dim)
  const explainedVariance = Float64Array.from({ length: components }, (_, c) => Math.max(0, scatter[c]) / (n - 1))
  return {
    dim,
    components,
    mean,
    axes: kept,
    explainedVariance,
    explainedVarianceRatio: explainedVariance.map((variance) => (total > 0 ? variance / total : 0)),
    transform(others) {
      const count = checkRows(where, others, dim)
      const out = new Float32Array(count * components)
      for (let i = 0; i < count; i++) {
        for (let c = 0; c < components; c++) {
          let sum = 0
          for (let d = 0; d < dim; d++) sum += (others[i * dim + d] - mean[d]) * kept[c * dim + d]
          out[i * components + c] = sum
        }
      }
      return out
    },
  }
}

/** `fit.transform(points)` in pieces. */
export function* transformPieces(fit: Pca, points: Float32Array): Pieces<Float32Array> {
  const n = points.length / fit.dim
  const out = new Float32Array(n * fit.components)
  const stage: Stage = { task: 'PCA: coordinates', total: n, unit: 'point', done: 0 }
  const block = rowsAPiece(fit.dim * fit.components)
  for (; stage.done < n; stage.done = Math.min(n, stage.done + block)) {
    yield stage
    out.set(fit.transform(points.subarray(stage.done * fit.dim, (stage.done + block) * fit.dim)), stage.done * fit.components)
  }
  return out
}

/** Points whose mean is taken off row by row where they are used: a copy in float64 would be twice the size of the points. */
interface Centred {
  readonly points: Float32Array
  readonly mean: Float64Array
  readonly n: number
  readonly dim: number
}

/** How many rows make a piece of work of a few milliseconds. */
const rowsAPiece = (costOfARow: number): number => Math.max(1, Math.floor(2e6 / costOfARow))

function centre({ points, mean, dim }: Centred, row: number, out: Float64Array, to = 0): void {
  for (let d = 0, at = row * dim; d < dim; d++) out[to + d] = points[at + d] - mean[d]
}

/** The mean point, and the sum of all squared differences from it. */
function* meanOf(points: Float32Array, n: number, dim: number): Pieces<{ mean: Float64Array; scattered: number }> {
  const stage: Stage = { task: 'PCA: mean', total: 2 * n, unit: 'point', done: 0 }
  const block = rowsAPiece(dim)
  const mean = new Float64Array(dim)
  for (let first = 0; first < n; first += block) {
    addRows(points, first, Math.min(n, first + block), dim, mean)
    stage.done = first
    yield stage
  }
  for (let d = 0; d < dim; d++) mean[d] /= n
  let scattered = 0
  for (let first = 0; first < n; first += block) {
    scattered = addSquares(points, first, Math.min(n, first + block), mean, scattered)
    stage.done = n + first
    yield stage
  }
  return { mean, scattered }
}

function addRows(points: Float32Array, first: number, end: number, dim: number, sum: Float64Array): void {
  for (let i = first, at = first * dim; i < end; i++) for (let d = 0; d < dim; d++) sum[d] += points[at++]
}

function addSquares(points: Float32Array, first: number, end: number, mean: Float64Array, sum: number): number {
  const dim = mean.length
  for (let i = first, at = first * dim; i < end; i++) for (let d = 0; d < dim; d++) sum += (points[at++] - mean[d]) ** 2
  return sum
}

/** Axes (rows) and how much the centred points scatter along each (sum of squares), largest first. */
interface Axes {
  axes: Float64Array
  scatter: Float64Array
}

function* byCovariance(rows: Centred): Pieces<Axes> {
  const { values, vectors } = yield* eigenPieces(yield* crossProducts(rows), rows.dim)
  return { axes: vectors, scatter: values }
}

function* byGram(rows: Centred, components: number): Pieces<Axes> {
  const { n, dim } = rows
  const x = new Float64Array(n * dim)
  for (let i = 0; i < n; i++) centre(rows, i, x, i * dim)
  const stage: Stage = { task: 'PCA: products', total: n, unit: 'row', done: 0 }
  const { values, vectors } = yield* eigenPieces(yield* rowProducts(x, n, dim, stage), n)
  return { axes: combineRows(vectors, components, x, n, dim), scatter: values }
}

/** Halko's algorithm 4.4, repeated until no kept scatter moves by more than 1e-10 of the largest, at most `most` rounds. */
function* bySubspace(rows: Centred, width: number, seed: number, most: number): Pieces<Axes> {
  const { n, dim } = rows
  const random = rng(seed).fork('pca')
  let axes = Float64Array.from({ length: width * dim }, () => random.normal())
  orthonormalise(axes, width, dim)
  let scatter = new Float64Array(width)
  const stage: Stage = { task: 'PCA', total: (2 * n + width) * most, unit: 'point', done: 0 }
  for (let round = 0; round < most; round++) {
    // One power step: Y = Q (X'X); then the best axes within span(Y), by Rayleigh-Ritz.
    const along = yield* coordinates(rows, axes, width, stage)
    const { values, vectors } = allAtOnce(eigenPieces(yield* rowProducts(along, width, n, stage), width))
    const moved = values.reduce((most, value, c) => (c < Math.max(1, width - 10) ? Math.max(most, Math.abs(value - scatter[c])) : most), 0)
    scatter = Float64Array.from(values)
    if (moved <= 1e-10 * values[0]) return { axes: combineRows(vectors, width, axes, width, dim), scatter }
    axes = yield* combinePoints(combineRows(vectors, width, along, width, n), width, rows, stage)
    orthonormalise(axes, width, dim)
  }
  return { axes, scatter }
}

/** X'X of the centred points, four rows of X per pass. */
function* crossProducts(rows: Centred): Pieces<Float64Array> {
  const { n, dim } = rows
  const stage: Stage = { task: 'PCA: covariance', total: n, unit: 'point', done: 0 }
  const out = new Float64Array(dim * dim)
  const four = [0, 1, 2, 3].map(() => new Float64Array(dim))
  for (let i = 0; i < n; i += 4) {
    four.forEach((row, s) => (i + s < n ? centre(rows, i + s, row) : row.fill(0)))
    addCrossProducts(four, dim, out)
    stage.done = i
    yield stage
  }
  for (let p = 0; p < dim; p++) for (let q = 0; q < p; q++) out[p * dim + q] = out[q * dim + p]
  return out
}

function addCrossProducts([a, b, c, d]: readonly Float64Array[], dim: number, out: Float64Array): void {
  for (let p = 0; p < dim; p++) {
    const ap = a[p]
    const bp = b[p]
    const cp = c[p]
    const dp = d[p]
    for (let q = p, at = p * dim; q < dim; q++) out[at + q] += ap * a[q] + bp * b[q] + (cp * c[q] + dp * d[q])
  }
}

/** X X' of an [n, dim] matrix. */
function* rowProducts(x: Float64Array, n: number, dim: number, stage: Stage): Pieces<Float64Array> {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      out[i * n + j] = out[j * n + i] = dot(x, i * dim, x, j * dim, dim)
      if ((j & 63) === 63) yield stage
    }
    stage.done++
    yield stage
  }
  return out
}

/** The coordinates of the centred points along `count` axes, [count, n]. */
function* coordinates(rows: Centred, axes: Float64Array, count: number, stage: Stage): Pieces<Float64Array> {
  const { n, dim } = rows
  const out = new Float64Array(count * n)
  const row = new Float64Array(dim)
  for (let i = 0; i < n; i++) {
    centre(rows, i, row)
    for (let c = 0; c < count; c++) out[c * n + i] = dot(axes, c * dim, row, 0, dim)
    stage.done++
    yield stage
  }
  return out
}

/** W X for W [count, n] and the centred points. */
function* combinePoints(weights: Float64Array, count: number, rows: Centred, stage: Stage): Pieces<Float64Array<ArrayBuffer>> {
  const { n, dim } = rows
  const out = new Float64Array(count * dim)
  const row = new Float64Array(dim)
  for (let i = 0; i < n; i++) {
    centre(rows, i, row)
    for (let c = 0; c < count; c++) addScaled(weights[c * n + i], row, 0, out, c * dim, dim)
    stage.done++
    yield stage
  }
  return out
}

/** `count` rows, each a combination of the n rows of x: W X for W [count, n], X [n, dim]. */
function combineRows(weights: Float64Array, count: number, x: Float64Array, n: number, dim: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(count * dim)
  for (let c = 0; c < count; c++) for (let i = 0; i < n; i++) addScaled(weights[c * n + i], x, i * dim, out, c * dim, dim)
  return out
}

function addScaled(scale: number, x: Float64Array, from: number, out: Float64Array, to: number, length: number): void {
  for (let d = 0; d < length; d++) out[to + d] += scale * x[from + d]
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += a[atA + i] * b[atB + i]
  return sum
}

/** Gram-Schmidt on rows, each done twice; a row with nothing left (rank-deficient points) becomes a coordinate axis orthogonal to those before. */
function orthonormalise(rows: Float64Array, count: number, dim: number): void {
  let spare = 0
  for (let c = 0; c < count; c++) {
    const row = rows.subarray(c * dim, (c + 1) * dim)
    for (;;) {
      const before = Math.sqrt(dot(row, 0, row, 0, dim))
      for (let pass = 0; pass < 2; pass++) {
        for (let other = 0; other < c; other++) {
          const overlap = dot(row, 0, rows, other * dim, dim)
          for (let d = 0; d < dim; d++) row[d] -= overlap * rows[other * dim + d]
        }
      }
      const norm = Math.sqrt(dot(row, 0, row, 0, dim))
      if (norm > 1e-10 * before && norm > 1e-150) {
        for (let d = 0; d < dim; d++) row[d] /= norm
        break
      }
      row.fill(0)
      row[spare++] = 1
    }
  }
}

/** Makes the entry of largest size in each row positive (scikit-learn's `svd_flip` with `u_based_decision=False`). */
function flipSigns(rows: Float64Array, count: number, dim: number): void {
  for (let c = 0; c < count; c++) {
    const row = rows.subarray(c * dim, (c + 1) * dim)
    let largest = 0
    for (let d = 1; d < dim; d++) if (Math.abs(row[d]) > Math.abs(row[largest])) largest = d
    if (row[largest] < 0) for (let d = 0; d < dim; d++) row[d] = -row[d]
  }
}
