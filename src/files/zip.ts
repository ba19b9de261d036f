/**
 * @file Zip archives: which file lies where, each length and checksum held to what the directory says.
 *
 * Source: APPNOTE.TXT of PKWARE, sections 4.3 and 4.4.
 */
import { crc32, inflateRawSync } from 'node:zlib'
import { ensureWithin, KindredError } from '../base/index.ts'
import type { FileBytes } from './file-bytes.ts'

/** A file in an archive. */
export interface ZipEntry {
  /** As the archive has it: a label, and no path to write to. */
  readonly name: string
  /** Place and length of its bytes in the archive. */
  readonly from: number
  readonly packed: number
  /** Length of its content. */
  readonly size: number
  readonly crc: number
  /** How it is packed: not at all, or by deflate. */
  readonly method: 'stored' | 'deflate'
}

const tailBytes = 65_557 // the end record with the longest comment
const endBytes = 22

/**
 * The files of an archive by name.
 *
 * @throws KindredError `corrupt` when directory, local headers and file do not agree; `unsupported` for other compression, encrypted or split archives; `limit`
 */
export function zipEntries(file: FileBytes): Map<string, ZipEntry> {
  const { path } = file
  const { entries, size, from, end } = endOf(file)
  ensureWithin('entries', entries, path, 'the archive')
  ensureWithin('textBytes', size, path, "the archive's directory")
  if (from + size > end)
    throw file.corrupt('the directory of the archive must lie before its end record', `bytes ${from} to ${from + size} of ${end}`)
  const directory = file.at(from, size)
  const found = new Map<string, ZipEntry>()
  let at = 0
  for (let i = 0; i < entries; i++) {
    const broken = (got: string) => file.corrupt(`entry ${i + 1} of the archive's directory must be readable`, got)
    if (at + 46 > size || directory.toString('latin1', at, at + 4) !== 'PK\x01\x02')
      throw broken(at + 46 > size ? 'its end' : 'other bytes')
    const [flags, method] = [directory.readUInt16LE(at + 8), directory.readUInt16LE(at + 10)]
    const [crc, packed, stored] = [directory.readUInt32LE(at + 16), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 24)]
    const [nameLength, extraLength, commentLength, disk] = [
      directory.readUInt16LE(at + 28),
      directory.readUInt16LE(at + 30),
      directory.readUInt16LE(at + 32),
      directory.readUInt16LE(at + 34),
    ]
    const local = directory.readUInt32LE(at + 42)
    const next = at + 46 + nameLength + extraLength + commentLength
    if (next > size) throw broken('its end')
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
    if ((method !== 0 && method !== 8) || (flags & 1) !== 0)
      throw new KindredError(
        'unsupported',
        path,
        'its files must be stored or packed by deflate, and not be encrypted',
        `${name} ${(flags & 1) === 0 ? `packed by method ${method}` : 'encrypted'}`,
      )
    if (packed === 0xffffffff || stored === 0xffffffff || local === 0xffffffff)
      throw new KindredError('unsupported', path, 'its parts must lie below 4 GB', name)
    if (disk !== 0 || (method === 0 && packed !== stored)) throw broken(`${name} of ${packed} and ${stored} bytes on disk ${disk}`)
    if (found.has(name)) throw file.corrupt('names in the archive must differ', `${name} twice`)
    found.set(name, {
      name,
      from: dataOf(file, { name, local, crc, method, packed, stored }, from),
      packed,
      size: stored,
      crc,
      method: method === 0 ? 'stored' : 'deflate',
    })
    at = next
  }
  if (at !== size) throw file.corrupt(`the archive's directory must end after its ${entries} entries`, `${size - at} bytes more`)
  apart(found, file)
  return found
}

