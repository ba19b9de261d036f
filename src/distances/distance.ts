/**
 * @file Distances between embeddings, as graph nodes.
 *
 * Each comes in two forms: `paired` compares row i with row i, `pairwise` every row with every row.
 */
import { KindredError, nearestName, show } from '../base/index.ts'
import {
  add,
  div,
  greater,
  matmul,
  maximum,
  mean,
  mul,
  neg,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  transpose,
  where,
  type Tensor,
} from '../tensor/index.ts'

/** A way to measure how far two embeddings lie apart; smaller is more alike. One of your own is such an object. */
export interface Distance {
  readonly name: string
  /** Row i of `a` [n, d] against row i of `b` [n, d] -> [n]. */
  paired(a: Tensor, b: Tensor): Tensor
  /** Every row of `a` [n, d] against every row of `b` [m, d] -> [n, m], by one matrix product. */
  pairwise(a: Tensor, b: Tensor): Tensor
}

/** PyTorch adds this to every difference before the norm (torch.nn.PairwiseDistance), so that the gradient at distance 0 is finite. */
const pairEpsilon = 1e-6

/** |a - b|^2, from |a|^2 + |b|^2 - 2 a.b, not below 0. */
function squaredPairwise(a: Tensor, b: Tensor): Tensor {
  const offset = farOffset(b)
  const x = sub(a, offset)
  const y = a === b ? x : sub(b, offset)
  const rows = sum(square(x), { axes: 1, keepDims: true })
  const columns = transpose(sum(square(y), { axes: 1, keepDims: true }), [1, 0])
  return maximum(sub(add(rows, columns), mul(matmul(x, y, { transB: true }), 2)), 0)
}

/**
 * The mean row where the rows lie far from the origin for their spread (|mean|^2 above 1000 times their mean squared distance to it), else 0.
 *
 * In float32 the difference of two large squares has few digits left; a distance is the same wherever the origin lies. Nearer rows are left as they are.
 */
function farOffset(x: Tensor): Tensor {
  const fixed = stopGradient(x)
  const centre = mean(fixed, { axes: 0, keepDims: true })
  const spread = mean(sum(square(sub(fixed, centre)), { axes: 1, keepDims: true }))
  return where(greater(sum(square(centre)), mul(spread, 1000)), centre, 0)
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
  paired: (a, b) => sub(1, sum(mul(l2Normalize(a), l2Normalize(b)), { axes: 1 })),
  pairwise: (a, b) => add(neg(matmul(l2Normalize(a), l2Normalize(b), { transB: true })), 1),
}

/** The distances that have a name in files and on the command line. */
export type DistanceName = 'euclidean' | 'squared-euclidean' | 'cosine'

/** All of them by name. */
export const distances: Readonly<Record<DistanceName, Distance>> = { euclidean, 'squared-euclidean': squaredEuclidean, cosine }

/** Rows scaled to length 1: x / sqrt(|x|^2 + 1e-12); [n, d] -> [n, d]. A row of zeros has no direction: it stays, and no gradient passes it. */
export function l2Normalize(x: Tensor): Tensor {
  const squares = sum(square(x), { axes: 1, keepDims: true })
  return where(greater(squares, 0), div(x, sqrt(add(squares, 1e-12))), 0)
}

/**
 * Throws unless `distance` is one: of this room, or of one's own.
 *
 * @throws KindredError `usage`, naming the distance to import where its name was given
 */
export function checkDistance(where: string, distance: Distance): void {
  if (typeof distance?.paired === 'function' && typeof distance.pairwise === 'function') return
  const near = nearestName(String(distance), Object.keys(distances))
  const fix = near === undefined ? undefined : `Pass the distance itself: import { ${near} } from 'kindred/distances'.`
  throw new KindredError('usage', where, 'distance must be { name, paired, pairwise }, such as euclidean', show(distance), fix)
}
