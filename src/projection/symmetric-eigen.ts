/**
 * @file Eigenvalues and eigenvectors of a real symmetric matrix, in float64.
 *
 * Householder reflections make the matrix tridiagonal, implicit QL steps make it diagonal: the `tred2` and `tql2` of EISPACK
 * (Martin, Reinsch & Wilkinson 1968; Golub & Van Loan, "Matrix Computations", 8.3), with eigenvectors kept as rows so that memory is walked in order.
 */
import { allAtOnce, KindredError, type Pieces, type Stage } from '../base/index.ts'

/** Eigenvalues, largest first, and the unit eigenvector of each as one row of `vectors`, row-major [n, n]. */
export interface SymmetricEigen {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

/**
 * Solves A v = lambda v for a symmetric A.
 *
 * @param matrix float64 [n, n], row-major, exactly symmetric; not changed
 * @param n      its side
 * @returns all n pairs, largest eigenvalue first
 * Cost: O(n^3), about 3 s for n = 784.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  return allAtOnce(eigenPieces(matrix, n))
}

/** {@link symmetricEigen} in pieces of O(n^2). */
export function* eigenPieces(matrix: Float64Array, n: number): Pieces<SymmetricEigen> {
  const stage: Stage = { task: 'eigenvectors', total: 3 * n, unit: 'step', done: 0 }
  const { diagonal, beside, basis } = yield* tridiagonal(matrix.slice(), n, stage)
  yield* diagonalise(diagonal, beside, basis, n, stage)
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a] || a - b)
  const vectors = new Float64Array(n * n)
  order.forEach((from, to) => vectors.set(basis.subarray(from * n, (from + 1) * n), to * n))
  return { values: Float64Array.from(order, (i) => diagonal[i]), vectors }
}

/** A = Q T Q' with T tridiagonal: its diagonal, the n - 1 numbers beside it, and Q' (rows are the basis vectors). Overwrites `a`. */
function* tridiagonal(
  a: Float64Array,
  n: number,
  stage: Stage,
): Pieces<{ diagonal: Float64Array; beside: Float64Array; basis: Float64Array }> {
  const beside = new Float64Array(n)
  const reflectors: Float64Array[] = [] // reflector k is I - v v' with v over the indices k + 1 .. n - 1 and |v|^2 = 2
  const p = new Float64Array(n)
  for (let k = 0; k < n - 1; k++) {
    stage.done = k
    yield stage
    const v = new Float64Array(n)
    let norm = 0
    for (let i = k + 1; i < n; i++) {
      v[i] = a[k * n + i]
      norm = Math.hypot(norm, v[i])
    }
    reflectors.push(v)
    beside[k] = v[k + 1] > 0 ? -norm : norm
    if (norm === 0) continue
    v[k + 1] -= beside[k]
    // |x - s e|^2 = 2 s (s - x_0): scale v so that |v|^2 = 2.
    const scale = 1 / Math.sqrt(-beside[k] * v[k + 1])
    for (let i = k + 1; i < n; i++) v[i] *= scale
    reflectBothSides(a, v, p, k + 1, n)
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i])
  // Q' = H_last ... H_1 H_0: apply the reflectors to the identity from the right, last one first, so that zeros are never touched.
  const basis = new Float64Array(n * n)
  for (let i = 0; i < n; i++) basis[i * n + i] = 1
  for (let k = n - 2; k >= 0; k--) {
    stage.done = 2 * n - k
    yield stage
    reflectRows(basis, reflectors[k], k + 1, n)
  }
  return { diagonal, beside, basis }
}

/** A <- (I - v v') A (I - v v') = A - v w' - w v' from index `from` on, where p = A v and w = p - (p.v / 2) v. Overwrites p. */
function reflectBothSides(a: Float64Array, v: Float64Array, p: Float64Array, from: number, n: number): void {
  let pv = 0
  for (let i = from; i < n; i++) {
    let sum = 0
    for (let j = from, at = i * n; j < n; j++) sum += a[at + j] * v[j]
    p[i] = sum
    pv += sum * v[i]
  }
  for (let i = from; i < n; i++) p[i] -= (pv / 2) * v[i]
  for (let i = from; i < n; i++) {
    const vi = v[i]
    const wi = p[i]
    for (let j = from, at = i * n; j < n; j++) a[at + j] -= vi * p[j] + wi * v[j]
  }
}

/** Each row r from `from` on: r <- r - (r.v) v. */
function reflectRows(rows: Float64Array, v: Float64Array, from: number, n: number): void {
  for (let i = from; i < n; i++) {
    let dot = 0
    for (let j = from, at = i * n; j < n; j++) dot += rows[at + j] * v[j]
    if (dot !== 0) for (let j = from, at = i * n; j < n; j++) rows[at + j] -= dot * v[j]
  }
}

/** Implicit QL with Wilkinson's shift: turns `d` into the eigenvalues and the rows of `z` into their vectors. */
function* diagonalise(d: Float64Array, e: Float64Array, z: Float64Array, n: number, stage: Stage): Pieces<void> {
  // What rounding has left behind counts as zero, measured against the whole matrix: a rank-deficient covariance is the rule, not the exception.
  let negligible = 0
  for (let i = 0; i < n; i++) negligible = Math.max(negligible, Number.EPSILON * (Math.abs(d[i]) + Math.abs(e[i])))
  for (let l = 0; l < n; l++) {
    stage.done = 2 * n + l
    for (let round = 0; ; round++) {
      yield stage
      let m = l
      while (m < n - 1 && Math.abs(e[m]) > negligible) m++
      if (m === l) break
      if (round === 60)
        throw new KindredError(
          'unsupported',
          'symmetric eigen',
          'the matrix must have finite entries of sane size',
          'one on which QL does not converge',
          'Check the points for extreme values.',
        )
      let g = (d[l + 1] - d[l]) / (2 * e[l])
      g = d[m] - d[l] + e[l] / (g + (g < 0 ? -1 : 1) * Math.hypot(g, 1))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * e[i]
        const b = c * e[i]
        const r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1] -= p
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1] - p
        const t = (d[i] - g) * s + 2 * c * b
        p = s * t
        d[i + 1] = g + p
        g = c * t - b
        rotate(z, i * n, n, s, c)
      }
      if (i < l) {
        d[l] -= p
        e[l] = g
      }
      e[m] = 0
    }
  }
}

/** Turns the row at `at` and the one after it in their plane. */
function rotate(z: Float64Array, at: number, n: number, s: number, c: number): void {
  for (let k = at, end = at + n; k < end; k++) {
    const upper = z[k + n]
    z[k + n] = s * z[k] + c * upper
    z[k] = c * z[k] - s * upper
  }
}
