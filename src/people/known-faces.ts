/**
 * @file Faces that questions are put to: the output folder of an earlier run, a gallery, or a folder of photos, which is embedded first and kept.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { gatherRows, KindredError, nearestName, type Progress, silent } from '../base/index.ts'
import { readVectors } from '../vectors/index.ts'
import { faceRecipeSchema, holdsCrops, readCropRecords, type CropRecord, type FaceRecipe, type LooksName } from '../faces/index.ts'
import { pathKind, readBytes, readJson } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import { contentOfItem, isAddress, openGallery, type Gallery, type ItemEntry } from '../gallery/index.ts'
import { nearest } from '../neighbours/index.ts'
import { assertSameRecipe, describeRecipe, sameRecipe } from '../recipe/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { closeDeadReport, openRunFolder } from '../report/index.ts'
import { embedFolder } from './embed-folder.ts'
import { missedLines, missedPhotos } from './missed-photos.ts'
import { networkChoiceNames, openNetworks, type FaceNetworks, type NetworkChoice } from './face-networks.ts'
import { contentOfId, faceId } from './kept-vectors.ts'
import { galleryHeadPath, headPath } from './learn/head-file.ts'
import { thresholdPath } from './threshold-file.ts'
import { nameWarnings, peopleIn, personsOf } from './people-of.ts'

/** A face that is known, and how far a query lies from it. */
export interface KnownNeighbour {
  /** The person's name; null where nobody has given one. */
  readonly person: string | null
  /** The photo: relative to its folder, or as the gallery has it. */
  readonly photo: string
  /** Which of the photo's faces, largest first. */
  readonly face: number
  /** Euclidean. */
  readonly distance: number
  /** Path of the crop. */
  readonly crop: string | null
  /** SHA-256 of the photo. */
  readonly content: string
  /** Whether the photo no longer lies where the gallery says, or where it lay when OUT was made, seen from here. */
  readonly gone?: boolean
}

/** All faces as points. */
export interface KnownPoints {
  readonly vectors: Float32Array
  readonly dim: number
  readonly people: readonly string[]
  /** One a face: an index into `people`, or -1. */
  readonly labels: Int32Array
  /** SHA-256 of each face's photo and its place in it: equal for copies. */
  readonly ids: readonly string[]
}

/** Faces to ask, with the networks that made their vectors. */
export interface KnownFaces {
  readonly kind: 'faces' | 'gallery' | 'photos'
  readonly place: string
  readonly networks: FaceNetworks
  /** How many faces. */
  readonly count: number
  /** Names in use, sorted. */
  readonly people: readonly string[]
  /** Where a calibrated threshold for these faces is kept; undefined for a server. */
  readonly thresholdFile: string | undefined
  /** The nearest faces of one query, nearest first; `person` asks among that person's alone. */
  search(vector: Float32Array, k: number, person?: string): Promise<KnownNeighbour[]>
  points(): Promise<KnownPoints>
  /** The faces' records; throws for a gallery, which keeps none. */
  rows(): Promise<KnownPoints & { readonly records: readonly CropRecord[] }>
  close(): Promise<void>
}

