/**
 * @file Files that are never half-written: bytes go beside the target, are flushed, and are renamed over it.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KindredError } from '../base/index.ts'
import { ioError, pathKind } from './read.ts'

/**
 * Writes a file so that a reader, or a crash at any moment, sees either the old bytes or all of the new ones.
 *
 * Makes the folder where it is missing.
 * @param content a text, bytes, or texts one after the other for a file that should not be in memory whole
 * @throws KindredError `io` when the disk is full or the place cannot be written; the old file is then untouched and no part file stays
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | Iterable<string>): void {
  const part = partName(path)
  try {
    makeFolder(dirname(path))
    const fd = openSync(part, 'w')
    try {
      for (const bytes of piecesOf(content)) {
        for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at)
      }
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameOver(part, path)
  } catch (error) {
    removeQuietly(part)
    throw ioError('write', path, error)
  }
}

function* piecesOf(content: string | Uint8Array | Iterable<string>): Generator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else if (typeof content === 'string') yield Buffer.from(content)
  else {
    let text = ''
    for (const more of content) {
      text += more
      if (text.length < 1 << 20) continue
      yield Buffer.from(text)
      text = ''
    }
    yield Buffer.from(text)
  }
}

/**
 * Makes a folder, and those above it, where they are missing.
 *
 * Node's own `recursive` never comes back from places where the system makes no folders though the one above is there, such as /proc.
 * @throws KindredError `usage` where a file is in the way, `io` with the system's reason
 */
export function makeFolder(path: string, where = 'write'): void {
  if (made(path, where)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above, where)
  if (!made(path, where))
    throw new KindredError('io', where, `${above} must be a place for folders`, 'a refusal (ENOENT)', 'Choose another place.')
}

/** Whether the folder is there now; false when one above it is missing, or is none. */
function made(path: string, where: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    const kind = pathKind(path, where)
    if (kind === 'folder') return true // EEXIST; elsewhere also EISDIR, EPERM, EROFS
    if (kind !== undefined) throw new KindredError('usage', where, `${path} must be a folder`, 'a file', undefined, { cause: error })
    throw ioError(where, path, error)
  }
}

/**
 * Renames a file over another. Windows refuses while a virus scanner or an indexer holds either of them open: tried again for up to a second.
 *
 * @throws the system's error
 */
export function renameOver(from: string, to: string): void {
  for (let wait = 5; ; wait *= 2) {
    try {
      return renameSync(from, to)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (process.platform !== 'win32' || wait > 640 || !(code === 'EPERM' || code === 'EACCES' || code === 'EBUSY')) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait)
    }
  }
}

/** Where the bytes of `path` are written first: the writer's process and a random number keep two writers apart. */
function partName(path: string): string {
  const name = basename(path)
  // the name of a part must not be longer than file systems allow where the name itself is not
  const short = Buffer.byteLength(name) <= 200 ? name : [...name].slice(0, 40).join('')
  return join(dirname(path), `.${short}.${process.pid}.${randomBytes(4).toString('hex')}.part`)
}

const partPattern = /^\..*\.(\d+)\.[0-9a-f]{8}\.part$/

/**
 * Removes the part files that writers of {@link writeFileAtomic} left in a folder when they were killed. Those of other living processes stay, unless they are
 * older than an hour. This process is in the middle of none, so those of its number are from one that had the number before, as in a container that is started
 * again.
 *
 * @param folder may be missing
 * @param options.recursive look below it too; links to folders are not followed
 * @returns how many were removed
 */
export function sweepParts(folder: string, { recursive = false }: { recursive?: boolean } = {}): number {
  let swept = 0
  let entries
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return 0 // nothing there, or not ours to look into: whoever writes there next says so
  }
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && recursive) swept += sweepParts(path, { recursive })
    const pid = entry.isFile() ? partPattern.exec(entry.name)?.[1] : undefined
    if (pid === undefined || (Number(pid) !== process.pid && isProcess(Number(pid)) && !isOlderThanAnHour(path))) continue
    if (removeQuietly(path)) swept++
  }
  return swept
}

/** Whether a process of this number runs on this machine. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function isOlderThanAnHour(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.mtimeMs > 3_600_000
}

/** Removes a file where that is possible: a clean-up must not hide the error that made it needed. */
function removeQuietly(path: string): boolean {
  try {
    rmSync(path, { force: true })
    return true
  } catch {
    return false
  }
}
