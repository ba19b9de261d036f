/**
 * @file For each anchor the nearest positive and the nearest negative of its batch (Xuan, Stylianou, Pless 2020, Improved Embeddings with Easy Positive Triplet
 * Mining).
 */
import { checkOptions } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { argMin, iota, stopGradient, where, type Tensor } from '../tensor/index.ts'
import { anchorsOf, pairMasks } from '../tuples/index.ts'
import type { TripletMiner } from './miner.ts'

/** Options of {@link easyPositive}. */
export interface EasyPositiveOptions {
  /** Default `euclidean`. */
  readonly distance?: Distance
}

/**
 * n triplets from a batch of n: batch-hard's opposite on the side of the positives, gentler on classes of several looks and on noisy labels.
 *
 * `exists` is 0 for a row without a positive or without a negative; no gradient flows through the choice. Cost: one [n, n] distance matrix.
 */
export function easyPositive(options: EasyPositiveOptions = {}): TripletMiner {
  checkOptions('easy-positive', options, ['distance'])
  const { distance = euclidean } = options
  checkDistance('easy-positive', distance)
  return {
    name: 'easy-positive',
    gives: 'triplets',
    options: { distance: distance.name },
    mine(embeddings, labels) {
      const d = stopGradient(distance.pairwise(embeddings, embeddings))
      const masks = pairMasks(labels)
      const nearest = (mask: Tensor) => argMin(where(mask, d, 1e30), 1)
      return {
        anchor: iota(embeddings.shape[0] as number),
        positive: nearest(masks.positive),
        negative: nearest(masks.negative),
        exists: anchorsOf(masks),
      }
    },
  }
}
