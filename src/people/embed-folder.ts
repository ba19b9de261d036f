/**
 * @file A folder of photos to vectors: faces found, cut out, kept, and embedded. Running again does only what is new.
 */
import { lockOutput } from '../files/index.ts'
import { basename, join } from 'node:path'
import { checkOptions, inOrder, KindredError, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import {
  alignFace,
  checkPhotoFolder,
  cropFolder,
  findFaces,
  findOptionNames,
  findOptionsOf,
  openDetector,
  readCrops,
  type CropRecord,
  type CropResult,
  type CropSummary,
  type DetectorName,
  type Face,
  type FaceDetector,
  type FaceModel,
  type FaceRecipe,
  type FaceTemplate,
  type FindOptions,
  type QuarantineRecord,
} from '../faces/index.ts'
import type { Photo } from '../images/index.ts'
import type { FileSource, Lock } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { forgetFaces, forgetPhotos } from './forget-faces.ts'
import { faceId, KeptVectors } from './kept-vectors.ts'
import { collectRegions, matchRegions } from './named-regions.ts'
import { peopleOf, type ContestedPhoto, type RegionFindings } from './people-of.ts'
import { checkFaceModelName, openFaceModel } from './open-face-model.ts'

/** Settings of {@link embedFolder}. */
export interface EmbedFolderOptions extends FindOptions {
  /** Gets `crops/`, `manifest.jsonl`, `quarantine.jsonl` and `vectors/`. */
  readonly out: string
  /** By name, or opened (then it stays open). Default ssd. */
  readonly detector?: DetectorName | FaceDetector
  /** By name or file, see `openFaceModel`, or opened (then it stays open). Default dlib. */
  readonly model?: string | FaceModel
  readonly weights?: string
  readonly layer?: string
  /** Called when the faces are found and before they are embedded. */
  readonly onCrops?: (found: FoundFaces) => void
  readonly runtime: Runtime
  /** The lock of OUT, where the caller has taken it with `lockOutput`. Default: it is taken here. */
  readonly lock?: Lock
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** What was found in a folder. */
export interface FoundFaces {
  readonly records: readonly CropRecord[]
  readonly summary: CropSummary
  readonly quarantine: readonly QuarantineRecord[]
  /** What was passed over in the folder, and why. */
  readonly skipped: CropResult['skipped']
  /** Files whose names stand for no photo, the first twenty. */
  readonly others?: CropResult['others']
}

/** All faces of a folder with their vectors. */
export interface EmbeddedFaces extends FoundFaces {
  /** Row-major, one row a record. */
  readonly vectors: Float32Array
  readonly dim: number
  /** The names in use, sorted. */
  readonly people: readonly string[]
  /** One a record: an index into `people`, or -1 for a photo without a label, and for all but the largest face of one with. */
  readonly labels: Int32Array
  /** Faces with several names, which count as nobody's. */
  readonly contested?: readonly ContestedPhoto[]
  /** What other programs say of the faces: see {@link RegionFindings}. */
  readonly regions?: RegionFindings
  readonly recipe: FaceRecipe
  /** How many of the vectors were made now; the others were kept. */
  readonly embedded: number
  /** Wall time of this run's work, models being open. */
  readonly seconds: { readonly crop: number; readonly embed: number }
}

const where = 'faces'
/** While the network embeds one block of crops, the next is read. */
const blocksAtOnce = 2

/**
 * Finds, cuts and embeds the faces of all photos below a folder.
 *
 * Vectors are kept under `OUT/vectors` by recipe, so that a second run, or another model on the same photos, does only what is new. What an earlier run kept of
 * photos that are gone is removed before anything else is done.
 * @param dir one folder per person, or photos without labels
 * @throws KindredError `not-found`, `usage`; `interrupted` when the signal fires (what was done is saved, and running again goes on from there);
 *   `mismatch` while another run works in OUT
 * @example
 * const { vectors, dim, labels, people } = await embedFolder('photos', { out: 'runs/faces', runtime })
 */
export async function embedFolder(dir: string, options: EmbedFolderOptions): Promise<EmbeddedFaces> {
  checkOptions(where, options, [
    'out',
    'detector',
    'model',
    'weights',
    'layer',
    ...findOptionNames,
    'onCrops',
    'runtime',
    'lock',
    'progress',
    'signal',
  ])
  const { out, detector: wanted = 'ssd', model: named = 'dlib', runtime, progress = silent, signal, weights, layer } = options
  if (typeof named === 'string') checkFaceModelName(named)
  checkPhotoFolder(dir, out) // before anything is made
  const detector = typeof wanted === 'string' ? await openDetector(wanted, { runtime }) : wanted
  let model: FaceModel | undefined
  try {
    model = typeof named === 'string' ? await openFaceModel(named, { runtime, detector, progress, weights, layer, signal }) : named
    const opened = { detector, model }
    return await lockOutput(out, options, (lock) => cropAndEmbed(dir, { ...options, ...opened, lock }))
  } finally {
    if (typeof wanted === 'string') await detector.dispose()
    if (typeof named === 'string') await model?.dispose()
  }
}

/** What {@link embedFolder} does once everything is open. */
async function cropAndEmbed(
  dir: string,
  options: EmbedFolderOptions & { detector: FaceDetector; model: FaceModel; lock: Lock },
): Promise<EmbeddedFaces> {
  const { out, detector, model, lock, progress = silent, signal } = options
  const from = performance.now()
  const { faces: records, ...rest } = await cropFolder(dir, out, {
    detector,
    template: model.template,
    ...findOptionsOf(options),
    onPhotos: (photos, moved) => forgetPhotos(out, photos, moved),
    lock,
    progress,
    signal,
  })
  forgetFaces(out, records)
  const cropped = performance.now()
  const regions = matchRegions(await collectRegions(dir, out, { faces: records, ...rest }, { progress, signal }), records)
  const found = { records, ...rest }
  options.onCrops?.(found)
  const start = performance.now()
  const { vectors, embedded } = await embedRecords(out, records, model, { lock, progress, signal })
  const seconds = { crop: (cropped - from) / 1000, embed: (performance.now() - start) / 1000 }
  const { disagree, ...named } = peopleOf(records, regions.names)
  const names = regions.names.filter((name) => name !== null).length
  return {
    ...found,
    vectors,
    dim: model.dim,
    ...named,
    regions: { names, unmatched: regions.unmatched, disagree },
    recipe: model.recipe,
    embedded,
    seconds,
  }
}

/** Settings of {@link embedRecords}. */
export interface EmbedRecordsOptions {
  /** The folder of the photos: crops are then cut anew from these, by the landmarks of the records. Default: the saved crops are read. */
  readonly photos?: string
  /** The lock of `out`: who has lost it writes no more. */
  readonly lock?: Lock
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Embeds faces that were found before, in blocks; vectors of this recipe that are kept in `out` are taken from there. */
export async function embedRecords(
  out: string,
  records: readonly CropRecord[],
  model: FaceModel,
  options: EmbedRecordsOptions = {},
): Promise<{ vectors: Float32Array; embedded: number }> {
  const { photos, lock, progress = silent, signal } = options
  const kept = new KeptVectors(out, model.recipe, model.dim)
  const fresh = records.filter((r) => kept.get(faceId(r)) === undefined)
  const block = 32
  const task = progress.start('embedding', fresh.length, 'face')
  let done = 0
  const goOn = (): void =>
    stopIfAborted(signal, where, `a stop after ${done} of ${fresh.length} vectors`, 'Run it again: it goes on from there.')
  const embedded = inOrder(Math.ceil(fresh.length / block), blocksAtOnce, async (k) => {
    if (done === 0) goOn()
    const some = fresh.slice(k * block, (k + 1) * block)
    return model.embed(photos === undefined ? await readCrops(out, some) : await cutCrops(photos, some, model.template), {
      side: model.template.size,
    })
  })
  try {
    for await (const vectors of embedded) {
      const ids = fresh.slice(done, done + block).map(faceId)
      lock?.pulse()
      kept.put(ids, vectors)
      done += ids.length
      task.update(done)
      if (done < fresh.length) goOn()
    }
    lock?.check()
    kept.save(records)
  } catch (error) {
    try {
      lock?.check()
      kept.save(records)
    } catch {
      kept.close() // the journal stays for the next run
    }
    throw error
  } finally {
    task.end()
  }
  const vectors = new Float32Array(records.length * model.dim)
  records.forEach((r, i) => vectors.set(kept.get(faceId(r))!, i * model.dim))
  return { vectors, embedded: fresh.length }
}

/** Cuts found faces out of their photos again, for a model that wants other crops; nobody is looked for anew. */
export async function cutCrops(dir: string, records: readonly CropRecord[], template: FaceTemplate): Promise<Uint8Array> {
  const each = template.size * template.size * 3
  const out = new Uint8Array(records.length * each)
  let [source, photo]: [string | undefined, Photo | undefined] = [undefined, undefined]
  for (const [i, record] of records.entries()) {
    if (record.source !== source) [source, photo] = [record.source, await decodeImage(join(dir, record.source))]
    out.set(alignFace(photo!, { landmarks: Float32Array.from(record.landmarks) }, template), i * each)
  }
  return out
}

/** A face of one photo with its crop and vector. */
export interface EmbeddedPhoto {
  readonly face: Face
  readonly crop: Photo
  readonly vector: Float32Array
}

/**
 * Finds and embeds the faces of one photo, for questions to a folder or gallery.
 *
 * @param source an image file: its path, `file:` URL or bytes
 * @returns one entry a face, largest first; none where nobody is found
 * @throws KindredError `not-found`, `corrupt`; `mismatch` for a model that was opened for another detector
 */
export async function embedPhoto(
  source: FileSource,
  options: { detector: FaceDetector; model: FaceModel } & FindOptions,
): Promise<EmbeddedPhoto[]> {
  const { detector, model, ...find } = options
  if (model.recipe.detector !== detector.id)
    throw new KindredError(
      'mismatch',
      typeof source === 'string' ? `embed ${basename(source)}` : 'embed',
      `the model must have been opened for the detector ${detector.id}`,
      model.recipe.detector,
      'Open it with this detector.',
    )
  const photo = await decodeImage(source)
  const faces = await findFaces(photo, detector, find)
  const { size } = model.template
  const crops = faces.map((face) => alignFace(photo, face, model.template))
  const vectors = faces.length === 0 ? new Float32Array(0) : await model.embed(new Uint8Array(Buffer.concat(crops)), { side: size })
  return faces.map((face, i) => ({
    face,
    crop: { pixels: crops[i], width: size, height: size },
    vector: vectors.slice(i * model.dim, (i + 1) * model.dim),
  }))
}
