/**
 * @file One training step as one graph: forward, loss, backward, optimiser, buffers, weight averaging.
 *
 * The state (weights, optimiser slots, averages) goes in as inputs and comes out as outputs of every run.
 */
import { KindredError } from '../base/index.ts'
import { initialWeights, Scope, type WeightSpec } from '../nn/index.ts'
import type { Optimizer } from '../optim/index.ts'
import { compile, intScalar, scalar, type HostTensor, type Program, type ProgramOptions, type Runtime } from '../runtime/index.ts'
import { add, grad, input, mul, sub, type Tensor } from '../tensor/index.ts'

/** What a step minimises, built from the weights of a scope and from inputs of its own choice. */
export interface StepObjective {
  readonly loss: Tensor
  /** Scalars to report beside the loss, such as the share of active triplets. */
  readonly figures?: Readonly<Record<string, Tensor>>
}

/** Options of {@link trainStep}. */
export interface TrainStepOptions {
  readonly objective: (scope: Scope) => StepObjective
  readonly optimizer: Optimizer
  /**
   * Keep an exponential moving average of the weights (Polyak averaging), called `average/…` in the state: its decay, which at step t is at most t / (t + 9),
   * so that the average of a short run is not made of the weights it began with.
   */
  readonly averageDecay?: number
}

/** A training step's graph, and what its state looks like. */
export interface StepGraph {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly weights: readonly WeightSpec[]
  /** Names of everything carried from step to step, with shapes. */
  readonly state: readonly { readonly name: string; readonly shape: readonly number[] }[]
  readonly figures: readonly string[]
  readonly optimizer: Optimizer
  /** That of the average, where there is one. */
  readonly averageDecay: number | undefined
}

const optimizerPrefix = 'optimizer/'
const averagePrefix = 'average/'
const averageShare = 'averageShare'

/** Builds the graph of one step. */
export function trainStep({ objective, optimizer, averageDecay }: TrainStepOptions): StepGraph {
  const scope = new Scope({ training: true })
  const { loss, figures = {} } = objective(scope)
  const trained = scope.weights.filter((w) => w.trainable)
  if (trained.length === 0) throw new KindredError('usage', 'trainStep', 'the objective must use at least one trainable weight', 'none')
  const gradients = grad(
    loss,
    trained.map((w) => scope.tensor(w.name)),
  )
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1, 1)).map((name) => [name, input(`${optimizerPrefix}${name}`, [])]))

  const outputs: Record<string, Tensor> = { loss }
  for (const [name, t] of Object.entries(figures)) outputs[`figure/${name}`] = t
  const state: { name: string; shape: readonly number[] }[] = []
  const carry = (name: string, shape: readonly number[], next: Tensor) => {
    state.push({ name, shape })
    outputs[`next/${name}`] = next
  }
  const nextWeights = new Map<string, Tensor>()
  trained.forEach(({ name, shape }, i) => {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, input(`${optimizerPrefix}${slot}/${name}`, shape)]))
    const next = optimizer.update(scope.tensor(name), gradients[i], slots, scalars)
    nextWeights.set(name, next.weight)
    carry(name, shape, next.weight)
    for (const slot of optimizer.slots) carry(`${optimizerPrefix}${slot}/${name}`, shape, next.slots[slot])
  })
  for (const { name, shape, trainable } of scope.weights) {
    if (trainable) continue
    const next = scope.updates.get(name)
    if (next === undefined) continue
    nextWeights.set(name, next)
    carry(name, shape, next)
  }
  if (averageDecay !== undefined) {
    const share = input(averageShare, [])
    for (const [name, next] of nextWeights) {
      const { shape } = scope.weights.find((w) => w.name === name)!
      const old = input(`${averagePrefix}${name}`, shape)
      // old + (1 - decay)(next - old): one rounding fewer than the weighted sum
      carry(`${averagePrefix}${name}`, shape, add(old, mul(sub(next, old), share)))
    }
  }
  return { outputs, weights: scope.weights, state, figures: Object.keys(figures), optimizer, averageDecay }
}

/** Everything a run needs to continue: the number of steps done, and named arrays. */
export interface TrainState {
  readonly step: number
  readonly arrays: ReadonlyMap<string, Float32Array>
}

/** Enough for a thread to go on for a quarter of a second without this one where steps are short; of long ones a run asks for fewer, to stop soon. */
const stepsAhead = 12

/** Runs a step graph again and again, holding its state. */
export class Stepper {
  readonly graph: StepGraph
  private readonly program: Program
  /** How many steps may be asked for before the first of them is done; 1 where each needs what the one before returned to this thread. */
  readonly ahead: number
  private arrays: Map<string, Float32Array>
  private done: number
  private asked: number
  /** Whether the program has been given the state that it carries on. */
  private fed = false

  private constructor(graph: StepGraph, program: Program, state: TrainState) {
    this.graph = graph
    this.program = program
    this.ahead = program.carried === undefined ? 1 : stepsAhead
    this.done = state.step
    this.asked = state.step
    this.arrays = new Map(state.arrays)
  }

