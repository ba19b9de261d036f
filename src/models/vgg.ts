/**
 * @file VGG-Face and VGG16 from a weights file: images in, embeddings out, with a recipe that says exactly how.
 *
 * The embedding "with the final layer removed" differs between tools, and so do channel order and means between files; all three are explicit here, and
 * written into the recipe that each vector carries. See docs/decisions/0008-vgg-weights.md.
 */
import { checkChoice, checkOptions, ensure, KindredError, silent, type Progress } from '../base/index.ts'
import { download, sha256File, type DownloadOptions } from '../files/index.ts'
import { l2Normalize, Scope, vgg16, vggLayers, type VggLayer } from '../nn/index.ts'
import { bytes, compile, floats, defaultRuntime, type HostTensor, type Runtime } from '../runtime/index.ts'
import * as T from '../tensor/index.ts'
import { caffeOrder, channelEnergy, energyVerdict } from './weights/first-filters.ts'
import { finiteVectors, pixelBytes, type EmbedOptions, type Embedder } from '../embedder/index.ts'
import { openWeights, readLayer, vggFile, type VggFile, type WeightFile } from './weights/index.ts'
import {
  vggFiles,
  vggLicences,
  vggPreprocessings,
  type VggFileName,
  type VggModel,
  type VggPreprocessing,
  type VggPreprocessingName,
} from './vgg-files.ts'

/** A published file to fetch into `folder` (or to find there). */
export interface VggDownload extends DownloadOptions {
  readonly download: VggFileName
  readonly folder: string
}

/** Options of {@link loadVgg}. */
export interface LoadVggOptions {
  /** The network; taken from the download's name where there is one. Default `vgg-face`. */
  readonly model?: VggModel
  /** Where the network is cut. Default `fc7/relu`, or `pool5/avg` for a file without dense layers. */
  readonly layer?: VggLayer
  /** Scale embeddings to length 1, as DeepFace does. Default false. */
  readonly normalise?: boolean
  /** How pixels are prepared: a name of {@link vggPreprocessings} or the numbers. Default: as files of this kind are used. ONNX files need it. */
  readonly preprocessing?: VggPreprocessingName | VggPreprocessing
  readonly runtime?: Runtime
  /** Images a run; bounds memory: about 50 MB each. Default 4. */
  readonly chunk?: number
  /** Outputs of fc8, where they are not the published 2622 or 1000. */
  readonly classes?: number
  /** Channels of the first block: 64, as published. */
  readonly width?: number
  readonly progress?: Progress
}

/** All that decides an embedding's numbers; vectors of different recipes must not be compared. */
export type VggRecipe = {
  /** `hash` is the SHA-256 of the weights file. */
  readonly model: { readonly name: VggModel; readonly hash: string; readonly licence: string }
  readonly layer: VggLayer
  readonly normalised: boolean
  readonly input: VggPreprocessing & { readonly width: 224; readonly height: 224 }
}

/** What the first filters say about the recipe's channel order. */
export interface ChannelCheck {
  /** Who named the order: the filters themselves (proof), the caller, or the kind of file. */
  readonly basis: 'first filter' | 'caller' | 'file kind'
  /** Strength of the filters of the channels as the network takes them. */
  readonly energy: readonly [number, number, number]
  /** `fits` when red outweighs blue, as in every published RGB network looked at. A hint, no proof. */
  readonly verdict: 'fits' | 'doubtful' | 'undecided'
}

/** A loaded network. Its images are [n, 224, 224, 3], RGB whatever the network wants. */
export interface VggEmbedder extends Embedder {
  readonly size: readonly [224, 224]
  readonly channels: 3
  readonly recipe: VggRecipe
  /** Name of the preparation, or `custom`. */
  readonly preprocessing: VggPreprocessingName | 'custom'
  readonly channelCheck: ChannelCheck
}

/**
 * Loads VGG-Face or VGG16 from a Keras `.h5` (dense top, convolutional top, or none), a PyTorch `.pth` or an ONNX file.
 *
 * The file's layout is found out by itself and every shape checked. Convolutions are fixed in the graph; the two large matrices stay where they were read and
 * are fed to each run, so that no second copy of them is ever made.
 * @throws KindredError `not-found`, `corrupt`, `unsupported`; `mismatch` when a dataset has another shape than the network asks for, when the file has no
 *   layer as deep as `layer`, or when the first filters disprove the given channel order; `usage` for an ONNX file without `preprocessing`
 * cost: one pass over the file; 1.5 times the weights' size of memory at the peak (ONNX files: 2.2 times)
 * @example
 * const vgg = await loadVgg('vgg_face_weights.h5', { layer: 'fc7/relu', normalise: true })
 * const vectors = await vgg.embed(rgb) // Uint8Array [n, 224, 224, 3] -> Float32Array [n, 4096]
 */
