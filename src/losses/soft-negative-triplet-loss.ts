/**
 * @file A triplet loss that never samples: every anchor and positive of a batch against a smooth minimum over all negatives.
 *
 * Batch-hard mining pulls on one negative for each anchor and, on unit-length embeddings, collapses easily; the mean over all
 * triplets drowns in satisfied ones. The smooth minimum -t log sum e^(-d/t) lies between both. It is the negative side of the lifted structured
 * loss (Song et al. 2016, equation 4) with a temperature, in the hinge of the triplet loss.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { add, cast, div, logSumExp, mul, relu, reshape, sub, where } from '../tensor/index.ts'
import { anchorsOf, pairMasks } from '../tuples/index.ts'
import { checkMargin, type Loss } from './loss.ts'

/** Options of {@link softNegativeTripletLoss}. */
export interface SoftNegativeOptions {
  /** >= 0. Default 0.4. */
  readonly margin?: number
  /** t > 0 in units of the distance; towards 0 this is the nearest negative. Default 0.1. */
  readonly temperature?: number
  /** Default `euclidean`. */
  readonly distance?: Distance
}

/**
 * loss_ap = max(0, d(a, p) + t log sum_n e^(-d(a, n)/t) + margin) over all pairs (a, p) of one label whose anchor has a negative; a pair is active while that
 * is above 0. Where all embeddings coincide the smooth minimum over N negatives lies t ln N below each.
 *
 * @throws KindredError `usage` for a negative margin or a temperature that is not above 0
 */
export function softNegativeTripletLoss(options: SoftNegativeOptions = {}): Loss {
  const name = 'soft-negative triplet loss'
  checkOptions(name, options, ['margin', 'temperature', 'distance'])
  const { margin = 0.4, temperature = 0.1, distance = euclidean } = options
  checkDistance(name, distance)
  checkMargin(name, margin)
  ensure(Number.isFinite(temperature) && temperature > 0, name, 'temperature must be > 0', temperature)
  return {
    name: 'soft-negative triplet',
    needs: 'labels',
    options: { margin, temperature, distance: distance.name },
    build({ embeddings, labels }) {
      const n = embeddings.shape[0] as number
      const d = distance.pairwise(embeddings, embeddings)
      const masks = pairMasks(labels)
      const softMin = mul(logSumExp(where(masks.negative, div(d, -temperature), -1e30), 1), -temperature)
      const losses = relu(add(sub(d, reshape(softMin, [n, 1])), margin))
      const pairs = mul(cast(masks.positive, 'float32'), reshape(anchorsOf(masks), [n, 1]))
      return { each: reshape(losses, [n * n]), exists: reshape(pairs, [n * n]) }
    },
    atCollapse: ({ images, perClass }) => margin + temperature * Math.log(Math.max(1, images - perClass)),
  }
}