  /**
   * Makes a step ready to run.
   *
   * @param start a seed for fresh weights, weights to begin from (missing ones are drawn from `seed`), or the state of an earlier run
   * @param options.ahead lets steps be asked for ahead where the runtime can carry their state, see {@link Stepper.ahead}; `settle` is then called before
   *   `state` and `weights`. Default false
   * @throws KindredError `mismatch` when the state does not fit the graph
   */
  static async create(
    runtime: Runtime,
    graph: StepGraph,
    start: { seed: number; weights?: ReadonlyMap<string, Float32Array> } | { state: TrainState },
    { ahead = false, ...options }: ProgramOptions & { readonly ahead?: boolean } = {},
  ): Promise<Stepper> {
    const state = 'state' in start ? start.state : freshState(graph, start.seed, start.weights)
    for (const { name, shape } of graph.state) {
      const size = shape.reduce((a, b) => a * b, 1)
      const got = state.arrays.get(name)?.length
      if (got !== size)
        throw new KindredError(
          'mismatch',
          'training state',
          `${name} must hold ${size} numbers`,
          got === undefined ? 'nothing' : String(got),
          'The checkpoint comes from another network or optimiser.',
        )
    }
    const from = Object.fromEntries(graph.state.map(({ name }) => [name, `next/${name}`]))
    const carry = ahead ? { from, finite: 'loss' } : undefined
    return new Stepper(graph, await compile(runtime, graph.outputs, { name: 'kindred-train-step', ...options, carry }), state)
  }

  /** Steps done since the start of the run. */
  get step(): number {
    return this.done
  }

  /**
   * One step. Up to {@link Stepper.ahead} may be asked for at once; they are done one after the other.
   *
   * @param feeds the objective's own inputs
   * @param learningRate for this step
   * @returns `loss` and the objective's figures
   * @throws KindredError `collapsed` when the loss is not a finite number; the state is then that before the step
   */
  async run(feeds: Readonly<Record<string, HostTensor>>, learningRate: number): Promise<Record<string, number>> {
    const all: Record<string, HostTensor> = { ...feeds }
    const carries = this.program.carried !== undefined
    const step = ++this.asked
    if (!carries || !this.fed)
      for (const { name, shape } of this.graph.state) all[name] = { dtype: 'float32', shape, data: this.arrays.get(name)! }
    const carried = new Set(carries ? this.graph.state.map(({ name }) => name) : [])
    for (const w of this.graph.weights)
      if (!carried.has(w.name)) all[w.name] ??= { dtype: 'float32', shape: w.shape, data: this.arrays.get(w.name)! }
    for (const [name, value] of Object.entries(this.graph.optimizer.scalars(step, learningRate)))
      all[`${optimizerPrefix}${name}`] = scalar(value)
    const { averageDecay } = this.graph
    // Decay that grows with the steps, as TensorFlow's ExponentialMovingAverage with num_updates.
    if (averageDecay !== undefined) all[averageShare] = scalar(1 - Math.min(averageDecay, step / (step + 9)))
    if (this.program.inputs.includes('seed')) all.seed ??= intScalar(step)
    this.fed = true
    const results = await this.program.run(all)
    const loss = (results.loss.data as Float32Array)[0]
    if (!Number.isFinite(loss))
      throw new KindredError(
        'collapsed',
        `training step ${step}`,
        'the loss must be a finite number',
        String(loss),
        'Lower the learning rate.',
      )
    if (!carries) for (const { name } of this.graph.state) this.arrays.set(name, results[`next/${name}`].data as Float32Array)
    this.done = step
    const figures: Record<string, number> = { loss }
    for (const name of this.graph.figures) figures[name] = Number((results[`figure/${name}`].data as Float32Array)[0])
    return figures
  }

  /** Brings the state to where `state` and `weights` see it, once all steps that were asked for are done. */
  async settle(): Promise<void> {
    if (this.program.carried === undefined || !this.fed) return
    for (const [name, { data }] of Object.entries(await this.program.carried())) this.arrays.set(name, data as Float32Array)
  }

  /** The state, for a checkpoint. The arrays are not copied; they are never written again. */
  state(): TrainState {
    return { step: this.done, arrays: new Map(this.arrays) }
  }

  /** The network's weights: averaged ones where the step averages and `averaged` is not false. */
  weights({ averaged = true }: { averaged?: boolean } = {}): Map<string, Float32Array> {
    return new Map(
      this.graph.weights.map(({ name }) => [
        name,
        (averaged ? this.arrays.get(`${averagePrefix}${name}`) : undefined) ?? this.arrays.get(name)!,
      ]),
    )
  }

  /** Frees what the runtime holds. */
  dispose(): Promise<void> {
    return this.program.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }
}

function freshState(graph: StepGraph, seed: number, weights: ReadonlyMap<string, Float32Array> = new Map()): TrainState {
  const arrays = initialWeights(graph.weights, seed)
  for (const [name, values] of weights) if (arrays.has(name)) arrays.set(name, values)
  for (const { name, shape } of graph.state) {
    if (arrays.has(name)) continue
    const source = name.startsWith(averagePrefix)
      ? arrays.get(name.slice(averagePrefix.length))!
      : new Float32Array(shape.reduce((a, b) => a * b, 1))
    arrays.set(name, source)
  }
  return { step: 0, arrays }
}
