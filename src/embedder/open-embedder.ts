/** @file Opens what `exportEmbedder` wrote, from its bytes: in Node and in a page. */
import { checkOptions, ensure, ensureWithin, imagesARun, inOrder, KindredError, sha256 } from '../base/index.ts'
import { checkModel, decodeModel, encodeMetadata, type OnnxModel } from '../onnx/index.ts'
import { defaultRuntime, type HostTensor, type Program, type Runtime } from '../runtime/index.ts'
import type { DType } from '../tensor/index.ts'
import { fileFormat, readCard, sealKey, type Channels } from './card.ts'
import type { EmbedOptions, TrainedEmbedder } from './embedder.ts'
import { finiteVectors } from './finite-vectors.ts'
import { ofFile } from './of-file.ts'
import { checkPixels, roundedPixels, scaledPixels, type ImageShape } from './pixels.ts'

/** Options of {@link openEmbedder}. */
export interface OpenEmbedderOptions {
  /** Default: `defaultRuntime()`. */
  readonly runtime?: Runtime
  /** Images a run; bounds memory. Default: 250, fewer where images are large (a million pixel values a run). */
  readonly chunk?: number
  /** What errors call the model, and its recipe for people; it may be a path, of which the recipe takes the last part. Default `model`. */
  readonly name?: string
}

/**
 * Opens a model file's bytes.
 *
 * @throws KindredError `corrupt` (changed since it was written, weights that are no numbers, ...), `limit`, or `unsupported` for an ONNX model that kindred
 *   did not write
 * @example
 * const model = await openEmbedder(await (await fetch('/model.onnx')).arrayBuffer())
 * const vectors = await model.embed(pixels) // Uint8Array [n, 28, 28] -> Float32Array [n, 10]
 */
