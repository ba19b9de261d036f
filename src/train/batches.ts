/**
 * @file The host's part of a step: which images make up the next batch, warped, side by side, ready to be fed.
 *
 * Preparing 250 augmented digits takes 3 to 4 ms of CPU time, about 2 % of a step. It is not overlapped with the step: onnxruntime-node computes
 * on the calling thread (with helpers), so nothing else runs on it meanwhile.
 */
import { z } from 'zod'
import { ensure, rng, rngFromState, type RngState } from '../base/index.ts'
import { affineAugmenter, imageAt, type AugmentOptions, type Dataset } from '../dataset/index.ts'
import { bytes, ints, type HostTensor } from '../runtime/index.ts'
import { mPerClass, randomTriplets, shuffledBatches, type MPerClassState, type ShuffleState, type TripletState } from '../samplers/index.ts'

/** How triplets are found. */
export type Mining = 'random' | 'batch-hard' | 'semi-hard' | 'soft-negative'
export const minings: readonly Mining[] = ['random', 'batch-hard', 'semi-hard', 'soft-negative']

/** What a batch holds: `triplets` for random mining, `classes` x `perClass` for the others; `outliers` more images as negatives. */
export interface BatchSize {
  readonly triplets?: number
  readonly classes?: number
  readonly perClass?: number
  readonly outliers?: number
}

/** A batch size with every number known. */
export interface FullBatchSize {
  readonly mining: Mining
  readonly triplets: number
  readonly classes: number
  readonly perClass: number
  readonly outliers: number
  /** Labelled images: 3 x triplets, or classes x perClass. */
  readonly labelled: number
  /** All images. */
  readonly images: number
}

/** Fills in defaults: 128 triplets, or all classes x 25; outliers half as many as labelled images. */
export function fullBatchSize(mining: Mining, size: BatchSize, train: Dataset, withOutliers: boolean): FullBatchSize {
  const where = 'trainEmbedder, batch'
  const random = mining === 'random'
  ensure(random || size.triplets === undefined, where, `mining ${mining} takes { classes, perClass }`, size)
  ensure(!random || (size.classes === undefined && size.perClass === undefined), where, 'mining random takes { triplets }', size)
  ensure(
    withOutliers || size.outliers === undefined || size.outliers === 0,
    where,
    'outliers need a set of outliers',
    size.outliers,
    'Pass outliers: a Dataset.',
  )
  const present = new Set(train.labels).size
  const { triplets = 128, classes = present, perClass = 25 } = size
  for (const [name, value] of Object.entries({ triplets, classes, perClass }))
    ensure(Number.isInteger(value) && value > 0, where, `${name} must be a whole number above 0`, value)
  ensure(random || perClass >= 2, where, 'perClass must be at least 2, or no image has a positive', perClass)
  ensure(
    random || classes >= 2,
    where,
    'there must be at least two classes',
    classes === 1 && present === 1 ? 'one class only' : classes,
    'A negative needs another class.',
  )
  const labelled = random ? 3 * triplets : classes * perClass
  const outliers = withOutliers ? (size.outliers ?? Math.round((random ? triplets : labelled) / 2)) : 0
  ensure(Number.isInteger(outliers) && outliers >= 0, where, 'outliers must be a whole number >= 0', outliers)
  return { mining, triplets, classes, perClass, outliers, labelled, images: labelled + outliers }
}

/** What {@link batchSource} needs to go on where it was; survives JSON. */
export interface BatchState {
  readonly sampler: TripletState | MPerClassState
  readonly outliers?: ShuffleState
  readonly augmentation?: RngState
}

const word = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1)
const random = z.tuple([word, word, word, word])
/** What a {@link BatchState} in JSON must be. */
export const batchStateSchema: z.ZodType<BatchState> = z.object({
  sampler: z.union([z.object({ kind: z.literal('random triplets'), random }), z.object({ kind: z.literal('m per class'), random })]),
  outliers: z.object({ kind: z.literal('shuffled batches'), random, position: z.int().nonnegative() }).optional(),
  augmentation: random.optional(),
})

