/** @file For each anchor and positive the nearest negative that is farther than the positive (Schroff, Kalenichenko, Philbin 2015, FaceNet, section 3.2). */
import { checkOptions } from '../base/index.ts'
import { checkDistance, euclidean, type Distance } from '../distances/index.ts'
import { and, argMax, argMin, cast, constant, expand, greater, max, mul, reshape, stopGradient, where } from '../tensor/index.ts'
import { anchorsOf, pairMasks } from '../tuples/index.ts'
import type { TripletMiner } from './miner.ts'

/** Options of {@link semiHard}. */
export interface SemiHardOptions {
  /** Default `euclidean`. */
  readonly distance?: Distance
}

/**
 * n*n triplets from a batch of n, one for each ordered pair. Where no negative is farther than the positive, the farthest negative is taken, as in
 * TensorFlow's triplet_semihard_loss.
 *
 * `exists` is 1 where the pair shares a label and another label is in the batch; no gradient flows through the choice.
 * Cost: an [n, n, n] comparison; keep n below about 300.
 */
export function semiHard(options: SemiHardOptions = {}): TripletMiner {
  checkOptions('semi-hard', options, ['distance'])
  const { distance = euclidean } = options
  checkDistance('semi-hard', distance)
  return {
    name: 'semi-hard',
    gives: 'triplets',
    options: { distance: distance.name },
    mine(embeddings, labels) {
      const n = embeddings.shape[0] as number
      const d = stopGradient(distance.pairwise(embeddings, embeddings))
      const masks = pairMasks(labels)
      const toNegative = reshape(d, [n, 1, n])
      const farther = and(reshape(masks.negative, [n, 1, n]), greater(toNegative, reshape(d, [n, n, 1])))
      const nearestFarther = argMin(where(farther, toNegative, 1e30), 2) // [anchor, positive]
      const hasFarther = greater(max(cast(farther, 'float32'), { axes: 2 }), 0)
      const farthest = expand(reshape(argMax(where(masks.negative, d, -1), 1), [n, 1]), [n, n])
      const index = (f: (i: number, j: number) => number) =>
        constant(BigInt64Array.from({ length: n * n }, (_, k) => BigInt(f(Math.floor(k / n), k % n))))
      return {
        anchor: index((i) => i),
        positive: index((_, j) => j),
        negative: reshape(where(hasFarther, nearestFarther, farthest), [n * n]),
        exists: reshape(mul(cast(masks.positive, 'float32'), reshape(anchorsOf(masks), [n, 1])), [n * n]),
      }
    },
  }
}
