/** @file The mean over all tuples that exist. */
import { div, maximum, mean, mul, sum } from '../../tensor/index.ts'
import type { Reducer } from './reducer.ts'

/** sum of the losses that exist / max(1, how many). Source: MeanReducer of PyTorch Metric Learning. */
export function meanReducer(): Reducer {
  return {
    name: 'mean',
    reduce: (each, exists) => (exists === undefined ? mean(each) : div(sum(mul(each, exists)), maximum(sum(exists), 1))),
  }
}
