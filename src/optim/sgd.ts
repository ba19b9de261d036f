/** @file Stochastic gradient descent with momentum, as torch.optim.SGD. */
import { checkOptions, ensure } from '../base/index.ts'
import { add, mul, sub } from '../tensor/index.ts'
import type { Optimizer } from './optimizer.ts'

/** Options of {@link sgd}. */
export interface SgdOptions {
  readonly momentum?: number
  readonly nesterov?: boolean
  /** Added to the gradient as decay * weight. */
  readonly weightDecay?: number
}

/** v <- momentum v + g; w <- w - lr v (with Nesterov: g + momentum v). At momentum 0 plain descent. */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, ['momentum', 'nesterov', 'weightDecay'])
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options
  ensure(momentum >= 0 && momentum < 1, 'sgd', 'momentum must lie in [0, 1)', momentum)
  ensure(weightDecay >= 0, 'sgd', 'weightDecay must be >= 0', weightDecay)
  return {
    name: 'sgd',
    slots: momentum > 0 ? ['velocity'] : [],
    scalars: (_, learningRate) => ({ learningRate }),
    update(weight, gradient, { velocity }, { learningRate }): ReturnType<Optimizer['update']> {
      const g = weightDecay > 0 ? add(gradient, mul(weight, weightDecay)) : gradient
      if (momentum === 0) return { weight: sub(weight, mul(g, learningRate)), slots: {} }
      const v = add(mul(velocity, momentum), g)
      return { weight: sub(weight, mul(nesterov ? add(g, mul(v, momentum)) : v, learningRate)), slots: { velocity: v } }
    },
  }
}
