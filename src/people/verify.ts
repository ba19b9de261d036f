/** @file Do two photos show one person? A distance, and a verdict by a threshold that was calibrated at a false-accept rate on labelled photos. */
import { euclideanDistance } from '../neighbours/index.ts'
import { checkOptions, ensure, gatherRows, KindredError, silent } from '../base/index.ts'
import { labelOf, photoFiles, type FaceRecipe } from '../faces/index.ts'
import { readBytes } from '../files/index.ts'
import { calibrateVerification, pairDistances, wilsonInterval } from '../metrics/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { embedPhoto, type EmbeddedPhoto } from './embed-folder.ts'
import { openNetworks, type FaceNetworks, type NetworkChoice } from './face-networks.ts'
import { isPhotoFolder, keptFolder, openKnownFaces, type KnownFaces, type KnownFacesOptions } from './known-faces.ts'
import { some } from './pictures.ts'
import { chooseThreshold, readThreshold, type SavedThreshold, type ThresholdChoice, type UsedThreshold } from './threshold-file.ts'

/** People from whom intervals by resampling people are taken; with fewer, as if pairs were independent. */
const enoughPeople = 3

/** Faces whose pairs are measured at most, as pairs grow with the square; of more, so many are drawn. */
const mostFaces = 3000

/** Settings of {@link calibrateThreshold}. */
export interface CalibrateThresholdOptions extends KnownFacesOptions {
  /** The share of pairs of two people that may be taken for one. Default 0.001. */
  readonly far?: number
}

/**
 * Calibrates the distance up to which two photos count as showing one person, on labelled photos.
 *
 * Of a photo with a person's name its largest face counts; copies of a photo count once; of more than 3,000 faces so many are drawn.
 * @param place see {@link openKnownFaces}: a folder of folders of persons, the OUT of `kindred faces`, or a gallery
 * @throws KindredError `usage` when there are too few pairs of two people for this rate, with how many are needed and how many there are
 */
export async function calibrateThreshold(place: string, options: CalibrateThresholdOptions): Promise<SavedThreshold> {
  checkOptions('calibrate', options, ['far', 'keep', 'faces', 'detector', 'model', 'weights', 'layer', 'runtime', 'progress', 'signal'])
  const { far, ...rest } = options
  checkNames(place, options.keep)
  const known = await openKnownFaces(place, rest)
  try {
    return await calibrateOn(known, far)
  } finally {
    await known.close()
  }
}

/** What the names of folders tell before any photo is looked at. @throws KindredError `usage` */
function checkNames(place: string, keep: string = keptFolder(place)): void {
  if (!isPhotoFolder(place)) return
  const { photos } = photoFiles(place, keep)
  if (photos.length > 0) ensurePeople(place, new Set(photos.map(labelOf).filter((label) => label !== null)).size)
}

function ensurePeople(place: string, people: number): void {
  if (people < 2)
    throw new KindredError(
      'usage',
      'calibrate',
      `${place} must hold photos of two people or more, each person's in a folder of their own`,
      people === 0 ? 'photos without names' : 'one person',
    )
}

/** {@link calibrateThreshold} on faces that are open. */
export async function calibrateOn(known: KnownFaces, far = 0.001): Promise<SavedThreshold> {
  const { vectors, dim, labels, ids } = await known.points()
  const seen = new Set<string>()
  const all = [...labels.keys()].filter((i) => labels[i] >= 0 && !seen.has(`${labels[i]} ${ids[i]}`) && seen.add(`${labels[i]} ${ids[i]}`))
  const rows = some(all.length, mostFaces, 0).map((at) => all[at])
  const people = new Set(rows.map((i) => labels[i]))
  ensurePeople(known.place, people.size)
  const pairs = pairDistances(
    gatherRows(vectors, dim, rows),
    dim,
    Int32Array.from(rows, (i) => labels[i]),
  )
  const rule = calibrateVerification({ ...pairs, far })
  const byPeople = people.size >= enoughPeople ? rule.byPeople : undefined
  return {
    kindred: 'face threshold',
    threshold: rule.threshold,
    farAsked: far,
    far: rule.far,
    tar: rule.tar,
    farInterval: byPeople?.farInterval ?? rule.farInterval,
    tarInterval: byPeople?.tarInterval ?? rule.tarInterval,
    intervalsBy: byPeople === undefined ? 'pairs' : 'people',
    genuine: rule.genuine,
    impostors: rule.impostors,
    strangers: strangersWithin(
      gatherRows(vectors, dim, rows),
      dim,
      rows.map((i) => labels[i]),
      rule.threshold,
    ),
    people: people.size,
    faces: rows.length,
    folder: known.place,
    recipe: known.networks.model.recipe,
  }
}

/** How many faces have one of somebody else within the threshold: what happens to strangers who are searched for among all the others. */
function strangersWithin(vectors: Float32Array, dim: number, labels: readonly number[], threshold: number): SavedThreshold['strangers'] {
  const asked = labels.length
  const row = (i: number) => vectors.subarray(i * dim, (i + 1) * dim)
  const accepted = labels.filter((label, i) =>
    labels.some((other, j) => other !== label && euclideanDistance(row(i), row(j)) <= threshold),
  ).length
  return { asked, accepted, interval: wilsonInterval(accepted, asked) }
}

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
  readonly published: { readonly threshold: number; readonly by: string } | undefined
}

/** Settings of {@link verifyPhotos}. */
export interface VerifyOptions extends NetworkChoice, ThresholdChoice {
  /** A calibration made just now; instead of `threshold` or `calibration`. */
  readonly calibrated?: SavedThreshold
  /** Faces of each photo: all (default), or the largest alone. */
  readonly faces?: 'largest' | 'all'
  readonly runtime: Runtime
}

/**
 * Compares the faces of two photos.
 *
 * With several faces in a photo each pair has its own distance and verdict: no one of them is chosen.
 * @throws KindredError `not-found` for a photo without a face; `mismatch` for a calibration of another recipe, naming both
 */
export async function verifyPhotos(a: string, b: string, options: VerifyOptions): Promise<FaceVerification> {
  checkOptions('verify', options, ['detector', 'model', 'weights', 'layer', 'threshold', 'calibration', 'calibrated', 'faces', 'runtime'])
  const { threshold, calibration, calibrated, faces = 'all', runtime, ...choice } = options
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
    const [mine, yours] = [await facesOf(a, networks, faces), await facesOf(b, networks, faces)]
    const pairs = mine.flatMap((x) =>
      yours.map((y) => {
        const distance = euclideanDistance(x.vector, y.vector)
        return { a: x.face.index, b: y.face.index, distance, same: used === undefined ? null : distance <= used.value }
      }),
    )
    return { a, b, faces: [mine.length, yours.length], pairs, recipe, threshold: used, published: publishedFor(recipe) }
  } finally {
    await networks.dispose()
  }
}

async function facesOf(path: string, { detector, model }: FaceNetworks, faces: 'largest' | 'all'): Promise<EmbeddedPhoto[]> {
  const found = await embedPhoto(path, { detector, model, faces })
  if (found.length === 0)
    throw new KindredError('not-found', 'verify', `${path} must show a face`, 'none found', 'Try another photo, or `detector` ssd.', {
      option: 'detector',
    })
  return found
}

/** dlib's own figure, for crops as its author cuts them. */
function publishedFor({ model, alignment, preprocessing }: FaceRecipe): FaceVerification['published'] {
  const own = model.name === 'dlib' && alignment.name === 'similarity' && alignment.padding === 0.25 && !preprocessing.flip
  return own ? { threshold: 0.6, by: "dlib's author, on Labeled Faces in the Wild" } : undefined
}
