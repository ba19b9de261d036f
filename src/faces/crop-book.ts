/**
 * @file The memory of an output folder of crops: what is known of each photo, and which crops may lie there.
 *
 * While photos are worked on, each one's records are appended to a journal, after its crops are on the disk. At the beginning and the end of a run the journal
 * becomes `manifest.jsonl` and `quarantine.jsonl`, and crops that neither names are removed.
 */
import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { counted, KindredError, type Progress } from '../base/index.ts'
import { ioError, sweepParts, writeFileAtomic, type Journal, type Lock } from '../files/index.ts'
import { holdsCrops, readCropFolder, type CropRecord, type CropsByPhoto, type PhotoEntry, type QuarantineRecord } from './crop-records.ts'
import { wholeCrops, type KnownPhoto } from './follow-photos.ts'
import { isCropName } from './photo-files.ts'
import type { Look } from './sight.ts'
import type { CropSummary } from './crop-folder.ts'

const where = 'crop folder'

/** What opens a {@link CropBook}. */
export interface OpenBook {
  /** The lock of the output folder: who has lost it writes no more. */
  readonly lock: Lock
  readonly progress: Progress
  /** See `CropOptions`. */
  readonly onPhotos: ((photos: ReadonlySet<string>, faces: readonly CropRecord[]) => void) | undefined
  /** What the folder holds, read by {@link openCropFolder}. */
  readonly folder: ReturnType<typeof readCropFolder>
  /** What is known of photos at paths that are new to the folder. */
  readonly followed: readonly PhotoEntry[]
}

/**
 * Reads what runs have written into an output folder.
 *
 * @throws KindredError `corrupt` naming file and line, `usage` where crops/ holds files of somebody else, `io`, `limit`
 */
export function openCropFolder(out: string): ReturnType<typeof readCropFolder> {
  ensureOurs(out)
  return readCropFolder(out)
}

/** What is known of each photo, from earlier runs and this one. */
export class CropBook {
  readonly settings: string
  private readonly out: string
  private readonly lock: Lock
  private readonly order: ReadonlyMap<string, number>
  private readonly known: CropsByPhoto
  private readonly journal: Journal<PhotoEntry>
  /** Whether the lists on disk differ from what is known. */
  private changed: boolean
  /** A path of each content that was known before this run: what a run does must not hang on how far it has come. */
  private readonly paths = new Map<string, string>()

  /**
   * Opens the book of an output folder: photos that are gone are forgotten and their crops removed, and so are crops that a killed run left unnamed.
   *
   * @param sources the photos there are, in order
   * @throws KindredError `io`
   */
  constructor(out: string, settings: string, sources: readonly string[], { lock, progress, onPhotos, folder, followed }: OpenBook) {
    this.out = out
    this.lock = lock
    this.settings = settings
    this.order = new Map(sources.map((source, i) => [source, i]))
    const { photos, journal } = folder
    if (journal.damaged > 0) progress.warn(`${journal.path}: ${counted(journal.damaged, 'damaged line')}; those photos are looked at again`)
    this.known = photos
    this.journal = journal
    this.changed = journal.entries.length + journal.damaged + followed.length > 0
    for (const { source, faces, quarantine } of followed) photos.set(source, { faces, quarantine })
    for (const source of photos.keys()) if (!this.order.has(source) && photos.delete(source)) this.changed = true
    for (const [source, { faces, quarantine }] of photos) {
      const hash = faces[0]?.sourceHash ?? quarantine?.sourceHash
      if (hash != null) this.paths.set(hash, source)
    }
    try {
      journal.append(followed) // from now on the folder shows that it is ours, and that its lists are not the last word
      for (const folder of [out, join(out, 'vectors'), join(out, 'figures'), join(out, 'groups')]) sweepParts(folder)
      onPhotos?.(
        new Set(sources),
        followed.flatMap((e) => e.faces),
      )
      this.settle()
    } catch (error) {
      journal.close()
      throw error
    }
  }

  /** Whether anything is known of a photo. */
  knows(source: string): boolean {
    return this.known.has(source)
  }

  /** Whether this content was done with these settings, and its crops are still what they were. */
  has(source: string, sourceHash: string): boolean {
    const { faces = [], quarantine = null } = this.known.get(source) ?? {}
    // the limit may have been raised, the part that reads the format be installed
    if (quarantine?.kind === 'too-large' || quarantine?.kind === 'unsupported') return false
    const records = quarantine === null ? faces : [...faces, quarantine]
    const same = records.length > 0 && records.every((r) => r.sourceHash === sourceHash && r.settings === this.settings)
    return same && wholeCrops(this.out, faces) !== undefined
  }

  /** What an earlier run knew of this content, at any path, with its crops; undefined where none did, or not with these settings. */
  twin(sourceHash: string): { photo: KnownPhoto; crops: readonly Uint8Array[] } | undefined {
    const source = this.paths.get(sourceHash)
    if (source === undefined || !this.has(source, sourceHash)) return undefined
    const photo = this.known.get(source)!
    const crops = wholeCrops(this.out, photo.faces)
    return crops === undefined ? undefined : { photo, crops }
  }

