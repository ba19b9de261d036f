/**
 * @file A triplet loss that never samples: every anchor and positive of a batch against a smooth minimum over all negatives.
 *
 * Batch-hard mining pulls on one negative for each anchor and, on unit-length embeddings, collapses easily; the mean over all
 * triplets drowns in satisfied ones. The smooth minimum -t log sum e^(-d/t) lies between both. It is the negative side of the lifted structured
 * loss (Song et al. 2016, equation 4) with a temperature, in the hinge of the triplet loss.
 */
import { ensure } from '../base/index.ts'
import { euclidean, type Distance } from '../distances/index.ts'
import { add, cast, div, logSumExp, mul, relu, reshape, sub, where, type Tensor } from '../tensor/index.ts'
import { anchorsOf, pairMasks } from '../tuples/index.ts'
import { reduceLosses, type LossOutput, type ReducerName } from './reducers.ts'
import { checkMargin } from './triplet-margin-loss.ts'

/** Options of {@link softNegativeTripletLoss}. */
export interface SoftNegativeOptions {
  readonly margin?: number
  /** t > 0 in units of the distance; towards 0 this is the nearest negative. Default 0.1. */
  readonly temperature?: number
  readonly distance?: Distance
  readonly reducer?: ReducerName
  /** float32 [n] of 0 and 1: rows that serve as anchors (all when left out); others are only positives and negatives. */
  readonly anchors?: Tensor
}

/**
 * loss_ap = max(0, d(a, p) + t log sum_n e^(-d(a, n)/t) + margin) over all pairs (a, p) of one label.
 *
 * @param embeddings [n, d]
 * @param labels int64 [n]
 * @returns the loss, and the share of pairs that still violate the margin
 * @throws KindredError `usage` for a negative margin or a temperature that is not above 0
 */
export function softNegativeTripletLoss(embeddings: Tensor, labels: Tensor, options: SoftNegativeOptions = {}): LossOutput {
  const { margin = 0.4, temperature = 0.1, distance = euclidean, reducer = 'mean', anchors } = options
  checkMargin('soft-negative triplet loss', margin)
  ensure(temperature > 0, 'soft-negative triplet loss', 'temperature must be > 0', temperature)
  const n = embeddings.shape[0] as number
  const d = distance.pairwise(embeddings, embeddings)
  const masks = pairMasks(labels)
  const softMin = mul(logSumExp(where(masks.negative, div(d, -temperature), -1e30), 1), -temperature)
  const losses = relu(add(sub(d, reshape(softMin, [n, 1])), margin))
  const pairs = mul(cast(masks.positive, 'float32'), reshape(anchorsOf(masks), [n, 1]))
  const exists = anchors === undefined ? pairs : mul(pairs, reshape(anchors, [n, 1]))
  return reduceLosses(reshape(losses, [n * n]), reshape(exists, [n * n]), reducer)
}
