/** @file One training run in progress: steps, epochs, what is kept, and how it stops. */
import { KindredError, largest, percent, smallest, stopIfAborted } from '../base/index.ts'
import type { HostTensor, Runtime } from '../runtime/index.ts'
import { BatchFeed } from './batches.ts'
import { collapseInWords } from './collapse.ts'
import { addStep, bestOf, epochRecord, freshSums, isKept, type EpochRecord, type EpochSums } from './epoch.ts'
import type { Evaluation } from './evaluation.ts'
import { ratesSoFar, runtimeWords } from './fingerprint.ts'
import type { Weights } from './network-embedder.ts'
import type { Settings } from './options.ts'
import { saveRun, type RunMemory } from './run-memory.ts'
import type { Stepper } from './step.ts'

/** What a run stands on. */
export interface RunParts {
  readonly settings: Settings
  readonly runtime: Runtime
  /** See `fingerprint`. */
  readonly words: Readonly<Record<string, string>>
  readonly stepper: Stepper
  readonly evaluation: Evaluation
  /** The run to go on with. */
  readonly saved: RunMemory | undefined
}

/** Seconds in which the steps that were asked for should be done. */
const stopWithin = 0.25

/** How a run ended. */
export interface RunOutcome {
  readonly weights: Weights
  readonly history: readonly EpochRecord[]
  readonly bestEpoch: number
  readonly collapse: string | undefined
  readonly initialSpread: number | undefined
  readonly stopped: 'finished' | 'early'
  readonly steps: number
}

/** A run; {@link Run.finish} does the rest of it. */
export class Run {
  private readonly parts: RunParts
  private readonly feed: BatchFeed
  private readonly collapsedLoss: number | undefined
  private readonly history: EpochRecord[]
  /** Steps that were asked for and are not done, the next one first. */
  private readonly begun: Promise<Record<string, number>>[] = []
  private lastStep = 0
  /** Steps whose figures were taken; the stepper may be further. */
  private taken: number
  private sums: EpochSums
  private best: { epoch: number; weights: Weights }
  private collapse: string | undefined
  private initialSpread: number | undefined
  private toldOfEmpty = false

  constructor(parts: RunParts) {
    const { settings, saved } = parts
    const { source, batches: sampler, trainOutliers: outliers, outliersPerBatch, augmentation, seed } = settings
    this.parts = parts
    this.feed = new BatchFeed({ source, sampler, outliers, outliersPerBatch, augmentation, seed, state: saved?.batches })
    this.collapsedLoss = collapsedLoss(settings)
    this.taken = parts.stepper.step
    this.history = [...(saved?.history ?? [])]
    this.sums = saved?.epoch ?? freshSums
    this.best = { epoch: saved?.bestEpoch ?? 0, weights: saved?.best ?? new Map() }
    this.initialSpread = saved?.initialSpread
    if (this.history.length > 0) this.collapse = this.judge(this.history.at(-1)!)
  }

  /** Runs what is left of the run. */
  async finish(): Promise<RunOutcome> {
    const { settings, stepper } = this.parts
    const { epochs, stepsPerEpoch, progress, objective } = settings
    const { history } = this
    if (objective.margin === 0 && stepper.step === 0)
      progress.warn(
        'Margin 0: a triplet is satisfied as soon as the negative is no nearer than the positive, and all embeddings at one point cost nothing.',
      )
    if (stepper.step === 0 && settings.signal?.aborted !== true)
      this.initialSpread = await this.parts.evaluation.spread(judgedWeights(stepper))
    const task = progress.start('training', epochs * stepsPerEpoch, 'step')
    try {
      while (history.length < epochs && !this.stopsEarly()) {
        this.lastStep = performance.now()
        while (this.sums.steps < stepsPerEpoch) {
          await this.stopIfAsked()
          // none beyond the epoch, so that at its end, and after a stop, all batches that were drawn have been learnt from
          const most = Math.min(stepper.ahead, this.untilStop(), stepsPerEpoch - this.sums.steps, this.toNextLook())
          while (this.begun.length < most) this.begin(await this.feed.next())
          await this.next()
          task.update(this.taken, {
            epoch: history.length + 1,
            loss: this.sums.loss / this.sums.steps,
            active: this.sums.active / this.sums.steps,
          })
          await this.lookIfDue()
        }
        await this.endEpoch()
      }
    } finally {
      await Promise.allSettled(this.begun)
      task.end()
    }
    return {
      weights: this.best.weights,
      history,
      bestEpoch: this.best.epoch,
      collapse: this.collapse,
      initialSpread: this.initialSpread,
      stopped: history.length >= epochs ? 'finished' : 'early',
      steps: stepper.step,
    }
  }

  /** How many steps a stop may have to wait for: all that were asked for are taken first. */
  private untilStop(): number {
    return this.sums.steps === 0 ? 2 : Math.max(2, Math.ceil((stopWithin * this.sums.steps) / this.sums.seconds))
  }

  /** Asks for a step. */
  private begin(batch: Record<string, HostTensor>): void {
    const { stepper, settings } = this.parts
    const figures = stepper.run(batch, settings.rate(this.taken + this.begun.length + 1))
    figures.catch(() => {}) // told by next()
    this.begun.push(figures)
  }

  /** Takes the first of the steps asked for, when it is done. */
  private async next(): Promise<void> {
    const figures = await this.begun.shift()!
    const now = performance.now()
    this.sums = addStep(this.sums, figures, (now - this.lastStep) / 1000)
    this.lastStep = now
    this.taken++
    this.parts.settings.onStep?.(this.taken, figures)
  }

