/** @file For each anchor the farthest positive and the nearest negative of its batch (Hermans, Beyer, Leibe 2017, In Defense of the Triplet Loss, equation 5). */
import { euclidean, type Distance } from '../distances/index.ts'
import { argMax, argMin, iota, stopGradient, where, type Tensor } from '../tensor/index.ts'
import { anchorsOf, pairMasks, type Triplets } from '../tuples/index.ts'

/**
 * Batch-hard mining in the graph: n triplets from a batch of n.
 *
 * @param embeddings [n, d]
 * @param labels int64 [n]
 * @returns one triplet for each row, `exists` 0 where it has no positive or no negative; no gradient flows through the choice. Cost: one [n, n] distance matrix.
 */
export function batchHard(embeddings: Tensor, labels: Tensor, { distance = euclidean }: { distance?: Distance } = {}): Triplets {
  const d = stopGradient(distance.pairwise(embeddings, embeddings))
  const masks = pairMasks(labels)
  return {
    anchor: iota(embeddings.shape[0] as number),
    positive: argMax(where(masks.positive, d, -1), 1),
    negative: argMin(where(masks.negative, d, 1e30), 1),
    exists: anchorsOf(masks),
  }
}

/** Batch-hard's opposite, the nearest positive with the nearest negative: gentler on noisy labels ("easy positive", Xuan et al. 2020). */
export function easyPositive(embeddings: Tensor, labels: Tensor, { distance = euclidean }: { distance?: Distance } = {}): Triplets {
  const d = stopGradient(distance.pairwise(embeddings, embeddings))
  const masks = pairMasks(labels)
  const nearest = (mask: Tensor) => argMin(where(mask, d, 1e30), 1)
  return {
    anchor: iota(embeddings.shape[0] as number),
    positive: nearest(masks.positive),
    negative: nearest(masks.negative),
    exists: anchorsOf(masks),
  }
}
