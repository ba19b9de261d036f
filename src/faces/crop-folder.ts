/**
 * @file A folder of photos to a folder of crops: every face found, aligned, saved, and written down. Running again does only what is new or changed.
 */
import { join } from 'node:path'
import sharp from 'sharp'
import { checkOptions, ensure, KindredError, silent, type Progress } from '../base/index.ts'
import { decodeImage } from '../data/index.ts'
import { readBytes, sha256, writeFileAtomic, type FileList, type Lock } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { CropBook } from './crop-book.ts'
import type { CropRecord, PhotoEntry, QuarantineRecord } from './crop-records.ts'
import { alignFace, dlibTemplate, type FaceTemplate } from './align.ts'
import { findFacesIn, findOptionNames, openDetector, type DetectorName, type Face, type FaceDetector, type FindOptions } from './find-faces.ts'
import { lockOutput } from './output-lock.ts'
import { cropName, labelOf, looksLikeImage, photoFiles, skippedLine } from './photo-files.ts'
import type { Photo } from './photo.ts'

/** What a run did. */
export interface CropSummary {
  readonly photos: {
    /** Files taken for photos. */
    readonly total: number
    readonly withFace: number
    readonly withoutFace: number
    /** Files that could not be read as photos. */
    readonly quarantined: number
    /** Of all these, done in this run; the rest was there already. */
    readonly processed: number
    /** Other files, left alone; what was passed over does not count. */
    readonly ignored: number
  }
  readonly faces: number
}

/** What {@link cropFolder} returns: the summary, the two lists as they stand in the files, and what was passed over. */
export interface CropResult {
  readonly summary: CropSummary
  readonly faces: CropRecord[]
  readonly quarantine: QuarantineRecord[]
  /** What was passed over in the folder of photos, and why. */
  readonly skipped: FileList['skipped']
}

/** Options of {@link cropFolder}. */
export interface CropOptions extends FindOptions {
  /** A name, or an opened detector (which stays open). Default ssd. */
  readonly detector?: DetectorName | FaceDetector
  /** Where networks run, when the detector is opened here. */
  readonly runtime?: Runtime
  /** How faces are cut out. Default dlib's 150 pixels. */
  readonly template?: FaceTemplate
  /** Photos a run of the networks. Default 4. */
  readonly batch?: number
  /**
   * Called once, with all photos there are (paths relative to the folder), before crops of others are removed: whoever keeps more of faces than crops removes it
   * then.
   */
  readonly onPhotos?: (photos: ReadonlySet<string>) => void
  /** The lock of the output folder, where the caller has taken it with {@link lockOutput}. Default: it is taken here. */
  readonly lock?: Lock
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const where = 'crop folder'

/**
 * Finds, aligns and saves the faces of all photos below a folder.
 *
 * A file that is empty, damaged or no image goes to `quarantine.jsonl` with its reason, so does a photo without a face; the run goes on. Crops are PNG files
 * in `OUT/crops/`, which mirrors the source: `anna/garden.jpg` gives `crops/anna/garden.jpg.0.png`. Crops of photos that are gone or changed are removed,
 * as are crops that a killed run left without a record. Each photo's records are on the disk as soon as its crops are; a stop at any moment costs the photos in
 * hand.
 * @param dir one folder per person, or photos without labels; any depth; the label is the name of the folder a photo lies in
 * @param out the output folder, made where missing
 * @throws KindredError `not-found` for a missing folder; `usage` where the two folders do not go together; `interrupted` when the signal fires (what was done
 *   stays, and the next run goes on from there); `mismatch` while another run works in the output folder; `corrupt` for lists of an earlier run that cannot be read; `io` for a disk that is full or refuses
 * @example
 * const { summary } = await cropFolder('photos', 'out', { detector: 'ssd', faces: 'largest' })
 */
export async function cropFolder(dir: string, out: string, options: CropOptions = {}): Promise<CropResult> {
  checkOptions(where, options, ['detector', 'runtime', 'template', 'batch', 'onPhotos', 'lock', 'progress', 'signal', ...findOptionNames])
  const { detector: wanted = 'ssd', template = dlibTemplate, batch = 4, onPhotos, progress = silent, signal, runtime } = options
  ensure(Number.isInteger(batch) && batch > 0, where, 'batch must be a positive integer', batch)
  const find = Object.fromEntries(findOptionNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])) as FindOptions
  const { photos: sources, ignored, skipped } = photoFiles(dir, out)
  const passedOver = skippedLine(skipped)
  if (passedOver !== undefined) progress.warn(passedOver)
  const detector = typeof wanted === 'string' ? await openDetector(wanted, runtime === undefined ? {} : { runtime }) : wanted
  try {
    return await lockOutput(out, options, async (lock) => {
      const settings = sha256(Buffer.from(JSON.stringify({ detector: detector.id, template, find: Object.entries(find).sort() }))).slice(0, 16)
      const book = new CropBook(out, settings, sources, { lock, progress, onPhotos })
      try {
        const processed = await work(dir, sources, { out, detector, find, template, settings, book, batch, progress, signal })
        book.close()
        return { summary: book.summary(processed, ignored), faces: book.faces(), quarantine: book.quarantine(), skipped }
      } catch (error) {
        book.abandon()
        throw error
      }
    })
  } finally {
    if (typeof wanted === 'string') await detector.dispose()
  }
}

