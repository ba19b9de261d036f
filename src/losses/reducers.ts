/** @file How the losses of many tuples become one number. */
import { cast, div, greater, maximum, mean, mul, sum, type Tensor } from '../tensor/index.ts'

/**
 * `mean` over all tuples that exist; `mean-active` over those whose loss is above 0 (PyTorch Metric Learning's AvgNonZeroReducer);
 * `sum` over all.
 */
export type ReducerName = 'mean' | 'mean-active' | 'sum'

/** What every loss returns: the scalar to minimise, and the share of tuples that still pull, in 0..1. */
export interface LossOutput {
  readonly loss: Tensor
  readonly active: Tensor
}

/**
 * Reduces per-tuple losses.
 *
 * @param losses float32 [t], not below 0
 * @param exists float32 [t] of 0 and 1, or undefined when all exist
 */
export function reduceLosses(losses: Tensor, exists: Tensor | undefined, reducer: ReducerName): LossOutput {
  const active = cast(greater(losses, 0), 'float32')
  if (exists === undefined && reducer === 'mean') return { loss: mean(losses), active: mean(active) }
  const present = exists === undefined ? losses : mul(losses, exists)
  const activePresent = exists === undefined ? active : mul(active, exists)
  const count = exists === undefined ? (losses.shape[0] as number) : maximum(sum(exists), 1)
  const share = div(sum(activePresent), count)
  if (reducer === 'sum') return { loss: sum(present), active: share }
  return { loss: div(sum(present), reducer === 'mean' ? count : maximum(sum(activePresent), 1)), active: share }
}
