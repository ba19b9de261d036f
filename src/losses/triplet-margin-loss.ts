/** @file The triplet margin loss (Weinberger & Saul 2009; Schroff et al. 2015, FaceNet, equation 2). */
import { ensure } from '../base/index.ts'
import { euclidean, type Distance } from '../distances/index.ts'
import { abs, add, exp, gather, less, log, mul, neg, relu, sub, where, type Tensor } from '../tensor/index.ts'
import type { Triplets } from '../tuples/index.ts'
import { reduceLosses, type LossOutput, type ReducerName } from './reducers.ts'

/** Options of {@link tripletMarginLoss}. */
export interface TripletMarginOptions {
  /** alpha >= 0: how much farther than the positive the negative must be. Default 0.4. */
  readonly margin?: number
  readonly distance?: Distance
  readonly reducer?: ReducerName
  /** log(1 + e^x) in place of max(0, x): never quite satisfied (Hermans et al. 2017, soft margin). */
  readonly soft?: boolean
}

/**
 * loss_i = max(0, d(a_i, p_i) - d(a_i, n_i) + margin), reduced over triplets.
 *
 * @param embeddings [n, d]
 * @param triplets row numbers of anchors, positives and negatives
 * @returns the loss, and the share of triplets that still violate the margin
 * @throws KindredError `usage` for a negative margin
 */
export function tripletMarginLoss(embeddings: Tensor, triplets: Triplets, options: TripletMarginOptions = {}): LossOutput {
  const { margin = 0.4, distance = euclidean, reducer = 'mean', soft = false } = options
  checkMargin('triplet margin loss', margin)
  const a = gather(embeddings, triplets.anchor)
  const gap = sub(distance.paired(a, gather(embeddings, triplets.positive)), distance.paired(a, gather(embeddings, triplets.negative)))
  const violation = margin === 0 ? gap : add(gap, margin)
  const hinge = reduceLosses(relu(violation), triplets.exists, reducer)
  if (!soft) return hinge
  const { loss } = reduceLosses(softplus(violation), triplets.exists, reducer)
  return { loss, active: hinge.active }
}

/** Throws unless the margin is a finite number >= 0. */
export function checkMargin(where: string, margin: number): void {
  ensure(Number.isFinite(margin) && margin >= 0, where, 'margin must be a number >= 0', margin, 'Pass a margin such as 0.4.')
}

/**
 * log(1 + e^x) as max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses x; log(1 + u) of a small u is u - u^2/2, whose next term is below
 * half a float32 digit there.
 */
function softplus(x: Tensor): Tensor {
  const u = exp(neg(abs(x)))
  const small = less(u, 1e-3)
  return add(relu(x), where(small, sub(u, mul(mul(u, u), 0.5)), log(add(u, 1))))
}
