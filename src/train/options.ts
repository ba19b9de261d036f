/**
 * @file The options of a training run: checked, filled in, and put into words by which a resumed run knows itself again.
 */
import { createHash } from 'node:crypto'
import { checkChoice, checkOptions, ensure, KindredError, silent, type Progress } from '../base/index.ts'
import { shuffledSplit } from './outlier-split.ts'
import type { AugmentOptions, Dataset } from '../dataset/index.ts'
import { distances, type Distance } from '../distances/index.ts'
import { checkMargin } from '../losses/index.ts'
import type { Layer } from '../nn/index.ts'
import { adam, constantRate, type Optimizer, type Schedule } from '../optim/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { fullBatchSize, minings, type BatchSize, type FullBatchSize, type Mining } from './batches.ts'
import type { Weights } from './evaluation.ts'
import type { LossSettings } from './objective.ts'

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
  /** Share of training triplets (pairs, with soft negatives) that violated the margin, mean over the epoch's steps. */
  readonly activeTriplets: number
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
}

/** What {@link TrainEmbedderOptions.onEpoch} is given beside the record. */
export interface EpochTools {
  /** The weights just judged: averaged ones where the step averages. */
  readonly weights: Weights
  /** Embeds images (bytes, or a whole set) with them; [n, dim] row-major. */
  embed(images: Uint8Array | Dataset): Promise<Float32Array>
  readonly dim: number
  /** Whether this is the epoch to keep so far; see {@link TrainEmbedderOptions.keep}. */
  readonly best: boolean
}

/** See {@link TrainEmbedderOptions.keep}. Source of the second: the one-standard-error rule of Breiman, Friedman, Olshen, Stone 1984, section 3.4.3. */
export type KeepRule = 'best' | 'latest-near-best' | 'last'
const keepRules: readonly KeepRule[] = ['best', 'latest-near-best', 'last']

/** Options of `trainEmbedder`. */
export interface TrainEmbedderOptions {
  readonly train: Dataset
  readonly validation: Dataset
  /** From 8-bit images [n, h, w] (channels last, if there are more than one) to embeddings [n, dim]. */
  readonly network: Layer
  /** `random`: triplets drawn by label; the others mine inside batches of M images per class. Default `soft-negative`. */
  readonly mining?: Mining
  /** How much farther than a positive a negative must be, >= 0. Default 0.4. */
  readonly margin?: number
  /** Default `euclidean`. */
  readonly distance?: Distance['name']
  /** Of soft negatives, > 0, in units of the distance. Default 0.1. */
  readonly temperature?: number
  /** `{ triplets }` (default 128) for random mining, else `{ classes, perClass }` (default all classes x 25); `outliers` images more. */
  readonly batch?: BatchSize
  /** Images of no class (labels are ignored), appended to each batch as negatives only. A tenth is held out for the validation loss. */
  readonly outliers?: Dataset
  /** Default Adam. */
  readonly optimizer?: Optimizer
  /** From the number of all steps to the learning rate of each. Default: 1e-3 always. */
  readonly schedule?: (totalSteps: number) => Schedule
  /** Keep an exponential moving average of the weights, and judge and return that. */
  readonly averageDecay?: number
  /** Default 10. */
  readonly epochs?: number
  /** Default: as many as draw each training image once on average. */
  readonly stepsPerEpoch?: number
  /** Random warps of training images; none when left out. */
  readonly augmentation?: Omit<AugmentOptions, 'height' | 'width'>
  /**
   * Which epoch's weights are returned: `best`, that of the highest kNN accuracy (ties by lower validation loss), or `latest-near-best`, the latest
   * whose kNN accuracy lies within one standard error sqrt(p (1 - p) / n) of the highest. The second suits schedules that end at a rate of zero, where
   * late epochs are better by less than the validation images can tell. `last` keeps the last whatever its accuracy: where training serves what that accuracy
   * does not measure, such as telling strangers. Default `best`.
   */
  readonly keep?: KeepRule
  /** Stop after so many epochs without a better kNN accuracy. */
  readonly earlyStopping?: { readonly patience: number }
  /** Training images that kNN accuracy is asked of, a fixed choice. Default 5000. */
  readonly knnReferences?: number
  /** Fixes everything. Default 0. */
  readonly seed?: number
  /** Default: `defaultRuntime()`, on all cores. */
  readonly runtime?: Runtime
  /** Where checkpoint and history go; none are written when left out. */
  readonly runFolder?: string
  /** Go on from the folder's checkpoint, to the same bytes as a run that was never stopped. */
  readonly resume?: boolean
  readonly progress?: Progress
  /** Stop after the running step, save, and throw `interrupted`. */
  readonly signal?: AbortSignal
  /** Weights to begin from, by name: fine-tuning. Those of the network that are missing are drawn from the seed. */
  readonly weights?: Weights
  /** Called, and waited for, after each epoch, before its checkpoint is written. */
  readonly onEpoch?: (record: EpochRecord, tools: EpochTools) => void | Promise<void>
}