/** A source of fed batches. */
export interface BatchSource {
  /** Inputs `images` [n, h, w] uint8 and, but for random triplets, `labels` int64 [n]. */
  next(): Record<string, HostTensor>
  state(): BatchState
}

/** Row numbers and labels of a batch, before any pixel is touched. */
interface Draw {
  readonly indices: Int32Array
  readonly labels: Int32Array
}

/** Draws batches without end; the first labelled rows, then the outliers, each with a label of its own. */
export function drawBatches(
  labels: Dataset['labels'],
  size: FullBatchSize,
  options: { seed: number; state?: BatchState['sampler'] },
): { next(): Draw; state(): BatchState['sampler'] } {
  const label = (indices: Int32Array): Draw => ({ indices, labels: Int32Array.from(indices, (i) => labels[i]) })
  if (size.mining === 'random') {
    const sampler = randomTriplets(labels, { batch: size.triplets, seed: options.seed, state: options.state as TripletState | undefined })
    return {
      next() {
        const { anchor, positive, negative } = sampler.next()
        return label(Int32Array.from([...anchor, ...positive, ...negative]))
      },
      state: () => sampler.state(),
    }
  }
  const sampler = mPerClass(labels, {
    classes: size.classes,
    perClass: size.perClass,
    seed: options.seed,
    state: options.state as MPerClassState | undefined,
  })
  return { next: () => label(sampler.next()), state: () => sampler.state() }
}

/** Everything {@link batchSource} draws from. */
export interface BatchSourceOptions {
  readonly train: Dataset
  readonly outliers?: Dataset
  readonly size: FullBatchSize
  readonly augmentation?: AugmentOptions
  readonly seed: number
  readonly state?: BatchState
}

/** The label of the first outlier of a batch: above every class of an 8-bit label. */
export const firstOutlierLabel = 1000

/** Batches of training images; sampling, outliers and augmentation each have their own stream of random numbers. */
export function batchSource({ train, outliers, size, augmentation, seed, state }: BatchSourceOptions): BatchSource {
  const draws = drawBatches(train.labels, size, { seed, state: state?.sampler })
  const extra =
    outliers === undefined || size.outliers === 0
      ? undefined
      : shuffledBatches(outliers.count, { batchSize: size.outliers, seed, dropLast: true, state: state?.outliers })
  const random = state?.augmentation === undefined ? rng(seed).fork('augmentation') : rngFromState(state.augmentation)
  const augmenter =
    augmentation === undefined ? undefined : affineAugmenter({ ...augmentation, height: train.height, width: train.width }, random)
  const each = train.height * train.width * train.channels
  const copy = (set: Dataset, indices: ArrayLike<number>, out: Uint8Array): void => {
    if (augmenter !== undefined) augmenter.warp(set.images, indices, out)
    else for (let i = 0; i < indices.length; i++) out.set(imageAt(set, indices[i]), i * each)
  }
  return {
    next(): Record<string, HostTensor> {
      const { indices, labels } = draws.next()
      const pixels = new Uint8Array(size.images * each)
      copy(train, indices, pixels.subarray(0, size.labelled * each))
      if (extra !== undefined) copy(outliers!, extra.next(), pixels.subarray(size.labelled * each))
      const images = bytes(pixels, imageShape(size.images, train))
      if (size.mining === 'random') return { images }
      return { images, labels: ints(withOutlierLabels(labels, size.outliers)) }
    },
    state: () => ({
      sampler: draws.state(),
      ...(extra === undefined ? {} : { outliers: extra.state() }),
      ...(augmenter === undefined ? {} : { augmentation: augmenter.state() }),
    }),
  }
}

/** Each outlier is a class of its own: a negative of everything and never an anchor, having no positive. */
export function withOutlierLabels(labels: Int32Array, outliers: number): Int32Array {
  const all = new Int32Array(labels.length + outliers)
  all.set(labels)
  for (let i = 0; i < outliers; i++) all[labels.length + i] = firstOutlierLabel + i
  return all
}

/** [n, h, w] for grey images, [n, h, w, channels] for others. */
export function imageShape<N>(n: N, { height, width, channels }: Dataset): (N | number)[] {
  return channels === 1 ? [n, height, width] : [n, height, width, channels]
}
