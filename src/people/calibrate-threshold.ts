/** @file The distance up to which two photos count as one person, calibrated at a false-accept rate on labelled photos, and the radius of their groups. */
import { checkOptions, gatherRows, KindredError, inSlices } from '../base/index.ts'
import { labelOf, photoFiles } from '../faces/index.ts'
import { calibratePieces, crossValidateVerification, pairDistancePieces, wilsonInterval, type PairDistances } from '../metrics/index.ts'
import { euclideanDistance } from '../neighbours/index.ts'
import { chooseRadius } from './choose-radius.ts'
import { isPhotoFolder, keptFolder, knownFacesOptionNames, openKnownFaces, type KnownFaces, type KnownFacesOptions } from './known-faces.ts'
import { some } from './pictures.ts'
import type { PairHistogram, SavedThreshold } from './threshold-file.ts'

/** People from whom intervals by resampling people are taken; with fewer, as if pairs were independent. */
const enoughPeople = 3

/** People from whom a threshold is tried on those it was not set with: with fewer that says little more than who they are. */
const peopleForFolds = 20

/** Faces whose pairs are measured at most, as pairs grow with the square; of more, so many are drawn. */
const mostFaces = 3000

/** Settings of {@link calibrateThreshold}. */
export interface CalibrateThresholdOptions extends KnownFacesOptions {
  /** The share of pairs of two people that may be taken for one. Default 0.001. */
  readonly far?: number
  /** Faces that make a core of a group, for the radius of groups. Default 3. */
  readonly minPoints?: number
}

/**
 * Calibrates the distance up to which two photos count as showing one person, on labelled photos.
 *
 * Of a photo with a person's name its largest face counts; copies of a photo count once; of more than 3,000 faces so many are drawn.
 * @param place see {@link openKnownFaces}: a folder of folders of persons, the OUT of `kindred faces`, or a gallery
 * @throws KindredError `usage` when there are too few pairs of two people for this rate, with how many are needed and how many there are
 */
export async function calibrateThreshold(place: string, options: CalibrateThresholdOptions): Promise<SavedThreshold> {
  checkOptions('calibrate', options, ['far', 'minPoints', ...knownFacesOptionNames])
  const { far, minPoints, ...rest } = options
  checkNames(place, options.keep)
  const known = await openKnownFaces(place, rest)
  try {
    return await calibrateOn(known, far, minPoints)
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

/** {@link calibrateThreshold} on faces that are open. @param minPoints faces that make a core of a group */
export async function calibrateOn(known: KnownFaces, far = 0.001, minPoints = 3): Promise<SavedThreshold> {
  const { vectors, dim, labels, ids } = await known.points()
  const seen = new Set<string>()
  const all = [...labels.keys()].filter((i) => labels[i] >= 0 && !seen.has(`${labels[i]} ${ids[i]}`) && seen.add(`${labels[i]} ${ids[i]}`))
  const rows = some(all.length, mostFaces, 0).map((at) => all[at])
  const people = new Set(rows.map((i) => labels[i]))
  ensurePeople(known.place, people.size)
  const points = gatherRows(vectors, dim, rows)
  const names = Int32Array.from(rows, (i) => labels[i])
  const pairs = await inSlices(pairDistancePieces(points, dim, names), { where: 'calibrate' })
  const rule = await inSlices(calibratePieces({ ...pairs, far }), { where: 'calibrate' })
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
    strangers: strangersWithin(points, dim, names, rule.threshold),
    people: people.size,
    faces: rows.length,
    folder: known.place,
    recipe: known.networks.model.recipe,
    heldOut: people.size < peopleForFolds ? undefined : heldOut(pairs, far),
    grouping: chooseRadius(points, dim, names, { threshold: rule.threshold, minPoints }),
    histogram: histogramOf(pairs, rule.threshold),
  }
}

/** Sets the threshold on some people and tries it on others; undefined where too few pairs are left for that. */
function heldOut(pairs: PairDistances, asked: number): SavedThreshold['heldOut'] {
  try {
    const { far, farInterval, tar, folds } = crossValidateVerification(pairs, { far: asked })
    return { far, farInterval, tar, folds: folds.length }
  } catch (error) {
    if (error instanceof KindredError && error.code === 'usage') return undefined
    throw error
  }
}

/** Counts of pairs in 100 steps up to twice the threshold. */
function histogramOf({ genuine, impostor }: PairDistances, threshold: number): PairHistogram {
  const step = Number(((2 * threshold) / 100).toPrecision(3))
  const count = (list: Float64Array): number[] => {
    const out: number[] = Array.from({ length: 100 }, () => 0)
    for (const d of list) if (d < 100 * step) out[Math.floor(d / step)]++
    return out
  }
  return { step, same: count(genuine), different: count(impostor) }
}

/** How many faces have one of somebody else within the threshold: what happens to strangers who are searched for among all the others. */
function strangersWithin(vectors: Float32Array, dim: number, labels: Int32Array, threshold: number): SavedThreshold['strangers'] {
  const asked = labels.length
  const row = (i: number) => vectors.subarray(i * dim, (i + 1) * dim)
  const accepted = labels.filter((label, i) =>
    labels.some((other, j) => other !== label && euclideanDistance(row(i), row(j)) <= threshold),
  ).length
  return { asked, accepted, interval: wilsonInterval(accepted, asked) }
}
