/** @file Every triplet of a batch. */
import { ensureWithin } from '../base/index.ts'
import { and, cast, expand, iota, reshape } from '../tensor/index.ts'
import { pairMasks } from '../tuples/index.ts'
import type { TripletMiner } from './miner.ts'

/**
 * n*n*n places for the triplets of a batch of n, `exists` 1 where anchor and positive share a label and differ and the negative has another label: what a loss
 * that needs triplets gets where no miner is given.
 *
 * Cost: arrays of n^3 numbers; a step takes 155 MB and 17 ms at n = 100, 1.5 GB and 380 ms at 250 (one thread of an AMD EPYC). For larger batches mine, or
 * take a loss over all negatives such as `softNegativeTripletLoss`.
 */
export function allTriplets(): TripletMiner {
  return {
    name: 'all triplets',
    gives: 'triplets',
    mine(embeddings, labels) {
      const n = embeddings.shape[0] as number
      ensureWithin('tensorElements', n ** 3, 'all triplets', 'the triplets of a batch')
      const { positive, negative } = pairMasks(labels)
      const along = (axis: number) =>
        reshape(
          expand(
            reshape(
              iota(n),
              [0, 1, 2].map((a) => (a === axis ? n : 1)),
            ),
            [n, n, n],
          ),
          [n ** 3],
        )
      return {
        anchor: along(0),
        positive: along(1),
        negative: along(2),
        exists: reshape(cast(and(reshape(positive, [n, n, 1]), reshape(negative, [n, 1, n])), 'float32'), [n ** 3]),
      }
    },
  }
}
