/** @file What an epoch leaves behind, and which epoch is kept. */
import * as z from 'zod'
import type { EvaluationFigures } from './evaluation.ts'

/** What one epoch left behind; all shares are 0..1. */
export interface EpochRecord {
  /** 1 for the first. */
  readonly epoch: number
  /** Steps done since the start of the run. */
  readonly step: number
  /** Mean over the epoch's steps. */
  readonly trainLoss: number
  /** The same objective on fixed validation batches, without augmentation, by the averaged weights where the step averages. */
  readonly validationLoss: number
  /** Share of training tuples (triplets, pairs, rows) that still pulled, mean over the epoch's steps. */
  readonly activeTriplets: number
  /** Steps whose batch held no tuple, so that there was nothing to learn from. */
  readonly emptyBatches: number
  readonly validationActive: number
  /** Share of validation images that their 5 nearest training images name right. */
  readonly knnAccuracy: number
  /** Root mean square distance of the validation embeddings to their mean. */
  readonly spread: number
  /** Root mean square length of the validation embeddings. */
  readonly length: number
  /** At the epoch's last step. */
  readonly learningRate: number
  readonly imagesPerSecond: number
  /** Training and evaluation together. */
  readonly seconds: number
  /** What the loss reports beside, mean over the epoch's steps. */
  readonly figures?: Readonly<Record<string, number>>
}

const count = z.int().nonnegative()
/** What an {@link EpochRecord} in JSON must be. */
export const epochSchema: z.ZodType<EpochRecord> = z.object({
  epoch: count,
  step: count,
  trainLoss: z.number(),
  validationLoss: z.number(),
  activeTriplets: z.number(),
  emptyBatches: count,
  validationActive: z.number(),
  knnAccuracy: z.number(),
  spread: z.number(),
  length: z.number(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  seconds: z.number(),
  figures: z.record(z.string(), z.number()).optional(),
})

/** Sums over the steps of the epoch that runs. */
export interface EpochSums {
  readonly steps: number
  readonly loss: number
  readonly active: number
  readonly empty: number
  readonly seconds: number
  readonly figures: Readonly<Record<string, number>>
}

/** What {@link EpochSums} in JSON must be. */
export const sumsSchema: z.ZodType<EpochSums> = z.object({
  steps: count,
  loss: z.number(),
  active: z.number(),
  empty: count,
  seconds: z.number(),
  figures: z.record(z.string(), z.number()),
})

export const freshSums: EpochSums = { steps: 0, loss: 0, active: 0, empty: 0, seconds: 0, figures: {} }

/** The sums with one step more. @param step what the step reported: `loss`, `active`, `tuples` where some may not exist, and the loss's own figures */
export function addStep(
  sums: EpochSums,
  { loss, active, tuples, ...others }: Readonly<Record<string, number>>,
  seconds: number,
): EpochSums {
  const figures = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, (sums.figures[name] ?? 0) + value]))
  return {
    steps: sums.steps + 1,
    loss: sums.loss + loss,
    active: sums.active + active,
    empty: sums.empty + (tuples === 0 ? 1 : 0),
    seconds: sums.seconds + seconds,
    figures,
  }
}

/** The record of an epoch whose steps are done. */
export function epochRecord(
  sums: EpochSums,
  evaluated: EvaluationFigures,
  rest: Pick<EpochRecord, 'epoch' | 'step' | 'learningRate' | 'seconds'> & { readonly images: number },
): EpochRecord {
  const { images, epoch, step, learningRate, seconds } = rest
  const figures = Object.entries(sums.figures).map(([name, value]) => [name, value / sums.steps] as const)
  return {
    epoch,
    step,
    trainLoss: sums.loss / sums.steps,
    activeTriplets: sums.active / sums.steps,
    emptyBatches: sums.empty,
    ...evaluated,
    learningRate,
    imagesPerSecond: (sums.steps * images) / sums.seconds,
    seconds,
    figures: figures.length === 0 ? undefined : Object.fromEntries(figures),
  }
}

/**
 * Which epoch's weights are kept; see `TrainEmbedderOptions.keep`. Source of the second: the one-standard-error rule of Breiman, Friedman, Olshen, Stone 1984,
 * section 3.4.3.
 */
export type KeepRule = 'best' | 'latest-near-best' | 'last'
export const keepRules: readonly KeepRule[] = ['best', 'latest-near-best', 'last']

/** Whether the newest epoch takes the place of the one kept so far. @param validationImages how many kNN accuracy is measured on */
export function isKept(history: readonly EpochRecord[], rule: KeepRule, validationImages: number): boolean {
  const record = history.at(-1)!
  if (rule === 'last') return true
  const before = bestOf(history.slice(0, -1))
  if (before === undefined || isBetter(record, before)) return true
  if (rule === 'best') return false
  const p = before.knnAccuracy
  return record.knnAccuracy >= p - Math.sqrt((p * (1 - p)) / validationImages)
}

/** The best epoch of a history. */
export function bestOf(history: readonly EpochRecord[]): EpochRecord | undefined {
  return history.reduce<EpochRecord | undefined>((best, record) => (isBetter(record, best) ? record : best), undefined)
}

/** Higher kNN accuracy, or the same with a lower validation loss. */
function isBetter(record: EpochRecord, than: EpochRecord | undefined): boolean {
  if (than === undefined) return true
  return record.knnAccuracy > than.knnAccuracy || (record.knnAccuracy === than.knnAccuracy && record.validationLoss < than.validationLoss)
}
