/** @file Face models by name: the one door through which stories and commands open them. */
import { extname, resolve } from 'node:path'
import { checkOptions, ensure, KindredError, nearestName, type Progress } from '../base/index.ts'
import {
  faceModel,
  onnxModel,
  openDetector,
  readOnnxRecipe,
  recipeFileSchema,
  type DetectorName,
  type FaceDetector,
  type FaceModel,
} from '../faces/index.ts'
import { pathKind, readJson } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { pixelsModel } from './pixels-model.ts'
import { vggModel } from './vgg-model.ts'

/** The models that have a name; any ONNX file with a recipe can be used besides. */
export const faceModelNames = ['dlib', 'vgg-face', 'vgg16', 'pixels'] as const

/** Settings of {@link openFaceModel}. */
export interface OpenFaceModelOptions {
  readonly runtime: Runtime
  /** The detector that finds the faces: it belongs to the recipe. An opened one stays open; by name it is opened for its id and closed again. */
  readonly detector: DetectorName | Pick<FaceDetector, 'id'>
  /** Weights of VGG-Face or VGG16; without it the published file is fetched once and kept. */
  readonly weights?: string
  /** Where VGG is cut: fc7, fc7/relu (default), fc8, pool5/avg, pool5/max. */
  readonly layer?: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/**
 * Opens a face model by its name or file.
 *
 * @param name `dlib` (128 numbers), `vgg-face` or `vgg16` (4096), `pixels` (the baseline without any network), a path `FILE.onnx` whose recipe `FILE.json`
 *   lies beside it, or a path `RECIPE.json` that names its model in the field `file` (relative to itself)
 * @throws KindredError `usage` for a name that is none (with the nearest that is), `not-found` for missing files or packages, `corrupt`
 * @example
 * const detector = await openDetector('ssd', { runtime })
 * const model = await openFaceModel('dlib', { runtime, detector })
 */
export async function openFaceModel(name: string, options: OpenFaceModelOptions): Promise<FaceModel> {
  const where = 'face model'
  checkOptions(where, options, ['runtime', 'detector', 'weights', 'layer', 'progress', 'signal'])
  checkFaceModelName(name)
  const vgg = name === 'vgg-face' || name === 'vgg16'
  for (const key of ['weights', 'layer'] as const)
    ensure(
      vgg || options[key] === undefined,
      where,
      `${key} is for vgg-face and vgg16`,
      `${name} with ${key} ${options[key]}`,
      'Leave it out.',
    )
  if (options.weights !== undefined && pathKind(options.weights, where) === undefined)
    throw new KindredError(
      'not-found',
      where,
      `the weights ${options.weights} must exist`,
      'no such file',
      'Check the path, or leave it out to fetch the published file.',
    )
  const { runtime } = options
  const detector = await detectorId(options.detector, runtime)
  if (name === 'dlib') return faceModel('dlib', { runtime, detector })
  if (name === 'pixels') return pixelsModel(detector)
  if (vgg) return vggModel(name, { ...options, detector })
  if (extname(name).toLowerCase() === '.onnx') return onnxModel(name, undefined, { runtime, detector })
  const recipe = readJson(name, recipeFileSchema, { where })
  const { file } = recipe
  ensure(
    typeof file === 'string' && file !== '',
    name,
    'a recipe used as a model must name it in the field "file"',
    file ?? 'nothing',
    'Add "file": "MODEL.onnx", or name the .onnx file instead.',
  )
  readOnnxRecipe(name, recipe) // before the model is read
  return onnxModel(resolve(name, '..', file), name, { runtime, detector })
}

/** Throws unless a model could have this name: before any work is begun, and without opening it. */
export function checkFaceModelName(name: string): void {
  const where = 'face model'
  if ((faceModelNames as readonly string[]).includes(name)) return
  if (/\.(onnx|json)$/i.test(name)) {
    if (pathKind(name, where) === undefined)
      throw new KindredError('not-found', where, `${name} must exist`, 'no such file', 'Check the path.')
    return
  }
  const near = nearestName(name, faceModelNames)
  throw new KindredError(
    'usage',
    where,
    `model must be one of ${faceModelNames.join(', ')}, or a path to FILE.onnx with its recipe FILE.json beside it`,
    JSON.stringify(name),
    near === undefined ? undefined : `Did you mean ${near}?`,
  )
}

async function detectorId(detector: OpenFaceModelOptions['detector'], runtime: Runtime): Promise<string> {
  if (typeof detector !== 'string') return detector.id
  const opened = await openDetector(detector, { runtime })
  await opened.dispose()
  return opened.id
}
