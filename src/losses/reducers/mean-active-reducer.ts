/** @file The mean over the tuples that still pull. */
import { cast, div, greater, maximum, mul, sum } from '../../tensor/index.ts'
import type { Reducer } from './reducer.ts'

/** sum of the losses above 0 / max(1, how many): satisfied tuples do not thin it out. Source: AvgNonZeroReducer of PyTorch Metric Learning. */
export function meanActiveReducer(): Reducer {
  return {
    name: 'mean of the active',
    reduce(each, exists) {
      const active = cast(greater(each, 0), 'float32')
      const count = exists === undefined ? active : mul(active, exists)
      return div(sum(mul(each, count)), maximum(sum(count), 1))
    },
  }
}
