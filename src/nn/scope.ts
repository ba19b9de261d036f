/**
 * @file Where a network's weights come from while its graph is built.
 *
 * A network is a function `(x, scope) => y`. It asks the scope for weights by name; asking twice for one name gives the same weight,
 * so calling a network twice in one scope shares its weights (anchor, positive and negative of a triplet), and building it again in another
 * scope (for evaluation) asks for the same names.
 */
import { KindredError, rng } from '../base/index.ts'
import { add, input, integers, randomUniform, sameShape, showShape, type Tensor } from '../tensor/index.ts'
import type { Initialiser } from './initialisers.ts'

/** One named array of a network. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly initialiser: Initialiser
  /** Trained by gradient; a buffer (running statistics) is not. */
  readonly trainable: boolean
}

/** Whether the graph is built to train (batch statistics, dropout) or to embed. */
export interface ScopeOptions {
  readonly training?: boolean
}

/** Collects the weights that networks ask for. */
export class Scope {
  readonly training: boolean
  private readonly prefix: string
  private readonly shared: {
    weights: Map<string, { spec: WeightSpec; tensor: Tensor }>
    updates: Map<string, Tensor>
    taps: Map<string, Tensor>
    seed: Tensor | undefined
    draws: number
  }

  constructor(options: ScopeOptions = {}, parent?: Scope, name = '') {
    this.training = parent?.training ?? options.training ?? false
    this.prefix = parent === undefined ? name : `${parent.prefix}${name}.`
    this.shared = parent?.shared ?? { weights: new Map(), updates: new Map(), taps: new Map(), seed: undefined, draws: 0 }
  }

  /** The scope of a part: its weights are called `name.…`. */
  child(name: string): Scope {
    return new Scope({}, this, name)
  }

  /** A trained weight. @throws KindredError `shape` when the name was asked for with another shape */
  parameter(name: string, shape: readonly number[], initialiser: Initialiser): Tensor {
    return this.weight(name, shape, initialiser, true)
  }

  /** An array that is kept but not trained, such as a running mean; give its next value with {@link update}. */
  buffer(name: string, shape: readonly number[], initialiser: Initialiser): Tensor {
    return this.weight(name, shape, initialiser, false)
  }

  /** What a buffer becomes after this step. */
  update(name: string, value: Tensor): void {
    this.shared.updates.set(`${this.prefix}${name}`, value)
  }

  /** Marks a value inside the network under a name of its own, so that a model can put it out beside the last one. */
  tap(name: string, value: Tensor): Tensor {
    this.shared.taps.set(name, value)
    return value
  }

  /** The values marked so far. */
  get taps(): ReadonlyMap<string, Tensor> {
    return this.shared.taps
  }

  /** Uniform numbers in [0, 1), new for every step (its seed is fed as `seed`) and for every call. */
  random(shape: readonly number[]): Tensor {
    this.shared.seed ??= input('seed', [], 'int64')
    return randomUniform(add(this.shared.seed, integers([this.shared.draws++ * 1000003], [])), shape)
  }

  /** All weights asked for so far, in order. */
  get weights(): readonly WeightSpec[] {
    return [...this.shared.weights.values()].map((w) => w.spec)
  }

  /** The graph input that stands for a weight. */
  tensor(name: string): Tensor {
    const found = this.shared.weights.get(name)
    if (found === undefined) throw new KindredError('not-found', 'scope', 'the weight must have been asked for', name)
    return found.tensor
  }

  /** Next values of buffers, by full name. */
  get updates(): ReadonlyMap<string, Tensor> {
    return this.shared.updates
  }

  private weight(name: string, shape: readonly number[], initialiser: Initialiser, trainable: boolean): Tensor {
    const full = `${this.prefix}${name}`
    const known = this.shared.weights.get(full)
    if (known !== undefined) {
      if (!sameShape(known.spec.shape, shape))
        throw new KindredError(
          'shape',
          `weight ${full}`,
          `it must have one shape, ${showShape(known.spec.shape)}`,
          showShape(shape),
          'Give the layers different names.',
        )
      return known.tensor
    }
    const tensor = input(full, shape)
    this.shared.weights.set(full, { spec: { name: full, shape, initialiser, trainable }, tensor })
    return tensor
  }
}

/** First values of all weights: each from its own stream, forked from the seed by the weight's name, so that adding a layer changes no other. */
export function initialWeights(specs: readonly WeightSpec[], seed: number): Map<string, Float32Array> {
  return new Map(specs.map(({ name, shape, initialiser }) => [name, initialiser(shape, rng(seed).fork(name))]))
}
