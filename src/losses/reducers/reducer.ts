/** @file What a reducer is: how the losses of many tuples become the one number that is minimised. */
import type { Tensor } from '../../tensor/index.ts'

/** A way to make one number of many losses. */
export interface Reducer {
  readonly name: string
  /** What it was made with, as plain data: a resumed run compares it. */
  readonly options?: Readonly<Record<string, unknown>>
  /**
   * @param each float32 [t]
   * @param exists float32 [t] of 0 and 1: which count; all where undefined
   * @returns float32 scalar; 0 where nothing counts
   */
  reduce(each: Tensor, exists: Tensor | undefined): Tensor
}
