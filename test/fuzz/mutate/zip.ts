/** @file Mutations of zip archives and gzip streams: of what is inside, with the checksum put right again, and of what the archive says of itself. */
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import type { Rng } from '../../../src/base/index.ts'
import { join, mutateBytes, oddIntegers, pick, putInteger, type Mutator } from './bytes.ts'
import { crc32 } from './crc32.ts'

interface Entry {
  name: Uint8Array
  method: number
  flags: number
  crc: number
  packed: Uint8Array
  /** As the headers say. */
  packedSize: number
  size: number
  /** The local header's place is off by so much. */
  shift: number
  extra: Uint8Array
  comment: Uint8Array
}

interface Archive {
  entries: Entry[]
  /** Added to what the last record says. */
  countOff: number
  sizeOff: number
  fromOff: number
  tail: Uint8Array
}

function parse(bytes: Uint8Array): Archive | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = buffer.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0 || end + 22 > bytes.length) return undefined
  const entries: Entry[] = []
  let at = buffer.readUInt32LE(end + 16)
  try {
    for (let n = buffer.readUInt16LE(end + 10); n > 0; n--) {
      const [nameLength, extraLength, commentLength] = [
        buffer.readUInt16LE(at + 28),
        buffer.readUInt16LE(at + 30),
        buffer.readUInt16LE(at + 32),
      ]
      const local = buffer.readUInt32LE(at + 42)
      const from = local + 30 + buffer.readUInt16LE(local + 26) + buffer.readUInt16LE(local + 28)
      const packedSize = buffer.readUInt32LE(at + 20)
      if (from + packedSize > bytes.length) return undefined
      entries.push({
        name: bytes.slice(at + 46, at + 46 + nameLength),
        method: buffer.readUInt16LE(at + 10),
        flags: buffer.readUInt16LE(at + 8),
        crc: buffer.readUInt32LE(at + 16),
        packed: bytes.slice(from, from + packedSize),
        packedSize,
        size: buffer.readUInt32LE(at + 24),
        shift: 0,
        extra: new Uint8Array(0),
        comment: new Uint8Array(0),
      })
      at += 46 + nameLength + extraLength + commentLength
    }
  } catch {
    return undefined
  }
  return { entries, countOff: 0, sizeOff: 0, fromOff: 0, tail: new Uint8Array(0) }
}

/** Local headers, contents, directory, last record. Names, methods and sizes stand in both headers. */
function write({ entries, countOff, sizeOff, fromOff, tail }: Archive): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  const push = (list: Uint8Array[], part: Uint8Array): void => {
    list.push(part)
    if (list === parts) at += part.length
  }
  const header = (size: number, fields: readonly (readonly [at: number, bytes: number, value: number])[]): Uint8Array => {
    const out = new Uint8Array(size)
    for (const [from, bytes, value] of fields) putInteger(out, from, bytes, BigInt(Math.trunc(value)), true)
    return out
  }
  for (const e of entries) {
    const local = at + e.shift
    const same = (from: number) =>
      [
        [from, 2, e.flags],
        [from + 2, 2, e.method],
        [from + 8, 4, e.crc],
        [from + 12, 4, e.packedSize],
        [from + 16, 4, e.size],
        [from + 20, 2, e.name.length],
      ] as const
    push(parts, header(30, [[0, 4, 0x04034b50], [4, 2, 20], ...same(6)]))
    push(parts, e.name)
    push(parts, e.packed)
    directory.push(
      header(46, [
        [0, 4, 0x02014b50],
        [4, 2, 20],
        [6, 2, 20],
        ...same(8),
        [30, 2, e.extra.length],
        [32, 2, e.comment.length],
        [42, 4, local],
      ]),
      e.name,
      e.extra,
      e.comment,
    )
  }
  const start = at
  const size = directory.reduce((n, p) => n + p.length, 0)
  return join(
    ...parts,
    ...directory,
    header(22, [
      [0, 4, 0x06054b50],
      [8, 2, entries.length + countOff],
      [10, 2, entries.length + countOff],
      [12, 4, size + sizeOff],
      [16, 4, start + fromOff],
    ]),
    tail,
  )
}

