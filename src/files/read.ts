/** @file Reading files of unknown origin: regular ones only, no larger than the limits allow, and every refusal of the system in words. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import {
  ensure,
  ensureWithin,
  KindredError,
  overLimit,
  limits,
  parseJsonAs,
  sha256Pieces,
  type Limits,
  type Schema,
} from '../base/index.ts'

/** Which limit holds for a file's size. */
export type SizeLimit = Extract<keyof Limits, 'fileBytes' | 'imageFileBytes' | 'textBytes' | 'xmpBytes'>

/**
 * Opens a regular file for reading. A pipe, device, socket or folder is refused at once: reading one could wait for ever.
 *
 * @returns its descriptor, which the caller closes, and what the system says of it
 * @throws KindredError `not-found`, `usage` for a folder, `unsupported` for anything else that is no regular file, `io`
 */
export function openRegular(path: string, where = 'read'): { fd: number; stats: Stats } {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)) // a pipe without a writer would block
  } catch (error) {
    throw ioError(where, path, error)
  }
  try {
    const stats = fstatSync(fd)
    if (stats.isDirectory()) throw new KindredError('usage', where, `${path} must be a file`, 'a folder')
    if (!stats.isFile())
      throw new KindredError('unsupported', where, `${path} must be a regular file`, kindOf(stats), 'Copy its content into a file.')
    return { fd, stats }
  } catch (error) {
    closeSync(fd)
    throw ioError(where, path, error)
  }
}

/**
 * What a path leads to; undefined where there is nothing.
 *
 * @throws KindredError `io` when the system does not say, with its reason: no right to look, links in a ring, an over-long name
 */
export function pathKind(path: string, where: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stats = statSync(path)
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw ioError(where, path, error)
  }
}

/**
 * Whether a path leads to a file or a folder, for who needs one of them; as {@link pathKind}, but throws for the rest.
 *
 * @throws KindredError `not-found`, `unsupported` for a pipe, device or socket, `io`
 */
export function placeOf(path: string, where = 'read'): 'file' | 'folder' {
  ensure(typeof path === 'string' && path !== '', where, 'a path must be given', path)
  let stats: Stats
  try {
    stats = statSync(path)
  } catch (error) {
    throw ioError(where, path, error)
  }
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  throw new KindredError('unsupported', where, `${path} must be a file or a folder`, kindOf(stats), 'Copy its content into a file.')
}

/** What something in a folder is, when it is no regular file. */
export function kindOf(stats: Pick<Stats, 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice' | 'isDirectory'>): string {
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device'
  return stats.isDirectory() ? 'a folder' : 'something else'
}

/**
 * Reads a whole file.
 *
 * @param options.limit which limit its size must keep. Default `fileBytes`
 * @throws KindredError as {@link openRegular}; `limit` for a file that is too large
 */
export function readBytes(path: string, where = 'read', { limit = 'fileBytes' }: { limit?: SizeLimit } = {}): Uint8Array<ArrayBuffer> {
  const { fd, stats } = openRegular(path, where)
  try {
    ensureWithin(limit, stats.size, where, path)
    // one byte more than expected shows a file that grows, or one of /proc, whose size is 0
    let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(stats.size + 1)
    let length = 0
    for (;;) {
      const got = readSync(fd, bytes, length, bytes.length - length, null)
      if (got === 0) return bytes.length - length > 4096 ? bytes.slice(0, length) : bytes.subarray(0, length)
      length += got
      if (length > limits()[limit]) throw overLimit(limit, where, path)
      if (length < bytes.length) continue
      const more = new Uint8Array(bytes.length * 2 + 65_536)
      more.set(bytes)
      bytes = more
    }
  } catch (error) {
    throw ioError(where, path, error)
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads a text file.
 *
 * @returns its text without a byte order mark
 * @throws KindredError as {@link readBytes} under the limit `textBytes`; `corrupt` when the bytes are no UTF-8
 */
export function readText(path: string, where = 'read'): string {
  const bytes = readBytes(path, where, { limit: 'textBytes' })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw notText(path, where, error)
  }
}

/**
 * The text of a file in pieces of up to a megabyte, cut anywhere, for files that are larger than what is made of them. Without a byte order mark.
 *
 * @throws KindredError as {@link readText}, when the first piece is asked for or on the way
 */
export function* readTextPieces(path: string, where = 'read'): Generator<string> {
  const { fd, stats } = openRegular(path, where)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    ensureWithin('textBytes', stats.size, where, path)
    const piece = new Uint8Array(1 << 20)
    for (let length = 0; ;) {
      const got = readSync(fd, piece)
      length += got
      if (length > limits().textBytes) throw overLimit('textBytes', where, path)
      yield decoder.decode(piece.subarray(0, got), { stream: got > 0 })
      if (got === 0) return
    }
  } catch (error) {
    throw error instanceof TypeError ? notText(path, where, error) : ioError(where, path, error)
  } finally {
    closeSync(fd)
  }
}

