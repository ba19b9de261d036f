/** @file The check with which everything that takes rows of numbers begins: whole rows, and finite numbers. */
import { ensure, KindredError } from './errors.ts'
import { nonFiniteAt } from './numbers.ts'
import type { Pieces, Stage } from './pieces.ts'

/**
 * How many rows of `dim` numbers an array holds.
 *
 * @param where who asks, for errors
 * @param name what the rows are, for errors
 * @throws KindredError `usage` when the array is not a whole number of rows, or a number is NaN or infinite: nothing computed with it would mean anything
 * Cost: O(n dim)
 */
export function checkRows(where: string, rows: Float32Array | Float64Array, dim: number, name = 'points'): number {
  checkShape(where, rows, dim, name)
  const bad = nonFiniteAt(rows)
  if (bad >= 0)
    throw new KindredError(
      'usage',
      where,
      `every number in ${name} must be finite`,
      `${rows[bad]} in row ${Math.floor(bad / dim)}, column ${bad % dim}`,
      'Drop that row, or find out why it was embedded so.',
    )
  return rows.length / dim
}

/** {@link checkRows} in pieces, for rows whose numbers are many millions. */
export function* checkRowsPieces(where: string, rows: Float32Array, dim: number, name = 'points'): Pieces<number> {
  checkShape(where, rows, dim, name)
  const stage: Stage = { task: 'checking numbers', total: rows.length / dim, unit: 'row', done: 0 }
  for (let from = 0; from < rows.length; from += 1 << 20) {
    if (nonFiniteAt(rows.subarray(from, from + (1 << 20))) >= 0) return checkRows(where, rows, dim, name)
    stage.done = Math.floor(from / dim)
    yield stage
  }
  return rows.length / dim
}

function checkShape(where: string, rows: Float32Array | Float64Array, dim: number, name: string): void {
  ensure(Number.isInteger(dim) && dim >= 1, where, 'dim must be a positive integer', dim)
  ensure(rows instanceof Float32Array || rows instanceof Float64Array, where, `${name} must be a Float32Array`, rows)
  ensure(rows.length % dim === 0, where, `${name}.length must be a multiple of dim ${dim}`, rows.length)
}
