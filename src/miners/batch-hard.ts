/**
 * @file For each anchor the farthest positive and the nearest negative of its batch (Hermans, Beyer, Leibe 2017, In Defense of the Triplet Loss, equation 5).
 */
import { checkOptions } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { argMax, argMin, iota, stopGradient, where } from '../tensor/index.ts'
import { anchorsOf, pairMasks } from '../tuples/index.ts'
import type { TripletMiner } from './miner.ts'

/** Options of {@link batchHard}. */
export interface BatchHardOptions {
  /** Default `euclidean`. */
  readonly distance?: Distance
}

/**
 * n triplets from a batch of n: each row with its farthest positive and its nearest negative.
 *
 * `exists` is 0 for a row without a positive or without a negative; no gradient flows through the choice. Cost: one [n, n] distance matrix.
 */
export function batchHard(options: BatchHardOptions = {}): TripletMiner {
  checkOptions('batch-hard', options, ['distance'])
  const { distance = euclidean } = options
  checkDistance('batch-hard', distance)
  return {
    name: 'batch-hard',
    gives: 'triplets',
    options: { distance: distance.name },
    mine(embeddings, labels) {
      const d = stopGradient(distance.pairwise(embeddings, embeddings))
      const masks = pairMasks(labels)
      return {
        anchor: iota(embeddings.shape[0] as number),
        positive: argMax(where(masks.positive, d, -1), 1),
        negative: argMin(where(masks.negative, d, 1e30), 1),
        exists: anchorsOf(masks),
      }
    },
  }
}
