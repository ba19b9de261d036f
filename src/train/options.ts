/**
 * @file The options of a training run, checked and filled in.
 */
import { checkChoice, checkOptions, ensure, KindredError, show, silent, type Progress } from '../base/index.ts'
import type { ImageSource } from '../dataset/index.ts'
import type { Layer } from '../nn/index.ts'
import { adam, constantRate, type Optimizer, type Schedule } from '../optim/index.ts'
import type { Runtime } from '../runtime/index.ts'
import type { Sampler, SamplerFunction } from '../samplers/index.ts'
import { BatchFeed, type Augmentation, type SomeImages } from './batches.ts'
import type { Store } from './checkpoint.ts'
import { keepRules, type EpochRecord, type KeepRule } from './epoch.ts'
import type { Weights } from './network-embedder.ts'
import type { Objective } from './objective.ts'
import { outlierSplit } from './outlier-split.ts'

/** What {@link TrainEmbedderOptions.onEpoch} is given beside the record. */
export interface EpochTools {
  /** The network's weights just judged: averaged ones where the step averages. */
  readonly weights: Weights
  /** Embeds images (bytes, or a source of images) with them; [n, dim] row-major. */
  embed(images: Uint8Array | ImageSource): Promise<Float32Array>
  readonly dim: number
  /** Whether this is the epoch to keep so far; see {@link TrainEmbedderOptions.keep}. */
  readonly best: boolean
}

/** Looks at a run between two steps; see {@link TrainEmbedderOptions.looks}. */
export interface Looks {
  /** Numbers of steps, from 1 on; those beyond the run are never reached. */
  readonly at: readonly number[]
  /** Called, and waited for, after each of these steps, with the weights of that moment. */
  readonly look: (step: number, tools: Omit<EpochTools, 'best'>) => void | Promise<void>
}

/** Options of `trainEmbedder`. */
export interface TrainEmbedderOptions {
  /** Training images. */
  readonly source: ImageSource
  /** Images to judge by after each epoch. */
  readonly validation: ImageSource
  /** From 8-bit images [n, h, w] (channels last, if there are more than one) to embeddings [n, dim]. */
  readonly network: Layer
  /** What a step minimises; see `objective`. */
  readonly objective: Objective
  /** What a batch is made of: `randomTriplets`, `mPerClass`, `shuffledBatches`, `balanced`, or a sampler of your own. */
  readonly batches: Sampler | SamplerFunction
  /** Images of no class (labels are ignored), appended to each batch as negatives only. A tenth is held out for the validation loss. */
  readonly outliers?: ImageSource
  /** How many of them. Default: half as many as the batch has images. */
  readonly outliersPerBatch?: number
  /** Default Adam. */
  readonly optimizer?: Optimizer
  /** From the number of all steps to the learning rate of each. Default: 1e-3 always. */
  readonly schedule?: (totalSteps: number) => Schedule
  /** Keep an exponential moving average of the weights, and judge and return that. */
  readonly averageDecay?: number
  /** Default 10. */
  readonly epochs?: number
  /** Default: the sampler's, which is as many as bring each training image once on average. */
  readonly stepsPerEpoch?: number
  /** Random warps of training images; none when left out. */
  readonly augmentation?: Augmentation
  /**
   * Which epoch's weights are returned: `best`, that of the highest kNN accuracy (ties by lower validation loss), or `latest-near-best`, the latest
   * whose kNN accuracy lies within one standard error sqrt(p (1 - p) / n) of the highest. The second suits schedules that end at a rate of zero, where
   * late epochs are better by less than the validation images can tell. `last` keeps the last whatever its accuracy: where training serves what that accuracy
   * does not measure, such as telling outliers. Default `best`.
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
  /** Where a checkpoint and `history.json` go after each epoch and when the run is stopped: `folderStore(folder)` of `kindred/files`. Nowhere when left out. */
  readonly store?: Store
  /** Go on from the store's checkpoint, to the same bytes as a run that was never stopped. */
  readonly resume?: boolean
  readonly progress?: Progress
  /** Stop after the running step, save, and throw `interrupted`. */
  readonly signal?: AbortSignal
  /** Weights to begin from, by name: fine-tuning. Those of the network that are missing are drawn from the seed. */
  readonly weights?: Weights
  /** Called after each step, the first is 1, with what it reported: `loss`, `active`, and what else the loss reports. */
  readonly onStep?: (step: number, figures: Readonly<Record<string, number>>) => void
  /** Called, and waited for, after each epoch, before its checkpoint is written. */
  readonly onEpoch?: (record: EpochRecord, tools: EpochTools) => void | Promise<void>
  /** Looks at the weights after some steps, as for a first picture long before the first epoch ends. They change nothing: the run comes to the same bytes. */
  readonly looks?: Looks
}

type WithDefault = 'optimizer' | 'epochs' | 'stepsPerEpoch' | 'keep' | 'knnReferences' | 'seed' | 'resume' | 'progress'

/** Options with every default filled in. */
export interface Settings
  extends Required<Pick<TrainEmbedderOptions, WithDefault>>, Omit<TrainEmbedderOptions, WithDefault | 'schedule' | 'outliers' | 'runtime'> {
  readonly batches: Sampler
  readonly rate: Schedule
  readonly outliersPerBatch: number
  readonly trainOutliers: SomeImages | undefined
  readonly validationOutliers: SomeImages | undefined
  /** Images of a batch: drawn by the sampler, and all. */
  readonly labelled: number
  readonly images: number
}

