/**
 * @file A folder of photos to a folder of crops: every face found, aligned, saved, and written down. Running again does only what is new or changed.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import sharp from 'sharp'
import { checkOptions, ensure, KindredError, silent, type Progress } from '../base/index.ts'
import { decodeImage } from '../data/index.ts'
import { readBytes, sha256, writeFileAtomic, type FileList } from '../files/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { alignFace, dlibTemplate, type FaceTemplate } from './align.ts'
import { findFacesIn, findOptionNames, openDetector, type DetectorName, type Face, type FaceDetector, type FindOptions } from './find-faces.ts'
import { cropName, labelOf, looksLikeImage, photoFiles, skippedLine } from './photo-files.ts'
import type { Photo } from './photo.ts'

/** One face: a line of `manifest.jsonl`. Paths are relative, with `/`. */
export interface CropRecord {
  /** The photo, relative to the source folder. */
  readonly source: string
  /** SHA-256 of the photo's bytes. */
  readonly sourceHash: string
  /** The name of the photo's folder, Unicode NFC; null for a photo at the top. */
  readonly label: string | null
  /** Place among the photo's faces, largest first. */
  readonly face: number
  /** x, y, width, height in pixels of the upright photo. */
  readonly box: readonly [number, number, number, number]
  /** x, y of 68 points. */
  readonly landmarks: readonly number[]
  readonly score: number
  readonly sharpness: number
  /** The detector's id. */
  readonly detector: string
  readonly alignment: FaceTemplate
  /** The crop, relative to the output folder. */
  readonly crop: string
  /** SHA-256 of the crop's file. */
  readonly cropHash: string
  /** SHA-256 of the settings it was made with. */
  readonly settings: string
}

/** A photo without a crop: a line of `quarantine.jsonl`. */
export interface QuarantineRecord {
  readonly source: string
  readonly sourceHash: string | null
  readonly label: string | null
  /** `no-face`: a good photo in which nobody was found; `empty`, `not-an-image`, `corrupt` (damaged or truncated), `unreadable` (the system refused). */
  readonly kind: 'no-face' | 'empty' | 'not-an-image' | 'corrupt' | 'unreadable'
  readonly reason: string
  readonly settings: string
}

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
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const where = 'crop folder'

/**
 * Finds, aligns and saves the faces of all photos below a folder.
 *
 * A file that is empty, damaged or no image goes to `quarantine.jsonl` with its reason, so does a photo without a face; the run goes on. Crops are PNG files
 * in `OUT/crops/`, which mirrors the source: `anna/garden.jpg` gives `crops/anna/garden.jpg.0.png`. Crops of photos that are gone or changed are removed.
 * @param dir one folder per person, or photos without labels; any depth; the label is the name of the folder a photo lies in
 * @param out the output folder, made where missing
 * @throws KindredError `not-found` for a missing folder, `interrupted` when the signal fires (what was done stays, and the next run goes on from there)
 * @example
 * const { summary } = await cropFolder('photos', 'out', { detector: 'ssd', faces: 'largest' })
 */
export async function cropFolder(dir: string, out: string, options: CropOptions = {}): Promise<CropResult> {
  checkOptions(where, options, ['detector', 'runtime', 'template', 'batch', 'progress', 'signal', ...findOptionNames])
  const { detector: wanted = 'ssd', template = dlibTemplate, batch = 4, progress = silent, signal, runtime } = options
  ensure(Number.isInteger(batch) && batch > 0, where, 'batch must be a positive integer', batch)
  const find = Object.fromEntries(findOptionNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])) as FindOptions
  const { photos: sources, ignored, skipped } = photoFiles(dir, out)
  const passedOver = skippedLine(skipped)
  if (passedOver !== undefined) progress.warn(passedOver)
  const detector = typeof wanted === 'string' ? await openDetector(wanted, runtime === undefined ? {} : { runtime }) : wanted
  try {
    const settings = sha256(Buffer.from(JSON.stringify({ detector: detector.id, template, find: Object.entries(find).sort() }))).slice(0, 16)
    const book = new Book(out, settings)
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
        await handle(ready, { out, detector, find, template, settings, book })
        task.update(Math.min(start + batch, sources.length), { faces: book.faceCount })
        if (processed > 0 && (start / batch) % 16 === 15) book.save(sources)
      }
    } finally {
      task.end()
      book.save(sources)
    }
    book.sweep()
    return { summary: book.summary(processed, ignored), faces: book.faces(), quarantine: book.quarantine(), skipped }
  } finally {
    if (typeof wanted === 'string') await detector.dispose()
  }
}

type Prepared =
  | { readonly kind: 'done' }
  | { readonly kind: 'photo'; readonly source: string; readonly sourceHash: string; readonly photo: Photo }
  | { readonly kind: 'bad'; readonly record: QuarantineRecord }