export async function openEmbedder(file: Uint8Array | ArrayBuffer, options: OpenEmbedderOptions = {}): Promise<TrainedEmbedder> {
  checkOptions('openEmbedder', options, ['runtime', 'chunk', 'name'])
  const { name: what = 'model' } = options
  ensure(
    options.chunk === undefined || (Number.isInteger(options.chunk) && options.chunk > 0),
    'openEmbedder',
    'chunk must be a positive integer',
    options.chunk,
  )
  ensure(file instanceof Uint8Array || file instanceof ArrayBuffer, 'openEmbedder', 'the file must be a Uint8Array or an ArrayBuffer', file)
  const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file
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
  const { images, size, channels, outputs } = doorsOf(model, what)
  const { chunk = imagesARun(size[0] * size[1] * channels) } = options
  const card = readCard(m, what)
  const { range, frame } = card.preprocessing
  if ((card.preprocessing.channels ?? 1) !== channels)
    throw new KindredError('corrupt', what, `its card must say the ${channels} channels it takes`, String(card.preprocessing.channels ?? 1))
  if (images.dtype === 'uint8' && range !== '0..255')
    throw new KindredError('corrupt', what, 'a model that takes bytes must take them in 0..255', `range ${range} in its card`)
  checkModel(bytes, what)
  const runtime = options.runtime ?? (await defaultRuntime())
  const program = await ofFile(what, () => runtime.load(bytes, { independent: true, checked: true }))
  const shape: ImageShape = { size, channels, range }
  const run: TrainedEmbedder['run'] = (pixels, names, given) =>
    runChunks(program, pixels, { what, name: images.name, dtype: images.dtype, shape, chunk, outputs, names, given })
  const hash = sha256(bytes)
  const dispose = () => program.dispose()
  return {
    size,
    channels,
    dim: outputs.embedding,
    recipe: { model: { name: what.split(/[\\/]/).at(-1)!, hash }, preprocessing: { size, channels, range, frame }, output: 'embedding' },
    hash,
    card,
    outputs,
    embed: async (pixels, given) => (await run(pixels, ['embedding'], given)).embedding,
    run,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function checkSeal(bytes: Uint8Array, seal: string | undefined, what: string): void {
  if (seal === undefined) return
  const length = encodeMetadata(sealKey, seal).length
  const body = bytes.subarray(0, bytes.length - length)
  const [end, wanted] = [bytes.subarray(body.length), encodeMetadata(sealKey, sha256(body))]
  if (end.length === wanted.length && end.every((byte, i) => byte === wanted[i])) return
  throw new KindredError(
    'corrupt',
    what,
    'its bytes must be those that kindred wrote (their SHA-256 is in the file)',
    'others',
    'The file is damaged or was changed: take a copy that is whole, or train it again.',
  )
}

interface Doors {
  readonly images: OnnxModel['inputs'][number]
  readonly size: readonly [number, number]
  readonly channels: Channels
  readonly outputs: Readonly<Record<string, number>>
}

/** What goes in and what comes out. */
function doorsOf({ inputs, outputs }: OnnxModel, what: string): Doors {
  const corrupt = (expected: string, got: string) => new KindredError('corrupt', what, expected, got)
  const words = (values: OnnxModel['inputs']) => values.map((v) => `${v.name} ${v.dtype}[${v.shape.join(', ')}]`).join(', ') || 'none'
  const [images] = inputs
  const whole = (d: unknown): d is number => Number.isSafeInteger(d) && (d as number) > 0
  const rank = inputs.length === 1 ? images.shape.length : 0
  if (
    !(rank === 3 || (rank === 4 && [3, 4].includes(images.shape[3] as number))) ||
    !['uint8', 'float32'].includes(images.dtype) ||
    !images.shape.slice(1).every(whole)
  )
    throw corrupt('it must have one input, images [N, height, width] or [N, height, width, 3 or 4] of uint8 or float32', words(inputs))
  const [height, width] = images.shape.slice(1) as [number, number]
  ensureWithin('imagePixels', height * width, what, 'its images')
  for (const o of outputs)
    if (o.shape.length !== 2 || !whole(o.shape[1]) || typeof o.shape[0] === 'number' || o.dtype !== 'float32')
      throw corrupt('each output must be float32 [N, length]', words([o]))
  if (!outputs.some((o) => o.name === 'embedding')) throw corrupt('it must have an output embedding', words(outputs))
  const channels = rank === 3 ? 1 : (images.shape[3] as Channels)
  return { images, size: [height, width], channels, outputs: Object.fromEntries(outputs.map((o) => [o.name, o.shape[1] as number])) }
}

interface ChunkRun {
  readonly what: string
  readonly name: string
  readonly dtype: DType
  readonly shape: ImageShape
  readonly chunk: number
  readonly outputs: Readonly<Record<string, number>>
  readonly names: readonly string[]
  readonly given: EmbedOptions | undefined
}

async function runChunks(
  program: Program,
  pixels: Uint8Array | Float32Array,
  { what, name, dtype, shape, chunk, outputs, names, given }: ChunkRun,
): Promise<Record<string, Float32Array>> {
  const { count, range } = checkPixels(pixels, shape, given)
  for (const n of names)
    if (!Object.hasOwn(outputs, n)) throw new KindredError('usage', 'embed', `outputs must be among ${Object.keys(outputs).join(', ')}`, n)
  const [{ size, channels }, each] = [shape, pixels.length / count]
  const results = Object.fromEntries(names.map((n) => [n, new Float32Array(count * outputs[n])]))
  const chunks = inOrder(Math.ceil(count / chunk), program.concurrency, async (k) => {
    const n = Math.min(chunk, count - k * chunk)
    const part = scaledPixels(pixels.subarray(k * chunk * each, (k * chunk + n) * each), range, shape.range)
    const feed: HostTensor = { dtype, shape: [n, ...size, ...(channels === 1 ? [] : [channels])], data: asType(part, dtype) }
    return ofFile(what, () => program.run({ [name]: feed }, names))
  })
  let start = 0
  for await (const out of chunks) {
    const n = Math.min(chunk, count - start)
    for (const key of names) {
      const { dtype: type, shape: got, data } = out[key]
      if (type !== 'float32' || got.length !== 2 || got[0] !== n || got[1] !== outputs[key])
        throw new KindredError('corrupt', what, `${key} must be float32 [${n}, ${outputs[key]}]`, `${type} [${got.join(', ')}]`)
      results[key].set(data as Float32Array, start * outputs[key])
    }
    start += n
  }
  for (const key of names) finiteVectors(results[key], outputs[key], what)
  return results
}

function asType(pixels: Uint8Array | Float32Array, dtype: DType): Uint8Array | Float32Array {
  if (dtype === 'uint8') return roundedPixels(pixels)
  return pixels instanceof Float32Array ? pixels : Float32Array.from(pixels)
}
