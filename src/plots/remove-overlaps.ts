/**
 * @file Squares of one size near their wanted places, none covering another, as few and as short moves as a local search finds.
 *
 * 1. A grid of cells as large as a square is laid over the box, and each square goes to the nearest free cell, those in crowds first.
 * 2. Two squares trade cells, or one takes a free cell, while that lowers the sum of squared moves: the assignment of points to cells of IsoMatch
 *    (Fried, DiVerdi, Halber, Sizikova, Finkelstein, "IsoMatch: Creating Informative Grid Layouts", Computer Graphics Forum 34(2), 2015), by pairwise
 *    exchange in place of the Hungarian method. Least squares keep order along every line: who lay left of whom stays so.
 * 3. Each square leaves the grid and slides towards its wanted place until another is in the way; a square that stands alone so gets there.
 */
import { ensure } from '../base/index.ts'
import type { Box } from './axes.ts'

/**
 * Moves squares apart.
 *
 * @param wanted centres, pixels, [n, 2]
 * @param side of a square, pixels; any gap included
 * @param box where all squares must lie, pixels
 * @returns centres [n, 2]: any two differ by at least `side` (less 1e-9) in x or in y; the same input gives the same places
 * @throws KindredError `usage` when the box has fewer cells than there are squares
 * Cost: O(n (n + cells)) a sweep, some ten sweeps; about a second for 1,000 squares.
 */
export function removeOverlaps(wanted: Float32Array | Float64Array, side: number, box: Box): Float64Array {
  const n = wanted.length / 2
  const [columns, rows] = [Math.floor(box.width / side), Math.floor(box.height / side)]
  ensure(columns * rows >= n, 'removeOverlaps', `the box must hold ${n} squares of ${side} pixels`, `room for ${columns * rows}`, 'Use a larger page or smaller squares.')
  const cells = new Float64Array(columns * rows * 2)
  for (let c = 0; c < columns * rows; c++) {
    cells[2 * c] = box.left + (box.width - columns * side) / 2 + ((c % columns) + 0.5) * side
    cells[2 * c + 1] = box.top + (box.height - rows * side) / 2 + (Math.floor(c / columns) + 0.5) * side
  }
  const cost = (i: number, c: number) => (wanted[2 * i] - cells[2 * c]) ** 2 + (wanted[2 * i + 1] - cells[2 * c + 1]) ** 2
  const { cellOf, tenant } = nearestFree(wanted, side, columns * rows, cost)
  exchange(cellOf, tenant, cost)
  const places = new Float64Array(2 * n)
  for (let i = 0; i < n; i++) places.set(cells.subarray(2 * cellOf[i], 2 * cellOf[i] + 2), 2 * i)
  slideHome(places, wanted, side, box)
  return places
}

/** Gives each square the nearest free cell, squares with many others around them first; `tenant` is -1 for a free cell. */
function nearestFree(wanted: Float32Array | Float64Array, side: number, cellCount: number, cost: (i: number, c: number) => number): { cellOf: Int32Array; tenant: Int32Array } {
  const n = wanted.length / 2
  const crowd = Int32Array.from({ length: n }, (_, i) => {
    let near = 0
    for (let j = 0; j < n; j++) if ((wanted[2 * i] - wanted[2 * j]) ** 2 + (wanted[2 * i + 1] - wanted[2 * j + 1]) ** 2 < (2 * side) ** 2) near++
    return near
  })
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => crowd[b] - crowd[a] || a - b)
  const [cellOf, tenant] = [new Int32Array(n), new Int32Array(cellCount).fill(-1)]
  for (const i of order) {
    let [best, least] = [-1, Infinity]
    for (let c = 0; c < cellCount; c++) if (tenant[c] < 0 && cost(i, c) < least) [best, least] = [c, cost(i, c)]
    cellOf[i] = best
    tenant[best] = i
  }
  return { cellOf, tenant }
}

/** Trades cells while the sum of squared moves falls; it falls with each trade, so this ends (the cap of sweeps is for time alone). */
function exchange(cellOf: Int32Array, tenant: Int32Array, cost: (i: number, c: number) => number): void {
  for (let sweep = 0, moved = true; moved && sweep < 40; sweep++) {
    moved = false
    for (let i = 0; i < cellOf.length; i++) {
      for (let c = 0; c < tenant.length; c++) {
        const [from, j] = [cellOf[i], tenant[c]]
        if (j === i) continue
        const gain = cost(i, from) - cost(i, c) + (j < 0 ? 0 : cost(j, c) - cost(j, from))
        if (gain <= 1e-6) continue
        cellOf[i] = c
        tenant[c] = i
        tenant[from] = j
        if (j >= 0) cellOf[j] = from
        moved = true
      }
    }
  }
}

/** Slides squares towards their wanted places: straight, then along x, then along y, a few rounds over all. */
function slideHome(places: Float64Array, wanted: Float32Array | Float64Array, side: number, box: Box): void {
  const clampTo = (v: number, low: number, length: number) => Math.min(low + length - side / 2, Math.max(low + side / 2, v))
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < places.length / 2; i++) {
      for (const [ax, ay] of [[1, 1], [1, 0], [0, 1]]) {
        const dx = ax * (clampTo(wanted[2 * i], box.left, box.width) - places[2 * i])
        const dy = ay * (clampTo(wanted[2 * i + 1], box.top, box.height) - places[2 * i + 1])
        if (dx === 0 && dy === 0) continue
        const t = freeWay(places, i, dx, dy, side)
        places[2 * i] += t * dx
        places[2 * i + 1] += t * dy
      }
    }
  }
}

/** The share of the way (dx, dy) that square i can go before it would cover another. */
function freeWay(places: Float64Array, i: number, dx: number, dy: number, side: number): number {
  let free = 1
  for (let j = 0; j < places.length / 2; j++) {
    if (j === i) continue
    // The squares overlap while both |gap - t * move| < side: an interval of t an axis, and the later of the two beginnings is the touch.
    const [x0, x1] = during(places[2 * j] - places[2 * i], dx, side)
    const [y0, y1] = during(places[2 * j + 1] - places[2 * i + 1], dy, side)
    const [begin, end] = [Math.max(x0, y0), Math.min(x1, y1)]
    if (begin < end && end > 0) free = Math.min(free, Math.max(0, begin))
  }
  return free
}

/** When |gap - t * move| < side, as [begin, end]; a hair of slack, so that squares that touch may slide along each other. */
function during(gap: number, move: number, side: number): [number, number] {
  const reach = side - 1e-9
  if (move === 0) return Math.abs(gap) < reach ? [-Infinity, Infinity] : [Infinity, -Infinity]
  const [a, b] = [(gap - reach) / move, (gap + reach) / move]
  return a < b ? [a, b] : [b, a]
}
