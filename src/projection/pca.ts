/**
 * @file Principal component analysis: the directions along which points spread most.
 *
 * Definition, variances (divided by n - 1) and signs follow scikit-learn's PCA: each axis points so that its largest entry, by size, is positive.
 */
import { checkChoice, checkOptions, checkRows, ensure, rng } from '../base/index.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

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
 * Cost: exact O(n dim m + m^3) with m = min(n, dim); subspace O(n dim (components + 10)) per round, some ten rounds.
 * Source: Pearson 1901; scikit-learn's PCA; subspace iteration: Halko, Martinsson & Tropp 2011, algorithm 4.4.
 */
export function pca(points: Float32Array, dim: number, options: PcaOptions = {}): Pca {
  const where = 'PCA'
  checkOptions(where, options, ['components', 'solver', 'seed'])
  const { components = 2, solver = 'auto', seed = 0 } = options
  checkChoice(where, 'solver', solver, ['auto', 'exact', 'subspace'])
  const n = checkRows(where, points, dim)
  ensure(n >= 2, where, 'there must be at least 2 points', n)
  const rank = Math.min(n, dim)
  ensure(
    Number.isInteger(components) && components >= 1 && components <= rank,
    where,
    `components must be an integer from 1 to min(points, dim) = ${rank}`,
    components,
  )

  const mean = new Float64Array(dim)
  for (let i = 0, at = 0; i < n; i++) for (let d = 0; d < dim; d++) mean[d] += points[at++]
  for (let d = 0; d < dim; d++) mean[d] /= n
  const centred = new Float64Array(n * dim)
  let total = 0
  for (let i = 0, at = 0; i < n; i++) {
    for (let d = 0; d < dim; d++, at++) {
      centred[at] = points[at] - mean[d]
      total += centred[at] ** 2
    }
  }
  total /= n - 1

  const width = Math.min(rank, components + 10)
  const exact = solver === 'exact' || (solver === 'auto' && rank <= 1000)
  const { axes, scatter } = !exact
    ? bySubspace(centred, n, dim, width, seed)
    : dim <= n
      ? byCovariance(centred, n, dim)
      : byGram(centred, n, dim, components)
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

/** Axes (rows) and how much the centred points scatter along each (sum of squares), largest first. */
interface Axes {
  axes: Float64Array
  scatter: Float64Array
}

function byCovariance(x: Float64Array, n: number, dim: number): Axes {
  const { values, vectors } = symmetricEigen(crossProducts(x, n, dim), dim)
  return { axes: vectors, scatter: values }
}

function byGram(x: Float64Array, n: number, dim: number, components: number): Axes {
  const { values, vectors } = symmetricEigen(rowProducts(x, n, dim), n)
  return { axes: combineRows(vectors, components, x, n, dim), scatter: values }
}

/** Halko's algorithm 4.4, repeated until no kept scatter moves by more than 1e-10 of the largest, at most 100 rounds. */
function bySubspace(x: Float64Array, n: number, dim: number, width: number, seed: number): Axes {
  const random = rng(seed).fork('pca')
  let axes = Float64Array.from({ length: width * dim }, () => random.normal())
  orthonormalise(axes, width, dim)
  let scatter = new Float64Array(width)
  for (let round = 0; round < 100; round++) {
    // One power step: Y = Q (X'X); then the best axes within span(Y), by Rayleigh-Ritz.
    const along = new Float64Array(width * n)
    for (let c = 0; c < width; c++) for (let i = 0; i < n; i++) along[c * n + i] = dot(axes, c * dim, x, i * dim, dim)
    const { values, vectors } = symmetricEigen(rowProducts(along, width, n), width)
    const moved = values.reduce((most, value, c) => (c < Math.max(1, width - 10) ? Math.max(most, Math.abs(value - scatter[c])) : most), 0)
    scatter = Float64Array.from(values)
    if (moved <= 1e-10 * values[0]) return { axes: combineRows(vectors, width, axes, width, dim), scatter }
    axes = combineRows(combineRows(vectors, width, along, width, n), width, x, n, dim)
    orthonormalise(axes, width, dim)
  }
  return { axes, scatter }
}

/** X'X of an [n, dim] matrix, four rows of X per pass. */
function crossProducts(x: Float64Array, n: number, dim: number): Float64Array {
  const out = new Float64Array(dim * dim)
  const zeros = new Float64Array(dim)
  for (let i = 0; i < n; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((s) => (i + s < n ? x.subarray((i + s) * dim, (i + s + 1) * dim) : zeros))
    for (let p = 0; p < dim; p++) {
      const ap = a[p]
      const bp = b[p]
      const cp = c[p]
      const dp = d[p]
      for (let q = p, at = p * dim; q < dim; q++) out[at + q] += ap * a[q] + bp * b[q] + (cp * c[q] + dp * d[q])
    }
  }
  for (let p = 0; p < dim; p++) for (let q = 0; q < p; q++) out[p * dim + q] = out[q * dim + p]
  return out
}

/** X X' of an [n, dim] matrix. */
function rowProducts(x: Float64Array, n: number, dim: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) out[i * n + j] = out[j * n + i] = dot(x, i * dim, x, j * dim, dim)
  return out
}

/** `count` rows, each a combination of the n rows of x: W X for W [count, n], X [n, dim]. */
function combineRows(weights: Float64Array, count: number, x: Float64Array, n: number, dim: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(count * dim)
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < n; i++) {
      const w = weights[c * n + i]
      for (let d = 0, to = c * dim, from = i * dim; d < dim; d++) out[to + d] += w * x[from + d]
    }
  }
  return out
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
