/** @file Mutations of image files that know where their sizes and chunks are: PNG with its checksums, JPEG, GIF, WebP, TIFF, AVIF. */
import { deflateSync, inflateSync } from 'node:zlib'
import type { Rng } from '../../../src/base/index.ts'
import { join, mutateBytes, oddIntegers, pick, putInteger, type Mutator } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { bomb } from './zip.ts'

/** A number in a file: where, how wide, which byte first. */
interface NumberAt {
  readonly at: number
  readonly size: number
  readonly littleEndian: boolean
}

const u32 = (b: Uint8Array, at: number): number => ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0
const u16 = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1]
const u16le = (b: Uint8Array, at: number): number => b[at] | (b[at + 1] << 8)
const u32le = (b: Uint8Array, at: number): number => (u16le(b, at) | (u16le(b, at + 2) << 16)) >>> 0
const be = (at: number, size: number): NumberAt => ({ at, size, littleEndian: false })
const le = (at: number, size: number): NumberAt => ({ at, size, littleEndian: true })

/** Lengths of segments, sizes of frames, tables' numbers, and whatever lies in EXIF. */
function jpegNumbers(b: Uint8Array): NumberAt[] {
  const out: NumberAt[] = []
  for (let at = 2; at + 4 < b.length && b[at] === 0xff;) {
    const [marker, length] = [b[at + 1], u16(b, at + 2)]
    out.push(be(at + 1, 1), be(at + 2, 2))
    if (marker >= 0xc0 && marker <= 0xcf) out.push(be(at + 4, 1), be(at + 5, 2), be(at + 7, 2), be(at + 9, 1), be(at + 11, 1))
    if (marker === 0xe1) for (let k = 0; k + 2 < length; k += 2) out.push(be(at + 4 + k, 2))
    if (marker === 0xda) break
    at += 2 + length
  }
  return out
}

const gifNumbers = (b: Uint8Array): NumberAt[] => {
  const out = [le(6, 2), le(8, 2), le(10, 1), le(11, 1)]
  for (let at = 13; at < b.length; at++)
    if (b[at] === 0x2c || b[at] === 0x21) out.push(le(at + 1, 2), le(at + 5, 2), le(at + 7, 2), le(at + 9, 1))
  return out
}

function webpNumbers(b: Uint8Array): NumberAt[] {
  const out = [le(4, 4)]
  for (let at = 12; at + 8 <= b.length; at += 8 + u32le(b, at + 4) + (u32le(b, at + 4) & 1)) {
    out.push(le(at + 4, 4))
    for (let k = 8; k < 24; k += 2) out.push(le(at + k, 2))
  }
  return out
}

function tiffNumbers(b: Uint8Array): NumberAt[] {
  const littleEndian = b[0] === 0x49
  const [w16, w32] = littleEndian ? [u16le, u32le] : [u16, u32]
  const number = (at: number, size: number): NumberAt => ({ at, size, littleEndian })
  const ifd = w32(b, 4)
  const out = [number(2, 2), number(4, 4), number(ifd, 2)]
  for (let i = 0; i < Math.min(64, w16(b, ifd)); i++) {
    const at = ifd + 2 + 12 * i
    out.push(number(at, 2), number(at + 2, 2), number(at + 4, 4), number(at + 8, 4))
  }
  return out
}

/** Sizes of boxes, three levels deep, and the words within `ispe`, `iloc`, `irot`, ... */
function avifNumbers(b: Uint8Array, from = 0, to = b.length, depth = 0): NumberAt[] {
  const out: NumberAt[] = []
  for (let at = from; at + 8 <= to;) {
    const size = u32(b, at)
    out.push(be(at, 4))
    for (let k = 8; k < Math.min(size, 40); k += 2) out.push(be(at + k, 2))
    if (depth < 3 && size > 16 && size < to - at + 1) out.push(...avifNumbers(b, at + (depth === 0 ? 12 : 8), at + size, depth + 1))
    if (size < 8) break
    at += size
  }
  return out
}