  private async endEpoch(): Promise<void> {
    const { settings, stepper, evaluation } = this.parts
    const { progress, epochs, stepsPerEpoch, keep, validation, rate, images } = settings
    const { history } = this
    const { embedder } = evaluation
    const started = performance.now()
    await stepper.settle()
    const all = judgedWeights(stepper)
    const figures = await evaluation.figures(all)
    const record = epochRecord(this.sums, figures, {
      epoch: history.length + 1,
      step: stepper.step,
      learningRate: rate(stepper.step),
      images,
      seconds: this.sums.seconds + (performance.now() - started) / 1000,
    })
    history.push(record)
    const weights = networkWeights(all, evaluation)
    const best = isKept(history, keep, validation.count)
    if (best) this.best = { epoch: record.epoch, weights }
    progress.log(
      `epoch ${record.epoch}/${epochs}: loss ${record.trainLoss.toFixed(4)}, validation ${record.validationLoss.toFixed(4)}, active ` +
        `${percent(record.activeTriplets, 2)}, kNN ${percent(record.knnAccuracy, 2)}${best ? (keep === 'best' ? ' (best)' : ' (kept)') : ''}`,
    )
    if (record.emptyBatches > 0 && !this.toldOfEmpty)
      progress.warn(
        `${record.emptyBatches} of ${stepsPerEpoch} batches held no image with both a positive and a negative, and taught nothing: draw batches with ` +
          `several images of several classes.`,
      )
    this.toldOfEmpty ||= record.emptyBatches > 0
    const before = this.collapse
    this.collapse = this.judge(record)
    if (this.collapse !== undefined && before === undefined) progress.warn(this.collapse)
    this.sums = freshSums
    await settings.onEpoch?.(record, { weights, embed: (given) => embedder.embed(weights, given), dim: embedder.dim, best })
    await this.save()
  }

  /** How many steps it is to the next look. */
  private toNextLook(): number {
    const { settings } = this.parts
    return smallest(
      (settings.looks?.at ?? []).filter((step) => step > this.taken).map((step) => step - this.taken),
      Infinity,
    )
  }

  private async lookIfDue(): Promise<void> {
    const { settings, stepper, evaluation } = this.parts
    const { looks } = settings
    if (looks?.at.includes(this.taken) !== true) return
    await stepper.settle()
    const weights = networkWeights(judgedWeights(stepper), evaluation)
    const { embedder } = evaluation
    await looks.look(this.taken, { weights, embed: (given) => embedder.embed(weights, given), dim: embedder.dim })
    this.lastStep = performance.now()
  }

  private judge(record: EpochRecord): string | undefined {
    const { validation, objective } = this.parts.settings
    const counts = new Map<number, number>()
    for (const label of validation.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
    return collapseInWords({
      ...record,
      margin: objective.margin,
      miner: objective.miner,
      collapsedLoss: this.collapsedLoss,
      chance: largest(counts.values()) / validation.count,
      initialSpread: this.initialSpread,
    })
  }

  private stopsEarly(): boolean {
    const { earlyStopping } = this.parts.settings
    return (
      earlyStopping !== undefined && this.history.length > 0 && this.history.length - bestOf(this.history)!.epoch >= earlyStopping.patience
    )
  }

  private async stopIfAsked(): Promise<void> {
    const { settings, stepper } = this.parts
    const { signal, store } = settings
    if (signal?.aborted !== true) return
    while (this.begun.length > 0) await this.next()
    const saved = store !== undefined && stepper.step > 0
    if (saved) await this.save()
    const got =
      stepper.step === 0 ? 'a stop before the first step' : `a stop after step ${stepper.step}${saved ? `, saved in ${store.place}` : ''}`
    stopIfAborted(signal, 'training', got, saved ? 'Go on with `resume`.' : undefined)
  }

  private async save(): Promise<void> {
    const { settings, runtime, words, stepper } = this.parts
    if (settings.store === undefined) return
    await stepper.settle()
    const { step, arrays } = stepper.state()
    await saveRun(settings.store, {
      options: words,
      rates: ratesSoFar(settings.rate, step),
      runtime: runtimeWords(runtime),
      step,
      epoch: this.sums,
      history: this.history,
      bestEpoch: this.best.epoch,
      batches: this.feed.state(),
      initialSpread: this.initialSpread,
      state: arrays,
      best: this.best.weights,
    })
  }
}

const networkWeights = (all: Weights, { embedder }: Evaluation): Weights => new Map([...all].filter(([name]) => embedder.shapes.has(name)))

/** Averaged weights, but buffers of the loss as they are: the average of a memory bank is no memory bank. */
function judgedWeights(stepper: Stepper): Weights {
  const weights = stepper.weights()
  const raw = stepper.weights({ averaged: false })
  for (const { name, trainable } of stepper.graph.weights) if (name.startsWith('loss.') && !trainable) weights.set(name, raw.get(name)!)
  return weights
}

/** The loss of a batch whose embeddings coincide, from the shape of a batch that is drawn for this alone. */
function collapsedLoss({ objective, batches, source, seed, images }: Settings): number | undefined {
  const rows = batches.over(source.labels, { seed }).next()
  const classes = new Set(rows.map((row) => source.labels[row])).size
  const loss = objective.atCollapse({ images, labelled: rows.length, perClass: rows.length / classes })
  if (loss !== undefined && !Number.isFinite(loss))
    throw new KindredError('usage', 'objective', 'atCollapse must be a finite number', String(loss))
  return loss
}
