/**
 * @file The trained model as a product: one ONNX file that turns images into embeddings, and what loads it.
 *
 * The file holds the network of the training graph in evaluation mode with its weights fixed, takes any number of single images, and
 * carries in its metadata what a stranger needs: labels, preprocessing, metric, training recipe, seed, data hash, versions.
 */
import { z } from 'zod'
import { checkAs, checkOptions, ensure, ensureWithin, inOrder, KindredError, nonFiniteAt, parseJsonAs } from '../base/index.ts'
import { readBytes, writeFileAtomic } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { checkModel, decodeModel, encodeMetadata, encodeModel, toOnnx, type OnnxModel } from '../onnx/index.ts'
import { defaultRuntime, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import { cast, input, type DType } from '../tensor/index.ts'
import { finiteVectors } from './finite-vectors.ts'
import { ofFile } from './of-file.ts'

/** What a model file says about itself; strings and JSON in the file's metadata under `kindred.*`. */
export interface EmbedderCard {
  /** Class names of the training data. */
  readonly labels: readonly string[]
  /** How pixels must come: range and frame, in words a program can compare. */
  readonly preprocessing: { readonly range: '0..255'; readonly frame: string }
  /** The distance in which alike images are near. */
  readonly metric: 'euclidean' | 'squared-euclidean' | 'cosine'
  /** Everything needed to train it again. */
  readonly recipe: Readonly<Record<string, unknown>>
  readonly seed: number
  /** SHA-256 of the training images and labels. */
  readonly datasetHash: string
  /** Versions of kindred, the runtime, Node. */
  readonly versions: Readonly<Record<string, string>>
}

/** Options of {@link exportEmbedder}. */
export interface ExportOptions {
  readonly network: Layer
  /** Weights by name, as the trainer returns them. */
  readonly weights: ReadonlyMap<string, Float32Array>
  /** Height and width of an image. */
  readonly size: readonly [number, number]
  readonly card: EmbedderCard
  /** Element type of the file's input `images`; values are 0..255 either way. Default uint8. */
  readonly pixels?: 'uint8' | 'float32'
}

const fileFormat = 'kindred-embedder-1'
/** The last entry of the file: SHA-256 of all bytes before it. Files of kindred 0.1.0 and before have none. */
const sealKey = 'kindred.sha256'

const cardParts = {
  labels: z.array(z.string()),
  preprocessing: z.object({ range: z.literal('0..255'), frame: z.string() }),
  recipe: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
}
const metrics = z.enum(['euclidean', 'squared-euclidean', 'cosine'])

/**
 * Builds the bytes of `model.onnx`: input `images` [N, h, w], outputs `embedding` [N, dim] and every value the network marks with `tap`.
 *
 * Same weights and card, same bytes. The file ends with the SHA-256 of all that is before it, so that {@link load} knows it whole.
 * @throws KindredError `mismatch` when a weight of the network is missing, `collapsed` when one is not finite
 */
export function exportEmbedder(options: ExportOptions): Uint8Array<ArrayBuffer> {
  checkOptions('exportEmbedder', options, ['network', 'weights', 'size', 'card', 'pixels'])
  const { network, weights, size, card, pixels = 'uint8' } = options
  const scope = new Scope()
  const images = input('images', ['N', ...size], pixels)
  const embedding = network(pixels === 'uint8' ? images : cast(images, 'float32'), scope)
  for (const { name } of scope.weights) {
    const values = weights.get(name)
    if (values === undefined)
      throw new KindredError('mismatch', 'exportEmbedder', 'every weight of the network must be given', `nothing for ${name}`)
    if (nonFiniteAt(values) >= 0)
      throw new KindredError(
        'collapsed',
        'exportEmbedder',
        `the weights of ${name} must be finite numbers`,
        String(values[nonFiniteAt(values)]),
        'Train with a lower learning rate.',
      )
  }
  const model = toOnnx(
    { embedding, ...Object.fromEntries(scope.taps) },
    {
      name: 'kindred-embedder',
      producerVersion: card.versions.kindred ?? '',
      weights: Object.fromEntries(scope.weights.map((w) => [w.name, weights.get(w.name)!])),
      metadata: {
        'kindred.format': fileFormat,
        'kindred.labels': JSON.stringify(card.labels),
        'kindred.preprocessing': JSON.stringify(card.preprocessing),
        'kindred.metric': card.metric,
        'kindred.recipe': JSON.stringify(card.recipe),
        'kindred.seed': String(card.seed),
        'kindred.datasetHash': card.datasetHash,
        'kindred.versions': JSON.stringify(card.versions),
      },
    },
  )
  const body = encodeModel(model)
  return new Uint8Array(Buffer.concat([body, encodeMetadata(sealKey, sha256(body))]))
}

/** {@link exportEmbedder} into a file, atomically. */
export function saveEmbedder(path: string, options: ExportOptions): void {
  writeFileAtomic(path, exportEmbedder(options))
}

/** A loaded model. */
export interface Embedder {
  /** Length of an embedding. */
  readonly dim: number
  /** Height and width of an image. */
  readonly size: readonly [number, number]
  readonly card: EmbedderCard
  /** SHA-256 of the file: vectors of different hashes must not be compared. */
  readonly hash: string
  /** Names and lengths of all outputs, `embedding` first. */
  readonly outputs: Readonly<Record<string, number>>
  /**
   * Embeds images.
   *
   * @param images [n, h, w] pixels 0..255, as bytes or floats
   * @returns [n, dim], row-major
   * @throws KindredError `usage` when the numbers do not fill whole images or are not finite, `corrupt` when the model makes no numbers of them
   */
  embed(images: Uint8Array | Float32Array): Promise<Float32Array>
  /** Embeds images and returns the named outputs. */
  run(images: Uint8Array | Float32Array, names: readonly string[]): Promise<Record<string, Float32Array>>
  dispose(): Promise<void>
}

/** Options of {@link load}. */
export interface LoadOptions {
  readonly runtime?: Runtime
  /** Images a run; bounds memory. Default 250. */
  readonly chunk?: number
}

/**
 * Loads a model file.
 *
 * @param source a path or the file's bytes
 * @throws KindredError `not-found`, `corrupt` (changed since it was written, weights that are no numbers, ...), `limit`, or `unsupported` for an ONNX model that kindred
 *   did not write
 * @example
 * const model = await load('model.onnx')
 * const vectors = await model.embed(pixels) // Uint8Array [n, 28, 28] -> Float32Array [n, 10]
 */
export async function load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Embedder> {
  checkOptions('load', options, ['runtime', 'chunk'])
  const { chunk = 250 } = options
  ensure(Number.isInteger(chunk) && chunk > 0, 'load', 'chunk must be a positive integer', chunk)
  const what = typeof source === 'string' ? source : 'model'
  const bytes = typeof source === 'string' ? readBytes(source, 'load') : source
  const model = decodeModel(bytes, what)
  const m = model.metadata
  if (m['kindred.format'] !== fileFormat)
    throw new KindredError(
      'unsupported',
      what,
      `the file must be an embedder that kindred wrote (${fileFormat})`,
      m['kindred.format'] ?? 'an ONNX model without kindred metadata',
    )
  checkSeal(bytes, m[sealKey], what)
  const { images, size, outputs } = doorsOf(model, what)
  const card = cardOf(m, what)
  checkModel(bytes, what)
  const runtime = options.runtime ?? (await defaultRuntime())
  const program = await ofFile(what, () => runtime.load(bytes, { independent: true, checked: true }))
  const run = (pixels: Uint8Array | Float32Array, names: readonly string[]) =>
    runChunks(program, pixels, { what, name: images.name, dtype: images.dtype, size, chunk, outputs, names })
  return {
    dim: outputs.embedding,
    size,
    card,
    hash: sha256(bytes),
    outputs,
    embed: async (pixels) => (await run(pixels, ['embedding'])).embedding,
    run,
    dispose: () => program.dispose(),
  }
}

function checkSeal(bytes: Uint8Array, seal: string | undefined, what: string): void {
  if (seal === undefined) return
  const length = encodeMetadata(sealKey, seal).length
  const body = bytes.subarray(0, bytes.length - length)
  if (Buffer.compare(bytes.subarray(body.length), encodeMetadata(sealKey, sha256(body))) === 0) return
  throw new KindredError(
    'corrupt',
    what,
    'its bytes must be those that kindred wrote (their SHA-256 is in the file)',
    'others',
    'The file is damaged or was changed: take a copy that is whole, or train it again.',
  )
}

/** What goes in and what comes out. */
function doorsOf(
  { inputs, outputs }: OnnxModel,
  what: string,
): { images: OnnxModel['inputs'][number]; size: [number, number]; outputs: Record<string, number> } {
  const corrupt = (expected: string, got: string) => new KindredError('corrupt', what, expected, got)
  const words = (values: OnnxModel['inputs']) => values.map((v) => `${v.name} ${v.dtype}[${v.shape.join(', ')}]`).join(', ') || 'none'
  const [images] = inputs
  const whole = (d: unknown): d is number => Number.isSafeInteger(d) && (d as number) > 0
  if (
    inputs.length !== 1 ||
    images.shape.length !== 3 ||
    !['uint8', 'float32'].includes(images.dtype) ||
    !images.shape.slice(1).every(whole)
  )
    throw corrupt('it must have one input, images [N, height, width] of uint8 or float32', words(inputs))
  const [height, width] = images.shape.slice(1) as [number, number]
  ensureWithin('imagePixels', height * width, what, 'its images')
  for (const o of outputs)
    if (o.shape.length !== 2 || !whole(o.shape[1]) || typeof o.shape[0] === 'number' || o.dtype !== 'float32')
      throw corrupt('each output must be float32 [N, length]', words([o]))
  if (!outputs.some((o) => o.name === 'embedding')) throw corrupt('it must have an output embedding', words(outputs))
  return { images, size: [height, width], outputs: Object.fromEntries(outputs.map((o) => [o.name, o.shape[1] as number])) }
}

function cardOf(m: Readonly<Record<string, string>>, what: string): EmbedderCard {
  const text = (key: string): string => checkAs(m[`kindred.${key}`], `${what}, metadata kindred.${key}`, z.string())
  const part = <K extends keyof typeof cardParts>(key: K): z.infer<(typeof cardParts)[K]> =>
    parseJsonAs<z.infer<(typeof cardParts)[K]>>(text(key), `${what}, metadata kindred.${key}`, cardParts[key] as never)
  const seed = text('seed')
  if (!/^-?\d+$/.test(seed) || !Number.isSafeInteger(Number(seed)))
    throw new KindredError('corrupt', `${what}, metadata kindred.seed`, 'it must be a whole number', seed)
  return {
    labels: part('labels'),
    preprocessing: part('preprocessing'),
    metric: checkAs(text('metric'), `${what}, metadata kindred.metric`, metrics),
    recipe: part('recipe'),
    seed: Number(seed),
    datasetHash: text('datasetHash'),
    versions: part('versions'),
  }
}

interface ChunkRun {
  readonly what: string
  readonly name: string
  readonly dtype: DType
  readonly size: readonly [number, number]
  readonly chunk: number
  readonly outputs: Readonly<Record<string, number>>
  readonly names: readonly string[]
}

async function runChunks(
  program: Program,
  pixels: Uint8Array | Float32Array,
  { what, name, dtype, size, chunk, outputs, names }: ChunkRun,
): Promise<Record<string, Float32Array>> {
  const each = size[0] * size[1]
  if (pixels.length === 0 || pixels.length % each !== 0)
    throw new KindredError(
      'usage',
      'embed',
      `images must be ${size.join('x')}, ${each} pixels each, and at least one`,
      `${pixels.length} numbers`,
    )
  const wrong = pixels instanceof Float32Array ? nonFiniteAt(pixels) : -1
  if (wrong >= 0)
    throw new KindredError(
      'usage',
      'embed',
      'pixels must be finite numbers, 0 to 255',
      `${pixels[wrong]} in image ${Math.floor(wrong / each) + 1}`,
    )
  for (const n of names)
    if (!Object.hasOwn(outputs, n)) throw new KindredError('usage', 'embed', `outputs must be among ${Object.keys(outputs).join(', ')}`, n)
  const count = pixels.length / each
  const results = Object.fromEntries(names.map((n) => [n, new Float32Array(count * outputs[n])]))
  const chunks = inOrder(Math.ceil(count / chunk), program.concurrency, async (k) => {
    const n = Math.min(chunk, count - k * chunk)
    const part = pixels.subarray(k * chunk * each, (k * chunk + n) * each)
    const feed: HostTensor = { dtype, shape: [n, ...size], data: asType(part, dtype) }
    return ofFile(what, () => program.run({ [name]: feed }, names))
  })
  let start = 0
  for await (const out of chunks) {
    const n = Math.min(chunk, count - start)
    for (const key of names) {
      const { dtype: type, shape, data } = out[key]
      if (type !== 'float32' || shape.length !== 2 || shape[0] !== n || shape[1] !== outputs[key])
        throw new KindredError('corrupt', what, `${key} must be float32 [${n}, ${outputs[key]}]`, `${type} [${shape.join(', ')}]`)
      results[key].set(data as Float32Array, start * outputs[key])
    }
    start += n
  }
  for (const key of names) finiteVectors(results[key], outputs[key], what)
  return results
}

function asType(pixels: Uint8Array | Float32Array, dtype: DType): Uint8Array | Float32Array {
  if (dtype === 'uint8')
    return pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (v) => Math.max(0, Math.min(255, Math.round(v))))
  return pixels instanceof Float32Array ? pixels : Float32Array.from(pixels)
}
