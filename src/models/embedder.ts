/**
 * @file The trained model as a product: one ONNX file that turns images into embeddings, and what loads it.
 *
 * The file holds the network of the training graph in evaluation mode with its weights fixed, takes any number of single images, and
 * carries in its metadata what a stranger needs: labels, preprocessing, metric, training recipe, seed, data hash, versions.
 */
import { checkOptions, ensure, KindredError } from '../base/index.ts'
import { readBytes, sha256, writeFileAtomic } from '../files/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { decodeModel, encodeModel, toOnnx } from '../onnx/index.ts'
import { defaultRuntime, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import { cast, input, type DType } from '../tensor/index.ts'

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

/**
 * Builds the bytes of `model.onnx`: input `images` [N, h, w], outputs `embedding` [N, dim] and every value the network marks with `tap`.
 *
 * Same weights and card, same bytes.
 * @throws KindredError `mismatch` when a weight of the network is missing
 */
export function exportEmbedder(options: ExportOptions): Uint8Array<ArrayBuffer> {
  checkOptions('exportEmbedder', options, ['network', 'weights', 'size', 'card', 'pixels'])
  const { network, weights, size, card, pixels = 'uint8' } = options
  const scope = new Scope()
  const images = input('images', ['N', ...size], pixels)
  const embedding = network(pixels === 'uint8' ? images : cast(images, 'float32'), scope)
  for (const { name } of scope.weights) if (!weights.has(name)) throw new KindredError('mismatch', 'exportEmbedder', 'every weight of the network must be given', `nothing for ${name}`)
  const model = toOnnx({ embedding, ...Object.fromEntries(scope.taps) }, {
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
  })
  return encodeModel(model)
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
   * @throws KindredError `usage` when the numbers do not fill whole images
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
 * @throws KindredError `not-found`, `corrupt`, or `unsupported` for an ONNX model that kindred did not write
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
  if (m['kindred.format'] !== fileFormat) throw new KindredError('unsupported', what, `the file must be an embedder that kindred wrote (${fileFormat})`, m['kindred.format'] ?? 'an ONNX model without kindred metadata')
  const [images] = model.inputs
  const size = images.shape.slice(1) as [number, number]
  const outputs = Object.fromEntries(model.outputs.map((o) => [o.name, o.shape[1] as number]))
  const card: EmbedderCard = {
    labels: JSON.parse(m['kindred.labels']),
    preprocessing: JSON.parse(m['kindred.preprocessing']),
    metric: m['kindred.metric'] as EmbedderCard['metric'],
    recipe: JSON.parse(m['kindred.recipe']),
    seed: Number(m['kindred.seed']),
    datasetHash: m['kindred.datasetHash'],
    versions: JSON.parse(m['kindred.versions']),
  }
  const program = await (options.runtime ?? (await defaultRuntime())).load(bytes)
  const run = (pixels: Uint8Array | Float32Array, names: readonly string[]) => runChunks(program, pixels, { name: images.name, dtype: images.dtype, size, chunk, outputs, names })
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

interface ChunkRun {
  readonly name: string
  readonly dtype: DType
  readonly size: readonly [number, number]
  readonly chunk: number
  readonly outputs: Readonly<Record<string, number>>
  readonly names: readonly string[]
}

async function runChunks(program: Program, pixels: Uint8Array | Float32Array, { name, dtype, size, chunk, outputs, names }: ChunkRun): Promise<Record<string, Float32Array>> {
  const each = size[0] * size[1]
  if (pixels.length === 0 || pixels.length % each !== 0) throw new KindredError('usage', 'embed', `images must be ${size.join('x')}, ${each} pixels each, and at least one`, `${pixels.length} numbers`)
  for (const n of names) if (!(n in outputs)) throw new KindredError('usage', 'embed', `outputs must be among ${Object.keys(outputs).join(', ')}`, n)
  const count = pixels.length / each
  const results = Object.fromEntries(names.map((n) => [n, new Float32Array(count * outputs[n])]))
  for (let start = 0; start < count; start += chunk) {
    const n = Math.min(chunk, count - start)
    const part = pixels.subarray(start * each, (start + n) * each)
    const feed: HostTensor = { dtype, shape: [n, ...size], data: asType(part, dtype) }
    const out = await program.run({ [name]: feed }, names)
    for (const key of names) results[key].set(out[key].data as Float32Array, start * outputs[key])
  }
  return results
}

function asType(pixels: Uint8Array | Float32Array, dtype: DType): Uint8Array | Float32Array {
  if (dtype === 'uint8') return pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (v) => Math.max(0, Math.min(255, Math.round(v))))
  return pixels instanceof Float32Array ? pixels : Float32Array.from(pixels)
}
