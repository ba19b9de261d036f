/** @file The sum over all tuples that exist. */
import { mul, sum } from '../../tensor/index.ts'
import type { Reducer } from './reducer.ts'

/** The sum of the losses that exist: its size grows with the batch, and the learning rate must fit that. */
export function sumReducer(): Reducer {
  return { name: 'sum', reduce: (each, exists) => sum(exists === undefined ? each : mul(each, exists)) }
}
