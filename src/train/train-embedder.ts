/**
 * @file The training loop: steps, epochs, evaluation, the best weights, checkpoints.
 *
 * Everything that decides the next step is in the checkpoint (arrays, samplers' and augmenter's random states, sums of the unfinished
 * epoch), so a run that is stopped and resumed ends in the same bytes as one that was not.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError, largest, stopIfAborted } from '../base/index.ts'
import type { Dataset } from '../dataset/index.ts'
import { sweepParts, writeFileAtomic } from '../files/index.ts'
import { Scope } from '../nn/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { defaultRuntime, type Runtime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'
import { batchSource, batchStateSchema, imageShape, type BatchSource, type BatchState } from './batches.ts'
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.ts'
import { collapseInWords } from './collapse.ts'
import { Evaluation, type EvaluationFigures, type Weights } from './evaluation.ts'
import { collapsedLoss, tripletObjective } from './objective.ts'
import { fingerprint, ratesSoFar, settle, type EpochRecord, type Settings, type TrainEmbedderOptions } from './options.ts'
import { Stepper, trainStep, type StepGraph } from './step.ts'

/** What a training run gives. */
export interface TrainEmbedderResult {
  /** Those of the epoch that `keep` picks. */
  readonly weights: Weights
  readonly history: readonly EpochRecord[]
  /** The epoch whose weights they are. */
  readonly bestEpoch: number
  /** In words, when the last epoch's embedding had collapsed. */
  readonly collapse?: string
  /** `finished`: all epochs; `early`: early stopping. */
  readonly stopped: 'finished' | 'early'
  readonly steps: number
  /** Length of an embedding. */
  readonly dim: number
}

/** What a checkpoint holds beside arrays. */
interface RunHeader {
  readonly kind: 'train-embedder'
  readonly options: Readonly<Record<string, string>>
  readonly rates: string
  readonly runtime: string
  readonly step: number
  readonly epoch: EpochSums
  readonly history: readonly EpochRecord[]
  readonly bestEpoch: number
  readonly batches: BatchState
}

/** Sums over the steps of the epoch that runs. */
interface EpochSums {
  readonly steps: number
  readonly loss: number
  readonly active: number
  readonly seconds: number
}

