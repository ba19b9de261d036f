/** @file The contrastive loss (Hadsell, Chopra, LeCun 2006, Dimensionality Reduction by Learning an Invariant Mapping, equation 4). */
import { checkOptions } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { add, greater, mul, relu, square, sub } from '../tensor/index.ts'
import type { Pairs } from '../tuples/index.ts'
import { checkMargin, type Loss } from './loss.ts'
import { tupleDistances } from './tuple-distances.ts'

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveOptions {
  /** m >= 0: how far two images of different classes must lie apart. Default 1. */
  readonly margin?: number
  /** Default `euclidean`. */
  readonly distance?: Distance
}

/**
 * loss = d^2 / 2 for a pair of one class, max(0, m - d)^2 / 2 for a pair of two; a pair is active while its loss is above 0.
 *
 * @throws KindredError `usage` for a negative margin
 */
export function contrastiveLoss(options: ContrastiveOptions = {}): Loss {
  checkOptions('contrastive loss', options, ['margin', 'distance'])
  const { margin = 1, distance = euclidean } = options
  checkDistance('contrastive loss', distance)
  checkMargin('contrastive loss', margin)
  return {
    name: 'contrastive',
    needs: 'pairs',
    options: { margin, distance: distance.name },
    build({ embeddings, tuples }) {
      const { first, second, alike } = tuples as Pairs
      const d = tupleDistances(distance, embeddings, first)(second)
      const apart = relu(sub(margin, d))
      const each = mul(add(mul(alike, square(d)), mul(sub(1, alike), square(apart))), 0.5)
      return { each, active: greater(each, 0) }
    },
    // all pairs of the batch; labelled rows have perClass - 1 others of their class
    atCollapse: ({ images, labelled, perClass }) =>
      ((1 - (labelled * (perClass - 1)) / (images * Math.max(1, images - 1))) * margin ** 2) / 2,
  }
}
