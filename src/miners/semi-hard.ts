/** @file For each anchor and positive the nearest negative that is farther than the positive (Schroff, Kalenichenko, Philbin 2015, FaceNet, section 3.2). */
import { euclidean, type Distance } from '../distances/index.ts'
import {
  and,
  argMax,
  argMin,
  cast,
  constant,
  expand,
  greater,
  max,
  mul,
  reshape,
  stopGradient,
  where,
  type Tensor,
} from '../tensor/index.ts'
import { anchorsOf, pairMasks, type Triplets } from '../tuples/index.ts'

/**
 * Semi-hard mining in the graph. Where no negative is farther than the positive, the farthest negative is taken,
 * as in TensorFlow's triplet_semihard_loss.
 *
 * @param embeddings [n, d]
 * @param labels int64 [n]
 * @returns n*n triplets, one for each ordered pair; `exists` is 1 where the pair shares a label and another label is in the batch. Cost: an [n, n, n] comparison; keep n below about 300.
 */
export function semiHard(embeddings: Tensor, labels: Tensor, { distance = euclidean }: { distance?: Distance } = {}): Triplets {
  const n = embeddings.shape[0] as number
  const d = stopGradient(distance.pairwise(embeddings, embeddings))
  const masks = pairMasks(labels)
  const { positive, negative } = masks
  const toNegative = reshape(d, [n, 1, n])
  const farther = and(reshape(negative, [n, 1, n]), greater(toNegative, reshape(d, [n, n, 1])))
  const candidates = where(farther, toNegative, 1e30) // [anchor, positive, negative]
  const nearestFarther = argMin(candidates, 2)
  const exists = greater(max(cast(farther, 'float32'), { axes: 2 }), 0)
  const farthest = expand(reshape(argMax(where(negative, d, -1), 1), [n, 1]), [n, n])
  const index = (f: (i: number, j: number) => number) =>
    constant(BigInt64Array.from({ length: n * n }, (_, k) => BigInt(f(Math.floor(k / n), k % n))))
  return {
    anchor: index((i) => i),
    positive: index((_, j) => j),
    negative: reshape(where(exists, nearestFarther, farthest), [n * n]),
    exists: reshape(mul(cast(positive, 'float32'), reshape(anchorsOf(masks), [n, 1])), [n * n]),
  }
}
