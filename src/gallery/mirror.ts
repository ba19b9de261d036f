/** @file A gallery's rows and vectors in memory, for exact search. */
import { ExactScan } from '../neighbours/index.ts'

/** What the mirror knows of an item beside its vector. */
export interface MirrorRow {
  /** The row's number in the database; rows are kept in ascending order of it. */
  ord: number
  id: string
  label: string | null
  source: string
}

/** One row near a query. */
export interface MirrorHit {
  row: MirrorRow
  distance: number
}

/** All vectors of one gallery, `dim` numbers each, and what belongs to each. */
export class Mirror {
  /** The gallery's version that this is a copy of; rows of galleries older than versions have 0. */
  version = -1
  rows: MirrorRow[] = []
  readonly #scan: ExactScan

  constructor(dim: number) {
    this.#scan = new ExactScan(dim)
  }

  get dim(): number {
    return this.#scan.dim
  }

  /** Takes rows with their vectors, in ascending order of `ord`, all above those held; O(rows). */
  append(rows: readonly MirrorRow[], points: Float32Array): void {
    this.#scan.append(points)
    for (const row of rows) this.rows.push(row)
  }

  /** Drops the rows for which `gone` holds and keeps the order of the rest; O(count). */
  remove(gone: (row: MirrorRow) => boolean): void {
    this.#scan.remove((position) => gone(this.rows[position]))
    this.rows = this.rows.filter((row) => !gone(row))
  }

  /**
   * The k nearest rows of each query, nearest first, equal distances in order of `ord`; see {@link ExactScan}.
   *
   * @param queries m x dim
   * @param allowed one byte a row: 0 leaves it out; absent: all rows
   */
  search(queries: Float32Array, k: number, allowed?: Uint8Array): MirrorHit[][] {
    return this.#scan
      .search(queries, k, allowed)
      .map((hits) => hits.map(({ position, distance }) => ({ row: this.rows[position], distance })))
  }
}
