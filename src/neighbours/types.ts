/** @file What the searches of this room share: the shape of an answer and of a method. */

/** The k nearest references of each query, nearest first, ties by the lower index. */
export interface Neighbours {
  /** Reference indices, row-major [nQueries, k]. */
  indices: Int32Array
  /** Euclidean distances (not squared), row-major [nQueries, k], ascending in each row. */
  distances: Float32Array
}

/**
 * One way to search: fills `distances` and `indices`, both [nQueries, k].
 *
 * Query q must not find reference `firstExcluded + q`, unless that is undefined. Inputs are already checked.
 */
export type SearchMethod = (
  queries: Float32Array,
  k: number,
  firstExcluded: number | undefined,
  distances: Float32Array,
  indices: Int32Array,
) => void
