/**
 * @file A folder of photos to a folder of crops: every face found, aligned, saved, and written down. Running again does only what is new or changed.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { budget, checkOptions, ensure, inOrder, KindredError, silent, stopIfAborted, type Budget, type Progress } from '../base/index.ts'
import { decodeImage, holdImage, readFormats, readImageFile, type HeldImage } from '../images/index.ts'
import { type FileList, type Lock, lockOutput, readBytes, sha256File, writeFileAtomic } from '../files/index.ts'
import { sha256 } from '../base/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { CropBook, openCropFolder } from './crop-book.ts'
import type { CropRecord, PhotoEntry, QuarantineRecord } from './crop-records.ts'
import { acceptEarlier } from './earlier-records.ts'
import { followMoved, knownAt } from './follow-photos.ts'
import { alignFace, dlibTemplate, type FaceTemplate } from './align.ts'
import {
  findFaces,
  findOptionNames,
  findOptionsOf,
  openDetector,
  type DetectorName,
  type Face,
  type FaceDetector,
  type FindOptions,
} from './find-faces.ts'
import type { Look } from './sight.ts'
import { cropNames, labelOf, photoFiles, skippedLine } from './photo-files.ts'

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
  /** Faces by the look that found them; those of earlier versions count as found by the first. */
  readonly looks?: Readonly<Record<Look, number>>
}

/** What {@link cropFolder} returns: the summary, the two lists as they stand in the files, and what was passed over. */
export interface CropResult {
  readonly summary: CropSummary
  readonly faces: CropRecord[]
  readonly quarantine: QuarantineRecord[]
  /** What was passed over in the folder of photos, and why. */
  readonly skipped: FileList['skipped']
  /** Files whose names stand for no photo, the first twenty. */
  readonly others: readonly string[]
}

