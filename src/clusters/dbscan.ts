/**
 * @file Clusters as connected crowds: points with enough neighbours are joined with those neighbours, lonely points stay noise.
 *
 * Source: Ester, Kriegel, Sander, Xu 1996, "A density-based algorithm for discovering clusters in large spatial databases with noise", KDD; minPoints
 * counts the point itself, as in the paper and in scikit-learn's DBSCAN (min_samples). The clusters of core points are the connected components of the graph
 * "both core, at most radius apart", so they are found by union of pairs, in any order (Schubert et al. 2017, "DBSCAN revisited, revisited", section 2.1).
 */
import { checkOptions, checkRows, ensure, inSlices, type Pieces, type Progress } from '../base/index.ts'
import { nearestAmong, pairPieces } from '../neighbours/index.ts'

/** What {@link dbscan} asks of a crowd. */
export interface DbscanOptions {
  /**
   * Two points are neighbours when their Euclidean distance is at most this.
   *
   * For faces: below the threshold of "the same person", as chains of pairs add up and one accepted pair of two people can join all their photos. Among n
   * photos of many people the rate of false accepts should be well below 2 / n^2; where that cannot be measured, take the radius with the best B-cubed on
   * labelled photos. (118 photos of five people: 0.60 parts them all, 0.623, at which 1 pair in 1,100 is a false accept, joins three of them.)
   */
  radius: number
  /** A point is core when at least so many points, itself among them, lie within the radius. 1: single linkage. Default 3. */
  minPoints?: number
  /** Stops the search within a fraction of a second. */
  signal?: AbortSignal
  /** Told of pairs looked at. */
  progress?: Progress
}

/** Points in clusters. */
export interface Clusters {
  /** The cluster of each point, 0 to count - 1 in order of their first core point; -1: noise. */
  clusters: Int32Array
  /** 1 for core points. */
  core: Uint8Array
  /** How many clusters. */
  count: number
}

/**
 * Groups points by density.
 *
 * Core points within `radius` of each other share a cluster. A point that is not core but has core neighbours (a border) joins the nearest of them, equal
 * distances the lower index: the original takes the first cluster to reach it, which depends on the order of the points; here order matters for equal distances
 * alone.
 *
 * @param vectors points, row-major [n, dim]; none is fine
 * @param dim coordinates a point
 * @throws KindredError `usage` for lengths that do not fit, coordinates that are not finite, a radius that is not positive, or minPoints below 1; `interrupted`
 *   when the signal fires
 * @example const { clusters, count } = await dbscan(vectors, 128, { radius: 0.55 })
 * Cost: two visits of all pairs, O(n^2 dim) in integer products, in slices between which the event loop turns; memory O(n dim), however many are neighbours
 */
export async function dbscan(vectors: Float32Array, dim: number, options: DbscanOptions): Promise<Clusters> {
  const where = 'dbscan'
  checkOptions(where, options, ['radius', 'minPoints', 'signal', 'progress'])
  const { radius, minPoints = 3, signal, progress } = options
  const n = checkRows(where, vectors, dim, 'vectors')
  ensure(
    radius > 0 && Number.isFinite(radius),
    where,
    'radius must be a positive number',
    radius,
    'For faces a little less than the threshold of "the same person".',
  )
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)

  return inSlices(pieces(vectors, dim, n, radius, minPoints), { where, signal, progress })
}

function* pieces(vectors: Float32Array, dim: number, n: number, radius: number, minPoints: number): Pieces<Clusters> {
  const crowd = new Int32Array(n).fill(1) // itself
  const count = (i: number, j: number): void => {
    crowd[i]++
    crowd[j]++
  }
  yield* pairPieces(vectors, dim, radius, count, 'counting neighbours')
  const core = Uint8Array.from(crowd, (found) => (found >= minPoints ? 1 : 0))

  // Every core point's cluster is the lowest index it is joined with, directly or not.
  const parent = Int32Array.from({ length: n }, (_, i) => i)
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  const join = (i: number, j: number): void => {
    if (core[i] === 0 || core[j] === 0) return
    const [a, b] = [root(i), root(j)]
    parent[Math.max(a, b)] = Math.min(a, b)
  }
  yield* pairPieces(vectors, dim, radius, join, 'joining neighbours')
  const rowsWith = (value: number): Int32Array => Int32Array.from(core.keys()).filter((i) => core[i] === value)
  const borders = rowsWith(0)
  const nearest = yield* nearestAmong(vectors, dim, borders, rowsWith(1), radius, 'joining stragglers')

  const clusters = new Int32Array(n).fill(-1)
  let clusterCount = 0
  for (let i = 0; i < n; i++) if (core[i]) clusters[i] = root(i) === i ? clusterCount++ : clusters[root(i)]
  for (const [b, i] of borders.entries()) if (nearest.rows[b] >= 0) clusters[i] = clusters[nearest.rows[b]]
  return { clusters, core, count: clusterCount }
}
