/** @file The detector and model a question needs: those that made the vectors it is put to, unless the user names others. */
import { KindredError } from '../base/index.ts'
import { detectorNames, openDetector, type DetectorName, type FaceDetector, type FaceModel, type FaceRecipe } from '../faces/index.ts'
import { assertSameRecipe } from '../recipe/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { findHead, modelWithHead } from './learn/head-file.ts'
import { checkFaceModelName, openFaceModel } from './open-face-model.ts'

/** What the user says about the networks. */
export interface NetworkChoice {
  /** Default: that of the vectors, else ssd. */
  readonly detector?: DetectorName
  /** See `openDetector`. */
  readonly detectorWeights?: string
  /** See `openFaceModel`. Default: that of the vectors, else dlib. */
  readonly model?: string
  readonly weights?: string
  readonly layer?: string
}

/** The names of {@link NetworkChoice}. */
export const networkChoiceNames = ['detector', 'detectorWeights', 'model', 'weights', 'layer'] as const

/** An opened detector and an opened model for it. */
export interface FaceNetworks {
  readonly detector: FaceDetector
  readonly model: FaceModel
  dispose(): Promise<void>
  /** The same, for `await using networks = ...`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens detector and model.
 *
 * @param stored the recipe of the vectors that will be compared: the source of defaults, and a demand
 * @param heads where a head that `stored` names may lie; the path in the recipe is tried last
 * @throws KindredError `mismatch` naming both recipes when the networks are not those of `stored`, or its head is another; `not-found` when its head is gone;
 *   `usage` when `stored` was made by a model file that must be named
 */
export async function openNetworks(
  choice: NetworkChoice,
  runtime: Runtime,
  stored?: FaceRecipe,
  heads: readonly string[] = [],
): Promise<FaceNetworks> {
  const usual = defaults(choice, stored)
  const wanted = {
    detector: choice.detector ?? usual.detector,
    model: choice.model ?? usual.model,
    weights: choice.weights,
    layer: choice.layer ?? usual.layer,
  }
  checkFaceModelName(wanted.model)
  const head = stored?.head === undefined ? undefined : findHead(stored.head, heads) // before any network is opened
  const detector = await openDetector(wanted.detector, { runtime, detectorWeights: choice.detectorWeights })
  let model: FaceModel | undefined
  try {
    const { weights, layer } = wanted
    model = await openFaceModel(wanted.model, {
      runtime,
      detector,
      weights,
      layer,
    })
    if (head !== undefined) model = modelWithHead(model, head)
    if (stored !== undefined) assertSameRecipe(stored, model.recipe)
    const opened = model
    const dispose = async (): Promise<void> => {
      await opened.dispose()
      await detector.dispose()
    }
    return { detector, model: opened, dispose, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await model?.dispose()
    await detector.dispose()
    throw error
  }
}

/** What made these vectors, in the words of the command line. */
function defaults(choice: NetworkChoice, stored: FaceRecipe | undefined): { detector: DetectorName; model: string; layer?: string } {
  if (stored === undefined) return { detector: 'ssd', model: 'dlib' }
  const detector = detectorNames.find((name) => stored.detector.startsWith(`${name}:`)) ?? 'ssd'
  if (choice.model !== undefined) return { detector, model: choice.model }
  const [name, layer] = stored.model.name.split(' ')
  if (name === 'vgg-face' || name === 'vgg16') return { detector, model: name, layer }
  if (name === 'dlib' || name === 'pixels') return { detector, model: name }
  throw new KindredError(
    'usage',
    'face model',
    `the model ${stored.model.name} that made these vectors must be named`,
    'none',
    'Pass `model`: FILE.onnx.',
  )
}