const count = z.int().nonnegative()
const recordSchema: z.ZodType<EpochRecord> = z.object({
  epoch: count,
  step: count,
  trainLoss: z.number(),
  validationLoss: z.number(),
  activeTriplets: z.number(),
  validationActive: z.number(),
  knnAccuracy: z.number(),
  spread: z.number(),
  length: z.number(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  seconds: z.number(),
})
const headerSchema: z.ZodType<RunHeader> = z
  .object({
    kind: z.literal('train-embedder'),
    options: z.record(z.string(), z.string()),
    rates: z.string(),
    runtime: z.string(),
    step: count,
    epoch: z.object({ steps: count, loss: z.number(), active: z.number(), seconds: z.number() }),
    history: z
      .array(recordSchema)
      .refine((history) => history.every(({ epoch }, i) => epoch === i + 1), 'expected the epochs 1, 2, ... in order'),
    bestEpoch: count,
    batches: batchStateSchema,
  })
  .refine(
    ({ history, bestEpoch, step, epoch }) =>
      bestEpoch <= history.length && bestEpoch > 0 === history.length > 0 && step === (history.at(-1)?.step ?? 0) + epoch.steps,
    'expected steps, epochs and best epoch that fit each other',
  )

const freshEpoch: EpochSums = { steps: 0, loss: 0, active: 0, seconds: 0 }
const statePrefix = 'state/'
const bestPrefix = 'best/'

/**
 * Trains a network to embed labelled images so that alike ones lie close together.
 *
 * Each step minimises a triplet loss over a batch; each epoch ends with an evaluation, a line of history and, with a run folder, a
 * checkpoint. The weights of the epoch that `keep` picks are returned.
 *
 * @returns the weights kept, the history, and in words whether the embedding has collapsed
 * @throws KindredError `usage` for options that cannot work, `interrupted` when `signal` fires (after saving), `collapsed` when the loss is no
 *   number any more, `mismatch` when a resumed run has other options, `corrupt`, `not-found` or `io` as the run folder gives cause
 * Cost: one pass of network and gradient a step, one pass over validation images and kNN references an epoch
 * @example
 * const { weights, history } = await trainEmbedder({ train, validation, network: studentNetwork(), mining: 'random', margin: 0.4 })
 */
export async function trainEmbedder(options: TrainEmbedderOptions): Promise<TrainEmbedderResult> {
  const settings = settle(options)
  const runtime = options.runtime ?? (await defaultRuntime())
  const graph = stepGraph(settings)
  const words = fingerprint(settings, { network: networkBytes(settings), step: encodeModel(toOnnx(graph.outputs)) })
  const { runFolder, progress } = settings
  if (runFolder !== undefined) sweepParts(runFolder)
  const saved = settings.resume ? loadCheckpoint(runFolder!, headerSchema) : undefined
  if (saved?.warning !== undefined) progress.warn(saved.warning)
  if (saved !== undefined) checkSame(saved.header, words, settings, runtime)
  const evaluation = await Evaluation.create({ ...settings, outliers: settings.validationOutliers, runtime })
  try {
    const stepper = await Stepper.create(
      runtime,
      graph,
      saved === undefined
        ? { seed: settings.seed, ...(settings.weights === undefined ? {} : { weights: settings.weights }) }
        : { state: { step: saved.header.step, arrays: withoutPrefix(saved.arrays, statePrefix) } },
    )
    try {
      return await new Run(settings, runtime, words, stepper, evaluation, saved).finish()
    } finally {
      await stepper.dispose()
    }
  } finally {
    await evaluation.dispose()
  }
}

/** One run in progress. */
class Run {
  private readonly settings: Settings
  private readonly runtime: Runtime
  private readonly words: Readonly<Record<string, string>>
  private readonly stepper: Stepper
  private readonly evaluation: Evaluation
  private readonly batches: BatchSource
  private readonly history: EpochRecord[]
  private epoch: EpochSums
  private best: { epoch: number; weights: Weights }
  private collapse: string | undefined

  constructor(
    settings: Settings,
    runtime: Runtime,
    words: Readonly<Record<string, string>>,
    stepper: Stepper,
    evaluation: Evaluation,
    saved: Checkpoint<RunHeader> | undefined,
  ) {
    this.settings = settings
    this.runtime = runtime
    this.words = words
    this.stepper = stepper
    this.evaluation = evaluation
    const { train, trainOutliers: outliers, size, augmentation, seed } = settings
    this.batches = batchSource({ train, outliers, size, augmentation, seed, state: saved?.header.batches })
    this.history = [...(saved?.header.history ?? [])]
    this.epoch = saved?.header.epoch ?? freshEpoch
    this.best = { epoch: saved?.header.bestEpoch ?? 0, weights: saved === undefined ? new Map() : withoutPrefix(saved.arrays, bestPrefix) }
    if (this.history.length > 0) this.collapse = this.judge(this.history.at(-1)!)
  }

  /** Runs what is left of the run. */
  async finish(): Promise<TrainEmbedderResult> {
    const { settings, history, stepper } = this
    const { epochs, stepsPerEpoch, progress, margin } = settings
    if (margin === 0 && stepper.step === 0)
      progress.warn(
        'Margin 0: a triplet is satisfied as soon as the negative is no nearer than the positive, and all embeddings at one point cost nothing.',
      )
    const task = progress.start('training', epochs * stepsPerEpoch, 'step')
    try {
      while (history.length < epochs && !this.stopsEarly()) {
        while (this.epoch.steps < stepsPerEpoch) {
          this.stopIfAsked()
          await this.step()
          task.update(stepper.step, {
            epoch: history.length + 1,
            loss: this.epoch.loss / this.epoch.steps,
            active: this.epoch.active / this.epoch.steps,
          })
        }
        await this.endEpoch()
      }
    } finally {
      task.end()
    }
    return {
      weights: this.best.weights,
      history,
      bestEpoch: this.best.epoch,
      ...(this.collapse === undefined ? {} : { collapse: this.collapse }),
      stopped: history.length >= epochs ? 'finished' : 'early',
      steps: stepper.step,
      dim: this.evaluation.dim,
    }
  }

  private async step(): Promise<void> {
    const { stepper, settings } = this
    const started = performance.now()
    const { loss, active } = await stepper.run(this.batches.next(), settings.rate(stepper.step + 1))
    const { steps, loss: losses, active: actives, seconds } = this.epoch
    this.epoch = {
      steps: steps + 1,
      loss: losses + loss,
      active: actives + active,
      seconds: seconds + (performance.now() - started) / 1000,
    }
  }

  private async endEpoch(): Promise<void> {
    const { settings, stepper, evaluation, history } = this
    const { progress, epochs } = settings
    const started = performance.now()
    const weights = stepper.weights()
    const figures = await evaluation.figures(weights)
    const record = this.record(figures, this.epoch.seconds + (performance.now() - started) / 1000)
    history.push(record)
    const best = this.isKept(record)
    if (best) this.best = { epoch: record.epoch, weights }
    const percent = (x: number) => `${(100 * x).toFixed(2)} %`
    progress.log(
      `epoch ${record.epoch}/${epochs}: loss ${record.trainLoss.toFixed(4)}, validation ${record.validationLoss.toFixed(4)}, active ${percent(record.activeTriplets)}, kNN ${percent(record.knnAccuracy)}${best ? (settings.keep === 'best' ? ' (best)' : ' (kept)') : ''}`,
    )
    const before = this.collapse
    this.collapse = this.judge(record)
    if (this.collapse !== undefined && before === undefined) progress.warn(this.collapse)
    this.epoch = freshEpoch
    const embed = (images: Uint8Array | Dataset) => evaluation.embed(weights, images instanceof Uint8Array ? images : images.images)
    await settings.onEpoch?.(record, { weights, embed, dim: evaluation.dim, best })
    this.save()
  }

  private record(figures: EvaluationFigures, seconds: number): EpochRecord {
    const { settings, stepper, epoch } = this
    return {
      epoch: this.history.length + 1,
      step: stepper.step,
      trainLoss: epoch.loss / epoch.steps,
      activeTriplets: epoch.active / epoch.steps,
      ...figures,
      learningRate: settings.rate(stepper.step),
      imagesPerSecond: (epoch.steps * settings.size.images) / epoch.seconds,
      seconds,
    }
  }

  private judge(record: EpochRecord): string | undefined {
    const { validation, size, loss, margin, mining } = this.settings
    const counts = new Map<number, number>()
    for (const label of validation.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
    return collapseInWords({
      ...record,
      margin,
      mining,
      collapsedLoss: collapsedLoss(size, loss),
      chance: largest(counts.values()) / validation.count,
    })
  }

  private stopsEarly(): boolean {
    const { earlyStopping } = this.settings
    return (
      earlyStopping !== undefined && this.history.length > 0 && this.history.length - bestOf(this.history)!.epoch >= earlyStopping.patience
    )
  }

  /** Whether the newest epoch (already in the history) takes the place of the one kept so far. */
  private isKept(record: EpochRecord): boolean {
    if (this.settings.keep === 'last') return true
    const before = bestOf(this.history.slice(0, -1))
    if (before === undefined || isBetter(record, before)) return true
    if (this.settings.keep === 'best') return false
    const p = before.knnAccuracy
    return record.knnAccuracy >= p - Math.sqrt((p * (1 - p)) / this.settings.validation.count)
  }

  private stopIfAsked(): void {
    const { signal, runFolder } = this.settings
    if (signal?.aborted !== true) return
    const { step } = this.stepper
    const saved = runFolder !== undefined && step > 0
    if (saved) this.save()
    const got = step === 0 ? 'a stop before the first step' : `a stop after step ${step}${saved ? `, saved in ${runFolder}` : ''}`
    stopIfAborted(signal, 'training', got, saved ? 'Go on with --resume.' : undefined)
  }

  private save(): void {
    const { settings, stepper, batches, history } = this
    const { runFolder } = settings
    if (runFolder === undefined) return
    const { step, arrays } = stepper.state()
    const header: RunHeader = {
      kind: 'train-embedder',
      options: this.words,
      rates: ratesSoFar(settings.rate, step),
      runtime: runtimeWords(this.runtime),
      step,
      epoch: this.epoch,
      history,
      bestEpoch: this.best.epoch,
      batches: batches.state(),
    }
    saveCheckpoint(runFolder, {
      header,
      arrays: new Map([...withPrefix(arrays, statePrefix), ...withPrefix(this.best.weights, bestPrefix)]),
    })
    writeFileAtomic(join(runFolder, 'history.json'), `${JSON.stringify(history, null, 2)}\n`)
  }
}

function stepGraph({ network, train, size, loss, optimizer, averageDecay }: Settings): StepGraph {
  return trainStep({
    objective: (scope) => {
      const { loss: value, active } = tripletObjective(network(input('images', imageShape(size.images, train), 'uint8'), scope), size, loss)
      return { loss: value, figures: { active } }
    },
    optimizer,
    averageDecay,
  })
}

function networkBytes({ network, train }: Settings): Uint8Array {
  return encodeModel(toOnnx({ embedding: network(input('images', imageShape('N', train), 'uint8'), new Scope()) }))
}

/** The best epoch of a history. */
function bestOf(history: readonly EpochRecord[]): EpochRecord | undefined {
  return history.reduce<EpochRecord | undefined>((best, record) => (isBetter(record, best) ? record : best), undefined)
}

/** Higher kNN accuracy, or the same with a lower validation loss. */
function isBetter(record: EpochRecord, than: EpochRecord | undefined): boolean {
  if (than === undefined) return true
  return record.knnAccuracy > than.knnAccuracy || (record.knnAccuracy === than.knnAccuracy && record.validationLoss < than.validationLoss)
}

function checkSame(header: RunHeader, words: Readonly<Record<string, string>>, settings: Settings, runtime: Runtime): void {
  const where = 'resume'
  if (header.kind !== 'train-embedder')
    throw new KindredError('mismatch', where, 'the checkpoint must be of an embedder in training', String(header.kind))
  for (const [name, now] of Object.entries(words)) {
    const then = header.options[name]
    if (then !== now)
      throw new KindredError(
        'mismatch',
        where,
        `${name} must be that of the run, ${then ?? 'nothing'}`,
        now,
        'Resume with the same options, or begin anew in another folder.',
      )
  }
  if (ratesSoFar(settings.rate, header.step) !== header.rates) {
    throw new KindredError(
      'mismatch',
      where,
      'the learning-rate schedule must be that of the run',
      `other rates in the ${header.step} steps done`,
      'Another rate, warm-up or number of epochs changes it; resume with the same.',
    )
  }
  const now = runtimeWords(runtime)
  if (now !== header.runtime)
    settings.progress.warn(
      `The run began on ${header.runtime} and goes on with ${now}: its last digits may differ from those of an unbroken run.`,
    )
}

const runtimeWords = ({ name, threads }: Runtime): string => `${name}, ${threads} thread${threads === 1 ? '' : 's'}`

function withPrefix(arrays: Weights, prefix: string): Map<string, Float32Array> {
  return new Map([...arrays].map(([name, a]) => [`${prefix}${name}`, a]))
}

function withoutPrefix(arrays: Weights, prefix: string): Map<string, Float32Array> {
  return new Map([...arrays].filter(([name]) => name.startsWith(prefix)).map(([name, a]) => [name.slice(prefix.length), a]))
}
