/**
 * @file Models that turn crops into vectors: the built-in dlib network, any network of room `nn` with its weights, any ONNX file with a recipe.
 */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { checkChoice, checkOptions, ensure, inOrder, KindredError, nearestName, unitRows } from '../base/index.ts'
import { readBytes, readJson } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { dlibResnet, type Layer } from '../nn/index.ts'
import { checkModel } from '../onnx/index.ts'
import { finiteVectors, ofFile, pixelBytes, type EmbedOptions, type Embedder } from '../embedder/index.ts'
import { defaultRuntime, floats, type Runtime } from '../runtime/index.ts'
import { dlibTemplate, type FaceTemplate } from './align.ts'
import { faceApiWeights } from './face-api-weights.ts'
import { imageNetwork } from './image-network.ts'
import { squareInput } from '../images/index.ts'
import { readOnnxRecipe, recipeFileSchema, type FaceRecipe, type OnnxRecipe, type Preprocessing } from './recipe.ts'

/** How crops are handed over. */
export interface FaceEmbedOptions extends EmbedOptions {
  /** Side of a crop, pixels; scaled where the model wants another. Default: the template's size. */
  readonly side?: number
}

/** A model that embeds aligned crops; its `size` is that of the template. */
export interface FaceModel extends Embedder {
  readonly name: string
  readonly channels: 3
  /** How crops must be cut for it. */
  readonly template: FaceTemplate
  readonly recipe: FaceRecipe
  /** Embeds crops: RGB [n x side x side x 3]; see {@link Embedder.embed}. */
  embed(crops: Uint8Array | Float32Array, options?: FaceEmbedOptions): Promise<Float32Array>
}

/** What a face model is made of. */
export interface FaceModelParts extends Pick<FaceModel, 'name' | 'dim' | 'template' | 'recipe'> {
  /** @param crops bytes of whole crops, at least one */
  embed(crops: Uint8Array, side: number): Promise<Float32Array>
  dispose(): Promise<void>
}

