/** @file What a regulariser is: a term of the loss that does not look at what belongs together. */
import type { Scope } from '../../nn/index.ts'
import type { Tensor } from '../../tensor/index.ts'

/** A term added to the loss. */
export interface Regulariser {
  readonly name: string
  /** What it was made with, as plain data: a resumed run compares it. */
  readonly options?: Readonly<Record<string, unknown>>
  /** @returns float32 scalar, its weight in it */
  build(batch: { readonly embeddings: Tensor; readonly labels: Tensor; readonly scope: Scope }): Tensor
}
