/**
 * @file The linear softmax head: an input and a softmax layer only, trained on frozen embeddings.
 */
import * as z from 'zod'
import {
  checkOptions,
  ensure,
  gatherRows,
  KindredError,
  nonFiniteAt,
  parseJsonAs,
  type Progress,
  rng,
  silent,
  stopIfAborted,
} from '../base/index.ts'
import { crossEntropy } from '../losses/index.ts'
import { dense } from '../nn/index.ts'
import { adam, cosine } from '../optim/index.ts'
import { floats, ints, defaultRuntime, type Runtime } from '../runtime/index.ts'
import { shuffledBatches } from '../samplers/index.ts'
import { input } from '../tensor/index.ts'
import { objective } from './objective.ts'
import { Stepper, trainStep } from './step.ts'

/** A trained head: logits = (W x + b) / temperature, probabilities = softmax(logits). Plain data that survives JSON through {@link headToJson}. */
export interface SoftmaxHead {
  readonly dim: number
  readonly classes: readonly string[]
  /** [classes, dim] */
  readonly weight: Float32Array
  /** [classes] */
  readonly bias: Float32Array
  /** Softens (above 1) or sharpens probabilities; 1 as trained. */
  readonly temperature: number
}

/** Options of {@link trainSoftmaxHead}. */
export interface SoftmaxHeadOptions {
  /** Embeddings [n, dim]. */
  readonly vectors: Float32Array
  readonly dim: number
  /** Class numbers [n]. */
  readonly labels: ArrayLike<number>
  readonly classes: readonly string[]
  /** Default 1500. */
  readonly steps?: number
  /** Rows a step. Default 512 (all where there are fewer). */
  readonly batch?: number
  /** At the start; falls along a cosine to 0. Default 0.05. */
  readonly learningRate?: number
  readonly seed?: number
  readonly runtime?: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/**
 * Trains a head by softmax cross-entropy with Adam; the embedding stays as it is.
 *
 * @throws KindredError `usage` when vectors and labels do not fit, or there are fewer than two classes
 */
export async function trainSoftmaxHead(options: SoftmaxHeadOptions): Promise<SoftmaxHead> {
  const where = 'softmax head'
  checkOptions(where, options, [
    'vectors',
    'dim',
    'labels',
    'classes',
    'steps',
    'batch',
    'learningRate',
    'seed',
    'runtime',
    'progress',
    'signal',
  ])
  const { vectors, dim, labels, classes, steps = 1500, learningRate = 0.05, seed = 0, progress = silent, signal } = options
  const n = labels.length
  ensure(vectors.length === n * dim && n > 0, where, `vectors must be [${n}, ${dim}], one row a label`, `${vectors.length} numbers`)
  ensure(
    classes.length >= 2,
    where,
    'there must be at least two classes',
    classes.length,
    'A head that knows one class has nothing to choose.',
  )
  ensure(Number.isInteger(steps) && steps > 0, where, 'steps must be a positive integer', steps)
  for (let i = 0; i < n; i++)
    ensure(labels[i] >= 0 && labels[i] < classes.length, where, `labels must lie in 0..${classes.length - 1}`, labels[i])
  const batch = Math.min(options.batch ?? 512, n)
  const runtime = options.runtime ?? (await defaultRuntime())
  const layer = dense(classes.length)
  const minimised = objective({ loss: crossEntropy() })
  const graph = trainStep({
    objective: (scope) => {
      return minimised.build({ embeddings: layer(input('vectors', [batch, dim]), scope), labels: input('labels', [batch], 'int64'), scope })
    },
    optimizer: adam(),
  })
  const stepper = await Stepper.create(runtime, graph, { seed: rng(seed).fork('softmax head').uint32() })
  const order = shuffledBatches({ batchSize: batch }).over(labels, { seed })
  const rate = cosine(learningRate, steps)
  const task = progress.start('softmax head', steps, 'step')
  try {
    const x = new Float32Array(batch * dim)
    const y = new Int32Array(batch)
    for (let step = 1; step <= steps; step++) {
      stopIfAborted(signal, where, `a stop before step ${step} of ${steps}`)
      const rows = order.next()
      gatherRows(vectors, dim, rows, x)
      for (const [i, row] of rows.entries()) y[i] = labels[row]
      const { loss, accuracy } = await stepper.run({ vectors: floats(x, [batch, dim]), labels: ints(y) }, rate(step))
      task.update(step, { loss, accuracy })
    }
  } finally {
    task.end()
    await stepper.dispose()
  }
  const weights = stepper.weights()
  return { dim, classes, weight: weights.get('weight')!, bias: weights.get('bias')!, temperature: 1 }
}

/**
 * Logits of a head: (W x + b) / temperature; [n, dim] -> [n, classes]. @throws KindredError `usage` for vectors of another length, `corrupt` when a logit is
 * not finite
 */
export function headLogits(head: SoftmaxHead, vectors: Float32Array): Float32Array {
  const { dim, weight, bias, temperature, classes } = head
  ensure(vectors.length % dim === 0, 'softmax head', `vectors must be rows of ${dim} numbers`, vectors.length)
  const n = vectors.length / dim
  const k = classes.length
  const out = new Float32Array(n * k)
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++) {
      let s = bias[c]
      for (let j = 0; j < dim; j++) s += weight[c * dim + j] * vectors[i * dim + j]
      out[i * k + c] = s / temperature
    }
  }
  const odd = nonFiniteAt(out)
  if (odd >= 0)
    throw new KindredError(
      'corrupt',
      'softmax head',
      'it must turn each vector into finite numbers',
      `${out[odd]} for vector ${Math.floor(odd / k) + 1}`,
      'The head is damaged: train it again.',
    )
  return out
}