/** Settings of {@link openKnownFaces}. */
export interface KnownFacesOptions extends NetworkChoice {
  /** Where the faces of a folder of photos are kept. Default: {@link keptFolder}. */
  readonly keep?: string
  /** Which faces of a folder of photos. Default all. */
  readonly faces?: 'largest' | 'all'
  /** How often a photo is looked at; the query of a search, too. Default all. */
  readonly looks?: LooksName
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** The names of {@link KnownFacesOptions}. */
export const knownFacesOptionNames = ['keep', 'faces', 'looks', ...networkChoiceNames, 'runtime', 'progress', 'signal'] as const

const where = 'faces'

/** Where the faces of a folder are kept unless the user says otherwise: `runs/faces-NAME-HASH` in the working folder, HASH of the folder's full path. */
export const keptFolder = (dir: string): string =>
  join('runs', `faces-${basename(resolve(dir))}-${sha256(Buffer.from(resolve(dir))).slice(0, 6)}`)

/**
 * Opens faces to ask.
 *
 * @param place the OUT of `kindred faces` (or of an earlier question), a gallery's folder, `postgres://…`, or a folder of photos
 * @throws KindredError `not-found` for a place that is not there or holds no faces; `mismatch` for networks that did not make its vectors, naming both recipes
 */
export async function openKnownFaces(place: string, options: KnownFacesOptions): Promise<KnownFaces> {
  if (isAddress(place)) return fromGallery(place, options)
  const kind = pathKind(place, where)
  if (kind === undefined)
    throw new KindredError(
      'not-found',
      where,
      `${place} must exist`,
      'no such folder',
      'Name a folder of photos, the output folder of `faces()`, or a gallery.',
    )
  if (kind !== 'folder')
    throw new KindredError('usage', where, `${place} must be a folder of photos, an output folder of \`faces()\`, or a gallery`, 'a file')
  if (existsSync(join(place, 'gallery.json'))) return fromGallery(place, options)
  if (holdsCrops(place)) return fromOutput(place, options)
  return fromPhotos(place, options)
}

/** Whether {@link openKnownFaces} takes a place for a folder of photos, whose faces it has to find. */
export const isPhotoFolder = (place: string): boolean =>
  !isAddress(place) && pathKind(place, where) === 'folder' && !existsSync(join(place, 'gallery.json')) && !holdsCrops(place)

async function fromPhotos(dir: string, options: KnownFacesOptions): Promise<KnownFaces> {
  const { runtime, progress = silent, signal, keep = keptFolder(dir), faces = 'all', looks } = options
  openRunFolder(keep)
  const networks = await openNetworks(choiceOf(options), runtime)
  try {
    const found = await embedFolder(dir, {
      out: keep,
      detector: networks.detector,
      model: networks.model,
      faces,
      looks,
      runtime,
      progress,
      signal,
    })
    const { photos } = found.summary
    if (photos.total === 0)
      throw new KindredError(
        'not-found',
        where,
        `${dir} must hold photos`,
        photos.ignored === 0 ? 'none' : `${photos.ignored} files that are none`,
      )
    if (found.records.length === 0)
      throw new KindredError(
        'not-found',
        where,
        `the photos in ${dir} must show a face`,
        `none in ${photos.total}`,
        `${join(keep, 'quarantine.jsonl')} says why, photo by photo.`,
      )
    if (photos.withFace < photos.total)
      progress.warn(
        `${photos.total - photos.withFace} of ${photos.total} photos can never be an answer: ` +
          missedLines(missedPhotos(found.quarantine), join(keep, 'quarantine.jsonl')).join('; '),
      )
    progress.log(
      found.embedded > 0
        ? `${found.records.length} faces of ${photos.withFace} photos are kept in ${keep}; asking again is quick.`
        : `${found.records.length} faces from ${keep}`,
    )
    return inMemory({
      kind: 'photos',
      place: dir,
      out: keep,
      records: found.records,
      vectors: found.vectors,
      networks,
      progress,
      folder: undefined,
    })
  } catch (error) {
    await networks.dispose()
    throw error
  }
}

async function fromOutput(out: string, options: KnownFacesOptions): Promise<KnownFaces> {
  closeDeadReport(out)
  const stored = storedVectors(out)
  if (stored.length === 0)
    throw new KindredError('not-found', where, `${out} must hold vectors`, 'none', 'Run `faces()` again with this `out`.')
  const { model } = options
  const networks = await openNetworks(choiceOf(options), options.runtime, model === undefined ? only(out, stored).recipe : undefined, [
    headPath(out),
  ])
  try {
    const mine = stored.find((s) => sameRecipe(s.recipe, networks.model.recipe)) ?? differ(stored, networks.model.recipe)
    const { vectors, dim, ids = [] } = readVectors(mine.path)
    if (dim !== networks.model.dim)
      throw new KindredError(
        'corrupt',
        mine.path,
        `its vectors must have ${networks.model.dim} numbers, as the model's`,
        String(dim),
        'Run `faces()` again with this `out`.',
      )
    const row = new Map(ids.map((id, i) => [contentOfId(id), i]))
    const all = readCropRecords(out).faces
    const found = all.flatMap((record) => {
      const at = row.get(contentOfId(faceId(record)))
      return at === undefined ? [] : [{ record, at }]
    })
    const records = found.map(({ record }) => record)
    if (records.length === 0)
      throw new KindredError(
        'not-found',
        where,
        `${out} must hold faces with vectors`,
        all.length === 0 ? 'none' : `${all.length} faces, none of which has one of this model`,
        'Run `faces()` again with this `out`.',
      )
    if (records.length < all.length)
      (options.progress ?? silent).warn(
        `${all.length - records.length} of ${all.length} faces in ${out} have no vector of this model and cannot be found; run \`faces()\` again.`,
      )
    const rows = new Float32Array(records.length * dim)
    found.forEach(({ at }, i) => rows.set(vectors.subarray(at * dim, (at + 1) * dim), i * dim))
    return inMemory({ kind: 'faces', place: out, out, records, vectors: rows, networks, progress: options.progress, folder: photosOf(out) })
  } catch (error) {
    await networks.dispose()
    throw error
  }
}

const reportSchema = z.object({ folder: z.string() })

/** The folder whose photos an output folder tells of; undefined where nobody can say, or it is not there, as when OUT was made elsewhere. */
export function photosOf(out: string): string | undefined {
  try {
    const { folder } = readJson(join(out, 'report.json'), reportSchema, { where })
    return pathKind(folder, where) === 'folder' ? folder : undefined
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    return undefined
  }
}

/** The recipes of `OUT/vectors`, each once, by file name. */
function storedVectors(out: string): { recipe: FaceRecipe; path: string }[] {
  const folder = join(out, 'vectors')
  if (!existsSync(folder)) return []
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.recipe.json'))
    .sort()
    .map((name) => ({ name, path: join(folder, name.replace(/recipe\.json$/, 'npy')) }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({
      path,
      recipe: readJson(join(folder, name), faceRecipeSchema, { where, fix: 'Run `faces()` again with this `out`.' }),
    }))
  return all.filter(({ recipe }, i) => all.findIndex((other) => sameRecipe(other.recipe, recipe)) === i)
}

/** The one recipe there is, that of the head learnt here, or dlib's where there are several. */
function only<S extends { recipe: FaceRecipe }>(out: string, all: readonly S[]): S {
  const head = existsSync(headPath(out)) ? sha256(readBytes(headPath(out), where)) : undefined
  const learnt = all.filter((s) => head !== undefined && s.recipe.head?.hash === head)
  if (learnt.length === 1) return learnt[0]
  const stored = all.filter((s) => s.recipe.head === undefined)
  if (stored.length === 0) return all[0] // its head is asked for by name
  const dlib = stored.filter((s) => s.recipe.model.name === 'dlib')
  const one = stored.length === 1 ? stored : dlib
  if (one.length === 1) return one[0]
  throw new KindredError(
    'usage',
    where,
    'the model must be named with `model`',
    `vectors of ${stored.map((s) => s.recipe.model.name).join(', ')} in ${out}`,
  )
}

function differ(stored: readonly { recipe: FaceRecipe }[], wanted: FaceRecipe): never {
  if (stored.length === 1) assertSameRecipe(stored[0].recipe, wanted)
  throw new KindredError(
    'mismatch',
    where,
    `there must be vectors of the recipe [${describeRecipe(wanted)}]`,
    stored.map((s) => `[${describeRecipe(s.recipe)}]`).join(' and '),
    'Run `faces()` or `compare()` with this model first, or name one of these.',
  )
}

interface InMemory {
  readonly kind: 'faces' | 'photos'
  readonly place: string
  readonly out: string
  readonly records: readonly CropRecord[]
  readonly vectors: Float32Array
  readonly networks: FaceNetworks
  readonly progress: Progress | undefined
  /** The folder of the photos, where it is known. */
  readonly folder: string | undefined
}

function inMemory({ kind, place, out, records, vectors, networks, progress = silent, folder }: InMemory): KnownFaces {
  const { dim } = networks.model
  const { people, labels, ...unclear } = peopleIn(out, records)
  for (const line of nameWarnings(unclear)) progress.warn(line)
  const persons = personsOf(out, records, { people, labels })
  const points: KnownPoints = { vectors, dim, people, labels, ids: records.map((r) => `${r.sourceHash}#${r.face}`) }
  const names = [...new Set(persons.filter((p) => p !== null))].sort()
  return {
    kind,
    place,
    networks,
    count: records.length,
    people: names,
    thresholdFile: thresholdPath(out, networks.model.recipe),
    async search(vector, k, person) {
      const pool = person === undefined ? undefined : [...records.keys()].filter((i) => persons[i] === person)
      const rows = pool === undefined ? vectors : gatherRows(vectors, dim, pool)
      if (rows.length === 0) return []
      const { indices, distances } = nearest(vector, rows, dim, Math.min(k, rows.length / dim))
      return Array.from(indices, (at, n) => {
        const i = pool === undefined ? at : pool[at]
        const { source, face, crop, sourceHash } = records[i]
        const gone = folder === undefined ? undefined : !existsSync(join(folder, source))
        return { person: persons[i], photo: source, face, distance: distances[n], crop: join(out, crop), content: sourceHash, gone }
      })
    },
    points: async () => points,
    rows: async () => ({ ...points, records }),
    close: () => networks.dispose(),
  }
}

async function fromGallery(place: string, options: KnownFacesOptions): Promise<KnownFaces> {
  const { progress } = options
  const gallery = await openGallery(place, { create: false, progress })
  let networks: FaceNetworks | undefined
  try {
    const count = await gallery.count()
    if (count === 0 || gallery.recipe === null)
      throw new KindredError(
        'not-found',
        where,
        `${gallery.place} must hold faces`,
        'an empty gallery',
        'Fill it: `faces()` with `gallery`.',
      )
    networks = await openNetworks(choiceOf(options), options.runtime, faceRecipe(gallery), isAddress(place) ? [] : [galleryHeadPath(place)])
    const opened = networks
    const people = (await gallery.labels()).map((l) => l.label).filter((l) => l !== null)
    return {
      kind: 'gallery',
      place: gallery.place,
      networks: opened,
      count,
      people,
      thresholdFile: isAddress(place) ? undefined : `${place.replace(/[/\\]+$/, '')}.threshold.json`,
      async search(vector, k, person) {
        const [found] = await gallery.search(vector, k, {
          recipe: opened.model.recipe,
          filter: person === undefined ? undefined : { labels: [person] },
        })
        const entries = new Map<string, ItemEntry>()
        if (found.neighbours.length > 0)
          for await (const entry of gallery.entries({ ids: found.neighbours.map((n) => n.id) })) entries.set(entry.id, entry)
        return found.neighbours.map(({ id, label, source, distance }) => ({
          person: label,
          photo: source,
          face: numberOf(id, entries.get(id)),
          distance,
          crop: entries.get(id)?.crop ?? null,
          content: contentOfItem(id),
          gone: isAbsolute(source) && !existsSync(source),
        }))
      },
      points: () => galleryPoints(gallery),
      rows: async () => {
        throw new KindredError(
          'unsupported',
          where,
          'groups must be made of a folder of photos or the output folder of `faces()`',
          'a gallery',
        )
      },
      close: async () => {
        await opened.dispose()
        await gallery.close()
      },
    }
  } catch (error) {
    await networks?.dispose()
    await gallery.close()
    throw error
  }
}

/** Which of its photo's faces an item is: what it was when it was last put, or what an earlier version wrote into its id. */
function numberOf(id: string, entry: ItemEntry | undefined): number {
  const number = entry?.meta.face ?? Number(id.split('#')[1])
  return Number.isInteger(number) ? (number as number) : 0
}

/** The gallery's recipe as one of faces. */
function faceRecipe(gallery: Gallery): FaceRecipe {
  const { success, data } = faceRecipeSchema.safeParse(gallery.recipe)
  if (!success)
    throw new KindredError(
      'mismatch',
      where,
      `${gallery.place} must be a gallery of faces`,
      'one whose vectors were made otherwise',
      'Fill one with `faces()` with `gallery`.',
    )
  return data
}

async function galleryPoints(gallery: Gallery): Promise<KnownPoints> {
  const parts: Float32Array[] = []
  const ids: string[] = []
  const names: (string | null)[] = []
  for await (const batch of gallery.vectors()) {
    parts.push(batch.points)
    for (const id of batch.ids) ids.push(id)
    for (const label of batch.labels) names.push(label)
  }
  const dim = gallery.dim!
  const vectors = new Float32Array(ids.length * dim)
  let at = 0
  for (const part of parts) {
    vectors.set(part, at)
    at += part.length
  }
  const people = [...new Set(names.filter((n) => n !== null))].sort()
  return { vectors, dim, people, labels: Int32Array.from(names, (n) => (n === null ? -1 : people.indexOf(n))), ids }
}

function choiceOf({ detector, detectorWeights, model, weights, layer }: NetworkChoice): NetworkChoice {
  return { detector, detectorWeights, model, weights, layer }
}

/** Throws unless somebody has this name. */
export function checkPerson(name: string, people: readonly string[]): void {
  if (people.includes(name)) return
  const near = nearestName(name, people)
  const some = people.length === 0 ? 'faces without names' : `${people.slice(0, 12).join(', ')}${people.length > 12 ? ', …' : ''}`
  throw new KindredError(
    'usage',
    where,
    'the person must be among those known',
    `${JSON.stringify(name)} where there are ${some}`,
    near === undefined ? undefined : `Did you mean ${near}?`,
  )
}