/** Reads, hashes and decodes photos that are new. */
function prepare(dir: string, sources: readonly string[], book: Book): Promise<Prepared[]> {
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

interface Work {
  readonly out: string
  readonly detector: FaceDetector
  readonly find: FindOptions
  readonly template: FaceTemplate
  readonly settings: string
  readonly book: Book
}

async function handle(ready: readonly Prepared[], { out, detector, find, template, settings, book }: Work): Promise<void> {
  const photos = ready.filter((r) => r.kind === 'photo')
  for (const r of ready) if (r.kind === 'bad') book.put(r.record.source, [], r.record)
  const found = await findFacesIn(photos.map((p) => p.photo), detector, find)
  await Promise.all(
    photos.map(async ({ source, sourceHash, photo }, i) => {
      const label = labelOf(source)
      const records = await Promise.all(
        found[i].map(async (face): Promise<CropRecord> => {
          const { size } = template
          const png = await sharp(alignFace(photo, face, template), { raw: { width: size, height: size, channels: 3 } }).png({ compressionLevel: 6 }).toBuffer()
          const crop = cropName(source, face.index)
          writeFileAtomic(join(out, ...crop.split('/')), png)
          return { source, sourceHash, label, face: face.index, ...rounded(face), detector: detector.id, alignment: template, crop, cropHash: sha256(png), settings }
        }),
      )
      const none: QuarantineRecord = { source, sourceHash, label, kind: 'no-face', reason: 'no face found', settings }
      book.put(source, records, records.length === 0 ? none : undefined)
    }),
  )
}

function rounded({ box, landmarks, score, sharpness }: Face): Pick<CropRecord, 'box' | 'landmarks' | 'score' | 'sharpness'> {
  const to = (v: number, digits: number) => Number(v.toFixed(digits))
  return { box: [to(box.x, 2), to(box.y, 2), to(box.width, 2), to(box.height, 2)], landmarks: Array.from(landmarks, (v) => to(v, 2)), score: to(score, 5), sharpness: to(sharpness, 1) }
}

const message = (error: unknown): string => (error instanceof KindredError ? (error.got ?? error.expected) : error instanceof Error ? error.message : String(error))

/** What is known of each photo, from earlier runs and this one. */
class Book {
  readonly settings: string
  private readonly out: string
  private readonly known = new Map<string, { faces: CropRecord[]; quarantine: QuarantineRecord | undefined }>()
  /** Crops that earlier runs made. */
  private readonly earlier: ReadonlySet<string>

  constructor(out: string, settings: string) {
    this.out = out
    this.settings = settings
    const faces = readLines<CropRecord>(join(out, 'manifest.jsonl'))
    for (const f of faces) this.entry(f.source).faces.push(f)
    for (const q of readLines<QuarantineRecord>(join(out, 'quarantine.jsonl'))) this.entry(q.source).quarantine = q
    this.earlier = new Set(faces.map((f) => f.crop))
  }

  private entry(source: string) {
    let found = this.known.get(source)
    if (found === undefined) this.known.set(source, (found = { faces: [], quarantine: undefined }))
    return found
  }

  /** Whether this content was done with these settings, and its crops are still what they were. */
  has(source: string, sourceHash: string): boolean {
    const entry = this.known.get(source)
    if (entry === undefined) return false
    const records = [...entry.faces, ...(entry.quarantine === undefined ? [] : [entry.quarantine])]
    const same = records.length > 0 && records.every((r) => r.sourceHash === sourceHash && r.settings === this.settings)
    return same && entry.faces.every((f) => existsSync(join(this.out, f.crop)) && sha256(readFileSync(join(this.out, f.crop))) === f.cropHash)
  }

  put(source: string, faces: CropRecord[], quarantine: QuarantineRecord | undefined): void {
    this.known.set(source, { faces: faces.sort((a, b) => a.face - b.face), quarantine })
  }

  get faceCount(): number {
    let count = 0
    for (const { faces } of this.known.values()) count += faces.length
    return count
  }

  /** Forgets photos that are gone and writes both lists, in the order of the photos. */
  save(sources: readonly string[]): void {
    const order = new Map(sources.map((s, i) => [s, i]))
    for (const source of this.known.keys()) if (!order.has(source)) this.known.delete(source)
    const sorted = [...this.known.entries()].sort(([a], [b]) => order.get(a)! - order.get(b)!)
    this.known.clear()
    for (const [source, entry] of sorted) this.known.set(source, entry)
    writeFileAtomic(join(this.out, 'manifest.jsonl'), lines(this.faces()))
    writeFileAtomic(join(this.out, 'quarantine.jsonl'), lines(this.quarantine()))
  }

  /** Removes crops that earlier runs made and no record names any more. */
  sweep(): void {
    const current = new Set(this.faces().map((f) => f.crop))
    const home = resolve(this.out, 'crops') + sep
    for (const crop of this.earlier) {
      const path = resolve(this.out, crop)
      if (!current.has(crop) && path.startsWith(home)) rmSync(path, { force: true })
    }
  }

  faces(): CropRecord[] {
    return [...this.known.values()].flatMap((e) => e.faces)
  }

  quarantine(): QuarantineRecord[] {
    return [...this.known.values()].flatMap((e) => (e.quarantine === undefined ? [] : [e.quarantine]))
  }

  summary(processed: number, ignored: number): CropSummary {
    const entries = [...this.known.values()]
    const withFace = entries.filter((e) => e.faces.length > 0).length
    const withoutFace = entries.filter((e) => e.quarantine?.kind === 'no-face').length
    return { photos: { total: entries.length, withFace, withoutFace, quarantined: entries.length - withFace - withoutFace, processed, ignored }, faces: this.faceCount }
  }
}

const lines = (records: readonly object[]): string => records.map((r) => `${JSON.stringify(r)}\n`).join('')

/** The lines of a JSON-lines file; none when it is missing. */
export function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, i) => {
      if (line === '') return []
      try {
        return [JSON.parse(line) as T]
      } catch (error) {
        throw new KindredError('corrupt', path, 'every line must hold JSON', `line ${i + 1}: ${line.slice(0, 40)}`, 'Delete the file to start over.', { cause: error })
      }
    })
}

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
