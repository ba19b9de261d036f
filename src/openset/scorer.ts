/** @file What every score function becomes once it is fitted: rows in, one number per row out, and a state that survives JSON. */
import type { EmbeddingScoreName, LogitScoreName, Side } from './score-table.ts'
import type { Rows } from './rows.ts'

/** A fitted score. */
export interface Scorer {
  readonly name: LogitScoreName | EmbeddingScoreName
  /** Entries of a row: classes for logits, dimension for embeddings. */
  readonly width: number
  /** Where outliers lie. */
  readonly outlierWhen: Side
  /** One float64 a row. */
  score(x: Rows): Float64Array
  /** All it takes to make the same scorer again, as plain JSON. */
  state(): ScorerState
}

/** A scorer as plain JSON: numbers and flags, and arrays in base64. */
export interface ScorerState {
  name: string
  width: number
  settings: Record<string, number | boolean | string>
  arrays: Record<string, string>
}

/** One class label a training embedding. */
export type ClassLabels = Int32Array | Uint8Array