interface Work {
  readonly out: string
  readonly detector: FaceDetector
  readonly find: FindOptions
  readonly template: FaceTemplate
  readonly settings: string
  readonly book: CropBook
  readonly batch: number
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

/** Looks at all photos that are new or changed; tells how many. When it returns or throws, nothing is being written any more. */
async function work(dir: string, sources: readonly string[], w: Work): Promise<number> {
  const { book, batch, progress, signal } = w
  const task = progress.start('faces', sources.length, 'photo')
  let processed = 0
  try {
    let next = prepare(dir, sources.slice(0, batch), book)
    for (let start = 0; start < sources.length; start += batch) {
      if (signal?.aborted) throw new KindredError('interrupted', where, 'the run must not be interrupted', `a stop after ${start} of ${sources.length} photos`, 'Run it again: it goes on from there.')
      const ready = await next
      next = prepare(dir, sources.slice(start + batch, start + 2 * batch), book) // decoded while the networks run
      next.catch(() => {}) // reported when awaited
      processed += ready.filter((r) => r.kind !== 'done').length
      await handle(ready, w)
      task.update(Math.min(start + batch, sources.length), { faces: book.faceCount })
    }
    return processed
  } finally {
    task.end()
  }
}

type Prepared =
  | { readonly kind: 'done' }
  | { readonly kind: 'photo'; readonly source: string; readonly sourceHash: string; readonly photo: Photo }
  | { readonly kind: 'bad'; readonly record: QuarantineRecord }

/** Reads, hashes and decodes photos that are new. */
function prepare(dir: string, sources: readonly string[], book: CropBook): Promise<Prepared[]> {
  return Promise.all(
    sources.map(async (source): Promise<Prepared> => {
      const bad = (kind: QuarantineRecord['kind'], reason: string, sourceHash: string | null = null): Prepared => ({ kind: 'bad', record: { source, sourceHash, label: labelOf(source), kind, reason, settings: book.settings } })
      let bytes: Uint8Array
      try {
        bytes = readBytes(join(dir, source), where)
      } catch (error) {
        return bad('unreadable', message(error))
      }
      const sourceHash = sha256(bytes)
      if (book.has(source, sourceHash)) return { kind: 'done' }
      if (bytes.length === 0) return bad('empty', 'the file is empty', sourceHash)
      if (!looksLikeImage(bytes)) return bad('not-an-image', 'the content is no image of a known kind, whatever its name says', sourceHash)
      try {
        return { kind: 'photo', source, sourceHash, photo: await decodeImage(bytes) }
      } catch (error) {
        return bad('corrupt', `cannot be decoded (damaged, truncated or of an unknown kind): ${message(error)}`, sourceHash)
      }
    }),
  )
}

/** Finds, cuts and saves the faces of some photos, and takes down what became of each. */
async function handle(ready: readonly Prepared[], { out, detector, find, template, settings, book }: Work): Promise<void> {
  const photos = ready.filter((r) => r.kind === 'photo')
  const bad = ready.flatMap((r): PhotoEntry[] => (r.kind === 'bad' ? [{ source: r.record.source, faces: [], quarantine: r.record }] : []))
  const found = await findFacesIn(photos.map((p) => p.photo), detector, find)
  const saved = await Promise.allSettled(
    photos.map(async ({ source, sourceHash, photo }, i): Promise<PhotoEntry> => {
      const label = labelOf(source)
      const { size } = template
      const pngs = await Promise.all(found[i].map((face) => sharp(alignFace(photo, face, template), { raw: { width: size, height: size, channels: 3 } }).png({ compressionLevel: 6 }).toBuffer()))
      const faces = found[i].map((face, j): CropRecord => {
        const crop = cropName(source, face.index)
        writeFileAtomic(join(out, ...crop.split('/')), pngs[j])
        return { source, sourceHash, label, face: face.index, ...rounded(face), detector: detector.id, alignment: template, crop, cropHash: sha256(pngs[j]), settings }
      })
      return { source, faces, quarantine: faces.length > 0 ? null : { source, sourceHash, label, kind: 'no-face', reason: 'no face found', settings } }
    }),
  )
  book.put([...bad, ...saved.flatMap((s) => (s.status === 'fulfilled' ? [s.value] : []))])
  const failed = saved.find((s) => s.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function rounded({ box, landmarks, score, sharpness }: Face): Pick<CropRecord, 'box' | 'landmarks' | 'score' | 'sharpness'> {
  const to = (v: number, digits: number) => Number(v.toFixed(digits))
  return { box: [to(box.x, 2), to(box.y, 2), to(box.width, 2), to(box.height, 2)], landmarks: Array.from(landmarks, (v) => to(v, 2)), score: to(score, 5), sharpness: to(sharpness, 1) }
}

const message = (error: unknown): string => (error instanceof KindredError ? (error.got ?? error.expected) : error instanceof Error ? error.message : String(error))

/**
 * The pixels of saved crops, one after the other, as {@link FaceModel.embed} takes them.
 *
 * @param out the output folder of {@link cropFolder}
 * @throws KindredError `mismatch` when a crop is not the one the record tells of
 */
export async function readCrops(out: string, records: readonly CropRecord[]): Promise<Uint8Array> {
  const parts = await Promise.all(
    records.map(async ({ crop, cropHash, alignment: { size } }) => {
      const bytes = readBytes(join(out, crop), 'crops')
      if (sha256(bytes) !== cropHash) throw new KindredError('mismatch', 'crops', `${crop} must be the file the manifest tells of`, 'another', 'Run the crops again.')
      return (await decodeImage(bytes, { size: [size, size] })).pixels
    }),
  )
  return new Uint8Array(Buffer.concat(parts))
}
