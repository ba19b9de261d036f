/**
 * @file Classification by the k nearest neighbours: how good an embedding is, asked in the plainest way.
 *
 * Source: Cover, Hart 1967, "Nearest neighbor pattern classification". scikit-learn's KNeighborsClassifier breaks ties
 * by the lowest label; here the class with the nearer member wins, which needs no order among labels.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { neighbourSearch } from '../neighbours/index.ts'
import { checkLabels, type Labels } from './labels.ts'

/** Which points are queries, and how many neighbours vote. */
export interface KnnOptions {
  /** Neighbours that vote. Default 5. */
  k?: number
  /** Points to classify, row-major [nQueries, dim]; without them each reference is classified by all the others (leave-one-out). */
  queries?: Float32Array
  /** The true labels of `queries`. */
  queryLabels?: Labels
}

/**
 * The majority class of each neighbour list; a tie goes to the tied class that appears first in the list (the nearest).
 *
 * @param indices reference indices, nearest first, row-major [nQueries, k]
 * @param k neighbours per query
 * @param referenceLabels one label per reference
 * @returns one label per query. Cost: O(nQueries * k^2)
 */
export function knnVote(indices: Int32Array, k: number, referenceLabels: Labels): Int32Array {
  ensure(
    Number.isInteger(k) && k > 0 && indices.length % k === 0,
    'kNN vote',
    'k must be a positive integer that divides indices.length',
    k,
  )
  const votes = new Int32Array(indices.length / k)
  for (let q = 0; q < votes.length; q++) {
    let most = 0
    for (let i = q * k; i < (q + 1) * k; i++) {
      const label = referenceLabels[indices[i]]
      let count = 0
      for (let j = q * k; j < (q + 1) * k; j++) if (referenceLabels[indices[j]] === label) count++
      if (count > most) {
        most = count
        votes[q] = label
      }
    }
  }
  return votes
}

/**
 * The share of points whose k nearest references vote for the right class.
 *
 * @param references points, row-major [n, dim]
 * @param referenceLabels one label per reference
 * @param dim coordinates per point
 * @param options `queries` with `queryLabels`, or neither for leave-one-out
 * @returns accuracy in [0, 1]
 * @throws KindredError `usage` when lengths do not fit
 * Cost: one exact neighbour search; memory O(nQueries * k)
 */
export function knnAccuracy(references: Float32Array, referenceLabels: Labels, dim: number, options: KnnOptions = {}): number {
  const where = 'kNN accuracy'
  checkOptions(where, options, ['k', 'queries', 'queryLabels'])
  const { k = 5, queries, queryLabels } = options
  const search = neighbourSearch(references, dim)
  checkLabels(where, 'referenceLabels', referenceLabels, search.size)
  ensure((queries === undefined) === (queryLabels === undefined), where, 'queries and queryLabels must come together')
  const truth = queryLabels ?? referenceLabels
  checkLabels(where, 'queryLabels', truth, (queries ?? references).length / dim)
  const { indices } = queries === undefined ? search.nearest(references, k, { exclude: 'same-index' }) : search.nearest(queries, k)
  const votes = knnVote(indices, k, referenceLabels)
  let right = 0
  for (let q = 0; q < votes.length; q++) if (votes[q] === truth[q]) right++
  return right / votes.length
}