export async function loadVgg(source: string | VggDownload, options: LoadVggOptions = {}): Promise<VggEmbedder> {
  checkOptions('loadVgg', options, ['model', 'layer', 'normalise', 'preprocessing', 'runtime', 'chunk', 'classes', 'width', 'progress'])
  const { chunk = 4, normalise = false, width = 64, progress = silent } = options
  ensure(Number.isInteger(chunk) && chunk > 0, 'loadVgg', 'chunk must be a positive integer', chunk)
  const { path, model } = await located(source, options)
  checkChoice('loadVgg', 'model', model, ['vgg-face', 'vgg16'])
  const file = await openWeights(path)
  try {
    const vgg = vggFile(file, { classes: options.classes ?? (model === 'vgg-face' ? 2622 : 1000), width })
    const layer = cutAt(options.layer, vgg, path)
    const first = readLayer(file, vgg.layers.get('conv1_1')!)
    const { name, input, basis } = preparation(file, vgg, model, first, options)
    const energy = channelEnergy(first.weight)
    const channelCheck: ChannelCheck = { basis, energy, verdict: energyVerdict(energy, input.channelOrder) }
    tellChannels(channelCheck, input, path, progress)
    const hash = await sha256File(path)
    const recipe: VggRecipe = {
      model: { name: model, hash, licence: vggLicences[model] },
      layer,
      normalised: normalise,
      input: { width: 224, height: 224, ...input },
    }

    const scope = new Scope()
    const features = vgg16({ layer, width, classes: vgg.classes ?? 1 })(prepared(input), scope)
    const embedding = normalise ? l2Normalize()(features, scope) : features
    const { fixed, fed } = readWeights(file, vgg, scope)
    const program = await compile(options.runtime ?? (await defaultRuntime()), { embedding }, { weights: fixed })
    const dim = embedding.shape[1] as number
    const run = async (images: Uint8Array, n: number) =>
      (await program.run({ images: bytes(images, [n, 224, 224, 3]), ...fed }, ['embedding'])).embedding.data as Float32Array
    const dispose = () => program.dispose()
    return {
      dim,
      size: [224, 224],
      channels: 3,
      recipe,
      hash,
      preprocessing: name,
      channelCheck,
      embed: (images, given) => inChunks(images, given, dim, chunk, run),
      dispose,
      [Symbol.asyncDispose]: dispose,
    }
  } finally {
    file.close()
  }
}

async function located(source: string | VggDownload, options: LoadVggOptions): Promise<{ path: string; model: VggModel }> {
  if (typeof source === 'string') return { path: source, model: options.model ?? 'vgg-face' }
  ensure(typeof source === 'object' && source !== null, 'loadVgg', 'a path or { download } must be given', source)
  const { download: name, folder, ...rest } = source
  checkChoice('loadVgg', 'download', name, Object.keys(vggFiles) as VggFileName[])
  const { file, model } = vggFiles[name]
  if (options.model !== undefined && options.model !== model)
    throw new KindredError(
      'mismatch',
      'loadVgg',
      `${name} holds ${model}`,
      `model ${options.model}`,
      `Pass model '${model}' or leave it out.`,
    )
  const [path] = await download([file], folder, { progress: options.progress, ...rest })
  return { path, model }
}

function cutAt(wanted: VggLayer | undefined, vgg: VggFile, path: string): VggLayer {
  const layer = wanted ?? (vgg.top === 'none' ? 'pool5/avg' : 'fc7/relu')
  checkChoice('loadVgg', 'layer', layer, vggLayers)
  if (vgg.top === 'none' && !layer.startsWith('pool5'))
    throw new KindredError(
      'mismatch',
      path,
      `it must have dense layers to be cut at ${layer}`,
      'a file without them ("notop")',
      "Pass layer 'pool5/avg' or 'pool5/max', or the file with its top.",
    )
  return layer
}

