/**
 * @file Exact neighbours through a k-d tree with tight boxes: the method for narrow vectors.
 *
 * Source: Friedman, Bentley, Finkel 1977, "An algorithm for finding best matches in logarithmic expected time" (median
 * split of the widest coordinate, leaf buckets, search bounded by the k-th best); each node keeps the bounding box of its
 * own points, as scikit-learn's KDTree does, which prunes far better than splitting planes in ten dimensions.
 */
import { EMPTY, insert } from './nearest-list.ts'
import { squaredDistance, squaredDistanceToBox } from './squared-distance.ts'
import type { SearchMethod } from './types.ts'

const LEAF = 12

interface Tree {
  /** The references, in leaf order. */
  points: Float32Array
  /** Reference index of each point in leaf order. */
  order: Int32Array
  /** Node i covers points [start[i], end[i]); its left child is i + 1; right[i] is 0 for a leaf. */
  start: Int32Array
  end: Int32Array
  right: Int32Array
  /** Lower and upper corner of each node, [nodes, 2, dim]. */
  boxes: Float32Array
  /** The lowest reference index in each node: decides ties without opening the node. */
  lowest: Int32Array
}

/**
 * A search through a k-d tree built once.
 *
 * @param references points, row-major [n, dim]
 * @param dim coordinates per point; pays up to about 16
 * Cost: building O(n log n dim); a query O(log n) at best, O(n dim) at worst
 */
export function kdTree(references: Float32Array, dim: number): SearchMethod {
  const tree = build(references, dim)
  return (queries, k, firstExcluded, distances, indices) => {
    const nQueries = queries.length / dim
    const nearest = new Float64Array(k)
    const found = new Int32Array(k)
    for (let q = 0; q < nQueries; q++) {
      searchOne(tree, queries, q * dim, dim, k, firstExcluded === undefined ? -1 : firstExcluded + q, nearest, found)
      for (let i = 0; i < k; i++) {
        indices[q * k + i] = found[i]
        distances[q * k + i] = Math.sqrt(nearest[i])
      }
    }
  }
}

const stackNode = new Int32Array(128)
const stackBound = new Float64Array(128)

function searchOne(
  tree: Tree,
  queries: Float32Array,
  at: number,
  dim: number,
  k: number,
  skip: number,
  nearest: Float64Array,
  found: Int32Array,
): void {
  const { points, order, start, end, right, boxes, lowest } = tree
  nearest.fill(Infinity)
  found.fill(EMPTY)
  let worst = Infinity
  let top = 0
  stackNode[0] = 0
  stackBound[0] = 0
  while (top >= 0) {
    let node = stackNode[top]
    const bound = stackBound[top--]
    if (bound > worst || (bound === worst && lowest[node] > found[k - 1])) continue
    while (right[node] !== 0) {
      let near = node + 1
      let far = right[node]
      let nearBound = squaredDistanceToBox(queries, at, boxes, near * 2 * dim, dim, worst)
      let farBound = squaredDistanceToBox(queries, at, boxes, far * 2 * dim, dim, worst)
      if (farBound < nearBound) {
        const n = near
        near = far
        far = n
        const b = nearBound
        nearBound = farBound
        farBound = b
      }
      if (farBound <= worst) {
        stackNode[++top] = far
        stackBound[top] = farBound
      }
      node = nearBound <= worst ? near : -1
      if (node < 0) break
    }
    if (node < 0) continue
    for (let p = start[node]; p < end[node]; p++) {
      const d = squaredDistance(queries, at, points, p * dim, dim, worst)
      if (d <= worst && order[p] !== skip) worst = insert(nearest, found, 0, k, d, order[p])
    }
  }
}

function build(references: Float32Array, dim: number): Tree {
  const n = references.length / dim
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const start: number[] = []
  const end: number[] = []
  const right: number[] = []
  const corners: number[] = []
  const keys = new Float64Array(n)

  const grow = (from: number, to: number): void => {
    const node = start.length
    start.push(from)
    end.push(to)
    right.push(0)
    const axis = pushBox(corners, references, order, from, to, dim)
    if (to - from <= LEAF) return
    const middle = (from + to) >> 1
    for (let p = from; p < to; p++) keys[order[p]] = references[order[p] * dim + axis]
    selectMiddle(keys, order, from, to - 1, middle)
    grow(from, middle)
    right[node] = start.length
    grow(middle, to)
  }
  grow(0, n)

  const points = new Float32Array(references.length)
  for (let p = 0; p < n; p++) points.set(references.subarray(order[p] * dim, (order[p] + 1) * dim), p * dim)
  const lowest = Int32Array.from(start, (from, node) => {
    let least = order[from]
    for (let p = from + 1; p < end[node]; p++) least = Math.min(least, order[p])
    return least
  })
  return {
    points,
    order,
    start: Int32Array.from(start),
    end: Int32Array.from(end),
    right: Int32Array.from(right),
    boxes: Float32Array.from(corners),
    lowest,
  }
}

/** Appends the box of some points to `corners` and returns its widest axis. */
function pushBox(corners: number[], references: Float32Array, order: Int32Array, from: number, to: number, dim: number): number {
  const at = corners.length
  let axis = 0
  let widest = -1
  for (let d = 0; d < 2 * dim; d++) corners.push(d < dim ? Infinity : -Infinity)
  for (let d = 0; d < dim; d++) {
    let low = Infinity
    let high = -Infinity
    for (let p = from; p < to; p++) {
      const x = references[order[p] * dim + d]
      if (x < low) low = x
      if (x > high) high = x
    }
    corners[at + d] = low
    corners[at + dim + d] = high
    if (high - low > widest) {
      widest = high - low
      axis = d
    }
  }
  return axis
}

/** Quickselect (Hoare 1961): afterwards no key before `middle` is larger, and none after it smaller, than the key there. */
function selectMiddle(keys: Float64Array, order: Int32Array, low: number, high: number, middle: number): void {
  while (low < high) {
    const pivot = keys[order[(low + high) >> 1]]
    let i = low
    let j = high
    while (i <= j) {
      while (keys[order[i]] < pivot) i++
      while (keys[order[j]] > pivot) j--
      if (i <= j) {
        const t = order[i]
        order[i++] = order[j]
        order[j--] = t
      }
    }
    if (middle <= j) high = j
    else if (middle >= i) low = i
    else return
  }
}
