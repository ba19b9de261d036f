/**
 * @file The repulsive forces of t-SNE in the plane, O(n log n) per call, without allocating.
 *
 * Idea: a cluster seen from afar acts like one heavy point at its centre of mass (Barnes & Hut, Nature 1986; for t-SNE: van der Maaten,
 * "Accelerating t-SNE using Tree-Based Algorithms", JMLR 2014, section 4.2). Three things make it fast on a JavaScript engine:
 *
 * 1. Points are sorted along a Morton curve, so that a cell of the quadtree is a *range* of the sorted points, and the tree is three flat arrays.
 * 2. Cells lie in preorder and know where the next cell that is not inside them starts: walking needs no stack (`next = accept ? skip[cell] : cell + 1`).
 * 3. The walk is done once for each leaf of up to {@link LEAF} points, with the distance from the leaf's box: what it collects is accurate enough for
 *    every point in the leaf. The forces are then one plain loop over a short list, two points at a time, in WebAssembly (repulsion-kernel.ts).
 */
import { repulsionKernel } from './repulsion-kernel.ts'

/** Most points in a leaf: a larger leaf means fewer walks, longer lists and more accuracy; from 8 to 24 the cost of 5,000 points grows by a quarter. */
const LEAF = 12

/** Bits of a Morton code that one coordinate gets; the grid has 2^16 cells per side. */
const BITS = 16

/**
 * Computes repulsion for a fixed number of points; made once, called every iteration.
 *
 * @param positions float64 [n, 2], row-major, finite
 * @param angle     theta: a cell whose box has diagonal r acts as one point at distance d when r <= angle * d; 0 is exact, in O(n^2)
 * @param force     float64 [n, 2], overwritten with F_i = sum_j q_ij^2 (y_i - y_j), where q_ij = 1 / (1 + |y_i - y_j|^2)
 * @returns Z = sum over all ordered pairs i != j of q_ij
 */
export type Repulsion = (positions: Float64Array, angle: number, force: Float64Array) => number

/**
 * Makes the workspace for `n` points in the plane and returns the function that uses it.
 *
 * The diagonal is that of the smallest box around a cell's points, not of its grid square.
 * Cost: about 200 bytes per point; O(n log n) per call.
 */
