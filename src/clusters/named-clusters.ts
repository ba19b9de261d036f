/**
 * @file Density clustering that respects names: DBSCAN in which points of one name always lie in one cluster and points of two names never do.
 *
 * Where nobody is named it is DBSCAN (Ester et al. 1996), borders going to the nearest core point. Names are must-link and cannot-link constraints in the
 * sense of C-DBSCAN (Ruiz et al. 2007); here clusters grow along the shortest links first (Kruskal 1956), and a link that would join two names is refused,
 * so that two merged siblings come apart where the links between them are longest. So is one that would join two rows which are known to be two (faces of one
 * photo). A border may lie farther from a core point than core points from each other (`reach`): that joins stragglers without ever joining clusters.
 */
import { checkOptions, checkRows, ensure, gatherRows, inSlices, type Pieces, type Progress } from '../base/index.ts'
import { joinBorders } from './borders.ts'
import { countCrowds, growParts, type Refused } from './grow.ts'
import { Parts } from './parts.ts'

/** Settings of {@link namedClusters}. */
export interface NamedClustersOptions {
  /** Two faces are neighbours at this Euclidean distance or less. */
  readonly radius: number
  /** Neighbours, itself included, that make a core point. Default 3. */
  readonly minPoints?: number
  /** A face that is no core point joins the cluster of its nearest core point at this distance or less. Default: the radius, as in DBSCAN. */
  readonly reach?: number
  /** One a row: a name's number from 0; -1 nobody has said; -2 belongs to nobody (stays alone, and is nobody's neighbour). Default all -1. */
  readonly names?: Int32Array
  /**
   * One a row: rows of one number from 0 (faces of one photo) are never in one cluster, unless both have one name; below 0: free. Default all free.
   *
   * They still count as each other's neighbours.
   */
  readonly apart?: Int32Array
  /** Stops the search within a fraction of a second. */
  readonly signal?: AbortSignal
  /** Told of pairs looked at. */
  readonly progress?: Progress
  /** Links kept in memory at most, 24 bytes each; the result is the same with any number. Default 4 million. */
  readonly mostLinks?: number
}

/** A link that was not followed, as `apart` forbids it. */
export interface ApartConflict {
  /** Two rows within the radius (or the reach, where one of them is no core point), a < b. */
  readonly a: number
  readonly b: number
  readonly distance: number
  /** The number of `apart` that both sides hold: in a and b themselves, or in rows of their clusters. */
  readonly apart: number
}

/** What {@link namedClusters} finds. */
export interface NamedClusters {
  /** One a row, from 0 in the order of each cluster's first row; -1: in no cluster. */
  readonly clusters: Int32Array
  /** 1 where a row is a core point; named rows are, as a person's word needs no crowd. */
  readonly core: Uint8Array
  readonly count: number
  /** The shortest link between each two clusters (or a cluster and a row outside) that `apart` kept from being joined, nearest first; 1,000 at most. */
  readonly conflicts: readonly ApartConflict[]
  /** How many there are; counting ends at about 100,000. */
  readonly conflictCount: number
}

/** Conflicts that are listed. */
const mostListed = 1000

/**
 * Clusters of rows.
 *
 * @param vectors row-major [n, dim]
 * @throws KindredError `usage` for a radius that is not positive, lengths that do not fit, or numbers that are not finite; `interrupted` when the signal fires
 * Cost: one visit of all pairs, O(n^2 dim) in integer products, or a few where more pairs than `mostLinks` lie within the radius; memory O(n dim) and the links
 */
export async function namedClusters(vectors: Float32Array, dim: number, options: NamedClustersOptions): Promise<NamedClusters> {
  const where = 'group'
  checkOptions(where, options, ['radius', 'minPoints', 'reach', 'names', 'apart', 'signal', 'progress', 'mostLinks'])
  const { radius, minPoints = 3, reach = radius, signal, progress, mostLinks } = options
  const n = checkRows(where, vectors, dim, 'vectors')
  const names = options.names ?? new Int32Array(n).fill(-1)
  ensure(names.length === n, where, `names must be one for each of ${n} rows`, names.length)
  const { apart } = options
  ensure(apart === undefined || apart.length === n, where, `apart must be one for each of ${n} rows`, apart?.length)
  ensure(Number.isFinite(radius) && radius > 0, where, 'radius must be a positive number', radius)
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)
  ensure(Number.isFinite(reach) && reach >= radius, where, 'reach must be a number not below radius', reach)
  ensure(
    mostLinks === undefined || (Number.isInteger(mostLinks) && mostLinks >= 2),
    where,
    'mostLinks must be an integer of at least 2',
    mostLinks,
  )

  const alive = Int32Array.from(names.keys()).filter((i) => names[i] !== -2)
  const pieces = ofTheLiving(
    alive.length === n ? vectors : gatherRows(vectors, dim, alive),
    dim,
    alive.map((i) => names[i]),
    apart === undefined ? undefined : alive.map((i) => apart[i]),
    { radius, minPoints, reach, mostLinks },
  )
  const found = await inSlices(pieces, { where, signal, progress })
  const core = new Uint8Array(n)
  const clusters = new Int32Array(n).fill(-1)
  const numbers = new Map<number, number>()
  for (const [at, i] of alive.entries()) {
    core[i] = found.core[at]
    const home = found.home[at]
    if (home < 0) continue
    if (!numbers.has(home)) numbers.set(home, numbers.size)
    clusters[i] = numbers.get(home)!
  }
  const refused = found.refused.map((r) => ({ ...r, a: alive[r.a], b: alive[r.b] }))
  const conflicts = shortestEach(refused, clusters)
  return { clusters, core, count: numbers.size, conflicts: conflicts.slice(0, mostListed), conflictCount: conflicts.length }
}

/** The work, on the rows that belong to somebody. */
function* ofTheLiving(
  vectors: Float32Array,
  dim: number,
  names: Int32Array,
  apart: Int32Array | undefined,
  { radius, minPoints, reach, mostLinks }: { radius: number; minPoints: number; reach: number; mostLinks: number | undefined },
): Pieces<{ core: Uint8Array; home: Int32Array; refused: Refused[] }> {
  const crowds = yield* countCrowds(vectors, dim, radius, mostLinks)
  const core = Uint8Array.from(crowds.crowd, (c, i) => (names[i] >= 0 || c >= minPoints ? 1 : 0))
  const parts = new Parts(names, apart)
  const refused = yield* growParts(parts, vectors, dim, radius, core, crowds, mostLinks)
  const home = parts.roots().map((root, i) => (core[i] === 1 ? root : -1))
  const borders = yield* joinBorders(vectors, dim, reach, core, home, apart)
  return { core, home: borders.home, refused: [...refused, ...borders.refused] }
}

/** Of the refused links between two clusters, or a cluster and a row outside, the shortest; nearest first. */
function shortestEach(refused: readonly Refused[], clusters: Int32Array): ApartConflict[] {
  const side = (row: number): number => (clusters[row] < 0 ? -1 - row : clusters[row])
  const best = new Map<string, ApartConflict>()
  const order = refused.toSorted((p, q) => p.squared - q.squared || p.a - q.a || p.b - q.b)
  for (const { a, b, squared, number } of order) {
    const [low, high] = [side(a), side(b)].sort((x, y) => x - y)
    const key = `${low} ${high}`
    if (!best.has(key)) best.set(key, { a, b, distance: Math.sqrt(squared), apart: number })
  }
  return [...best.values()]
}