/** The class of the largest logit in each row; [n, classes] -> [n]. */
export function predictions(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, i) => {
    let best = 0
    for (let c = 1; c < classes; c++) if (logits[i * classes + c] > logits[i * classes + best]) best = c
    return best
  })
}

/** The head as a JSON text. */
export function headToJson(head: SoftmaxHead, model: { hash: string }): string {
  const { dim, classes, weight, bias, temperature } = head
  return `${JSON.stringify({ format: 'kindred-softmax-head-1', model: model.hash, dim, classes, temperature, weight: [...weight], bias: [...bias] })}\n`
}

const float32 = z.number().min(-3.4e38).max(3.4e38)
const headSchema = z
  .object({
    format: z.literal('kindred-softmax-head-1'),
    model: z.string(),
    dim: z.int().positive(),
    classes: z.array(z.string()).min(2),
    temperature: z.number().min(1e-6).max(1e6),
    weight: z.array(float32),
    bias: z.array(float32),
  })
  .refine(
    ({ dim, classes, weight, bias }) => weight.length === dim * classes.length && bias.length === classes.length,
    'expected dim x classes weights and a bias for each class',
  )

/**
 * Reads {@link headToJson}.
 *
 * @param model when given, the model the vectors come from: a head of another model is refused
 * @throws KindredError `corrupt` or `mismatch`
 */
export function headFromJson(text: string, what = 'softmax head', model?: { hash: string }): SoftmaxHead {
  const raw = parseJsonAs(text, what, headSchema, 'A head is written beside its model when that is trained.')
  if (model !== undefined && model.hash !== raw.model)
    throw new KindredError(
      'mismatch',
      what,
      `the head must belong to the model ${model.hash.slice(0, 12)}`,
      raw.model.slice(0, 12),
      'Train the head again on this model.',
    )
  return {
    dim: raw.dim,
    classes: raw.classes,
    weight: Float32Array.from(raw.weight),
    bias: Float32Array.from(raw.bias),
    temperature: raw.temperature,
  }
}
