/**
 * @file Covariance and the linear map that makes it the identity, so that Mahalanobis distance becomes Euclidean.
 *
 * With C = L L^T (Cholesky) and W = L^-1: (x - m)^T C^-1 (x - m) = ||W (x - m)||^2.
 */
import { KindredError } from '../base/index.ts'
import type { Rows } from './rows.ts'

/**
 * Covariance of rows about the centre each belongs to: C = (1/n) sum_i (x_i - m_i)(x_i - m_i)^T.
 *
 * Divided by n here and nowhere else (maximum likelihood, as scikit-learn's EmpiricalCovariance).
 *
 * @param x row-major [n, dim]
 * @param members which rows to take
 * @param centreOf where in `centres` the centre of row i starts
 * @returns row-major [dim, dim]. Cost: O(n dim^2)
 */
export function covariance(
  x: Rows,
  dim: number,
  members: Int32Array,
  centres: Float64Array,
  centreOf: (row: number) => number,
): Float64Array {
  const c = new Float64Array(dim * dim)
  const gap = new Float64Array(dim)
  for (const i of members) {
    const at = centreOf(i)
    for (let d = 0; d < dim; d++) gap[d] = x[i * dim + d] - centres[at + d]
    for (let a = 0; a < dim; a++) for (let b = 0; b <= a; b++) c[a * dim + b] += gap[a] * gap[b]
  }
  for (let a = 0; a < dim; a++) {
    for (let b = 0; b <= a; b++) {
      c[a * dim + b] /= members.length
      c[b * dim + a] = c[a * dim + b]
    }
  }
  return c
}

/**
 * W with W C' W^T = I, for the shrunken covariance C' = (1 - s) C + s (trace C / dim) I.
 *
 * @param c covariance, row-major [dim, dim]
 * @param shrinkage s in [0, 1]
 * @returns lower triangular W = L^-1, row-major
 * @throws KindredError `collapsed` when C' is not positive definite
 * Cost: O(dim^3). Source: Cholesky; shrinkage as scikit-learn's shrunk_covariance
 */
export function whitening(c: Float64Array, dim: number, shrinkage: number): Float64Array {
  let trace = 0
  for (let d = 0; d < dim; d++) trace += c[d * dim + d]
  const l = new Float64Array(dim * dim)
  const w = new Float64Array(dim * dim)
  for (let a = 0; a < dim; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = (1 - shrinkage) * c[a * dim + b] + (a === b ? (shrinkage * trace) / dim : 0)
      const size = sum
      for (let k = 0; k < b; k++) sum -= l[a * dim + k] * l[b * dim + k]
      if (a === b && !(sum > 1e-12 * size)) {
        throw new KindredError(
          'collapsed',
          'Mahalanobis distance',
          'the covariance must be positive definite',
          `none along direction ${a} of ${dim}`,
          'Raise shrinkage (for example 0.01), or use embeddings that vary in every direction.',
        )
      }
      l[a * dim + b] = a === b ? Math.sqrt(sum) : sum / l[b * dim + b]
    }
  }
  for (let column = 0; column < dim; column++) {
    for (let row = column; row < dim; row++) {
      let sum = row === column ? 1 : 0
      for (let k = column; k < row; k++) sum -= l[row * dim + k] * w[k * dim + column]
      w[row * dim + column] = sum / l[row * dim + row]
    }
  }
  return w
}

/** out = W x for lower triangular W; x starts at element `at`. Cost: O(dim^2) */
export function applyWhitening(w: Float64Array, x: Rows, at: number, dim: number, out: Float64Array, outAt: number): void {
  for (let a = 0; a < dim; a++) {
    let sum = 0
    for (let b = 0; b <= a; b++) sum += w[a * dim + b] * x[at + b]
    out[outAt + a] = sum
  }
}
