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
 * Cost: O(n (n + cells)) simple steps; half a second for 1,000 squares, some 6 s for 3,000 in one crowd.
 */
export function removeOverlaps(wanted: Float32Array | Float64Array, side: number, box: Box): Float64Array {
  const n = wanted.length / 2
  const [columns, rows] = [Math.floor(box.width / side), Math.floor(box.height / side)]
  ensure(
    columns * rows >= n,
    'removeOverlaps',
    `the box must hold ${n} squares of ${side} pixels`,
    `room for ${columns * rows}`,
    'Use a larger page or smaller squares.',
  )
  const origin = [box.left + (box.width - (columns - 1) * side) / 2, box.top + (box.height - (rows - 1) * side) / 2] // the middle of the first cell
  const grid = Float64Array.from(wanted, (v, k) => (v - origin[k % 2]) / side) // wanted places, counted in columns and rows
  const cellOf = assign(grid, columns, rows)
  const places = Float64Array.from(
    wanted,
    (_, k) => origin[k % 2] + side * (k % 2 === 0 ? cellOf[k >> 1] % columns : Math.floor(cellOf[k >> 1] / columns)),
  )
  slideHome(places, wanted, side, box)
  return places
}

/** The cell of each square: the nearest free one, squares with many others around them first, then trades. */
function assign(grid: Float64Array, columns: number, rows: number): Int32Array {
  const n = grid.length / 2
  const crowd = Int32Array.from({ length: n }, (_, i) => {
    let near = 0
    for (let j = 0; j < n; j++) if ((grid[2 * i] - grid[2 * j]) ** 2 + (grid[2 * i + 1] - grid[2 * j + 1]) ** 2 < 4) near++
    return near
  })
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => crowd[b] - crowd[a] || a - b)
  const [cellOf, tenant] = [new Int32Array(n), new Int32Array(columns * rows).fill(-1)] // tenant -1: free
  for (const i of order) {
    let [best, least] = [-1, Infinity]
    for (let c = 0; c < tenant.length; c++) {
      if (tenant[c] >= 0) continue
      const cost = (grid[2 * i] - (c % columns)) ** 2 + (grid[2 * i + 1] - Math.floor(c / columns)) ** 2
      if (cost < least) [best, least] = [c, cost]
    }
    cellOf[i] = best
    tenant[best] = i
  }
  exchange(cellOf, tenant, columns, grid)
  return cellOf
}

/**
 * Trades cells while the sum of squared moves falls; it falls with each trade, so this ends (the cap of sweeps is for time alone).
 *
 * One of the two that trade comes nearer to its wanted place, so it is enough to offer each square the cells that are nearer to it than its own.
 */
function exchange(cellOf: Int32Array, tenant: Int32Array, columns: number, grid: Float64Array): void {
  const rows = tenant.length / columns
  const cost = (i: number, c: number) => (grid[2 * i] - (c % columns)) ** 2 + (grid[2 * i + 1] - Math.floor(c / columns)) ** 2
  for (let sweep = 0, moved = true; moved && sweep < 100; sweep++) {
    moved = false
    for (let i = 0; i < cellOf.length; i++) {
      let own = cost(i, cellOf[i])
      const reach = Math.sqrt(own)
      const [x, y] = [grid[2 * i], grid[2 * i + 1]]
      const [left, right] = [Math.max(0, Math.ceil(x - reach)), Math.min(columns - 1, Math.floor(x + reach))]
      for (let r = Math.max(0, Math.ceil(y - reach)); r <= Math.min(rows - 1, Math.floor(y + reach)); r++) {
        for (let q = left; q <= right; q++) {
          const now = (x - q) ** 2 + (y - r) ** 2
          if (now >= own) continue
          const c = r * columns + q
          const from = cellOf[i]
          const j = tenant[c]
          if (own - now + (j < 0 ? 0 : cost(j, c) - cost(j, from)) <= 1e-9) continue
          cellOf[i] = c
          tenant[c] = i
          tenant[from] = j
          if (j >= 0) cellOf[j] = from
          own = now
          moved = true
        }
      }
    }
  }
}

/** Slides squares towards their wanted places: straight, then along x, then along y, a few rounds over all. */
function slideHome(places: Float64Array, wanted: Float32Array | Float64Array, side: number, box: Box): void {
  const clampTo = (v: number, low: number, length: number) => Math.min(low + length - side / 2, Math.max(low + side / 2, v))
  for (let round = 0, gone = Infinity; round < 6 && gone > 0.01; round++) {
    gone = 0
    for (let i = 0; i < places.length / 2; i++) {
      for (const [ax, ay] of [
        [1, 1],
        [1, 0],
        [0, 1],
      ]) {
        const dx = ax * (clampTo(wanted[2 * i], box.left, box.width) - places[2 * i])
        const dy = ay * (clampTo(wanted[2 * i + 1], box.top, box.height) - places[2 * i + 1])
        if (dx === 0 && dy === 0) continue
        const t = freeWay(places, i, dx, dy, side)
        places[2 * i] += t * dx
        places[2 * i + 1] += t * dy
        gone += t * (Math.abs(dx) + Math.abs(dy))
      }
    }
  }
}

/** The share of the way (dx, dy) that square i can go before it would cover another. */
function freeWay(places: Float64Array, i: number, dx: number, dy: number, side: number): number {
  let free = 1
  for (let j = 0; j < places.length / 2 && free > 0; j++) {
    if (j === i) continue
    const [gapX, gapY] = [places[2 * j] - places[2 * i], places[2 * j + 1] - places[2 * i + 1]]
    if (Math.abs(gapX) > Math.abs(dx) + side || Math.abs(gapY) > Math.abs(dy) + side) continue
    // The squares overlap while both |gap - t * move| < side: an interval of t an axis, and the later of the two beginnings is the touch.
    const [x0, x1] = during(gapX, dx, side)
    const [y0, y1] = during(gapY, dy, side)
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
