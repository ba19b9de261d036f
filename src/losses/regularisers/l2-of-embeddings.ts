/** @file Keeps embeddings from growing: their mean squared length. */
import { checkOptions, ensure } from '../../base/index.ts'
import { mean, mul, square, sum } from '../../tensor/index.ts'
import type { Regulariser } from './regulariser.ts'

/** Options of {@link l2OfEmbeddings}. */
export interface L2OfEmbeddingsOptions {
  /** > 0. Default 0.01. */
  readonly weight?: number
}

/** weight * mean_i |e_i|^2. Source: LpRegularizer (p = 2, power 2) of PyTorch Metric Learning. @throws KindredError `usage` for a weight that is not above 0 */
export function l2OfEmbeddings(options: L2OfEmbeddingsOptions = {}): Regulariser {
  const name = 'l2 of embeddings'
  checkOptions(name, options, ['weight'])
  const { weight = 0.01 } = options
  ensure(Number.isFinite(weight) && weight > 0, name, 'weight must be a number > 0', weight)
  return { name, options: { weight }, build: ({ embeddings }) => mul(mean(sum(square(embeddings), { axes: 1 })), weight) }
}
