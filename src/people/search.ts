/** @file Who is this? The faces of a photo among those that are known, by Euclidean distance, with an honest "nobody you know". */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import sharp from 'sharp'
import { checkOptions, ensure, KindredError, silent } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import type { FaceRecipe } from '../faces/index.ts'
import type { Photo } from '../images/index.ts'
import { readBytes } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { faceStrip, type StripRow } from '../plots/index.ts'
import { embedPhoto } from './embed-folder.ts'
import { measureHere, type DistanceHere } from './labelled-pairs.ts'
import { publishedThreshold, type PublishedDistance } from './published.ts'
import { checkPerson, knownFacesOptionNames, openKnownFaces, type KnownFacesOptions, type KnownNeighbour } from './known-faces.ts'
import { chooseThreshold, readThreshold, type ThresholdChoice, type UsedThreshold } from './threshold-file.ts'

/** Settings of {@link searchFaces}. */
export interface SearchOptions extends KnownFacesOptions, ThresholdChoice {
  /** Neighbours a face. Default 5. */
  readonly k?: number
  /** Only this person's faces. */
  readonly person?: string
  /** Faces of the query photo: all (default), or its largest alone. */
  readonly queryFaces?: 'largest' | 'all'
}

/** A neighbour in an answer. */
export interface RankedNeighbour extends KnownNeighbour {
  /** From 1; 0 for the query photo itself, which may be among the faces and is not counted. */
  readonly rank: number
  /** Whether it lies within the threshold; null where there is none. */
  readonly within: boolean | null
}

/** What is known of one face of the query. */
export interface FaceAnswer {
  /** Its place among the photo's faces, largest first. */
  readonly face: number
  /** x, y, width, height, pixels of the upright photo. */
  readonly box: readonly [number, number, number, number]
  readonly score: number
  readonly crop: Photo
  /** True: somebody lies within the threshold; false: nobody you know; null: no threshold, so nobody can say. */
  readonly known: boolean | null
  /** The person of the nearest face, where it is known and has a name. */
  readonly person: string | null
  readonly neighbours: readonly RankedNeighbour[]
}

/** What {@link searchFaces} finds. */
export interface FaceSearch {
  readonly query: string
  readonly place: string
  /** Faces that were asked. */
  readonly count: number
  readonly recipe: FaceRecipe
  readonly threshold: UsedThreshold | undefined
  /** What the model's author publishes for it, where that is known: from other people's photos. */
  readonly published: PublishedDistance | undefined
  /** What the threshold does on the known faces that have labels; without one, what the published distance would do. */
  readonly here: DistanceHere | undefined
  readonly answers: readonly FaceAnswer[]
}

const where = 'search'
/** Known faces of which some are compared with each other at most (of more, a gallery would have to be read whole), and how many of them are. */
const [mostMeasured, mostCompared] = [20_000, 1000]

/**
 * The nearest known faces of each face in a photo.
 *
 * @param place see {@link openKnownFaces}
 * @param query an image file
 * @throws KindredError `not-found` when nothing is known, or the photo shows no face; `mismatch` when its vectors would be of another recipe; `usage` for a
 *   person nobody knows
 * @example
 * const { answers } = await searchFaces('runs/faces', 'stranger.jpg', { threshold: 0.5, runtime })
 */
export async function searchFaces(place: string, query: string, options: SearchOptions): Promise<FaceSearch> {
  checkOptions(where, options, ['k', 'person', 'queryFaces', 'threshold', 'calibration', ...knownFacesOptionNames])
  const { k = 5, person, queryFaces = 'all', threshold, calibration, progress = silent, ...rest } = options
  ensure(Number.isInteger(k) && k >= 1, where, 'k must be a whole number of at least 1', k)
  ensure(threshold === undefined || (Number.isFinite(threshold) && threshold >= 0), where, 'threshold must be a distance >= 0', threshold)
  ensure(threshold === undefined || calibration === undefined, where, 'threshold and calibration must not be given together')
  if (calibration !== undefined) readThreshold(calibration)
  const content = sha256(readBytes(query, where)) // before any work: it must be there
  const known = await openKnownFaces(place, { ...rest, progress })
  try {
    if (person !== undefined) checkPerson(person, known.people)
    const { detector, model } = known.networks
    const used = chooseThreshold({ threshold, calibration }, model.recipe, known.thresholdFile, (message) => progress.warn(message))
    const faces = await embedPhoto(query, { detector, model, faces: queryFaces, looks: options.looks })
    if (faces.length === 0)
      throw new KindredError('not-found', where, `${query} must show a face`, 'none found', 'Try another photo, or `detector` ssd.', {
        option: 'detector',
      })
    const answers: FaceAnswer[] = []
    for (const { face, crop, vector } of faces) {
      const near = await known.search(vector, k + faces.length, person)
      let rank = 0
      const neighbours = near
        .map((n) => ({ ...n, rank: n.content === content ? 0 : ++rank, within: used === undefined ? null : n.distance <= used.value }))
        .filter((n) => n.rank <= k)
      const nearest = neighbours[0]
      const isKnown = used === undefined ? null : nearest?.within === true
      const { x, y, width, height } = face.box
      answers.push({
        face: face.index,
        box: [x, y, width, height],
        score: face.score,
        crop,
        known: isKnown,
        person: isKnown === true ? nearest.person : null,
        neighbours,
      })
    }
    const gone = new Set(answers.flatMap((a) => a.neighbours.filter((n) => n.gone === true).map((n) => n.photo)))
    if (gone.size > 0)
      progress.warn(
        `${gone.size === 1 ? 'one photo' : `${gone.size} photos`} of the answer no longer ${gone.size === 1 ? 'lies' : 'lie'} where ${known.place} says ` +
          `(${[...gone][0]}${gone.size > 1 ? ', …' : ''}): run \`faces()\` on the folder again${known.kind === 'gallery' ? ' with this gallery' : ''}.`,
      )
    const published = publishedThreshold(model.recipe)
    const distance = used?.value ?? published?.threshold
    const here =
      distance === undefined || known.count > mostMeasured
        ? undefined
        : await measureHere(await known.points(), distance, { most: mostCompared, signal: options.signal })
    return { query, place: known.place, count: known.count, recipe: model.recipe, threshold: used, published, here, answers }
  } finally {
    await known.close()
  }
}

