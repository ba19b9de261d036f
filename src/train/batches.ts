/**
 * @file The host's part of a step: which images make up the next batch, warped, side by side, ready to be fed.
 *
 * Preparing 250 augmented digits takes 3 to 4 ms of CPU time, about 2 % of a step. It is not overlapped with the step: onnxruntime-node computes
 * on the calling thread (with helpers), so nothing else runs on it meanwhile.
 */
import * as z from 'zod'
import { ensure, rng, rngFromState, type RngState } from '../base/index.ts'
import { affineAugmenter, imageBytes, type AugmentOptions, type ImageSource } from '../dataset/index.ts'
import { bytes, ints, type HostTensor } from '../runtime/index.ts'
import { shuffledBatches, type Batches, type Sampler, type ShuffleState } from '../samplers/index.ts'
import { imageShape } from './network-embedder.ts'

/** How far training images are warped. */
export type Augmentation = Omit<AugmentOptions, 'height' | 'width' | 'channels'>

/** Some images of a source. */
export interface SomeImages {
  readonly source: ImageSource
  readonly rows: Int32Array
}

/** What {@link BatchFeed} needs to go on where it was; survives JSON. */
export interface BatchState {
  readonly sampler: unknown
  readonly outliers?: ShuffleState
  readonly augmentation?: RngState
}

const word = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1)
const random = z.tuple([word, word, word, word])
/** What a {@link BatchState} in JSON must be; the sampler looks at its own part. */
export const batchStateSchema: z.ZodType<BatchState> = z.object({
  sampler: z.unknown().refine((state) => state !== undefined && state !== null, 'expected the state of a sampler'),
  outliers: z.object({ kind: z.literal('shuffled batches'), random, position: z.int().nonnegative() }).optional(),
  augmentation: random.optional(),
})

/** Everything {@link BatchFeed} draws from. */
export interface BatchFeedOptions {
  readonly source: ImageSource
  readonly sampler: Sampler
  readonly outliers: SomeImages | undefined
  readonly outliersPerBatch: number
  readonly augmentation: Augmentation | undefined
  readonly seed: number
  readonly state?: BatchState
}

/** Batches of training images, ready to be fed; sampling, outliers and augmentation each have their own stream of random numbers. */
export class BatchFeed {
  /** Images that the sampler draws. */
  readonly labelled: number
  /** All images of a batch. */
  readonly images: number
  /** Batches until each image has come once, on average. */
  readonly stepsPerEpoch: number
  private readonly options: BatchFeedOptions
  private readonly draws: Batches
  private readonly extra: Batches<ShuffleState> | undefined
  private readonly augmenter: ReturnType<typeof affineAugmenter> | undefined

  constructor(options: BatchFeedOptions) {
    const { source, sampler, outliers, outliersPerBatch, augmentation, seed, state } = options
    this.options = options
    this.draws = sampler.over(source.labels, { seed, state: state?.sampler })
    this.labelled = this.draws.size
    this.images = this.labelled + (outliers === undefined ? 0 : outliersPerBatch)
    this.stepsPerEpoch = this.draws.stepsPerEpoch
    this.extra =
      outliers === undefined
        ? undefined
        : shuffledBatches({ batchSize: outliersPerBatch }).over(outliers.rows, { seed, state: state?.outliers })
    const stream = state?.augmentation === undefined ? rng(seed).fork('augmentation') : rngFromState(state.augmentation)
    const { height, width, channels } = source
    this.augmenter = augmentation === undefined ? undefined : affineAugmenter({ ...augmentation, height, width, channels }, stream)
  }

  /** Inputs `images` [n, h, w] (channels last, if there are more than one) uint8 and `labels` int64 [n]: first the labelled images, then outliers. */
  async next(): Promise<Record<string, HostTensor>> {
    const { source, sampler, outliers } = this.options
    const each = imageBytes(source)
    const rows = this.draws.next()
    ensure(
      rows.length === this.labelled,
      'trainEmbedder, batches',
      `${sampler.name} must give ${this.labelled} images in every batch`,
      rows.length,
    )
    for (const row of rows)
      if (!(row >= 0 && row < source.count))
        ensure(false, 'trainEmbedder, batches', `${sampler.name} must give rows in 0..${source.count - 1}`, row)
    const pixels = new Uint8Array(this.images * each)
    await this.fill(source, rows, pixels.subarray(0, this.labelled * each))
    if (this.extra !== undefined)
      await this.fill(
        outliers!.source,
        this.extra.next().map((i) => outliers!.rows[i]),
        pixels.subarray(this.labelled * each),
      )
    return { images: bytes(pixels, imageShape(this.images, source)), labels: ints(labelsOf(source, rows, this.images - this.labelled)) }
  }

  state(): BatchState {
    const sampler = this.draws.state()
    ensure(
      sampler !== undefined && sampler !== null,
      'trainEmbedder, batches',
      `${this.options.sampler.name} must tell its state, or the run could not be resumed`,
      sampler,
    )
    return { sampler, outliers: this.extra?.state(), augmentation: this.augmenter?.state() }
  }

  /** Reads images and warps them. */
  private async fill(source: ImageSource, rows: Int32Array, out: Uint8Array): Promise<void> {
    if (this.augmenter === undefined) return source.read(rows, out)
    const plain = new Uint8Array(out.length)
    await source.read(rows, plain)
    this.augmenter.warp(plain, undefined, out)
  }
}

/** Labels of a batch. Each outlier is a class of its own, above all that have a name: a negative of everything and never an anchor, having no positive. */
export function labelsOf({ labels, classes }: ImageSource, rows: Int32Array, outliers: number): Int32Array {
  const all = new Int32Array(rows.length + outliers)
  rows.forEach((row, i) => (all[i] = labels[row]))
  for (let i = 0; i < outliers; i++) all[rows.length + i] = classes.length + i
  return all
}
