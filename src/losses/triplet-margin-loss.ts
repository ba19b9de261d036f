/** @file The triplet margin loss (Weinberger & Saul 2009; Schroff et al. 2015, FaceNet, equation 2). */
import { checkOptions } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { abs, add, exp, greater, less, log, mul, neg, relu, sub, where, type Tensor } from '../tensor/index.ts'
import type { Triplets } from '../tuples/index.ts'
import { checkMargin, type Loss } from './loss.ts'
import { tupleDistances } from './tuple-distances.ts'

/** Options of {@link tripletMarginLoss}. */
export interface TripletMarginOptions {
  /** alpha >= 0: how much farther than the positive the negative must be. Default 0.4. */
  readonly margin?: number
  /** Default `euclidean`. */
  readonly distance?: Distance
  /** log(1 + e^x) in place of max(0, x): never quite satisfied (Hermans et al. 2017, soft margin). */
  readonly soft?: boolean
}

/**
 * loss_i = max(0, d(a_i, p_i) - d(a_i, n_i) + margin) for each triplet; a triplet is active while that is above 0.
 *
 * @throws KindredError `usage` for a negative margin
 */
export function tripletMarginLoss(options: TripletMarginOptions = {}): Loss {
  checkOptions('triplet margin loss', options, ['margin', 'distance', 'soft'])
  const { margin = 0.4, distance = euclidean, soft = false } = options
  checkDistance('triplet margin loss', distance)
  checkMargin('triplet margin loss', margin)
  return {
    name: 'triplet margin',
    needs: 'triplets',
    options: { margin, distance: distance.name, soft },
    build({ embeddings, tuples }) {
      const { anchor, positive, negative } = tuples as Triplets
      const between = tupleDistances(distance, embeddings, anchor)
      const gap = sub(between(positive), between(negative))
      const violation = margin === 0 ? gap : add(gap, margin)
      return { each: soft ? softplus(violation) : relu(violation), active: greater(violation, 0) }
    },
    atCollapse: () => (soft ? Math.log1p(Math.exp(margin)) : margin),
  }
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
