/**
 * @file Distances between embeddings, as graph nodes.
 *
 * Each comes in two forms: `paired` compares row i with row i, `pairwise` every row with every row.
 */
import { add, div, matmul, maximum, mul, neg, sqrt, square, sub, sum, transpose, type Tensor } from '../tensor/index.ts'

/** A way to measure how far two embeddings lie apart; smaller is more alike. */
export interface Distance {
  readonly name: 'euclidean' | 'squared-euclidean' | 'cosine'
  /** Row i of `a` [n, d] against row i of `b` [n, d] -> [n]. */
  paired(a: Tensor, b: Tensor): Tensor
  /** Every row of `a` [n, d] against every row of `b` [m, d] -> [n, m], by one matrix product. */
  pairwise(a: Tensor, b: Tensor): Tensor
}

/** PyTorch adds this to every difference before the norm (torch.nn.PairwiseDistance), so that the gradient at distance 0 is finite. */
const pairEpsilon = 1e-6

/** |a - b|^2, from |a|^2 + |b|^2 - 2 a.b, not below 0. */
function squaredPairwise(a: Tensor, b: Tensor): Tensor {
  const rows = sum(square(a), { axes: 1, keepDims: true })
  const columns = transpose(sum(square(b), { axes: 1, keepDims: true }), [1, 0])
  return maximum(sub(add(rows, columns), mul(matmul(a, b, { transB: true }), 2)), 0)
}

/**
 * sqrt(sum (a - b + 1e-6)^2), as torch.nn.PairwiseDistance; `pairwise` is sqrt(|a - b|^2 + 1e-8), whose gradient is finite where two embeddings coincide.
 */
export const euclidean: Distance = {
  name: 'euclidean',
  paired: (a, b) => sqrt(sum(square(add(sub(a, b), pairEpsilon)), { axes: 1 })),
  pairwise: (a, b) => sqrt(add(squaredPairwise(a, b), 1e-8)),
}

/** sum (a - b)^2: the distance of FaceNet (Schroff et al. 2015, equation 1). */
export const squaredEuclidean: Distance = {
  name: 'squared-euclidean',
  paired: (a, b) => sum(square(sub(a, b)), { axes: 1 }),
  pairwise: squaredPairwise,
}

/** 1 - a.b / (|a| |b|), in 0..2. */
export const cosine: Distance = {
  name: 'cosine',
  paired: (a, b) => sub(1, sum(mul(l2Normalise(a), l2Normalise(b)), { axes: 1 })),
  pairwise: (a, b) => add(neg(matmul(l2Normalise(a), l2Normalise(b), { transB: true })), 1),
}

/** All distances by name. */
export const distances: Readonly<Record<Distance['name'], Distance>> = { euclidean, 'squared-euclidean': squaredEuclidean, cosine }

/** Rows scaled to length 1: x / sqrt(|x|^2 + 1e-12); [n, d] -> [n, d]. */
export function l2Normalise(x: Tensor): Tensor {
  return div(x, sqrt(add(sum(square(x), { axes: 1, keepDims: true }), 1e-12)))
}
