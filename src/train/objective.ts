/**
 * @file From a mining's name to the loss in the graph, and the loss at which an embedding of one point sits.
 */
import { distances, type Distance } from '../distances/index.ts'
import { softNegativeTripletLoss, tripletMarginLoss, type LossOutput } from '../losses/index.ts'
import { batchHard, semiHard } from '../miners/index.ts'
import { iota, slice, input, concat, type Tensor } from '../tensor/index.ts'
import { stackedTriplets, type Triplets } from '../tuples/index.ts'
import type { FullBatchSize } from './batches.ts'

/** How far apart embeddings must be, and how that is measured. */
export interface LossSettings {
  readonly margin: number
  readonly distance: Distance['name']
  /** For soft-negative mining alone. */
  readonly temperature: number
}

/** The loss of a batch of embeddings [images, dim], laid out as the batch source lays out its images; adds the input `labels` where the mining needs it. */
export function tripletObjective(
  embeddings: Tensor,
  size: FullBatchSize,
  { margin, distance: name, temperature }: LossSettings,
): LossOutput {
  const distance = distances[name]
  if (size.mining === 'random') return tripletMarginLoss(embeddings, randomRows(size), { margin, distance })
  const labels = input('labels', [size.images], 'int64')
  if (size.mining === 'soft-negative') return softNegativeTripletLoss(embeddings, labels, { margin, distance, temperature })
  const mined =
    size.mining === 'batch-hard'
      ? anchorsOnly(batchHard(embeddings, labels, { distance }), size)
      : semiHard(embeddings, labels, { distance })
  return tripletMarginLoss(embeddings, mined, { margin, distance })
}

/** Outliers, having no positive, must not be anchors of batch-hard triplets: only the labelled rows are. */
function anchorsOnly(t: Triplets, { labelled, outliers }: FullBatchSize): Triplets {
  if (outliers === 0) return t
  const first = (x: Tensor) => slice(x, 0, 0, labelled)
  return { anchor: first(t.anchor), positive: first(t.positive), negative: first(t.negative) }
}

/** Stacked triplets, and for each outlier one more: it is the negative of an anchor and positive that are there already. */
function randomRows({ triplets, outliers }: FullBatchSize): Triplets {
  const stacked = stackedTriplets(triplets)
  if (outliers === 0) return stacked
  const again = (rows: Tensor) => {
    const parts = [rows]
    for (let left = outliers; left > 0; left -= triplets) parts.push(slice(rows, 0, 0, Math.min(left, triplets)))
    return concat(parts, 0)
  }
  return {
    anchor: again(stacked.anchor),
    positive: again(stacked.positive),
    negative: concat([stacked.negative, slice(iota(3 * triplets + outliers), 0, 3 * triplets)], 0),
  }
}

/**
 * The loss when all embeddings coincide, so that d(a, p) = d(a, n): the margin; with soft negatives, whose smooth minimum over N equal
 * distances lies t ln N below each, margin + t ln N.
 */
export function collapsedLoss(size: FullBatchSize, { margin, temperature }: LossSettings): number {
  if (size.mining !== 'soft-negative') return margin
  return margin + temperature * Math.log(Math.max(1, size.images - size.perClass))
}
