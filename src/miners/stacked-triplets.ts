/** @file The triplets that a sampler has laid out already. */
import { ensure } from '../base/index.ts'
import { and, cast, concat, equal, gather, iota, not, slice, type Tensor } from '../tensor/index.ts'
import type { TripletMiner } from './miner.ts'

/**
 * Reads a batch as [all anchors; all positives; all negatives], t of each, as the sampler `randomTriplets` lays it out: row i goes with t + i and 2t + i.
 * Each outlier after them makes one triplet more: it is the negative of an anchor and positive that are there already.
 *
 * `exists` is 0 where the labels do not make a triplet of these rows, as in batches of another sampler. Cost: none to speak of.
 */
export function stackedTriplets(): TripletMiner {
  const where = 'stacked triplets'
  return {
    name: where,
    gives: 'triplets',
    mine(embeddings, labels, { labelled = embeddings.shape[0] as number } = {}) {
      const n = embeddings.shape[0] as number
      ensure(
        labelled % 3 === 0,
        where,
        'the batch must hold three times as many images as triplets',
        labelled,
        'Draw batches with randomTriplets.',
      )
      const t = labelled / 3
      const all = iota(n)
      const part = (k: number) => slice(all, 0, k * t, (k + 1) * t)
      const again = (rows: Tensor): Tensor => {
        const parts = [rows]
        for (let left = n - labelled; left > 0; left -= t) parts.push(slice(rows, 0, 0, Math.min(left, t)))
        return parts.length === 1 ? rows : concat(parts, 0)
      }
      const [anchor, positive] = [again(part(0)), again(part(1))]
      const negative = slice(all, 0, 2 * t)
      const [a, p, q] = [anchor, positive, negative].map((rows) => gather(labels, rows))
      return { anchor, positive, negative, exists: cast(and(equal(a, p), not(equal(a, q))), 'float32') }
    },
  }
}