export function barnesHut(n: number): Repulsion {
  const codes = new Uint32Array(n)
  const spareCodes = new Uint32Array(n)
  const order = new Int32Array(n)
  const spareOrder = new Int32Array(n)
  const counts = new Int32Array(3 << 11)
  // Shared with the kernel: coordinates in Morton order, the forces on these points, and what one leaf interacts with, which is cells taken as one point
  // and near points.
  const [xsAt, ysAt, forcesAt, zAt, listAt] = [0, 8 * n, 16 * n, 32 * n + 16, 32 * n + 24]
  const memory = new WebAssembly.Memory({ initial: Math.ceil((listAt + 24 * n) / 65536) })
  const kernel = repulsionKernel(memory)
  const shared = (from: number, length: number) => new Float64Array(memory.buffer, from, length)
  const [xs, ys, forces, z, list] = [shared(xsAt, n), shared(ysAt, n), shared(forcesAt, 2 * n), shared(zAt, 1), shared(listAt, 3 * n)]
  // The tree, in preorder. A cell is a leaf when nothing is inside it: skip[cell] === cell + 1.
  const begin = new Int32Array(2 * n)
  const end = new Int32Array(2 * n)
  const skip = new Int32Array(2 * n)
  const cells = new Float64Array(2 * n * 4) // centre x, centre y, mass, squared diagonal
  const boxes = new Float64Array(2 * n * 4) // left, right, bottom, top
  let size = 0

  /** Sorts the points along the Morton curve. Always from index order, so that a resumed run meets ties in the same order. */
  function sort(positions: Float64Array): void {
    let left = Infinity
    let right = -Infinity
    let bottom = Infinity
    let top = -Infinity
    for (let i = 0; i < n; i++) {
      const x = positions[2 * i]
      const y = positions[2 * i + 1]
      if (x < left) left = x
      if (x > right) right = x
      if (y < bottom) bottom = y
      if (y > top) top = y
    }
    const side = Math.max(right - left, top - bottom)
    const scale = side > 0 ? (2 ** BITS - 1) / side : 0
    counts.fill(0)
    for (let i = 0; i < n; i++) {
      const code = interleave((positions[2 * i] - left) * scale) | (interleave((positions[2 * i + 1] - bottom) * scale) << 1)
      codes[i] = code
      order[i] = i
      counts[code & 2047]++
      counts[2048 + ((code >>> 11) & 2047)]++
      counts[4096 + (code >>> 22)]++
    }
    radixPass(codes, order, spareCodes, spareOrder, 0, 0)
    radixPass(spareCodes, spareOrder, codes, order, 11, 2048)
    radixPass(codes, order, spareCodes, spareOrder, 22, 4096)
    for (let s = 0; s < n; s++) {
      const i = spareOrder[s]
      xs[s] = positions[2 * i]
      ys[s] = positions[2 * i + 1]
    }
  }

  function radixPass(
    fromCodes: Uint32Array,
    fromOrder: Int32Array,
    toCodes: Uint32Array,
    toOrder: Int32Array,
    shift: number,
    table: number,
  ): void {
    let start = 0
    for (let digit = table; digit < table + 2048; digit++) {
      const count = counts[digit]
      counts[digit] = start
      start += count
    }
    for (let s = 0; s < n; s++) {
      const code = fromCodes[s]
      const to = counts[table + ((code >>> shift) & 2047)]++
      toCodes[to] = code
      toOrder[to] = fromOrder[s]
    }
  }

  /** Adds the cell of the sorted points [from, to) and all cells inside it; returns its number. */
  function build(from: number, to: number): number {
    const cell = size++
    begin[cell] = from
    end[cell] = to
    const differing = spareCodes[from] ^ spareCodes[to - 1]
    let x = 0
    let y = 0
    let left = Infinity
    let right = -Infinity
    let bottom = Infinity
    let top = -Infinity
    if (to - from <= LEAF || differing === 0) {
      for (let s = from; s < to; s++) {
        const px = xs[s]
        const py = ys[s]
        x += px
        y += py
        if (px < left) left = px
        if (px > right) right = px
        if (py < bottom) bottom = py
        if (py > top) top = py
      }
      x /= to - from
      y /= to - from
    } else {
      // The highest bit in which the range differs says at which level it falls apart: levels with a single child are skipped.
      const shift = (31 - Math.clz32(differing)) & ~1
      let childFrom = from
      while (childFrom < to) {
        const quadrant = spareCodes[childFrom] >>> shift
        let childTo = childFrom + 1
        while (childTo < to && spareCodes[childTo] >>> shift === quadrant) childTo++
        const child = 4 * build(childFrom, childTo)
        const mass = childTo - childFrom
        x += mass * cells[child]
        y += mass * cells[child + 1]
        if (boxes[child] < left) left = boxes[child]
        if (boxes[child + 1] > right) right = boxes[child + 1]
        if (boxes[child + 2] < bottom) bottom = boxes[child + 2]
        if (boxes[child + 3] > top) top = boxes[child + 3]
        childFrom = childTo
      }
      x /= to - from
      y /= to - from
    }
    const c = 4 * cell
    cells[c] = x
    cells[c + 1] = y
    cells[c + 2] = to - from
    cells[c + 3] = (right - left) ** 2 + (top - bottom) ** 2
    boxes[c] = left
    boxes[c + 1] = right
    boxes[c + 2] = bottom
    boxes[c + 3] = top
    skip[cell] = size
    return cell
  }

  /** Collects what the points of `leaf` interact with, themselves included, and returns how many numbers that are. */
  function collect(leaf: number, angleSquared: number): number {
    const left = boxes[4 * leaf]
    const right = boxes[4 * leaf + 1]
    const bottom = boxes[4 * leaf + 2]
    const top = boxes[4 * leaf + 3]
    const total = size
    let length = 0
    let cell = 0
    while (cell < total) {
      const c = 4 * cell
      const x = cells[c]
      const y = cells[c + 1]
      // How far the centre of mass is from the leaf's box: never further than from any point in it.
      const dx = x < left ? left - x : x > right ? x - right : 0
      const dy = y < bottom ? bottom - y : y > top ? y - top : 0
      const after = skip[cell]
      if (cells[c + 3] <= angleSquared * (dx * dx + dy * dy)) {
        list[length++] = x
        list[length++] = y
        list[length++] = cells[c + 2]
        cell = after
      } else if (after === cell + 1) {
        for (let s = begin[cell], to = end[cell]; s < to; s++) {
          list[length++] = xs[s]
          list[length++] = ys[s]
          list[length++] = 1
        }
        cell = after
      } else cell++
    }
    return length
  }

  return (positions, angle, force) => {
    sort(positions)
    size = 0
    build(0, n)
    let sum = 0
    for (let cell = 0; cell < size; cell++) {
      if (skip[cell] !== cell + 1) continue
      const [from, to, length] = [8 * begin[cell], 8 * end[cell], collect(cell, angle * angle)]
      kernel(xsAt + from, ysAt + from, xsAt + to, listAt, listAt + 8 * length, forcesAt + 2 * from, zAt)
      sum += z[0]
    }
    for (let s = 0; s < n; s++) {
      const i = 2 * spareOrder[s]
      force[i] = forces[2 * s]
      force[i + 1] = forces[2 * s + 1]
    }
    return sum - n // every point met itself once, with q = 1 and no force
  }
}

/** Spreads the low 16 bits of a number over the even bits of a word. */
function interleave(value: number): number {
  let v = value & 0xffff
  v = (v | (v << 8)) & 0x00ff00ff
  v = (v | (v << 4)) & 0x0f0f0f0f
  v = (v | (v << 2)) & 0x33333333
  return (v | (v << 1)) & 0x55555555
}