/** A zip archive of these files. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>, stored = false): Uint8Array {
  const entries = Object.entries(files).map(([name, content]): Entry => {
    const packed = stored ? content : new Uint8Array(deflateRawSync(content))
    return {
      name: new TextEncoder().encode(name),
      method: stored ? 0 : 8,
      flags: 0,
      crc: crc32(content),
      packed,
      packedSize: packed.length,
      size: content.length,
      shift: 0,
      extra: new Uint8Array(0),
      comment: new Uint8Array(0),
    }
  })
  return write({ entries, countOff: 0, sizeOff: 0, fromOff: 0, tail: new Uint8Array(0) })
}

function pack(e: Entry, content: Uint8Array): void {
  e.packed = e.method === 8 ? new Uint8Array(deflateRawSync(content, { level: 1 })) : content
  e.packedSize = e.packed.length
  e.size = content.length
  e.crc = crc32(content)
}

function unpack({ method, packed }: Entry): Uint8Array | undefined {
  try {
    return method === 8 ? new Uint8Array(inflateRawSync(packed, { maxOutputLength: 1 << 26 })) : packed
  } catch {
    return undefined
  }
}

/** Zeros of many megabytes in few bytes: one deflated megabyte that ends at a byte, many times. */
let megabyte: Uint8Array | undefined
export function bomb(megabytes: number): Uint8Array {
  megabyte ??= new Uint8Array(deflateRawSync(new Uint8Array(1 << 20), { finishFlush: 3 /* Z_FULL_FLUSH */ }))
  return join(...Array.from({ length: megabytes }, () => megabyte!), Uint8Array.of(3, 0))
}

const names = [
  '../evil.png',
  '/evil.png',
  'Latin/character01/',
  '',
  'a\u001b[31mb.png',
  'Latin/character99999999/x.png',
  'x/y/z/../../q.png',
  'Latin/character01/a.png',
  '__proto__',
  'C:\\x.png',
  'Latin/character01/\u202e.png',
]

/** @returns whether what is left is sealed rightly, although it may be other content */
function change(r: Rng, archive: Archive, donor: Uint8Array): boolean {
  const { entries } = archive
  const e = pick(r, entries)
  const i = entries.indexOf(e)
  const kind = r.integer(14)
  switch (kind) {
    case 0:
      entries.splice(i, 1)
      break
    case 1:
      entries.splice(r.integer(entries.length + 1), 0, { ...e })
      break
    case 2:
      e.name = new TextEncoder().encode(pick(r, names))
      break
    case 3:
      e.method = pick(r, [0, 8, 1, 9, 12, 93, 99, 65_535])
      break
    case 4:
      e.size = Number(BigInt.asUintN(32, pick(r, oddIntegers)))
      break
    case 5:
      e.packedSize = Number(BigInt.asUintN(32, pick(r, oddIntegers)))
      break
    case 6:
      e.flags = pick(r, [1, 8, 0x800, 0xffff])
      break
    case 7:
      e.shift = pick(r, [1, -1, 1000, -1000, 1e9])
      break
    case 8:
      archive.countOff = pick(r, [1, -1, -entries.length, 1000, 60_000])
      break
    case 9:
      archive.fromOff = pick(r, [1, -1, 22, 1e6, -1e6, 0xffffff00])
      break
    case 10:
      archive.sizeOff = pick(r, [1, -1, 46, 1e6, -1e6])
      break
    case 11:
      archive.tail = mutateBytes(r, e.name, donor)
      break
    case 12:
      e.packed = mutateBytes(r, e.packed, donor)
      e.packedSize = e.packed.length
      break // the checksum stays as it was
    default:
      if (r.integer(4) === 0) [e.method, e.packed, e.packedSize, e.size] = [8, bomb(800), bomb(800).length, 800 << 20]
      else for (let n = e.packed.length > 2000 ? 1 : 2000; n > 0; n--) entries.push(e)
  }
  return [0, 1, 2, 8, 13].includes(kind)
}

/**
 * Mutations of archives whose files are mutated by `inside`, by their names.
 *
 * @returns a mutator; `resealed()` tells whether the last checksum was put right, so that other content may be read
 */
export function zipMutator(inside: (name: string) => Mutator, note: (resealed: boolean) => void): Mutator {
  return (r, bytes, donor) => {
    const archive = r.integer(6) === 0 ? undefined : parse(bytes)
    if (archive === undefined || archive.entries.length === 0) return mutateBytes(r, bytes, donor)
    if (r.integer(2) === 0) {
      const e = pick(r, archive.entries)
      const content = unpack(e)
      if (content !== undefined) {
        pack(e, inside(new TextDecoder().decode(e.name))(r, content, donor))
        note(true)
        return write(archive)
      }
    }
    note(change(r, archive, donor))
    return write(archive)
  }
}

/** Mutations of a gzip stream, or of what is inside. */
export function gzipMutator(inside: Mutator, note: (resealed: boolean) => void): Mutator {
  return (r, bytes, donor) => {
    let content: Uint8Array | undefined
    try {
      content = new Uint8Array(gunzipSync(bytes, { maxOutputLength: 1 << 26 }))
    } catch {
      return mutateBytes(r, bytes, donor)
    }
    const kind = r.integer(12)
    if (kind === 0) return join(bytes.subarray(0, 10), bomb(pick(r, [600, 800])), new Uint8Array(8))
    if (kind < 6) {
      note(true)
      return new Uint8Array(gzipSync(inside(r, content, donor), { level: 1 }))
    }
    if (kind === 6) {
      note(true)
      return join(bytes, gzipSync(inside(r, content, donor), { level: 1 })) // two members, one after the other
    }
    return mutateBytes(r, bytes, donor)
  }
}
