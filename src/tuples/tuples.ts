/**
 * @file Triplets and pairs as index arrays, the only thing a loss sees of a miner: row numbers into a batch of embeddings.
 *
 * The design is PyTorch Metric Learning's: tuple -> distance -> loss -> reducer.
 */
import { KindredError } from '../base/index.ts'
import { and, cast, constant, equal, iota, max, mul, not, reshape, transpose, type Tensor } from '../tensor/index.ts'

/** Triplets in a graph: int64 row numbers [t] each, and which of them count. */
export interface Triplets {
  readonly anchor: Tensor
  readonly positive: Tensor
  readonly negative: Tensor
  /** float32 [t], 1 where the triplet exists, 0 where a miner found none for that place; all exist when left out. */
  readonly exists?: Tensor
}

/** Pairs in a graph: int64 row numbers [t] each, what they are, and which of them count. */
export interface Pairs {
  readonly first: Tensor
  readonly second: Tensor
  /** float32 [t], 1 for two rows of one label, 0 for two of different labels. */
  readonly alike: Tensor
  /** float32 [t] of 0 and 1; all exist when left out. */
  readonly exists?: Tensor
}

/** What a miner gives and a loss takes. */
export type Tuples = Triplets | Pairs

/** Which pairs of a batch share a label ([n, n] bool, without the diagonal), and which do not. */
export function pairMasks(labels: Tensor): { positive: Tensor; negative: Tensor } {
  const n = labels.shape[0] as number
  const column = reshape(labels, [n, 1])
  const same = equal(column, transpose(column, [1, 0]))
  const row = reshape(iota(n), [n, 1])
  const self = equal(row, transpose(row, [1, 0]))
  return { positive: and(same, not(self)), negative: not(same) }
}

/** float32 [n]: 1 for the rows of {@link pairMasks} that have both a positive and a negative, and so can be anchors, else 0. */
export function anchorsOf({ positive, negative }: { positive: Tensor; negative: Tensor }): Tensor {
  const any = (mask: Tensor) => max(cast(mask, 'float32'), { axes: 1 })
  return mul(any(positive), any(negative))
}

/**
 * All triplets of a labelled batch, on the host: anchor and positive share a label and differ, the negative has another.
 *
 * @param labels [n]
 * @returns int32 row numbers, anchor-major
 * @throws KindredError `usage` when there are none: fewer than two labels, or no label twice
 */
export function listTriplets(labels: ArrayLike<number>): { anchor: Int32Array; positive: Int32Array; negative: Int32Array } {
  const [a, p, n]: number[][] = [[], [], []]
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < labels.length; j++) {
      if (j === i || labels[i] !== labels[j]) continue
      for (let k = 0; k < labels.length; k++) {
        if (labels[k] === labels[i]) continue
        a.push(i)
        p.push(j)
        n.push(k)
      }
    }
  }
  if (a.length === 0)
    throw new KindredError(
      'usage',
      'listTriplets',
      'the batch must hold a label twice and a second label',
      `labels ${Array.from(labels).join(', ')}`,
    )
  return { anchor: Int32Array.from(a), positive: Int32Array.from(p), negative: Int32Array.from(n) }
}

/** Host index arrays as graph constants. */
export function constantTriplets(t: { anchor: ArrayLike<number>; positive: ArrayLike<number>; negative: ArrayLike<number> }): Triplets {
  const fixed = (x: ArrayLike<number>) => constant(BigInt64Array.from(x as ArrayLike<never>, BigInt))
  return { anchor: fixed(t.anchor), positive: fixed(t.positive), negative: fixed(t.negative) }
}
