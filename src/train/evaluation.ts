/**
 * @file How good the weights are right now: validation loss, kNN accuracy and spread, from one embedding of each image.
 *
 * The network is compiled once, with its weights as inputs; an epoch only feeds others. The loss is computed from the embeddings by a
 * second, small program, so that no image passes the network twice.
 */
import { ensure, KindredError, largest, smallest } from '../base/index.ts'
import { imageAt, indicesByClass, take, type Dataset } from '../dataset/index.ts'
import { knnAccuracy } from '../metrics/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { bytes, compile, floats, ints, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'
import { drawBatches, imageShape, withOutlierLabels, type FullBatchSize } from './batches.ts'
import { tripletObjective, type LossSettings } from './objective.ts'

/** Named weights of a network. */
export type Weights = ReadonlyMap<string, Float32Array>

/** What {@link Evaluation} needs. */
export interface EvaluationOptions {
  readonly runtime: Runtime
  readonly network: Layer
  readonly train: Dataset
  readonly validation: Dataset
  /** Outliers that training never sees. */
  readonly outliers: Dataset | undefined
  readonly size: FullBatchSize
  readonly loss: LossSettings
  readonly seed: number
  readonly knnReferences: number
}

/** Figures of one set of weights. */
export interface EvaluationFigures {
  /** The training objective on fixed batches of validation images. */
  readonly validationLoss: number
  /** Share of their triplets (or pairs) that violate the margin, 0..1. */
  readonly validationActive: number
  /** Share of validation images that 5 nearest training images name right, 0..1. */
  readonly knnAccuracy: number
  /** Root mean square distance of the validation embeddings to their mean. */
  readonly spread: number
  /** Root mean square length of the validation embeddings. */
  readonly length: number
}

const chunk = 250
/** Validation batches even where fewer cover all images: they cost only the loss, and their mean is steadier. */
const fewestBatches = 10

/** Embeds and judges, again and again. */
export class Evaluation {
  /** Length of an embedding. */
  readonly dim: number
  private readonly options: EvaluationOptions
  private readonly references: Dataset
  private readonly embedder: Program
  private readonly loss: Program
  private readonly batches: readonly { readonly rows: Int32Array; readonly labels: Int32Array }[]
  private readonly size: FullBatchSize
  private readonly shapes: ReadonlyMap<string, readonly number[]>

  private constructor(
    options: EvaluationOptions,
    parts: { dim: number; embedder: Program; loss: Program; size: FullBatchSize; shapes: ReadonlyMap<string, readonly number[]> },
  ) {
    const { train, validation, seed, knnReferences } = options
    this.options = options
    this.dim = parts.dim
    this.embedder = parts.embedder
    this.loss = parts.loss
    this.size = parts.size
    this.shapes = parts.shapes
    this.references = knnReferences >= train.count ? train : take(train, knnReferences, { seed })
    const draws = drawBatches(validation.labels, parts.size, { seed })
    this.batches = Array.from({ length: Math.max(fewestBatches, Math.ceil(validation.count / parts.size.labelled)) }, () => {
      const { indices, labels } = draws.next()
      return { rows: indices, labels: withOutlierLabels(labels, parts.size.outliers) }
    })
  }

  /** Compiles both programs. @throws KindredError `usage` when validation images are too few to make a triplet */
  static async create(options: EvaluationOptions): Promise<Evaluation> {
    const { runtime, network, train, validation } = options
    const size = validationBatch(options.size, validation, options.outliers)
    const scope = new Scope()
    const embedding = network(input('images', imageShape('N', train), 'uint8'), scope)
    ensure(
      embedding.rank === 2 && typeof embedding.shape[1] === 'number',
      'trainEmbedder',
      'the network must turn images into embeddings [n, dim]',
      embedding.shape,
    )
    const dim = embedding.shape[1] as number
    const { loss, active } = tripletObjective(input('embeddings', [size.images, dim]), size, options.loss)
    return new Evaluation(options, {
      dim,
      size,
      shapes: new Map(scope.weights.map((w) => [w.name, w.shape])),
      embedder: await compile(runtime, { embedding }, { name: 'kindred-embed' }),
      loss: await compile(runtime, { loss, active }, { name: 'kindred-validation-loss' }),
    })
  }

