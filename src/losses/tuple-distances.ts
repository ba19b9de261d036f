/** @file Distances of tuples, by rows or by the matrix of the batch, whichever is less work. */
import type { Distance } from '../distances/index.ts'
import { add, gather, integers, mul, numeric, reshape, type Tensor } from '../tensor/index.ts'

/**
 * From row numbers int64 [t] to the distances float32 [t] between `anchor`'s rows and those: row by row, or, for more tuples than the batch has pairs of rows,
 * out of the distances of all pairs.
 */
export function tupleDistances(distance: Distance, embeddings: Tensor, anchor: Tensor): (other: Tensor) => Tensor {
  const n = numeric(embeddings.shape[0], 'distances of tuples')
  if (numeric(anchor.shape[0], 'distances of tuples') <= n * n) {
    const a = gather(embeddings, anchor)
    return (other) => distance.paired(a, gather(embeddings, other))
  }
  const all = reshape(distance.pairwise(embeddings, embeddings), [n * n])
  return (other) => gather(all, add(mul(anchor, integers([n], [])), other))
}
