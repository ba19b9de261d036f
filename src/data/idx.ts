/**
 * @file IDX files, the format of MNIST: a big-endian header (magic, sizes), then numbers.
 *
 * magic = 0 0 type rank; type 8 is unsigned byte; rank 3 for grey images (2051), 4 for images with channels, 1 for labels (2049).
 * Source: Yann LeCun, "The MNIST database of handwritten digits", section on file formats.
 */
import { constants, gunzipSync } from 'node:zlib'
import { ensureWithin, KindredError } from '../base/index.ts'

/** An IDX file of unsigned bytes. */
export interface Idx {
  /** Sizes, outermost first: [count, height, width] or [count, height, width, channels] for images, [count] for labels. */
  shape: number[]
  /** The values, a view into the given bytes. */
  data: Uint8Array
}

/** Types of values by their byte: name and bytes a value. */
const types: Readonly<Record<number, readonly [name: string, bytes: number]>> = {
  0x08: ['unsigned bytes', 1],
  0x09: ['signed bytes', 1],
  0x0b: ['16-bit integers', 2],
  0x0c: ['32-bit integers', 4],
  0x0d: ['32-bit floats', 4],
  0x0e: ['64-bit floats', 8],
}
const unsignedByte = 0x08

/** Which files are taken. */
interface Wanted {
  readonly ranks: readonly number[]
  readonly types: readonly number[]
}

/**
 * Reads an IDX file of unsigned bytes from memory; gzip is recognised by its first bytes and undone.
 *
 * @param bytes the file's content
 * @param name the file's name, for errors
 * @param ranks how many sizes it may have: 3 or 4 for images, 1 for labels
 * @throws KindredError `corrupt`, naming file, byte offset, what was expected and what was found; `limit` for one that unpacks to more than `unpackedBytes`, by
 *   its header and in fact
 * cost: O(bytes) for gzip, else O(1)
 */
export function parseIdx(bytes: Uint8Array, name: string, ...ranks: number[]): Idx {
  const { shape, data } = unpack(bytes, name, { ranks, types: [unsignedByte] })
  return { shape, data }
}

/**
 * Reads the labels of an IDX file: whole numbers from 0 on, of 1 byte, 2 bytes (unsigned, whatever the type says) or 4 bytes.
 *
 * @returns [count]
 * @throws KindredError as {@link parseIdx}; `corrupt` for a negative label, with its byte offset
 */
export function parseIdxLabels(bytes: Uint8Array, name: string): Int32Array {
  const { shape, data, type } = unpack(bytes, name, { ranks: [1], types: [unsignedByte, 0x09, 0x0b, 0x0c] })
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const labels = new Int32Array(shape[0])
  const each = types[type][1]
  for (let i = 0; i < labels.length; i++) {
    if (type === unsignedByte) labels[i] = data[i]
    else labels[i] = each === 1 ? view.getInt8(i) : each === 2 ? view.getUint16(2 * i) : view.getInt32(4 * i)
    if (labels[i] < 0) throw damaged(name, 8 + each * i, 'a label must be 0 or above', `${labels[i]}`)
  }
  return labels
}

function unpack(bytes: Uint8Array, name: string, wanted: Wanted): Idx & { type: number } {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const { shape, type } = headerOf(zipped ? gunzipStart(bytes, name) : bytes, name, wanted)
  const header = 4 + 4 * shape.length
  const length = header + shape.reduce((a, b) => a * b, types[type][1])
  const values = `${shape.join(' x ')} values`
  if (!zipped) {
    if (bytes.length < length)
      throw damaged(name, bytes.length, `the file must be ${length} bytes long for ${values}`, `a file cut off after ${bytes.length} bytes`)
    if (bytes.length > length) throw damaged(name, length, `the file must end here, after ${values}`, `${bytes.length - length} more bytes`)
    return { shape, type, data: bytes.subarray(header) }
  }
  ensureWithin('unpackedBytes', length, name, 'the unpacked file')
  const raw = gunzip(bytes, name, length + 1)
  if (raw === undefined || raw.length > length)
    throw damaged(name, length, `the unpacked file must end here, after ${values}`, 'more bytes')
  if (raw.length < length)
    throw damaged(name, raw.length, `the unpacked file must be ${length} bytes long for ${values}`, `${raw.length} bytes`)
  return { shape, type, data: raw.subarray(header) }
}

function headerOf(bytes: Uint8Array, name: string, wanted: Wanted): { shape: number[]; type: number } {
  const end = `the end of the file after ${bytes.length} bytes`
  if (bytes.length < 4) throw damaged(name, bytes.length, 'an IDX file must begin with a magic number of 4 bytes', end)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [type, rank] = [bytes[2], bytes[3]]
  if (view.getUint16(0) !== 0 || !wanted.types.includes(type) || !wanted.ranks.includes(rank)) {
    const known = view.getUint16(0) === 0 && type !== unsignedByte && Object.hasOwn(types, type)
    const got = `${view.getUint32(0)}${known ? ` (${types[type][0]}, ${rank} sizes)` : ''}`
    throw damaged(name, 0, `the magic number must be ${wantedWords(wanted)}`, got)
  }
  if (bytes.length < 4 + 4 * rank) throw damaged(name, bytes.length, `the header must be ${4 + 4 * rank} bytes long`, end)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const empty = shape.indexOf(0)
  if (empty >= 0) throw damaged(name, 4 + 4 * empty, 'every size must be above 0', shape.join(' x '))
  return { shape, type }
}

const wantedWords = (wanted: Wanted): string =>
  wanted.ranks
    .flatMap((rank) =>
      wanted.types.map((type) => `${(type << 8) | rank} (${types[type][0]}, ${rank === 1 ? '1 size: labels' : `${rank} sizes: images`})`),
    )
    .join(' or ')

function damaged(name: string, offset: number, expected: string, got: string): KindredError {
  return new KindredError('corrupt', `${name}, byte ${offset}`, expected, got, 'The file is damaged or no IDX file: fetch it again.')
}

/** The first unpacked bytes, as many as a header needs and more; fewer where the stream is cut. */
function gunzipStart(bytes: Uint8Array, name: string): Uint8Array {
  // deflate makes at most 1,032 bytes of one: 4 KB stay small
  return attempt(name, bytes, () => gunzipSync(bytes.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH }))
}

/** The unpacked file; undefined where it is longer than `most` bytes. */
function gunzip(bytes: Uint8Array, name: string, most: number): Uint8Array | undefined {
  return attempt(name, bytes, () => {
    try {
      return gunzipSync(bytes, { maxOutputLength: most, chunkSize: Math.max(64, most) }) // one piece: nothing is copied together
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined
      throw error
    }
  })
}

function attempt<T>(name: string, bytes: Uint8Array, unpack: () => T): T {
  try {
    return unpack()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new KindredError(
      'corrupt',
      `${name}, byte 0 (gzip)`,
      'the gzip stream must be whole',
      `"${why}" after ${bytes.length} bytes`,
      'The file is damaged or cut off: fetch it again.',
      { cause: error },
    )
  }
}

/** The bytes of an IDX file of unsigned bytes; the inverse of {@link parseIdx}. */
export function formatIdx(shape: number[], data: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, 0x0800 | shape.length)
  shape.forEach((n, i) => view.setUint32(4 + 4 * i, n))
  out.set(data, 4 + 4 * shape.length)
  return out
}