  /** Embeds images [n x height x width x channels] bytes -> [n, dim], in chunks of 250. */
  async embed(weights: Weights, images: Uint8Array): Promise<Float32Array> {
    const each = imageAt(this.references, 0).length
    ensure(images.length % each === 0, 'embed', `images must hold whole images of ${each} bytes`, images.length)
    const n = images.length / each
    const fixed: Record<string, HostTensor> = {}
    for (const [name, shape] of this.shapes) fixed[name] = floats(weights.get(name)!, shape)
    const out = new Float32Array(n * this.dim)
    for (let from = 0; from < n; from += chunk) {
      const count = Math.min(chunk, n - from)
      const part = bytes(images.subarray(from * each, (from + count) * each), imageShape(count, this.references) as number[])
      const { embedding } = await this.embedder.run({ ...fixed, images: part })
      out.set(embedding.data as Float32Array, from * this.dim)
    }
    return out
  }

  /** All figures of these weights. @throws KindredError `collapsed` when an embedding is not finite */
  async figures(weights: Weights): Promise<EvaluationFigures> {
    const { validation, outliers } = this.options
    const { references, dim } = this
    const embedded = await this.embed(weights, validation.images)
    if (!embedded.every(Number.isFinite))
      throw new KindredError('collapsed', 'evaluation', 'every embedding must be finite', 'NaN or Infinity', 'Lower the learning rate.')
    const extra = outliers === undefined ? new Float32Array(0) : await this.embed(weights, outliers.images)
    const known = await this.embed(weights, references.images)
    const figures: EvaluationFigures = {
      ...(await this.validationLoss(embedded, extra)),
      knnAccuracy: knnAccuracy(known, references.labels, dim, {
        k: Math.min(5, references.count),
        queries: embedded,
        queryLabels: validation.labels,
      }),
      ...spreadOf(embedded, dim),
    }
    for (const [name, value] of Object.entries(figures)) {
      if (!Number.isFinite(value))
        throw new KindredError(
          'collapsed',
          'evaluation',
          `${name} must be a finite number`,
          String(value),
          'The embeddings are too large to be measured: lower the learning rate.',
        )
    }
    return figures
  }

  async dispose(): Promise<void> {
    await this.embedder.dispose()
    await this.loss.dispose()
  }

  private async validationLoss(embedded: Float32Array, extra: Float32Array): Promise<{ validationLoss: number; validationActive: number }> {
    const { dim, size } = this
    let [loss, active] = [0, 0]
    for (const { rows, labels } of this.batches) {
      const batch = new Float32Array(size.images * dim)
      rows.forEach((row, i) => batch.set(embedded.subarray(row * dim, (row + 1) * dim), i * dim))
      batch.set(extra.subarray(0, size.outliers * dim), size.labelled * dim)
      const feeds = { embeddings: floats(batch, [size.images, dim]), labels: ints(labels) }
      const out = await this.loss.run(feeds)
      loss += (out.loss.data as Float32Array)[0]
      active += (out.active.data as Float32Array)[0]
    }
    return { validationLoss: loss / this.batches.length, validationActive: active / this.batches.length }
  }
}

/** The training batch, or as much of it as the validation images can fill. */
function validationBatch(size: FullBatchSize, validation: Dataset, outliers: Dataset | undefined): FullBatchSize {
  const counts = indicesByClass(validation)
    .map((list) => list.length)
    .filter((n) => n > 0)
  const where = 'trainEmbedder, validation'
  ensure(counts.length >= 2, where, 'validation images must be of at least two classes', counts.length)
  ensure(
    size.mining === 'random' ? largest(counts) >= 2 : smallest(counts) >= 2,
    where,
    'each class must have at least two validation images',
    counts,
  )
  const triplets = Math.min(size.triplets, validation.count)
  const classes = Math.min(size.classes, counts.length)
  const perClass = smallest(counts, size.perClass)
  const labelled = size.mining === 'random' ? 3 * triplets : classes * perClass
  const more = Math.min(size.outliers, outliers?.count ?? 0)
  return { mining: size.mining, triplets, classes, perClass, labelled, outliers: more, images: labelled + more }
}

/** Root mean square distance to the mean, and root mean square length, in float64. */
export function spreadOf(points: Float32Array, dim: number): { spread: number; length: number } {
  const n = points.length / dim
  const mean = new Float64Array(dim)
  for (let i = 0; i < points.length; i++) mean[i % dim] += points[i] / n
  let [around, length] = [0, 0]
  for (let i = 0; i < points.length; i++) {
    around += (points[i] - mean[i % dim]) ** 2
    length += points[i] ** 2
  }
  return { spread: Math.sqrt(around / n), length: Math.sqrt(length / n) }
}