/** The end record (and, for large archives, the one before it). */
function endOf(file: FileBytes): { entries: number; size: number; from: number; end: number } {
  const { path } = file
  const start = Math.max(0, file.size - tailBytes)
  const tail = file.at(start, file.size - start)
  const at = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (at < 0 || at + endBytes > tail.length) throw file.corrupt('a zip archive must end with its directory', 'none')
  if (at + endBytes + tail.readUInt16LE(at + 20) !== tail.length)
    throw file.corrupt('a zip archive must end with its end record', 'other bytes behind it')
  const [entries, size, from] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 6) !== 0 || tail.readUInt16LE(at + 8) !== entries)
    throw new KindredError('unsupported', path, 'the archive must be one file', 'a part of several')
  const locator = at - 20
  const large = locator >= 0 && tail.toString('latin1', locator, locator + 4) === 'PK\x06\x07'
  if (!large) return { entries, size, from, end: start + at }
  const place = Number(tail.readBigUInt64LE(locator + 8))
  const record = file.at(place, 56)
  if (record.toString('latin1', 0, 4) !== 'PK\x06\x06')
    throw file.corrupt(`the end record of a large archive must lie at byte ${place}`, 'other bytes')
  const far = {
    entries: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    from: Number(record.readBigUInt64LE(48)),
    end: place,
  }
  const agree = (short: number, long: number, full: number): boolean => short === full || short === long
  if (!agree(entries, far.entries, 0xffff) || !agree(size, far.size, 0xffffffff) || !agree(from, far.from, 0xffffffff))
    throw file.corrupt('the two end records of the archive must say the same', 'different sizes')
  return far
}

interface DirectoryEntry {
  readonly name: string
  readonly local: number
  readonly crc: number
  readonly method: number
  readonly packed: number
  readonly stored: number
}

/** Where the bytes of an entry begin, by the header before them, which must say what the directory says. */
function dataOf(file: FileBytes, { name, local, crc, method, packed, stored }: DirectoryEntry, directory: number): number {
  const head = file.at(local, 30)
  const differs = (what: string) => file.corrupt(`${name} must begin with a header like its entry in the archive's directory`, what)
  if (head.toString('latin1', 0, 4) !== 'PK\x03\x04') throw differs('other bytes')
  const nameLength = head.readUInt16LE(26)
  const from = local + 30 + nameLength + head.readUInt16LE(28)
  if (file.at(local + 30, nameLength).toString('utf8') !== name) throw differs('another name')
  const later = (head.readUInt16LE(6) & 8) !== 0 // sizes follow the bytes
  if (
    head.readUInt16LE(8) !== method ||
    (!later && (head.readUInt32LE(14) !== crc || head.readUInt32LE(18) !== packed || head.readUInt32LE(22) !== stored))
  )
    throw differs('another length, checksum or method')
  if (from + packed > directory)
    throw file.corrupt(`${name} must lie before the archive's directory`, `bytes ${from} to ${from + packed} of ${directory}`)
  return from
}

/** Throws where two entries share bytes: that is how a small archive unpacks to a large one. */
function apart(found: ReadonlyMap<string, ZipEntry>, file: FileBytes): void {
  let [end, before] = [0, '']
  for (const { name, from, packed } of [...found.values()].sort((a, b) => a.from - b.from)) {
    if (packed > 0 && from < end) throw file.corrupt('no two files of the archive may share bytes', `${before} and ${name}`)
    if (packed > 0) [end, before] = [from + packed, name]
  }
}

/**
 * The content of a file in an archive, which must have the length and the checksum that the archive names.
 *
 * @throws KindredError `limit` for more than `unpackedBytes`, before anything is unpacked; `corrupt`
 * cost: memory of the packed and the unpacked bytes
 */
export function readZipEntry(file: FileBytes, { name, from, packed, size, crc, method }: ZipEntry): Uint8Array {
  ensureWithin('unpackedBytes', size, file.path, name)
  const bytes = file.at(from, packed)
  const content = method === 'stored' ? bytes : inflate(file, name, bytes, size)
  if (content.length !== size) throw file.corrupt(`${name} must be ${size} bytes long, as the archive says`, `${content.length} bytes`)
  if (crc32(content) !== crc) throw file.corrupt(`${name} must have the checksum that the archive names`, 'another')
  return content
}

function inflate(file: FileBytes, name: string, bytes: Uint8Array, size: number): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size) })
  } catch (error) {
    const long = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw file.corrupt(
      long ? `${name} must be ${size} bytes long, as the archive says` : `${name} must be whole`,
      long ? 'more bytes' : error instanceof Error ? error.message : String(error),
      error,
    )
  }
}