/** Options with every default filled in. */
export interface Settings extends Required<
  Omit<
    TrainEmbedderOptions,
    'runtime' | 'batch' | 'augmentation' | 'outliers' | 'averageDecay' | 'weights' | 'earlyStopping' | 'runFolder' | 'signal' | 'onEpoch'
  >
> {
  readonly size: FullBatchSize
  readonly loss: LossSettings
  readonly rate: Schedule
  readonly trainOutliers: Dataset | undefined
  readonly validationOutliers: Dataset | undefined
  readonly augmentation: TrainEmbedderOptions['augmentation']
  readonly averageDecay: number | undefined
  readonly earlyStopping: TrainEmbedderOptions['earlyStopping']
  readonly runFolder: string | undefined
  readonly signal: AbortSignal | undefined
  readonly weights: Weights | undefined
  readonly onEpoch: TrainEmbedderOptions['onEpoch']
}

const where = 'trainEmbedder'
const known = [
  'train',
  'validation',
  'network',
  'mining',
  'margin',
  'distance',
  'temperature',
  'batch',
  'outliers',
  'optimizer',
  'schedule',
  'averageDecay',
  'epochs',
  'stepsPerEpoch',
  'augmentation',
  'keep',
  'earlyStopping',
  'knnReferences',
  'seed',
  'runtime',
  'runFolder',
  'resume',
  'progress',
  'signal',
  'weights',
  'onEpoch',
]