const numbered =
  (numbers: (b: Uint8Array) => NumberAt[]): Mutator =>
  (r, bytes, donor) => {
    if (r.integer(2) === 0 || bytes.length < 16) return mutateBytes(r, bytes, donor)
    const all = numbers(bytes).filter((n) => n.at + n.size <= bytes.length)
    if (all.length === 0) return mutateBytes(r, bytes, donor)
    const copy = bytes.slice()
    for (let k = 1 + r.integer(2); k > 0; k--) {
      const { at, size, littleEndian } = pick(r, all)
      putInteger(copy, at, size, r.integer(3) === 0 ? BigInt(copy[at] + r.integer(5) - 2) : pick(r, oddIntegers), littleEndian)
    }
    return copy
  }

export const mutateJpeg = numbered(jpegNumbers)
export const mutateGif = numbered(gifNumbers)
export const mutateWebp = numbered(webpNumbers)
export const mutateTiff = numbered(tiffNumbers)
export const mutateAvif = numbered(avifNumbers)

interface Chunk {
  name: string
  data: Uint8Array
}

function chunksOf(bytes: Uint8Array): Chunk[] | undefined {
  const out: Chunk[] = []
  for (let at = 8; at + 12 <= bytes.length;) {
    const size = u32(bytes, at)
    if (at + 12 + size > bytes.length) return undefined
    out.push({ name: Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1'), data: bytes.slice(at + 8, at + 8 + size) })
    at += 12 + size
  }
  return out.length > 0 ? out : undefined
}

function pngOf(chunks: readonly Chunk[], lie?: { readonly i: number; readonly size: bigint }): Uint8Array {
  return join(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    ...chunks.map(({ name, data }, i) => {
      const out = new Uint8Array(12 + data.length)
      putInteger(out, 0, 4, lie?.i === i ? lie.size : BigInt(data.length), false)
      out.set(Buffer.from(name, 'latin1'), 4)
      out.set(data, 8)
      putInteger(out, 8 + data.length, 4, BigInt(crc32(out.subarray(4, 8 + data.length))), false)
      return out
    }),
  )
}

const zlibBomb = (): Uint8Array => join(Uint8Array.of(0x78, 0x9c), bomb(700), new Uint8Array(4))

function changeChunks(r: Rng, chunks: Chunk[], donor: Uint8Array): Uint8Array {
  const i = r.integer(chunks.length)
  const c = chunks[i]
  const header = chunks.find((k) => k.name === 'IHDR')
  switch (r.integer(8)) {
    case 0:
      chunks.splice(i, 1)
      break
    case 1:
      chunks.splice(r.integer(chunks.length), 0, c)
      break
    case 2:
      c.data = mutateBytes(r, c.data, donor)
      break
    case 3:
      return pngOf(chunks, { i, size: pick(r, oddIntegers) })
    case 4:
      c.name = pick(r, ['IDAT', 'IEND', 'PLTE', 'tRNS', 'iCCP', 'zTXt', 'eXIf', 'acTL', 'QQQQ'])
      break
    case 5:
      chunks.splice(1, 0, {
        name: pick(r, ['iCCP', 'zTXt', 'iTXt']),
        data: join(Buffer.from('x\0\0', 'latin1'), r.integer(4) === 0 ? zlibBomb() : deflateSync(donor)),
      })
      break
    case 6: {
      const pixels = chunks.find((k) => k.name === 'IDAT')
      if (pixels === undefined) break
      try {
        pixels.data = new Uint8Array(deflateSync(mutateBytes(r, inflateSync(pixels.data), donor)))
      } catch {
        pixels.data = mutateBytes(r, pixels.data, donor)
      }
      break
    }
    default:
      if (header !== undefined && header.data.length >= 13)
        putInteger(header.data, pick(r, [0, 0, 4, 4, 8, 9, 10, 11, 12]), r.integer(2) === 0 ? 4 : 1, pick(r, oddIntegers), false)
  }
  return pngOf(chunks)
}

/** Some mutation of a PNG, mostly with the checksums of its chunks put right. */
export function pngMutator(note: (resealed: boolean) => void): Mutator {
  return (r, bytes, donor) => {
    const chunks = r.integer(4) === 0 ? undefined : chunksOf(bytes)
    if (chunks === undefined) return mutateBytes(r, bytes, donor)
    note(true)
    return changeChunks(r, chunks, donor)
  }
}