const where = 'trainEmbedder'
const known = [
  'source',
  'validation',
  'network',
  'objective',
  'batches',
  'outliers',
  'outliersPerBatch',
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
  'store',
  'resume',
  'progress',
  'signal',
  'weights',
  'onStep',
  'onEpoch',
  'looks',
]

/** Checks every option and fills in defaults. @throws KindredError `usage` or `mismatch`, naming the option */
export function settle(options: TrainEmbedderOptions): Settings {
  checkOptions(where, options, known)
  const { source, validation, outliers, averageDecay, earlyStopping, store } = options
  const {
    optimizer = adam(),
    schedule = () => constantRate(1e-3),
    keep = 'best',
    epochs = 10,
    knnReferences = 5000,
    seed = 0,
    resume = false,
    progress = silent,
  } = options
  for (const name of ['source', 'validation', 'network', 'objective', 'batches'] as const)
    ensure(options[name] !== undefined, where, `${name} must be given`, undefined)
  ensure(typeof options.network === 'function', where, 'network must be a layer, such as studentNetwork()', options.network)
  ensure(
    typeof options.objective?.build === 'function',
    where,
    'objective must be one',
    typeof options.objective === 'function' ? 'a function' : options.objective,
    'Pass objective({ loss }), where loss may be a function of your own.',
  )
  checkChoice(where, 'keep', keep, keepRules)
  ensure(averageDecay === undefined || (averageDecay > 0 && averageDecay < 1), where, 'averageDecay must lie in (0, 1)', averageDecay)
  ensure(Number.isSafeInteger(seed), where, 'seed must be a whole number', seed)
  whole('epochs', epochs)
  whole('knnReferences', knnReferences)
  if (earlyStopping !== undefined) {
    checkOptions(`${where}, earlyStopping`, earlyStopping, ['patience'])
    whole('earlyStopping.patience', earlyStopping.patience)
  }
  if (options.looks !== undefined) {
    checkOptions(`${where}, looks`, options.looks, ['at', 'look'])
    for (const step of options.looks.at) whole('looks.at', step)
    ensure(typeof options.looks.look === 'function', where, 'looks.look must be a function', options.looks.look)
  }
  ensure(!resume || store !== undefined, where, 'resume needs a store', undefined, 'Pass the store of the run: folderStore(folder).')
  for (const [name, images] of Object.entries({ source, validation, outliers })) if (images !== undefined) checkSource(name, images, source)
  const batches: Sampler =
    typeof options.batches === 'function'
      ? {
          name: options.batches.name === '' || options.batches.name === 'batches' ? 'own' : options.batches.name,
          over: options.batches as Sampler['over'],
        }
      : options.batches
  ensure(
    typeof batches.over === 'function',
    where,
    'batches must be a sampler { name, over } or a function (labels, { seed, state, fit }) => batches',
    options.batches,
  )
  const { labelled, stepsPerEpoch: natural } = new BatchFeed({
    source,
    sampler: batches,
    outliers: undefined,
    outliersPerBatch: 0,
    augmentation: options.augmentation,
    seed,
  })
  ensure(
    Number.isInteger(labelled) && labelled > 0,
    where,
    `${batches.name} must say the size of its batches, a whole number above 0`,
    labelled,
  )
  ensure(
    outliers !== undefined || (options.outliersPerBatch ?? 0) === 0,
    where,
    'outliersPerBatch needs outliers',
    options.outliersPerBatch,
    'Pass outliers: a source of images.',
  )
  const outliersPerBatch = outliers === undefined ? 0 : (options.outliersPerBatch ?? Math.round(labelled / 2))
  ensure(
    Number.isInteger(outliersPerBatch) && outliersPerBatch >= 0,
    where,
    'outliersPerBatch must be a whole number >= 0',
    outliersPerBatch,
  )
  const split = outliersPerBatch === 0 ? undefined : outlierSplit(outliers!, outliersPerBatch, seed)
  const { stepsPerEpoch = natural } = options
  whole('stepsPerEpoch', stepsPerEpoch)
  return {
    ...options,
    optimizer,
    keep,
    epochs,
    knnReferences,
    seed,
    resume,
    progress,
    batches,
    stepsPerEpoch,
    outliersPerBatch,
    labelled,
    images: labelled + outliersPerBatch,
    rate: schedule(epochs * stepsPerEpoch),
    trainOutliers: split && { source: outliers!, rows: split.train },
    validationOutliers: split && { source: outliers!, rows: split.validation },
  }
}

function whole(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new KindredError('usage', where, `${name} must be a whole number above 0`, show(value), undefined, { option: name.split('.')[0] })
}

function checkSource(name: string, images: ImageSource, source: ImageSource): void {
  const frame = (d: ImageSource) => `${d.height}x${d.width}x${d.channels}`
  ensure(typeof images.read === 'function', where, `${name} must be a source of images, with a method read`, Object.keys(images))
  ensure(images.count > 0, where, `${name} must hold images`, 'an empty dataset')
  ensure(
    images.labels.length === images.count,
    where,
    `${name} must have a label for each of its ${images.count} images`,
    images.labels.length,
  )
  if (frame(images) !== frame(source))
    throw new KindredError('mismatch', where, `${name} images must be ${frame(source)} as the training images`, frame(images))
}
