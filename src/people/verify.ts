/** @file Do two photos show one person? A distance, and a verdict by a threshold that was calibrated at a false-accept rate on labelled photos. */
import { euclideanDistance } from '../neighbours/index.ts'
import { checkOptions, ensure, KindredError, silent } from '../base/index.ts'
import type { FaceRecipe, LooksName } from '../faces/index.ts'
import { readBytes } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { embedPhoto, type EmbeddedPhoto } from './embed-folder.ts'
import { networkChoiceNames, openNetworks, type FaceNetworks, type NetworkChoice } from './face-networks.ts'
import { publishedThreshold, type PublishedDistance } from './published.ts'
import { chooseThreshold, readThreshold, type SavedThreshold, type ThresholdChoice, type UsedThreshold } from './threshold-file.ts'

/** Two faces, one of each photo. */
export interface FacePair {
  /** Places among the faces of their photos, largest first. */
  readonly a: number
  readonly b: number
  /** Euclidean. */
  readonly distance: number
  /** Whether they count as one person; null without a threshold. */
  readonly same: boolean | null
}

/** What {@link verifyPhotos} finds. */
export interface FaceVerification {
  readonly a: string
  readonly b: string
  /** Faces in each photo. */
  readonly faces: readonly [number, number]
  /** Every face of `a` with every face of `b`, in order. */
  readonly pairs: readonly FacePair[]
  readonly recipe: FaceRecipe
  readonly threshold: UsedThreshold | undefined
  /** What the model's author publishes for it, where that is known: not measured on these photos. */
  readonly published: PublishedDistance | undefined
}

/** Settings of {@link verifyPhotos}. */
export interface VerifyOptions extends NetworkChoice, ThresholdChoice {
  /** A calibration made just now; instead of `threshold` or `calibration`. */
  readonly calibrated?: SavedThreshold
  /** Faces of each photo: all (default), or the largest alone. */
  readonly faces?: 'largest' | 'all'
  /** How often each photo is looked at. Default all. */
  readonly looks?: LooksName
  readonly runtime: Runtime
}

/**
 * Compares the faces of two photos.
 *
 * With several faces in a photo each pair has its own distance and verdict: no one of them is chosen.
 * @throws KindredError `not-found` for a photo without a face; `mismatch` for a calibration of another recipe, naming both
 */
export async function verifyPhotos(a: string, b: string, options: VerifyOptions): Promise<FaceVerification> {
  checkOptions('verify', options, [...networkChoiceNames, 'threshold', 'calibration', 'calibrated', 'faces', 'looks', 'runtime'])
  const { threshold, calibration, calibrated, faces = 'all', looks, runtime, ...choice } = options
  ensure(
    [threshold, calibration, calibrated].filter((t) => t !== undefined).length <= 1,
    'verify',
    'threshold, calibration and calibrated must not be given together',
  )
  ensure(
    threshold === undefined || (Number.isFinite(threshold) && threshold >= 0),
    'verify',
    'threshold must be a distance >= 0',
    threshold,
  )
  for (const photo of [a, b]) readBytes(photo, 'verify') // before any work: they must be there
  const stored = calibrated?.recipe ?? (calibration === undefined ? undefined : readThreshold(calibration).recipe)
  const networks = await openNetworks(choice, runtime, stored)
  try {
    const { recipe } = networks.model
    const used: UsedThreshold | undefined =
      calibrated === undefined
        ? chooseThreshold({ threshold, calibration }, recipe, undefined, silent.warn)
        : { value: calibrated.threshold, from: 'calibrated', calibration: calibrated }
    const [mine, yours] = [await facesOf(a, networks, { faces, looks }), await facesOf(b, networks, { faces, looks })]
    const pairs = mine.flatMap((x) =>
      yours.map((y) => {
        const distance = euclideanDistance(x.vector, y.vector)
        return { a: x.face.index, b: y.face.index, distance, same: used === undefined ? null : distance <= used.value }
      }),
    )
    return { a, b, faces: [mine.length, yours.length], pairs, recipe, threshold: used, published: publishedThreshold(recipe) }
  } finally {
    await networks.dispose()
  }
}

async function facesOf(
  path: string,
  { detector, model }: FaceNetworks,
  find: Pick<VerifyOptions, 'faces' | 'looks'>,
): Promise<EmbeddedPhoto[]> {
  const found = await embedPhoto(path, { detector, model, ...find })
  if (found.length === 0)
    throw new KindredError('not-found', 'verify', `${path} must show a face`, 'none found', 'Try another photo, or `detector` ssd.', {
      option: 'detector',
    })
  return found
}
