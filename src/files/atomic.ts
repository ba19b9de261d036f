/**
 * @file Files that are never half-written: bytes go beside the target, are flushed, and are renamed over it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, mkdirSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KindredError } from '../base/index.ts'

/**
 * Writes a file so that a reader, or a crash at any moment, sees either the old bytes or all of the new ones.
 *
 * Makes the folder where it is missing.
 * @throws KindredError `io` when the disk is full or the place cannot be written; the old file is then untouched and no part file stays
 */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const part = join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.part`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const fd = openSync(part, 'w')
    try {
      let at = 0
      while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw ioError('write', path, error)
  }
}

/**
 * Reads a whole file.
 *
 * @throws KindredError `not-found` when it is missing, `io` for anything else the system refuses
 */
export function readBytes(path: string, where = 'read'): Uint8Array<ArrayBuffer> {
  try {
    const buffer = readFileSync(path)
    return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength)
  } catch (error) {
    throw ioError(where, path, error)
  }
}

/** The system's refusal as a {@link KindredError}: `not-found` for a missing path, else `io`. */
export function ioError(where: string, path: string, error: unknown): KindredError {
  if (error instanceof KindredError) return error
  const code = (error as NodeJS.ErrnoException).code
  const cause = { cause: error }
  if (code === 'ENOENT') return new KindredError('not-found', where, `${path} must exist`, 'no such file or folder', 'Check the path.', cause)
  if (code === 'EISDIR') return new KindredError('usage', where, `${path} must be a file`, 'a folder', undefined, cause)
  if (code === 'ENOTDIR') return new KindredError('usage', where, `${dirname(path)} must be a folder`, 'a file', undefined, cause)
  if (code === 'ENOSPC') return new KindredError('io', where, `there must be room on the disk for ${path}`, 'a full disk (ENOSPC)', 'Free some space or choose another --out; nothing was half-written.', cause)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new KindredError('io', where, `${path} must be accessible`, code, 'Check its permissions.', cause)
  return new KindredError('io', where, `the system must accept ${path}`, error instanceof Error ? error.message : String(error), undefined, cause)
}

/** SHA-256 of bytes as lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * SHA-256 of a file as lower-case hex, read in pieces.
 *
 * @throws KindredError `not-found` when it is missing, `io` for anything else the system refuses
 */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Uint8Array)
  } catch (error) {
    throw ioError('read', path, error)
  }
  return hash.digest('hex')
}