  /** Takes down what was found in photos whose crops are on the disk. When it returns, so is this. @throws KindredError `io` */
  put(entries: readonly PhotoEntry[]): void {
    if (entries.length === 0) return
    this.lock.pulse()
    this.journal.append(entries)
    for (const { source, faces, quarantine } of entries) this.known.set(source, { faces, quarantine })
    this.changed = true
  }

  get faceCount(): number {
    let count = 0
    for (const { faces } of this.known.values()) count += faces.length
    return count
  }

  /** Brings the lists up to date and removes crops that they do not name. @throws KindredError `io`; the next run then does it */
  close(): void {
    if (this.changed) this.settle()
    this.journal.remove()
  }

  /** Lets go of everything after an error: as {@link close} where that is possible, else the journal stays for the next run. */
  abandon(): void {
    try {
      this.close()
    } catch {
      this.journal.close()
    }
  }

  private settle(): void {
    this.lock.check()
    const [manifest, quarantine] = [join(this.out, 'manifest.jsonl'), join(this.out, 'quarantine.jsonl')]
    if (this.changed || !existsSync(manifest) || !existsSync(quarantine)) {
      const sorted = [...this.known.entries()].sort(([a], [b]) => this.order.get(a)! - this.order.get(b)!)
      this.known.clear()
      for (const [source, entry] of sorted) this.known.set(source, entry)
      writeFileAtomic(manifest, lines(this.faces()))
      writeFileAtomic(quarantine, lines(this.quarantine()))
      this.changed = false
    }
    sweepCrops(this.out, new Set(this.faces().map((f) => f.crop)))
  }

  faces(): CropRecord[] {
    return [...this.known.values()].flatMap((e) => e.faces)
  }

  quarantine(): QuarantineRecord[] {
    return [...this.known.values()].flatMap((e) => e.quarantine ?? [])
  }

  summary(processed: number, ignored: number): CropSummary {
    const entries = [...this.known.values()]
    const withFace = entries.filter((e) => e.faces.length > 0).length
    const withoutFace = entries.filter((e) => e.quarantine?.kind === 'no-face').length
    return {
      photos: { total: entries.length, withFace, withoutFace, quarantined: entries.length - withFace - withoutFace, processed, ignored },
      faces: this.faceCount,
      looks: countLooks(entries.flatMap((e) => e.faces)),
    }
  }
}

function countLooks(faces: readonly CropRecord[]): Record<Look, number> {
  const counts: Record<Look, number> = { whole: 0, border: 0, tiles: 0, turned: 0 }
  for (const { look = 'whole' } of faces) counts[look]++
  return counts
}

/** Records as lines, some hundred at a time. */
function* lines(records: readonly object[]): Iterable<string> {
  for (let i = 0; i < records.length; i += 256)
    yield records
      .slice(i, i + 256)
      .map((r) => `${JSON.stringify(r)}\n`)
      .join('')
}

/** Throws where crops would go among files that no run of kindred has written: they could not be told apart when crops are removed. */
function ensureOurs(out: string): void {
  if (entriesOf(join(out, 'crops')).length === 0 || holdsCrops(out)) return
  const fix = 'Choose another folder for the results. If an interrupted run of an earlier version left it, delete it.'
  throw new KindredError(
    'usage',
    where,
    `${join(out, 'crops')} must be empty or hold crops of an earlier run`,
    'files beside which no list of ours lies',
    fix,
  )
}

/** What lies in a folder; nothing where it is missing. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw ioError(where, folder, error)
  }
}

/**
 * Removes crops that no record names, half-written files, and folders that are empty then. Files whose names are none of ours stay.
 *
 * The folder itself is listed: a crop is found whether or not a list ever named it, so crops need not be announced before they are written.
 */
function sweepCrops(out: string, named: ReadonlySet<string>): void {
  const twins = new Map<string, string>() // file systems that do not tell letters apart may show a name in another way than it was given
  const fold = (path: string): string => path.normalize('NFC').toLowerCase()
  const isNamed = (path: string): boolean => {
    if (named.has(path)) return true
    if (twins.size === 0) for (const crop of named) twins.set(fold(crop), crop)
    const twin = twins.get(fold(path))
    return twin !== undefined && sameFile(join(out, path), join(out, twin))
  }
  const sweep = (folder: string): boolean => {
    let left = 0
    for (const entry of entriesOf(join(out, folder))) {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (sweep(path)) removeFolder(join(out, path))
        else left++
      } else if (entry.isFile() && (/^\..*\.part$/.test(entry.name) || (isCropName(entry.name) && !isNamed(path)))) remove(join(out, path))
      else left++
    }
    return left === 0
  }
  if (sweep('crops')) removeFolder(join(out, 'crops'))
}

function sameFile(a: string, b: string): boolean {
  const [x, y] = [a, b].map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }))
  return x !== undefined && y !== undefined && x.dev === y.dev && x.ino === y.ino
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw ioError(where, path, error)
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw ioError(where, path, error)
  }
}
