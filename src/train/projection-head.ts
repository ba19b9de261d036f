/**
 * @file A projection head: a square matrix behind a frozen network, trained by triplets so that vectors of one class come nearer to each other than to others.
 *
 * It starts as the identity and is pulled back towards it, so that little data moves the space little.
 */
import {
  checkOptions,
  ensure,
  gatherRows,
  KindredError,
  nonFiniteAt,
  type Progress,
  rng,
  silent,
  squaredDistance,
  stopIfAborted,
} from '../base/index.ts'
import { tripletMarginLoss } from '../losses/index.ts'
import { semiHard } from '../miners/index.ts'
import { zeros } from '../nn/index.ts'
import { checkModel, decodeModel, encodeModel, toOnnx } from '../onnx/index.ts'
import { adam, cosine } from '../optim/index.ts'
import { defaultRuntime, floats, ints, type Runtime } from '../runtime/index.ts'
import { mPerClass } from '../samplers/index.ts'
import { add, input, matmul, mul, square, sum } from '../tensor/index.ts'
import { objective } from './objective.ts'
import { Stepper, trainStep } from './step.ts'

/** A trained head: y = W x. */
export interface ProjectionHead {
  readonly dim: number
  /** W, row-major [dim, dim]; the identity where nothing was learnt. */
  readonly weight: Float32Array
}

/** One step of training, for a curve. */
export interface ProjectionStep {
  readonly step: number
  readonly loss: number
  /** Share of triplets with a loss above zero. */
  readonly active: number
}