/** A face model of its parts: what it is handed is looked at here. */
export function faceModelOf({ name, dim, template, recipe, embed, dispose }: FaceModelParts): FaceModel {
  return {
    name,
    dim,
    template,
    recipe,
    size: [template.size, template.size],
    channels: 3,
    hash: recipe.model.hash,
    embed: async (crops, { side = template.size, ...given } = {}) => {
      ensure(Number.isInteger(side) && side > 0, 'embed', 'side must be a positive integer', side)
      return embed(pixelBytes(crops, { size: [side, side], channels: 3 }, given), side)
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Options of all models. */
export interface FaceModelOptions {
  /** Default: `defaultRuntime()`, on all cores. */
  readonly runtime?: Runtime
  /** The `id` of the detector that finds the faces, for the recipe. Default `unknown`. */
  readonly detector?: string
  /** How crops are cut. Default: the model's own. */
  readonly template?: FaceTemplate
  /** Average with the mirror image: twice the work. Default false. */
  readonly flip?: boolean
  /** Crops a run. Default 16. */
  readonly chunk?: number
}

const optionNames = ['runtime', 'detector', 'template', 'flip', 'chunk']

/**
 * A built-in model. `dlib`: 128 numbers, the same person within 0.6 by Euclidean distance; published accuracy on LFW 99.38 %.
 *
 * Weights: `face_recognition_model` of @vladmandic/face-api, checked by SHA-256; trained by Davis King, free for commercial use.
 * @throws KindredError `not-found` when the package is missing
 * @example
 * const detector = await openDetector('ssd')
 * const model = await faceModel('dlib', { detector: detector.id })
 * const [face] = await findFaces(photo, detector)
 * const vector = await model.embed(alignFace(photo, face, model.template))
 */
export async function faceModel(name: 'dlib', options: FaceModelOptions = {}): Promise<FaceModel> {
  checkOptions('faceModel', options, optionNames)
  checkChoice('faceModel', 'model', name, ['dlib'])
  const { weights, hash } = faceApiWeights('face_recognition')
  const none: Preprocessing = {
    size: 150,
    layout: 'NCHW',
    channels: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    output: 'output',
    pooling: 'none',
    normalise: false,
    flip: false,
  }
  return networkModel({ name, hash, layer: dlibResnet(), weights, preprocessing: none, template: dlibTemplate }, options)
}

/** What {@link networkModel} needs to know. */
export interface NetworkModelParts {
  readonly name: string
  /** SHA-256 of the file the weights came from. */
  readonly hash: string
  /** [n, 3, size, size] -> [n, dim] */
  readonly layer: Layer
  readonly weights: Readonly<Record<string, Float32Array>>
  readonly preprocessing: Preprocessing
  readonly template: FaceTemplate
}

/** A model of one of our own networks, e.g. VGG-Face with weights from a file. */
export async function networkModel(parts: NetworkModelParts, options: FaceModelOptions = {}): Promise<FaceModel> {
  checkOptions('networkModel', options, optionNames)
  const { name, hash, layer, weights, preprocessing, template } = parts
  const network = await imageNetwork(options.runtime ?? (await defaultRuntime()), layer, weights, preprocessing.size)
  const run: Run = async (images, n) => {
    const data = await network.run(images, n)
    return { data, shape: [n, data.length / n] }
  }
  return model({ name, hash, preprocessing, template, run, concurrency: network.concurrency, dispose: () => network.dispose() }, options)
}

/**
 * Any ONNX model, with a recipe that says what it takes.
 *
 * @param path an `.onnx` file with one image input
 * @param recipe the recipe, a path to its JSON, or nothing for `MODEL.json` beside `MODEL.onnx`
 * @throws KindredError `not-found`, `corrupt`; `limit` or `unsupported` for a model that may not be run, see `checkModel`; `usage` for a recipe that does not
 *   fit the model
 */
export async function onnxModel(path: string, recipe?: OnnxRecipe | string, options: FaceModelOptions = {}): Promise<FaceModel> {
  checkOptions('onnxModel', options, optionNames)
  const bytes = readBytes(path, 'onnxModel')
  const where = typeof recipe === 'object' ? `${path}, its recipe` : (recipe ?? path.replace(/\.onnx$/, '.json'))
  const { preprocessing, padding, name } = readOnnxRecipe(where, typeof recipe === 'object' ? recipe : recipeFile(where, path))
  const { size, layout } = preprocessing
  const shape = (n: number) => (layout === 'NCHW' ? [n, 3, size, size] : [n, size, size, 3])
  checkModel(bytes, path, { inputs: [shape(1)] })
  const runtime = options.runtime ?? (await defaultRuntime())
  const program = await ofFile(path, () => runtime.load(bytes, { independent: true, checked: true }))
  if (program.inputs.length !== 1) {
    await program.dispose()
    throw new KindredError('usage', 'onnxModel', `${path} must have one input`, program.inputs.join(', ') || 'none')
  }
  const output = preprocessing.output ?? (program.outputs.length === 1 ? program.outputs[0] : undefined)
  if (output === undefined || !program.outputs.includes(output)) {
    const near = output === undefined ? undefined : nearestName(output, program.outputs)
    await program.dispose()
    throw new KindredError(
      'usage',
      where,
      `output must be one of ${program.outputs.join(', ')}`,
      output ?? 'none',
      near === undefined ? 'Name the output that holds the embedding.' : `Did you mean ${near}?`,
    )
  }
  const run: Run = async (images, n) => {
    const out = (await ofFile(path, () => program.run({ [program.inputs[0]]: floats(images, shape(n)) }, [output])))[output]
    if (out.dtype !== 'float32' || out.shape[0] !== n)
      throw new KindredError(
        'unsupported',
        path,
        `its output ${output} must be float32, a row an image`,
        `${out.dtype} [${out.shape.join(', ')}] for ${n}`,
      )
    return { data: out.data as Float32Array, shape: out.shape }
  }
  const template: FaceTemplate = { name: 'similarity', size, padding }
  try {
    return await model(
      {
        name: name ?? basename(path, '.onnx'),
        what: path,
        hash: sha256(bytes),
        preprocessing: { ...preprocessing, output },
        template,
        run,
        concurrency: program.concurrency,
        dispose: () => program.dispose(),
      },
      options,
    )
  } catch (error) {
    await program.dispose()
    throw error
  }
}

function recipeFile(path: string, model: string): Record<string, unknown> {
  if (!existsSync(path))
    throw new KindredError(
      'not-found',
      'onnxModel',
      `${path} must exist: the recipe of ${model}`,
      'no such file',
      'Write one, e.g. {"size": 224, "channels": "RGB", "mean": 127.5, "scale": 0.00784313725, "output": "NAME"}.',
    )
  return readJson(path, recipeFileSchema, { where: 'onnxModel' })
}

type Run = (images: Float32Array, n: number) => Promise<{ data: Float32Array; shape: readonly number[] }>

interface ModelParts {
  readonly name: string
  /** What errors call it. Default: its name. */
  readonly what?: string
  readonly hash: string
  readonly preprocessing: Preprocessing
  readonly template: FaceTemplate
  readonly run: Run
  /** How many runs to ask for at once. */
  readonly concurrency: number
  dispose(): Promise<void>
}

/** Runs an image of zeros to learn the length of a vector, and wraps the rest. */
async function model(
  parts: ModelParts,
  { detector = 'unknown', template = parts.template, flip, chunk = 16 }: FaceModelOptions,
): Promise<FaceModel> {
  ensure(Number.isInteger(chunk) && chunk > 0, 'faceModel', 'chunk must be a positive integer', chunk)
  const preprocessing = { ...parts.preprocessing, flip: flip ?? parts.preprocessing.flip }
  const { size } = preprocessing
  const vectors = async (images: Float32Array, n: number) => {
    const rows = pooled(await parts.run(images, n), preprocessing)
    return finiteVectors(rows, rows.length / n, parts.what ?? parts.name)
  }
  const dim = (await vectors(new Float32Array(3 * size * size), 1)).length
  ensure(dim > 0, parts.what ?? parts.name, 'its output must hold numbers', 'none')
  return faceModelOf({
    name: parts.name,
    dim,
    template,
    recipe: { model: { name: parts.name, hash: parts.hash }, preprocessing, alignment: template, detector },
    async embed(crops, side) {
      const each = side * side * 3
      const count = crops.length / each
      const out = new Float32Array(count * dim)
      const chunks = inOrder(Math.ceil(count / chunk), parts.concurrency, async (k) => {
        const n = Math.min(chunk, count - k * chunk)
        const part = crops.subarray(k * chunk * each, (k * chunk + n) * each)
        const v = await vectors(prepared(part, n, side, preprocessing, false), n)
        if (preprocessing.flip) {
          const mirrored = await vectors(prepared(part, n, side, preprocessing, true), n)
          for (let i = 0; i < v.length; i++) v[i] = (v[i] + mirrored[i]) / 2
        }
        return preprocessing.normalise ? unitRows(v, dim) : v
      })
      let at = 0
      for await (const v of chunks) {
        out.set(v, at)
        at += v.length
      }
      return out
    },
    dispose: () => parts.dispose(),
  })
}

/** Crops as the network's input numbers. */
function prepared(
  crops: Uint8Array,
  n: number,
  side: number,
  { size, layout, channels, mean, scale }: Preprocessing,
  mirrored: boolean,
): Float32Array {
  const plane = size * size
  const out = new Float32Array(n * 3 * plane)
  const planes = new Float32Array(3 * plane)
  for (let k = 0; k < n; k++) {
    squareInput(
      { pixels: crops.subarray(k * side * side * 3, (k + 1) * side * side * 3), width: side, height: side },
      { size, centred: true },
      planes,
    )
    for (let c = 0; c < 3; c++) {
      const from = (channels === 'RGB' ? c : 2 - c) * plane
      const [m, s] = [mean[c], scale[c]]
      const [at, step] = layout === 'NCHW' ? [k * 3 * plane + c * plane, 1] : [k * 3 * plane + c, 3]
      for (let y = 0, i = 0; y < size; y++)
        for (let x = 0; x < size; x++, i++) out[at + i * step] = (planes[from + (mirrored ? y * size + size - 1 - x : i)] - m) * s
    }
  }
  return out
}

/** [n, ...] to [n, dim]. */
function pooled({ data, shape }: { data: Float32Array; shape: readonly number[] }, { pooling, layout }: Preprocessing): Float32Array {
  if (pooling === 'none' || shape.length === 2) return data.slice()
  if (shape.length !== 4)
    throw new KindredError(
      'shape',
      'pooling',
      'the output must be a feature map of four axes',
      `[${shape.join(', ')}]`,
      'Use pooling none.',
    )
  const [n, a, b, c] = shape
  const [channels, places] = layout === 'NCHW' ? [a, b * c] : [c, a * b]
  const out = new Float32Array(n * channels)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < channels; k++) {
      let [sum, most] = [0, -Infinity]
      for (let p = 0; p < places; p++) {
        const v = data[layout === 'NCHW' ? (i * channels + k) * places + p : (i * places + p) * channels + k]
        sum += v
        most = Math.max(most, v)
      }
      out[i * channels + k] = pooling === 'mean' ? sum / places : most
    }
  }
  return out
}