/** Checks every option and fills in defaults. @throws KindredError `usage` or `mismatch`, naming the option */
export function settle(options: TrainEmbedderOptions): Settings {
  checkOptions(where, options, known)
  const { train, validation, network, outliers, augmentation, earlyStopping, runFolder, averageDecay, signal, weights, onEpoch } = options
  const {
    mining = 'soft-negative',
    margin = 0.4,
    distance = 'euclidean',
    temperature = 0.1,
    batch = {},
    optimizer = adam(),
    schedule = () => constantRate(1e-3),
  } = options
  const { keep = 'best', epochs = 10, knnReferences = 5000, seed = 0, resume = false, progress = silent } = options
  checkChoice(where, 'mining', mining, minings)
  checkChoice(where, 'distance', distance, Object.keys(distances) as Distance['name'][])
  checkChoice(where, 'keep', keep, keepRules)
  checkMargin(where, margin)
  ensure(temperature > 0, where, 'temperature must be > 0', temperature)
  ensure(averageDecay === undefined || (averageDecay > 0 && averageDecay < 1), where, 'averageDecay must lie in (0, 1)', averageDecay)
  ensure(Number.isSafeInteger(seed), where, 'seed must be a whole number', seed)
  whole('epochs', epochs)
  whole('knnReferences', knnReferences)
  if (earlyStopping !== undefined) {
    checkOptions(`${where}, earlyStopping`, earlyStopping, ['patience'])
    whole('earlyStopping.patience', earlyStopping.patience)
  }
  checkOptions(`${where}, batch`, batch, ['triplets', 'classes', 'perClass', 'outliers'])
  ensure(!resume || runFolder !== undefined, where, 'resume needs a runFolder', undefined, 'Pass the folder of the run.')
  ensure(train.count > 0, where, 'there must be training images', 'an empty dataset')
  sameFrame(train, validation, 'validation')
  if (outliers !== undefined) sameFrame(train, outliers, 'outliers')
  if (augmentation !== undefined && train.channels !== 1)
    throw new KindredError(
      'unsupported',
      where,
      'augmentation must be of grey images',
      `${train.channels} channels`,
      'Leave augmentation out.',
    )
  const size = fullBatchSize(mining, batch, train, outliers !== undefined)
  const split = outliers === undefined || size.outliers === 0 ? undefined : shuffledSplit(outliers, size.outliers, seed)
  const { stepsPerEpoch = Math.ceil(train.count / size.labelled) } = options
  whole('stepsPerEpoch', stepsPerEpoch)
  return {
    train,
    validation,
    network,
    mining,
    margin,
    distance,
    temperature,
    optimizer,
    schedule,
    averageDecay,
    epochs,
    stepsPerEpoch,
    augmentation,
    keep,
    earlyStopping,
    knnReferences,
    seed,
    runFolder,
    resume,
    progress,
    signal,
    weights,
    onEpoch,
    size,
    loss: { margin, distance, temperature },
    rate: schedule(epochs * stepsPerEpoch),
    trainOutliers: split?.train,
    validationOutliers: split?.validation,
  }
}

function whole(name: string, value: number): void {
  ensure(Number.isInteger(value) && value > 0, where, `${name} must be a whole number above 0`, value)
}

function sameFrame(train: Dataset, other: Dataset, name: string): void {
  const frame = (d: Dataset) => `${d.height}x${d.width}x${d.channels}`
  if (frame(other) !== frame(train))
    throw new KindredError('mismatch', where, `${name} images must be ${frame(train)} as the training images`, frame(other))
}

/** The options that decide a run's bytes, each as a short text. The number of epochs is none of them: a run may be made longer. */
export function fingerprint(s: Settings, graphs: { readonly network: Uint8Array; readonly step: Uint8Array }): Record<string, string> {
  const { name } = s.optimizer
  return {
    seed: String(s.seed),
    'first weights': s.weights === undefined ? 'drawn' : hashWeights(s.weights),
    'training images': s.train.hash,
    'validation images': s.validation.hash,
    outliers: s.trainOutliers === undefined ? 'none' : s.trainOutliers.hash,
    mining: s.mining,
    margin: String(s.margin),
    distance: s.distance,
    temperature: String(s.temperature),
    batch: JSON.stringify({ triplets: s.size.triplets, classes: s.size.classes, perClass: s.size.perClass, outliers: s.size.outliers }),
    network: hash(graphs.network),
    optimizer: `${name} ${JSON.stringify(s.optimizer.scalars(3, 0.1))}`,
    averageDecay: String(s.averageDecay),
    stepsPerEpoch: String(s.stepsPerEpoch),
    augmentation: JSON.stringify(s.augmentation ?? null),
    knnReferences: String(s.knnReferences),
    keep: s.keep,
    'optimizer or loss': hash(graphs.step),
  }
}

/** The learning rates of the first `steps` steps, as a hash: what a schedule has been so far. */
export function ratesSoFar(rate: Schedule, steps: number): string {
  return hash(Float64Array.from({ length: steps }, (_, i) => rate(i + 1)))
}

function hashWeights(weights: Weights): string {
  const all = createHash('sha256')
  for (const [name, w] of weights) all.update(name).update(w)
  return all.digest('hex').slice(0, 16)
}

function hash(data: Uint8Array | Float64Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16)
}
