/** @file Which files of a folder are photos, what their labels are, and how their crops are called. */
import { readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { KindredError } from '../base/index.ts'
import { pictureName } from '../images/index.ts'
import { ioError, listFiles, madeByKindred, type FileList } from '../files/index.ts'
import { sha256 } from '../base/index.ts'

const where = 'crop folder'

/** What {@link photoFiles} found. */
export interface PhotoFiles {
  /** Paths relative to the folder, with `/`, sorted by code point within each folder. */
  readonly photos: string[]
  /** How many other files there are. */
  readonly ignored: number
  /** The first twenty of these. */
  readonly others: readonly string[]
  /** What was passed over, and why: no regular file, a link that leads nowhere, a folder that kindred made, a format that is not read, ... */
  readonly skipped: FileList['skipped']
}

/**
 * All files below a folder whose names say that they are images of a format that is read; hidden ones are left out. Folders that kindred made are passed over,
 * the output folder among them: what lies there are crops and figures.
 *
 * A folder that the system does not let us read ends the run: half a folder is no result.
 * @param out where results go; may be missing
 * @throws KindredError `not-found`; `usage` when `dir` is no folder, is the output folder, lies among the crops, or was made by kindred; `io`; `limit`
 */
export function photoFiles(dir: string, out: string): PhotoFiles {
  checkPhotoFolder(dir, out)
  const own = identityOf(out)
  const { files, skipped } = listFiles(dir, {
    where,
    skipFolder: (path, names) => {
      const full = join(dir, path)
      if (own !== undefined && identityOf(full) === own) return 'the output folder'
      const mark = madeByKindred(full, names)
      return mark === undefined ? undefined : `a folder that kindred made, as its ${mark} shows`
    },
  })
  const photos: string[] = []
  const unread: { path: string; reason: string }[] = []
  const others: string[] = []
  for (const path of files) {
    const name = pictureName(path)
    if (name === 'read') photos.push(path)
    else if (name === undefined && others.length < 20) others.push(path)
    else if (typeof name === 'object') unread.push({ path, reason: name.reason })
  }
  return { photos, ignored: files.length - photos.length - unread.length, others, skipped: [...skipped, ...unread] }
}

/** The part of {@link photoFiles} that needs no walk: whether photos can lie in one folder and results in the other. @throws KindredError as it does */
export function checkPhotoFolder(dir: string, out: string): void {
  const own = identityOf(out)
  const info = statsOf(dir)
  if (info === undefined) throw new KindredError('not-found', where, `${dir} must exist`, 'no such folder', 'Check the path.')
  if (!info.isDirectory())
    throw new KindredError('usage', where, `${dir} must be a folder of photos`, 'a file', 'Name the folder it lies in.')
  const fix = 'Choose another folder for the results, such as runs/faces.'
  if (identityOf(dir) === own)
    throw new KindredError('usage', where, 'the output folder must be another than that of the photos', `${out} for both`, fix)
  const [inside] = own === undefined ? [''] : relative(realpathSync.native(out), realpathSync.native(dir)).split(sep)
  if (ownFolders.has(inside))
    throw new KindredError(
      'usage',
      where,
      `${dir} must be a folder of photos`,
      `a folder that results are written to (${out})`,
      'Name the folder of the photos themselves.',
    )
  const mark = madeByKindred(dir, namesIn(dir))
  if (mark === undefined) return
  throw new KindredError(
    'usage',
    where,
    `${dir} must be a folder of photos`,
    `a folder that kindred made, as its ${mark} shows`,
    'Name the folder of the photos themselves. Where they lie in this one, move them into a folder of their own.',
  )
}

/** What stories make in the output folder. */
const ownFolders: ReadonlySet<string> = new Set(['crops', 'figures', 'groups', 'vectors'])

/** The same text for the same folder, whatever links lead there and however its letters are written; undefined for a missing one. */
function identityOf(path: string): string | undefined {
  const stats = statsOf(path)
  if (stats === undefined) return undefined
  return stats.ino === 0n ? realpathSync.native(path) : `${stats.dev}:${stats.ino}` // some network drives number nothing
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    throw ioError(where, path, error)
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    throw ioError(where, dir, error)
  }
}

/** A sentence for the reader on what was passed over, names as they are; undefined where nothing was. */
export function skippedLine(skipped: FileList['skipped']): string | undefined {
  if (skipped.length === 0) return undefined
  const shown = skipped.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`)
  return `${skipped.length === 1 ? 'passed over' : `${skipped.length} passed over`}: ${shown.join('; ')}${skipped.length > 3 ? '; ...' : ''}`
}

/** The name of the folder a photo lies in, or null at the top. */
export function labelOf(source: string): string | null {
  const folder = dirname(source)
  return folder === '.' ? null : basename(folder).normalize('NFC')
}

/** What Windows and exFAT take in no name; a folder's name there ends neither with a dot nor with a blank. */
// oxlint-disable-next-line no-control-regex
const notEverywhere = /[\u0000-\u001f<>:"\\|?*]/g
/** Names of devices on Windows, whatever follows a dot. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=[. ]*(\.|$))/i

/**
 * The crop's path: the photo's own, below `crops/`, with the face's number; everywhere the same, so that the folder can be taken to another system. Names too
 * long for the file system, and such as Windows or exFAT do not take, are changed and get a hash.
 *
 * @param lone false where another photo's path differs from this one's in nothing but upper and lower case or the writing of accents: the name then gets a
 *   hash,
 *   too, for there are disks on which the two would be one
 */
function cropName(source: string, face: number, lone = true): string {
  const cut = source.split('/').map((part) => {
    const safe = part
      .replace(notEverywhere, '_')
      .replace(device, '$&_')
      .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    if (Buffer.byteLength(part) > 200) return `${[...safe].slice(0, 40).join('')}~${hashOf(part)}`
    return safe === part ? part : `${safe}~${hashOf(part)}`
  })
  return `crops/${cut.join('/')}${lone ? '' : `~${hashOf(source)}`}.${face}.png`
}

/** How each photo's crop of a face is called, {@link cropName} with all photos of a folder in view. */
export function cropNames(sources: readonly string[]): (source: string, face: number) => string {
  const fold = (source: string): string => cropName(source, 0).normalize('NFC').toLowerCase()
  const photos = new Map<string, number>()
  for (const source of sources) photos.set(fold(source), (photos.get(fold(source)) ?? 0) + 1)
  return (source, face) => cropName(source, face, photos.get(fold(source))! < 2)
}

const hashOf = (text: string): string => sha256(Buffer.from(text)).slice(0, 16)

/** Whether a file may be called as {@link cropName} calls crops, whatever folder it lies in. */
export const isCropName = (name: string): boolean => /(~[0-9a-f]{16}|\.[a-z]{3,4})\.\d+\.png$/i.test(name)
