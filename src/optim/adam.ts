/** @file Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019), as torch.optim defines them. */
import { checkOptions, ensure } from '../base/index.ts'
import { add, div, mul, sqrt, square, sub } from '../tensor/index.ts'
import type { Optimizer } from './optimizer.ts'

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Adam adds decay * weight to the gradient; AdamW shrinks the weight by lr * decay apart from it (default 0.01 there). */
  readonly weightDecay?: number
}

/**
 * m <- b1 m + (1-b1) g; v <- b2 v + (1-b2) g^2; w <- w - lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + epsilon).
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike('adam', options, 0, false)
}

/** {@link adam} with decoupled weight decay: w <- w (1 - lr decay) first. */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adamLike('adamw', options, 0.01, true)
}

function adamLike(name: string, options: AdamOptions, defaultDecay: number, decoupled: boolean): Optimizer {
  checkOptions(name, options, ['beta1', 'beta2', 'epsilon', 'weightDecay'])
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = defaultDecay } = options
  ensure(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, name, 'beta1 and beta2 must lie in [0, 1)', [beta1, beta2])
  ensure(epsilon > 0 && weightDecay >= 0, name, 'epsilon must be > 0 and weightDecay >= 0', [epsilon, weightDecay])
  return {
    name,
    slots: ['m', 'v'],
    scalars: (step, learningRate) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      correction: 1 / Math.sqrt(1 - beta2 ** step),
      shrink: 1 - learningRate * weightDecay,
    }),
    update(weight, gradient, slots, { stepSize, correction, shrink }) {
      const g = weightDecay > 0 && !decoupled ? add(gradient, mul(weight, weightDecay)) : gradient
      const m = add(mul(slots.m, beta1), mul(g, 1 - beta1))
      const v = add(mul(slots.v, beta2), mul(square(g), 1 - beta2))
      const from = weightDecay > 0 && decoupled ? mul(weight, shrink) : weight
      const move = div(mul(m, stepSize), add(mul(sqrt(v), correction), epsilon))
      return { weight: sub(from, move), slots: { m, v } }
    },
  }
}
