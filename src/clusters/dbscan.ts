/**
 * @file Clusters as connected crowds: points with enough neighbours are joined with those neighbours, lonely points stay noise.
 *
 * Source: Ester, Kriegel, Sander, Xu 1996, "A density-based algorithm for discovering clusters in large spatial databases with noise", KDD; minPoints
 * counts the point itself, as in the paper and in scikit-learn's DBSCAN (min_samples). The clusters of core points are the connected components of the graph
 * "both core, at most radius apart", so they are found by union of pairs, in any order (Schubert et al. 2017, "DBSCAN revisited, revisited", section 2.1).
 */
import { checkOptions, checkRows, ensure } from '../base/index.ts'

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
 * @throws KindredError `usage` for lengths that do not fit, coordinates that are not finite, a radius that is not positive, or minPoints below 1
 * @example const { clusters, count } = dbscan(vectors, 128, { radius: 0.55 })
 * Cost: O(n^2 dim) at worst, sums given up once beyond the radius; 8 bytes a pair of neighbours. 5,000 vectors of 128 numbers take about 2 s, 11 s where all
 * are neighbours of all
 */
export function dbscan(vectors: Float32Array, dim: number, options: DbscanOptions): Clusters {
  const where = 'dbscan'
  checkOptions(where, options, ['radius', 'minPoints'])
  const { radius, minPoints = 3 } = options
  const n = checkRows(where, vectors, dim, 'vectors')
  ensure(
    radius > 0 && Number.isFinite(radius),
    where,
    'radius must be a positive number',
    radius,
    'For faces a little less than the threshold of "the same person".',
  )
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)

  const pairs = pairsWithin(vectors, dim, radius)
  const neighbours = new Int32Array(n).fill(1) // itself
  for (const i of pairs) neighbours[i]++
  const core = Uint8Array.from(neighbours, (found) => (found >= minPoints ? 1 : 0))

  // Every core point's cluster is the lowest index it is joined with, directly or not.
  const parent = Int32Array.from({ length: n }, (_, i) => i)
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  const [nearest, distance] = [new Int32Array(n).fill(-1), new Float64Array(n).fill(Infinity)]
  for (let at = 0; at < pairs.length; at += 2) {
    const [i, j] = [pairs[at], pairs[at + 1]]
    if (core[i] && core[j]) {
      const [a, b] = [root(i), root(j)]
      parent[Math.max(a, b)] = Math.min(a, b)
    } else if (core[i] || core[j]) {
      const [border, of] = core[i] ? [j, i] : [i, j]
      const d = squaredDistance(vectors, i * dim, j * dim, dim, Infinity)
      if (d < distance[border] || (d === distance[border] && of < nearest[border])) [nearest[border], distance[border]] = [of, d]
    }
  }

  const clusters = new Int32Array(n).fill(-1)
  let count = 0
  for (let i = 0; i < n; i++) if (core[i]) clusters[i] = root(i) === i ? count++ : clusters[root(i)]
  for (let i = 0; i < n; i++) if (nearest[i] >= 0) clusters[i] = clusters[nearest[i]]
  return { clusters, core, count }
}

/** All pairs i > j at most `radius` apart, as [i, j, i, j, ...]. */
function pairsWithin(vectors: Float32Array, dim: number, radius: number): Int32Array {
  const limit = radius * radius
  let [pairs, length] = [new Int32Array(1024), 0]
  for (let i = 0; i < vectors.length / dim; i++) {
    for (let j = 0; j < i; j++) {
      if (squaredDistance(vectors, i * dim, j * dim, dim, limit) > limit) continue
      if (length === pairs.length) {
        const larger = new Int32Array(2 * length)
        larger.set(pairs)
        pairs = larger
      }
      pairs[length++] = i
      pairs[length++] = j
    }
  }
  return pairs.subarray(0, length)
}

/** ||a - b||^2 in float64, given up once above `limit`. */
function squaredDistance(v: Float32Array, a: number, b: number, dim: number, limit: number): number {
  let sum = 0
  for (let d = 0; d < dim;) {
    for (const end = Math.min(dim, d + 8); d < end; d++) {
      const t = v[a + d] - v[b + d]
      sum += t * t
    }
    if (sum > limit) return sum
  }
  return sum
}