/** The preparation of pixels, and on whose word: proof in the filters, the caller, or the kind of file. */
function preparation(
  file: WeightFile,
  vgg: VggFile,
  model: VggModel,
  first: { weight: Float32Array; bias: Float32Array },
  { preprocessing }: LoadVggOptions,
): { name: VggPreprocessingName | 'custom'; input: VggPreprocessing; basis: ChannelCheck['basis'] } {
  const proved = caffeOrder(first.weight, first.bias)
  if (preprocessing !== undefined) {
    if (typeof preprocessing === 'string')
      checkChoice('loadVgg', 'preprocessing', preprocessing, Object.keys(vggPreprocessings) as VggPreprocessingName[])
    const input = typeof preprocessing === 'string' ? vggPreprocessings[preprocessing] : preprocessing
    checkOptions('loadVgg preprocessing', input, ['channelOrder', 'mean', 'scale'])
    checkChoice('loadVgg preprocessing', 'channelOrder', input.channelOrder, ['rgb', 'bgr'])
    for (const key of ['mean', 'scale'] as const)
      ensure(
        Array.isArray(input[key]) && input[key].length === 3 && input[key].every(Number.isFinite),
        'loadVgg preprocessing',
        `${key} must be three numbers`,
        input[key],
      )
    if (proved !== undefined && proved !== input.channelOrder)
      throw new KindredError(
        'mismatch',
        file.path,
        `its channels must be fed as ${proved}, which its first filters prove (Caffe's VGG16)`,
        input.channelOrder,
        'Leave preprocessing out.',
      )
    return {
      name: typeof preprocessing === 'string' ? preprocessing : 'custom',
      input,
      basis: proved === undefined ? 'caller' : 'first filter',
    }
  }
  if (proved === 'bgr') return { name: 'keras-vgg16', input: vggPreprocessings['keras-vgg16'], basis: 'first filter' }
  if (proved === 'rgb')
    return { name: 'custom', input: { channelOrder: 'rgb', mean: [123.68, 116.779, 103.939], scale: [1, 1, 1] }, basis: 'first filter' }
  const name = usual(file, vgg, model)
  if (name === undefined)
    throw new KindredError(
      'usage',
      file.path,
      'preprocessing must be given: an ONNX file does not say how it wants its pixels',
      'none',
      `Pass one of ${Object.keys(vggPreprocessings).join(', ')}, or { channelOrder, mean, scale }.`,
    )
  return { name, input: vggPreprocessings[name], basis: 'file kind' }
}

/** What files of this kind are used with. */
function usual(file: WeightFile, vgg: VggFile, model: VggModel): VggPreprocessingName | undefined {
  if (file.format === 'onnx') return undefined
  if (model === 'vgg16') return file.format === 'torch' ? 'torchvision' : 'keras-vgg16'
  return file.format === 'torch' ? 'vgg-face-dag' : vgg.top === 'convolution' ? 'deepface' : 'keras-vggface'
}

function tellChannels(
  { basis, energy, verdict }: ChannelCheck,
  { channelOrder }: VggPreprocessing,
  path: string,
  progress: Progress,
): void {
  const strengths = energy.map((e) => Number(e.toPrecision(3))).join(', ')
  if (basis === 'first filter') progress.log(`${path}: channels ${channelOrder}, proved by the first filters`)
  else if (verdict === 'doubtful')
    progress.warn(
      `${path}: channels are fed as ${channelOrder} on the word of the ${basis}, but then blue would outweigh red in the first filters (${strengths}), as ` +
        `in no published network looked at: check the order`,
    )
  else
    progress.log(
      `${path}: channels ${channelOrder} on the word of the ${basis}; the first filters (${strengths}) ${verdict === 'fits' ? 'fit' : 'say nothing'}`,
    )
}

/** The graph's input, 8-bit RGB [N, 224, 224, 3], as the network wants it: [N, 3, 224, 224]. */
function prepared({ channelOrder, mean, scale }: VggPreprocessing): T.Tensor {
  const images = T.input('images', ['N', 224, 224, 3], 'uint8')
  const planes = T.transpose(T.cast(images, 'float32'), [0, 3, 1, 2])
  const ordered = channelOrder === 'rgb' ? planes : T.gather(planes, T.integers([2, 1, 0]), 1)
  const centred = mean.some((m) => m !== 0) ? T.sub(ordered, T.constant([...mean], [3, 1, 1])) : ordered
  return scale.some((s) => s !== 1) ? T.mul(centred, T.constant([...scale], [3, 1, 1])) : centred
}

/** Reads what the network asks for: small arrays to be fixed in the graph, matrices to be fed. */
function readWeights(
  file: WeightFile,
  vgg: VggFile,
  scope: Scope,
): { fixed: Record<string, Float32Array>; fed: Record<string, HostTensor> } {
  const fixed: Record<string, Float32Array> = {}
  const fed: Record<string, HostTensor> = {}
  for (const { name, shape } of scope.weights) {
    if (!name.endsWith('.weight')) continue
    const layer = name.slice(0, -'.weight'.length)
    const { weight, bias } = readLayer(file, vgg.layers.get(layer)!)
    if (shape.length === 2) fed[name] = floats(weight, shape)
    else fixed[name] = weight
    fixed[`${layer}.bias`] = bias
  }
  return { fixed, fed }
}

async function inChunks(
  given: Uint8Array | Float32Array,
  options: EmbedOptions | undefined,
  dim: number,
  chunk: number,
  run: (images: Uint8Array, n: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const each = 224 * 224 * 3
  const images = pixelBytes(given, { size: [224, 224], channels: 3 }, options)
  const n = images.length / each
  const out = new Float32Array(n * dim)
  for (let start = 0; start < n; start += chunk) {
    const size = Math.min(chunk, n - start)
    out.set(await run(images.subarray(start * each, (start + size) * each), size), start * dim)
  }
  return finiteVectors(out, dim, 'embed')
}
