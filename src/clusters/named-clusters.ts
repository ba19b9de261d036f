/**
 * @file Density clustering that respects names: DBSCAN in which points of one name always lie in one cluster and points of two names never do.
 *
 * Where nobody is named it is DBSCAN (Ester et al. 1996), borders going to the nearest core point. Names are must-link and cannot-link constraints in the
 * sense of C-DBSCAN (Ruiz et al. 2007); here clusters grow along the shortest links first (Kruskal 1956), and a link that would join two names is refused,
 * so that two merged siblings come apart where the links between them are longest. A border may lie farther from a core point than core points from each
 * other (`reach`): that joins stragglers without ever joining clusters.
 */
import { checkOptions, ensure } from '../base/index.ts'

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
}

/** What {@link namedClusters} finds. */
export interface NamedClusters {
  /** One a row, from 0 in the order of each cluster's first row; -1: in no cluster. */
  readonly clusters: Int32Array
  /** 1 where a row is a core point; named rows are, as a person's word needs no crowd. */
  readonly core: Uint8Array
  readonly count: number
}

/**
 * Clusters of rows.
 *
 * @param vectors row-major [n, dim]
 * @throws KindredError `usage` for a radius that is not positive or lengths that do not fit
 * Cost: O(n^2 dim) time, memory 16 bytes a pair of neighbours
 */
export function namedClusters(vectors: Float32Array, dim: number, options: NamedClustersOptions): NamedClusters {
  const where = 'group'
  checkOptions(where, options, ['radius', 'minPoints', 'reach', 'names'])
  const { radius, minPoints = 3, reach = radius } = options
  const n = vectors.length / dim
  const names = options.names ?? new Int32Array(n).fill(-1)
  ensure(Number.isInteger(n) && names.length === n, where, `names must be one for each of ${n} rows`, names.length)
  ensure(Number.isFinite(radius) && radius > 0, where, 'radius must be a positive number', radius)
  ensure(Number.isInteger(minPoints) && minPoints >= 1, where, 'minPoints must be an integer of at least 1', minPoints)

  ensure(Number.isFinite(reach) && reach >= radius, where, 'reach must be a number not below radius', reach)

  const { pairs, squares } = pairsWithin(vectors, dim, reach, names)
  const near = (p: number): boolean => squares[p] <= radius * radius
  const crowd = new Int32Array(n).fill(1)
  for (const [k, i] of pairs.entries()) if (near(k >> 1)) crowd[i]++
  const core = Uint8Array.from(crowd, (c, i) => (names[i] >= 0 || (names[i] === -1 && c >= minPoints) ? 1 : 0))

  const parent = Int32Array.from({ length: n }, (_, i) => i)
  const nameOf = names.map((name) => Math.max(-1, name))
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  const join = (i: number, j: number): void => {
    const [a, b] = [root(i), root(j)]
    if (a === b || (nameOf[a] >= 0 && nameOf[b] >= 0 && nameOf[a] !== nameOf[b])) return
    const [first, second] = a < b ? [a, b] : [b, a]
    parent[second] = first
    nameOf[first] = Math.max(nameOf[a], nameOf[b])
  }
  const firstOf = new Map<number, number>()
  for (let i = 0; i < n; i++) {
    if (names[i] < 0) continue
    if (firstOf.has(names[i])) join(firstOf.get(names[i])!, i)
    else firstOf.set(names[i], i)
  }
  const order = Int32Array.from(squares.keys()).sort((p, q) => squares[p] - squares[q] || p - q)
  for (const p of order) if (near(p) && core[pairs[2 * p]] === 1 && core[pairs[2 * p + 1]] === 1) join(pairs[2 * p], pairs[2 * p + 1])

  const home = Int32Array.from(core, (c, i) => (c === 1 ? root(i) : -1))
  for (const p of order) {
    const [i, j] = [pairs[2 * p], pairs[2 * p + 1]]
    if (core[i] !== core[j]) {
      const [border, inside] = core[i] === 1 ? [j, i] : [i, j]
      if (home[border] < 0) home[border] = root(inside)
    }
  }
  const numbers = new Map<number, number>()
  const clusters = home.map((h) => {
    if (h < 0) return -1
    if (!numbers.has(h)) numbers.set(h, numbers.size)
    return numbers.get(h)!
  })
  return { clusters, core, count: numbers.size }
}

/** All pairs i < j of rows within `reach` of each other, two indices a pair, with their squared distances; rows that belong to nobody are left out. */
function pairsWithin(vectors: Float32Array, dim: number, reach: number, names: Int32Array): { pairs: Int32Array; squares: Float64Array } {
  const limit = reach * reach
  const [found, squares]: [number[], number[]] = [[], []]
  const n = names.length
  for (let i = 0; i < n; i++) {
    if (names[i] === -2) continue
    for (let j = i + 1; j < n; j++) {
      if (names[j] === -2) continue
      let sum = 0
      for (let d = 0; d < dim && sum <= limit; d++) sum += (vectors[i * dim + d] - vectors[j * dim + d]) ** 2
      if (sum > limit) continue
      found.push(i, j)
      squares.push(sum)
    }
  }
  return { pairs: Int32Array.from(found), squares: Float64Array.from(squares) }
}