/** One sentence on one face. */
export function answerLine({ known, neighbours }: Pick<FaceAnswer, 'known' | 'neighbours'>, threshold: UsedThreshold | undefined): string {
  const name = (n: KnownNeighbour): string => n.person ?? `somebody without a name (${n.photo})`
  const itself = neighbours.find((n) => n.rank === 0 && n.distance < 1e-3)
  const others = neighbours.filter((n) => n !== itself)
  const among =
    itself === undefined ? '' : `this very photo is among them as ${itself.person === null ? itself.photo : `${itself.person}’s`}; `
  const [nearest] = others
  if (nearest === undefined) return `${among}there is no other face to compare it with`
  const at = nearest.distance.toFixed(3)
  if (known === null) return `${among}nearest is ${name(nearest)} at ${at}`
  if (nearest.within !== true)
    return (
      `${among}${itself === undefined ? 'nobody you know: the nearest' : 'the nearest other'}, ${name(nearest)}, lies at ${at}, beyond ` +
      `${Number(threshold!.value.toPrecision(4))}`
    )
  const too = [...new Set(others.filter((n) => n.within === true).map(name))].filter((other) => other !== name(nearest))
  return `${among}${name(nearest)} at ${at}${too.length === 0 ? '' : `, but ${too.join(', ')} within the threshold, too`}`
}

/**
 * The answers as a picture: each face of the query, and its neighbours with names and distances.
 *
 * @returns an SVG document
 */
export async function searchStrip({ query, answers, threshold }: FaceSearch): Promise<string> {
  const side = 112
  const rows: StripRow[] = []
  for (const answer of answers) {
    const { crop } = answer
    rows.push({
      query: await sharp(crop.pixels, { raw: { width: crop.width, height: crop.height, channels: 3 } })
        .resize(side, side)
        .raw()
        .toBuffer(),
      name: answers.length === 1 ? 'query' : `face ${answer.face + 1}`,
      detail: answer.known === false ? 'nobody you know' : (answer.person ?? basename(query)),
      neighbours: await Promise.all(
        answer.neighbours.map(async (n) => ({
          pixels: await thumbnail(n.crop, side),
          name: n.rank === 0 ? 'the photo itself' : (n.person ?? basename(n.photo)),
          distance: n.distance,
          mark: n.within === true ? ('right' as const) : ('unknown' as const),
        })),
      ),
    })
  }
  return faceStrip(rows, {
    height: side,
    width: side,
    title: searchTitle(short(basename(query)), answers),
    subtitle:
      threshold === undefined
        ? 'Nearest faces and their Euclidean distances; without a threshold nobody can say who is the same person.'
        : `Nearest faces and their Euclidean distances. A tick: within the threshold of ${Number(threshold.value.toPrecision(4))}.`,
  })
}

/** What was found, as a sentence. @param photo the name of the query */
export function searchTitle(photo: string, answers: readonly Pick<FaceAnswer, 'known' | 'person' | 'neighbours'>[]): string {
  const decided = answers.filter((a) => a.known !== null)
  const known = decided.filter((a) => a.known === true)
  if (answers.length === 1 && decided.length === 1) {
    if (known.length === 0) return `${photo} shows nobody you know`
    return `${photo} shows ${known[0].person ?? 'somebody who is known without a name'}`
  }
  if (decided.length > 0) return `${photo} shows ${answers.length} faces, ${known.length} of them known`
  const nearest = answers
    .flatMap((a) => a.neighbours.filter((n) => n.rank > 0))
    .reduce<{ person: string | null; photo: string; distance: number } | undefined>(
      (a, b) => (a === undefined || b.distance < a.distance ? b : a),
      undefined,
    )
  if (nearest === undefined) return `Nobody is known beside ${photo} itself`
  return `Nearest to ${photo} is ${nearest.person ?? short(basename(nearest.photo))}, ${nearest.distance.toFixed(3)} away`
}

/** A long name without its middle. */
const short = (name: string): string =>
  [...name].length <= 40 ? name : `${[...name].slice(0, 26).join('')}…${[...name].slice(-13).join('')}`

/** A crop from disk; a grey square where it is gone. */
async function thumbnail(crop: string | null, side: number): Promise<Uint8Array> {
  if (crop === null || !existsSync(crop)) return new Uint8Array(side * side * 3).fill(208)
  return (await decodeImage(crop, { size: [side, side] })).pixels
}
