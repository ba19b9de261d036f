/**
 * @file How good the weights are right now: validation loss, kNN accuracy and spread, from one embedding of each image.
 *
 * The network is compiled once, with its weights as inputs; an epoch only feeds others. The loss is computed from the embeddings by a
 * second, small program, so that no image passes the network twice.
 */
import { ensure, gatherRows, KindredError, rng } from '../base/index.ts'
import type { ImageSource } from '../dataset/index.ts'
import { knnAccuracy } from '../metrics/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { compile, floats, ints, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import type { Sampler } from '../samplers/index.ts'
import { input } from '../tensor/index.ts'
import { labelsOf, type SomeImages } from './batches.ts'
import { NetworkEmbedder, type Weights } from './network-embedder.ts'
import type { Objective } from './objective.ts'

/** What {@link Evaluation} needs. */
export interface EvaluationOptions {
  readonly runtime: Runtime
  readonly network: Layer
  readonly source: ImageSource
  readonly validation: ImageSource
  /** Outliers that training never sees, and how many are in a training batch. */
  readonly outliers: SomeImages | undefined
  readonly outliersPerBatch: number
  readonly batches: Sampler
  readonly objective: Objective
  readonly seed: number
  readonly knnReferences: number
}

/** Figures of one set of weights. */
export interface EvaluationFigures {
  /** The training objective on fixed batches of validation images. */
  readonly validationLoss: number
  /** Share of their tuples (triplets, pairs, rows) that still pull, 0..1. */
  readonly validationActive: number
  /** Share of validation images that 5 nearest training images name right, 0..1. */
  readonly knnAccuracy: number
  /** Root mean square distance of the validation embeddings to their mean. */
  readonly spread: number
  /** Root mean square length of the validation embeddings. */
  readonly length: number
}

/** Validation batches even where fewer cover all images: they cost only the loss, and their mean is steadier. */
const fewestBatches = 10

/** Embeds and judges, again and again. */
export class Evaluation {
  readonly embedder: NetworkEmbedder
  private readonly options: EvaluationOptions
  private readonly loss: Program
  private readonly lossShapes: ReadonlyMap<string, readonly number[]>
  private readonly references: Int32Array
  private readonly batches: readonly { readonly rows: Int32Array; readonly labels: Int32Array }[]
  private readonly extra: Int32Array

  private constructor(
    options: EvaluationOptions,
    parts: Pick<Evaluation, 'embedder'> & {
      loss: Program
      lossShapes: ReadonlyMap<string, readonly number[]>
      batches: Evaluation['batches']
      extra: Int32Array
    },
  ) {
    this.options = options
    this.embedder = parts.embedder
    this.loss = parts.loss
    this.lossShapes = parts.lossShapes
    this.batches = parts.batches
    this.extra = parts.extra
    this.references = someOf(options.source.count, options.knnReferences, options.seed)
  }

  /** Compiles both programs. @throws KindredError `usage` when validation images are too few to make a batch */
  static async create(options: EvaluationOptions): Promise<Evaluation> {
    const { runtime, network, source, validation, outliers, objective, seed } = options
    const where = 'trainEmbedder, validation'
    const present = new Set(validation.labels).size
    ensure(present >= 2, where, 'validation images must be of at least two classes', present)
    const draws = options.batches.over(validation.labels, { seed, fit: true })
    const extra = outliers === undefined ? new Int32Array(0) : outliers.rows.subarray(0, options.outliersPerBatch)
    const batches = Array.from({ length: Math.max(fewestBatches, Math.ceil(validation.count / draws.size)) }, () => {
      const rows = draws.next()
      ensure(rows.length === draws.size, where, `batches must hold ${draws.size} images each`, rows.length)
      return { rows, labels: labelsOf(validation, rows, extra.length) }
    })
    const embedder = await NetworkEmbedder.create(runtime, network, source)
    const scope = new Scope()
    const images = draws.size + extra.length
    const { loss, figures } = objective.build({
      embeddings: input('embeddings', [images, embedder.dim]),
      labels: input('labels', [images], 'int64'),
      labelled: draws.size,
      scope: scope.child('loss'),
    })
    return new Evaluation(options, {
      embedder,
      loss: await compile(runtime, { loss, active: figures.active }, { name: 'kindred-validation-loss' }),
      lossShapes: new Map(scope.weights.map((w) => [w.name, w.shape])),
      batches,
      extra,
    })
  }

  /**
   * All figures of these weights.
   *
   * @param weights those of the network, and those of the loss where it has some
   * @throws KindredError `collapsed` when an embedding is not finite
   */
  async figures(weights: Weights): Promise<EvaluationFigures> {
    const { source, validation, outliers } = this.options
    const { references, embedder } = this
    const embedded = await embedder.embed(weights, validation)
    if (!embedded.every(Number.isFinite))
      throw new KindredError('collapsed', 'evaluation', 'every embedding must be finite', 'NaN or Infinity', 'Lower the learning rate.')
    const extra = outliers === undefined ? new Float32Array(0) : await embedder.embed(weights, outliers.source, this.extra)
    const known = await embedder.embed(weights, source, references)
    const knownLabels = Int32Array.from(references, (row) => source.labels[row])
    const figures: EvaluationFigures = {
      ...(await this.validationLoss(weights, embedded, extra)),
      knnAccuracy: knnAccuracy(known, knownLabels, embedder.dim, {
        k: Math.min(5, references.length),
        queries: embedded,
        queryLabels: validation.labels,
      }),
      ...spreadOf(embedded, embedder.dim),
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

  /** Root mean square distance of at most 200 validation embeddings to their mean; undefined where they are not finite. */
  async spread(weights: Weights): Promise<number | undefined> {
    const { validation, seed } = this.options
    const { embedder } = this
    const { spread } = spreadOf(await embedder.embed(weights, validation, someOf(validation.count, 200, seed)), embedder.dim)
    return Number.isFinite(spread) ? spread : undefined
  }

  async dispose(): Promise<void> {
    await this.embedder.dispose()
    await this.loss.dispose()
  }

  private async validationLoss(
    weights: Weights,
    embedded: Float32Array,
    extra: Float32Array,
  ): Promise<{ validationLoss: number; validationActive: number }> {
    const { dim } = this.embedder
    const fixed: Record<string, HostTensor> = {}
    for (const [name, shape] of this.lossShapes) fixed[name] = floats(weights.get(name)!, shape)
    let [loss, active] = [0, 0]
    for (const { rows, labels } of this.batches) {
      const batch = new Float32Array(labels.length * dim)
      gatherRows(embedded, dim, rows, batch)
      batch.set(extra, rows.length * dim)
      const out = await this.loss.run({ ...fixed, embeddings: floats(batch, [labels.length, dim]), labels: ints(labels) })
      loss += (out.loss.data as Float32Array)[0]
      active += (out.active.data as Float32Array)[0]
    }
    return { validationLoss: loss / this.batches.length, validationActive: active / this.batches.length }
  }
}

/** A fixed choice of `most` of `count` rows; all in order where there are no more. */
function someOf(count: number, most: number, seed: number): Int32Array {
  const rows = Int32Array.from({ length: count }, (_, i) => i)
  return most >= count ? rows : rng(seed).fork('take').shuffle(rows).slice(0, most)
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