function notText(path: string, where: string, cause: unknown): KindredError {
  return new KindredError('corrupt', where, `${path} must be a text in UTF-8`, 'other bytes', 'Save it as UTF-8.', { cause })
}

/**
 * Reads a JSON file that a zod schema describes.
 *
 * @param fix how to get a good file
 * @throws KindredError as {@link readText}; `corrupt`, naming the file and the place in it
 */
export function readJson<T>(path: string, schema: Schema<T>, { where = 'read', fix }: { where?: string; fix?: string } = {}): T {
  return parseJsonAs(readText(path, where), path, schema, fix)
}

/**
 * Reads a file of JSON lines that a zod schema describes; empty lines are skipped.
 *
 * @throws KindredError as {@link readJson}, naming the line
 */
export function readJsonLines<T>(path: string, schema: Schema<T>, { where = 'read', fix }: { where?: string; fix?: string } = {}): T[] {
  return readText(path, where)
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [parseJsonAs(line, `${path}, line ${i + 1}`, schema, fix)]))
}

const refusals: Readonly<Record<string, readonly [mustHold: (path: string) => string, got: string, fix: string]>> = {
  ENOSPC: [
    (path) => `there must be room on the disk for ${path}`,
    'a full disk (ENOSPC)',
    'Free some space or choose another place; nothing was half-written.',
  ],
  EDQUOT: [
    (path) => `there must be room on the disk for ${path}`,
    'a used-up quota (EDQUOT)',
    'Free some space or choose another place; nothing was half-written.',
  ],
  EACCES: [(path) => `${path} must be accessible`, 'EACCES (no permission)', 'Check its permissions and those of its folder.'],
  EPERM: [(path) => `${path} must be accessible`, 'EPERM (not permitted)', 'Check its permissions and those of its folder.'],
  EROFS: [(path) => `${path} must be on a disk that can be written to`, 'a read-only one (EROFS)', 'Choose another place.'],
  ENAMETOOLONG: [
    (path) => `the name ${path.length > 300 ? `${path.slice(0, 300)}...` : path} must be short enough for the file system`,
    'a longer one (ENAMETOOLONG)',
    'Choose a shorter name.',
  ],
  ELOOP: [(path) => `${path} must lead to a file`, 'links that lead round in a ring (ELOOP)', 'Remove the link.'],
  EMFILE: [(path) => `the system must let this process open ${path}`, 'too many open files (EMFILE)', 'Raise the limit: ulimit -n 1024.'],
  ENFILE: [
    (path) => `the system must be able to open ${path}`,
    'too many open files on the whole system (ENFILE)',
    'Close other programs.',
  ],
  EBUSY: [(path) => `${path} must be free`, 'a file that another program uses (EBUSY)', 'Close that program and try again.'],
  EIO: [(path) => `the disk must answer for ${path}`, 'an input/output error (EIO)', 'The disk may be failing: check it.'],
  EFBIG: [
    (path) => `the file system must take a file as large as ${path}`,
    'a refusal (EFBIG)',
    'Choose another place, or raise ulimit -f.',
  ],
}

/** The system's refusal as a {@link KindredError}: `not-found` for a missing path, `usage` for a folder or file in the wrong place, else `io`. */
export function ioError(where: string, path: string, error: unknown): KindredError {
  if (error instanceof KindredError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const cause = { cause: error }
  if (code === 'ENOENT')
    return new KindredError('not-found', where, `${path} must exist`, 'no such file or folder', 'Check the path.', cause)
  if (code === 'EISDIR') return new KindredError('usage', where, `${path} must be a file`, 'a folder', undefined, cause)
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new KindredError('usage', where, `${dirname(path)} must be a folder`, 'a file', undefined, cause)
  if (code === 'ERR_INVALID_ARG_VALUE')
    return new KindredError('usage', where, `${path} must be a path`, 'a text with a zero byte', undefined, cause)
  if (Object.hasOwn(refusals, code)) {
    const [mustHold, got, fix] = refusals[code]
    return new KindredError('io', where, mustHold(path), got, fix, cause)
  }
  return new KindredError(
    'io',
    where,
    `the system must accept ${path}`,
    error instanceof Error ? error.message : String(error),
    undefined,
    cause,
  )
}

/**
 * SHA-256 of a regular file of any size as lower-case hex, read in pieces.
 *
 * @throws KindredError as {@link openRegular}
 */
export async function sha256File(path: string): Promise<string> {
  const hash = sha256Pieces()
  const { fd } = openRegular(path)
  const piece = new Uint8Array(1 << 20)
  try {
    for (let got = readSync(fd, piece, 0, piece.length, null); got > 0; got = readSync(fd, piece, 0, piece.length, null)) {
      hash.update(piece.subarray(0, got))
      await new Promise((resume) => setImmediate(resume)) // signals and progress get their turn
    }
  } catch (error) {
    throw ioError('read', path, error)
  } finally {
    closeSync(fd)
  }
  return hash.hex()
}
