/**
 * @file Optimisers as graph nodes: from a weight and its gradient to the next weight. Numbers that change with the step
 * (learning rate, bias corrections) are computed on the host in float64 and fed as scalars.
 */
import type { Tensor } from '../tensor/index.ts'

/** A rule that moves weights. */
export interface Optimizer {
  readonly name: string
  /** Arrays kept for each weight, of its shape, zero at first. */
  readonly slots: readonly string[]
  /** The scalars to feed for a step. @param step 1 for the first @param learningRate what the schedule says */
  scalars(step: number, learningRate: number): Readonly<Record<string, number>>
  /** The next weight and slots. @param s the scalars as graph inputs */
  update(
    weight: Tensor,
    gradient: Tensor,
    slots: Readonly<Record<string, Tensor>>,
    s: Readonly<Record<string, Tensor>>,
  ): { weight: Tensor; slots: Readonly<Record<string, Tensor>> }
}