/** Options of {@link trainProjectionHead}. */
export interface ProjectionHeadOptions {
  /** Embeddings [n, dim]. */
  readonly vectors: Float32Array
  readonly dim: number
  /** Class numbers [n]; below 0: not used. */
  readonly labels: Int32Array
  /** Default 300. */
  readonly steps?: number
  /** How much farther the negative must be than the positive, in parts of the mean distance between two classes. Default 0.35. */
  readonly margin?: number
  /** The loss gains decay * |W - I|^2. Default 0.03. */
  readonly decay?: number
  /** At the start; falls along a cosine to 0. Default 0.002. */
  readonly learningRate?: number
  readonly seed?: number
  readonly runtime?: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const where = 'projection head'
/** Numbers a vector at most: the matrix and its optimiser grow with the square. */
export const longestProjected = 512
/** Of one batch at most: classes, and rows of each. */
const [mostClasses, mostPerClass] = [8, 8]

/**
 * Trains W by min mean max(0, |W a - W p| - |W a - W n| + margin) + decay |W - I|^2 over semi-hard triplets of batches of up to 8 classes x 8 rows, with Adam.
 *
 * Lengths are measured in the mean distance between vectors of two classes, so that the settings hold for any network.
 * @throws KindredError `usage` for fewer than two classes with two vectors, or vectors of more than 512 numbers; `interrupted`
 * Cost: steps x O(64 dim^2 + 64^2 dim)
 * Source: Weinberger, Saul 2009 (a linear map learnt by triplets); Schroff et al. 2015 (semi-hard triplets)
 */
export async function trainProjectionHead(options: ProjectionHeadOptions): Promise<ProjectionHead & { readonly curve: ProjectionStep[] }> {
  checkOptions(where, options, [
    'vectors',
    'dim',
    'labels',
    'steps',
    'margin',
    'decay',
    'learningRate',
    'seed',
    'runtime',
    'progress',
    'signal',
  ])
  const { vectors, dim, labels, steps = 300, margin = 0.35, decay = 0.03, learningRate = 0.002, seed = 0 } = options
  const { progress = silent, signal } = options
  ensure(
    vectors.length === labels.length * dim && dim > 0,
    where,
    `vectors must be [${labels.length}, ${dim}]`,
    `${vectors.length} numbers`,
  )
  ensure(dim <= longestProjected, where, `vectors must have at most ${longestProjected} numbers`, dim)
  ensure(Number.isInteger(steps) && steps > 0, where, 'steps must be a positive integer', steps)
  ensure(Number.isFinite(decay) && decay >= 0, where, 'decay must be a number >= 0', decay)
  const rows = usable(labels)
  const known = Int32Array.from(rows, (i) => labels[i])
  const x = gatherRows(vectors, dim, rows)
  const unit = betweenClasses(x, dim, known, seed)
  for (let i = 0; i < x.length; i++) x[i] /= unit
  const classes = Math.min(mostClasses, new Set(known).size)
  const perClass = Math.min(mostPerClass, Math.floor(rows.length / classes)) // two at least, as each class has them
  const batches = mPerClass({ classes, perClass, replace: true }).over(known, { seed })
  const minimised = objective({ loss: tripletMarginLoss({ margin }), miner: semiHard() })
  const n = batches.size
  const graph = trainStep({
    objective: (scope) => {
      const change = scope.parameter('change', [dim, dim], zeros)
      const given = input('vectors', [n, dim])
      const embeddings = add(given, matmul(given, change, { transB: true }))
      const parts = minimised.build({ embeddings, labels: input('labels', [n], 'int64'), scope })
      return { loss: add(parts.loss, mul(sum(square(change)), decay)), figures: { active: parts.figures.active } }
    },
    optimizer: adam(),
  })
  const stepper = await Stepper.create(options.runtime ?? (await defaultRuntime()), graph, { seed: rng(seed).fork(where).uint32() })
  const rate = cosine(learningRate, steps)
  const task = progress.start(where, steps, 'step')
  const curve: ProjectionStep[] = []
  try {
    for (let step = 1; step <= steps; step++) {
      stopIfAborted(signal, where, `a stop before step ${step} of ${steps}`)
      const drawn = batches.next()
      const feeds = { vectors: floats(gatherRows(x, dim, drawn), [n, dim]), labels: ints(Int32Array.from(drawn, (i) => known[i])) }
      const { loss, active } = await stepper.run(feeds, rate(step))
      curve.push({ step, loss, active })
      task.update(step, { loss, active })
    }
  } finally {
    task.end()
    await stepper.dispose()
  }
  const weight = stepper.weights().get('change')!.slice()
  for (let i = 0; i < dim; i++) weight[i * (dim + 1)] += 1
  return { dim, weight, curve }
}

/** Rows of classes with two rows or more. */
function usable(labels: Int32Array): number[] {
  const counts = new Map<number, number>()
  for (const l of labels) if (l >= 0) counts.set(l, (counts.get(l) ?? 0) + 1)
  const rows = [...labels.keys()].filter((i) => labels[i] >= 0 && counts.get(labels[i])! > 1)
  const classes = new Set(rows.map((i) => labels[i])).size
  ensure(classes >= 2, where, 'there must be two classes or more with two vectors or more', classes)
  return rows
}

/** Mean distance between vectors of two classes, over pairs that are drawn. */
function betweenClasses(x: Float32Array, dim: number, labels: Int32Array, seed: number): number {
  const random = rng(seed).fork('distances between classes')
  let [total, pairs] = [0, 0]
  for (let tries = 0; tries < 20_000 && pairs < 2000; tries++) {
    const [a, b] = [random.integer(labels.length), random.integer(labels.length)]
    if (labels[a] === labels[b]) continue
    total += Math.sqrt(squaredDistance(x, a * dim, x, b * dim, dim))
    pairs++
  }
  ensure(total > 0, where, 'vectors of two classes must differ', pairs === 0 ? 'too few of all but one class' : 'equal vectors')
  return total / pairs
}

/** W x of each row; [n, dim] -> [n, dim]. Cost: O(n dim^2) @throws KindredError `usage` for vectors of another length */
export function projectVectors({ dim, weight }: ProjectionHead, vectors: Float32Array): Float32Array {
  ensure(vectors.length % dim === 0, where, `vectors must be rows of ${dim} numbers`, vectors.length)
  const out = new Float32Array(vectors.length)
  for (let at = 0; at < vectors.length; at += dim) {
    for (let i = 0; i < dim; i++) {
      let s = 0
      for (let j = 0; j < dim; j++) s += weight[i * dim + j] * vectors[at + j]
      out[at + i] = s
    }
  }
  return out
}

const formatKey = 'kindred.format'
const format = 'kindred-projection-head-1'

/**
 * The head as an ONNX model: `vectors` [N, dim] -> `embedding` [N, dim]. Same head and words, same bytes.
 *
 * @param words kept in the file's metadata
 */
export function projectionToOnnx({ dim, weight }: ProjectionHead, words: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const bad = nonFiniteAt(weight)
  if (bad >= 0) throw new KindredError('collapsed', where, 'its numbers must be finite', String(weight[bad]), 'Train with a lower rate.')
  const w = input('weight', [dim, dim])
  const embedding = matmul(input('vectors', ['N', dim]), w, { transB: true })
  return encodeModel(
    toOnnx({ embedding }, { name: 'kindred-projection-head', weights: { weight }, metadata: { ...words, [formatKey]: format } }),
  )
}

/**
 * Reads {@link projectionToOnnx}.
 *
 * @throws KindredError `corrupt` for what is no such file, naming `what`
 */
export function projectionFromOnnx(file: Uint8Array, what = where): ProjectionHead & { readonly words: Readonly<Record<string, string>> } {
  checkModel(file, what)
  const { initializers, metadata } = decodeModel(file, what)
  const { dtype, shape, data } = initializers.weight ?? { dtype: 'none', shape: [], data: [] }
  const [rows, dim] = shape
  const fits = metadata[formatKey] === format && dtype === 'float32' && shape.length === 2 && rows === dim && data.length === dim * dim
  if (!fits || !(data instanceof Float32Array) || nonFiniteAt(data) >= 0)
    throw new KindredError('corrupt', what, 'it must be a projection head', metadata[formatKey] ?? 'another file', 'Learn it again.')
  return { dim, weight: data, words: metadata }
}