/** Options of {@link cropFolder}. */
export interface CropOptions extends FindOptions {
  /** A name, or an opened detector (which stays open). Default ssd. */
  readonly detector?: DetectorName | FaceDetector
  /** Where networks run, when the detector is opened here. */
  readonly runtime?: Runtime
  /** How faces are cut out. Default dlib's 150 pixels. */
  readonly template?: FaceTemplate
  /** Photos that are written down together. Default 4. */
  readonly batch?: number
  /**
   * Called once, with all photos there are (paths relative to the folder), and the faces of those that have moved, before crops of others are removed: whoever
   * keeps more of faces than crops removes it then.
   */
  readonly onPhotos?: (photos: ReadonlySet<string>, moved: readonly CropRecord[]) => void
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
 * in `OUT/crops/`, which mirrors the source: `anna/garden.jpg` gives `crops/anna/garden.jpg.0.png`; names that other systems do not take are changed and get a
 * hash. A photo that was renamed, moved or copied is known by its content: its crops get new names, and nobody is looked for again. Crops of photos that are
 * gone or changed are removed, as are crops that a killed run left without a record. Each photo's records are on the disk as
 * soon as its crops are; a stop at any moment costs the photos in
 * hand.
 * @param dir one folder per person, or photos without labels; any depth; the label is the name of the folder a photo lies in
 * @param out the output folder, made where missing
 * @throws KindredError `not-found` for a missing folder; `usage` where the two folders do not go together; `interrupted` when the signal fires (what was done
 *   stays, and the next run goes on from there); `mismatch` while another run works in the output folder; `corrupt` for lists of an earlier run that cannot be
 * read; `io` for a disk that is full or refuses
 * @example
 * const { summary } = await cropFolder('photos', 'out', { detector: 'ssd', faces: 'largest' })
 */
export async function cropFolder(dir: string, out: string, options: CropOptions = {}): Promise<CropResult> {
  checkOptions(where, options, ['detector', 'runtime', 'template', 'batch', 'onPhotos', 'lock', 'progress', 'signal', ...findOptionNames])
  const { detector: wanted = 'ssd', template = dlibTemplate, batch = 4, onPhotos, progress = silent, signal, runtime } = options
  ensure(Number.isInteger(batch) && batch > 0, where, 'batch must be a positive integer', batch)
  const find = findOptionsOf(options)
  const { photos: sources, ignored, others, skipped } = photoFiles(dir, out)
  const passedOver = skippedLine(skipped)
  if (passedOver !== undefined) progress.warn(passedOver)
  const detector = typeof wanted === 'string' ? await openDetector(wanted, runtime === undefined ? {} : { runtime }) : wanted
  try {
    return await lockOutput(out, options, async (lock) => {
      const { looks = 'all', ...rest } = find
      const settingsOf = (found: FindOptions): string =>
        sha256(Buffer.from(JSON.stringify({ detector: detector.id, template, find: Object.entries(found).sort() }))).slice(0, 16)
      const earlier = settingsOf(rest) // as runs wrote that took one look
      const settings = looks === 'first' ? earlier : settingsOf({ ...rest, looks })
      const nameOf = cropNames(sources)
      const folder = openCropFolder(out)
      if (settings !== earlier) await acceptEarlier(folder.photos, { dir, earlier, settings })
      const followed = await followMoved(sources, folder.photos, { dir, out, settings, nameOf, signal })
      const book = new CropBook(out, settings, sources, { lock, progress, onPhotos, folder, followed })
      try {
        const processed = await work(dir, sources, {
          out,
          detector,
          find,
          template,
          settings,
          book,
          batch,
          nameOf,
          progress,
          signal,
        })
        book.close()
        return { summary: book.summary(processed, ignored), faces: book.faces(), quarantine: book.quarantine(), skipped, others }
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
  readonly nameOf: (source: string, face: number) => string
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

/** Looks at all photos that are new or changed; tells how many. When it returns or throws, nothing is being written any more. */
async function work(dir: string, sources: readonly string[], w: Work): Promise<number> {
  const { book, batch, progress, signal } = w
  const task = progress.start('faces', sources.length, 'photo')
  let [done, processed] = [0, 0]
  const goOn = (): void =>
    stopIfAborted(signal, where, `a stop after ${done} of ${sources.length} photos`, 'Run it again: it goes on from there.')
  const { concurrency } = w.detector.landmarks // two runs a thread: half of them, and a photo that is read meanwhile; more would only take memory
  const networks = budget(() => concurrency)
  try {
    goOn()
    let some: Looked[] = []
    for await (const one of inOrder(sources.length, Math.ceil(concurrency / 2) + 1, (i) => look(dir, sources[i], w, networks))) {
      some.push(one)
      if (some.length < batch && done + some.length < sources.length) continue
      processed += some.filter((l) => l.kind !== 'done' && l.kind !== 'known').length
      save(some, w)
      done += some.length
      some = []
      task.update(done, { faces: book.faceCount })
      if (done < sources.length) goOn()
    }
    return processed
  } finally {
    task.end()
  }
}

/** What became of a photo. */
type Looked =
  | { readonly kind: 'done' }
  | { readonly kind: 'known'; readonly source: string; readonly twin: NonNullable<ReturnType<CropBook['twin']>> }
  | { readonly kind: 'bad'; readonly record: QuarantineRecord }
  | {
      readonly kind: 'photo'
      readonly source: string
      readonly sourceHash: string
      readonly found: readonly { readonly face: Face; readonly png: Uint8Array }[]
    }

/**
 * Reads a photo that is new, finds its faces and cuts them out. Its pixels are counted from before it is decoded until the last face is cut; as it waits for
 * nothing that another photo's pixels hold up, no two can wait for each other.
 *
 * @param networks for how many photos the networks run at once
 */
async function look(dir: string, source: string, { book, detector, find, template, signal }: Work, networks: Budget): Promise<Looked> {
  const path = join(dir, source)
  const bad = (kind: QuarantineRecord['kind'], reason: string, sourceHash: string | null): Looked => ({
    kind: 'bad',
    record: { source, sourceHash, label: labelOf(source), kind, reason, settings: book.settings },
  })
  let file: Awaited<ReturnType<typeof readImageFile>>
  try {
    if (book.knows(source) && book.has(source, await sha256File(path))) return { kind: 'done' }
    file = await readImageFile(path)
  } catch (error) {
    const kind = refusalOf(path, error)
    return bad(kind, reasonOf(kind, error), kind === 'unreadable' || kind === 'too-large' ? null : await sha256File(path).catch(() => null))
  }
  let photo: HeldImage
  const sourceHash = sha256(file.bytes)
  const twin = book.twin(sourceHash)
  if (twin !== undefined) {
    file.release()
    return { kind: 'known', source, twin }
  }
  try {
    photo = await holdImage(file.bytes)
  } catch (error) {
    const refused = refusalOf(path, error)
    const kind = refused === 'too-large' || refused === 'unsupported' ? refused : 'corrupt'
    return bad(kind, reasonOf(kind, error), sourceHash)
  } finally {
    file.release()
  }
  try {
    const leave = await networks.take(1)
    const faces = await findFaces(photo, detector, { ...find, signal }).finally(leave)
    const { size } = template
    const raw = { width: size, height: size, channels: 3 } as const
    const pngs = await Promise.all(
      faces.map((face) =>
        sharp(alignFace(photo, face, template), { raw })
          .png({ compressionLevel: 6 })
          .toBuffer(),
      ),
    )
    return { kind: 'photo', source, sourceHash, found: faces.map((face, i) => ({ face, png: pngs[i] })) }
  } finally {
    photo.release()
  }
}

/** What kind of refusal an error of reading a photo is. */
function refusalOf(path: string, error: unknown): QuarantineRecord['kind'] {
  const code = error instanceof KindredError ? error.code : undefined
  if (code === 'corrupt') return statSync(path, { throwIfNoEntry: false })?.size === 0 ? 'empty' : 'not-an-image'
  return code === 'limit' ? 'too-large' : code === 'unsupported' ? 'unsupported' : 'unreadable'
}

function reasonOf(kind: QuarantineRecord['kind'], error: unknown): string {
  const why = message(error)
  if (kind === 'empty') return 'the file is empty'
  if (kind === 'not-an-image') return 'the content is no image of a known kind, whatever its name says'
  if (kind === 'unsupported' && error instanceof KindredError) {
    const isFormat = error.expected.endsWith(readFormats) || error.expected.endsWith('a format that is read here')
    return `${isFormat ? `${why}: not a format that is read` : `${error.expected}, got ${why}`}. ${error.fix ?? ''}`
  }
  if (kind === 'too-large' && error instanceof KindredError) return `${error.expected}, got ${error.got}. ${error.fix}`
  return kind === 'corrupt' ? `cannot be decoded (damaged, truncated or of an unknown kind): ${why}` : why
}

/** Saves the crops of some photos, and takes down what became of each. What was saved before a write fails is taken down, too. */
function save(some: readonly Looked[], { out, detector, template, settings, book, nameOf }: Work): void {
  const entries: PhotoEntry[] = []
  try {
    for (const one of some) {
      if (one.kind === 'known') entries.push(knownAt(one.source, one.twin.photo, one.twin.crops, { out, nameOf }))
      if (one.kind === 'bad') entries.push({ source: one.record.source, faces: [], quarantine: one.record })
      if (one.kind !== 'photo') continue
      const { source, sourceHash, found } = one
      const label = labelOf(source)
      const faces = found.map(({ face, png }): CropRecord => {
        const crop = nameOf(source, face.index)
        writeFileAtomic(join(out, ...crop.split('/')), png)
        return {
          source,
          sourceHash,
          label,
          face: face.index,
          ...rounded(face),
          detector: detector.id,
          alignment: template,
          crop,
          cropHash: sha256(png),
          settings,
        }
      })
      entries.push({
        source,
        faces,
        quarantine: faces.length > 0 ? null : { source, sourceHash, label, kind: 'no-face', reason: 'no face found', settings },
      })
    }
  } catch (error) {
    takeDown(book, entries)
    throw error
  }
  book.put(entries)
}

/** After an error, which is the one to tell. */
function takeDown(book: CropBook, entries: readonly PhotoEntry[]): void {
  try {
    book.put(entries)
  } catch {
    // these photos are looked at again
  }
}

function rounded({ box, landmarks, score, sharpness, look }: Face): Pick<CropRecord, 'box' | 'landmarks' | 'score' | 'sharpness' | 'look'> {
  const to = (v: number, digits: number) => Number(v.toFixed(digits))
  return {
    box: [to(box.x, 2), to(box.y, 2), to(box.width, 2), to(box.height, 2)],
    landmarks: Array.from(landmarks, (v) => to(v, 2)),
    score: to(score, 5),
    sharpness: to(sharpness, 1),
    look,
  }
}

const message = (error: unknown): string =>
  error instanceof KindredError ? (error.got ?? error.expected) : error instanceof Error ? error.message : String(error)

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
      if (sha256(bytes) !== cropHash)
        throw new KindredError('mismatch', 'crops', `${crop} must be the file the manifest tells of`, 'another', 'Run the crops again.')
      return (await decodeImage(bytes, { size: [size, size] })).pixels
    }),
  )
  return new Uint8Array(Buffer.concat(parts))
}
