/**
 * @file IDX files, the format of MNIST: a big-endian header (magic, sizes), then bytes.
 *
 * magic = 0 0 type rank; type 8 is unsigned byte; rank 3 for images (2051), 1 for labels (2049).
 * Source: Yann LeCun, "The MNIST database of handwritten digits", section on file formats.
 */
import { constants, gunzipSync } from 'node:zlib'
import { ensureWithin, KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'

/** An IDX file of unsigned bytes. */
export interface Idx {
  /** Sizes, outermost first: [count, height, width] for images, [count] for labels. */
  shape: number[]
  /** The values, a view into the given bytes. */
  data: Uint8Array
}

/**
 * Reads an IDX file of unsigned bytes from memory; gzip is recognised by its first bytes and undone.
 *
 * @param bytes the file's content
 * @param name the file's name, for errors
 * @param rank how many sizes it must have: 3 for images, 1 for labels
 * @throws KindredError `corrupt`, naming file, byte offset, what was expected and what was found; `limit` for one that unpacks to more than `unpackedBytes`, by
 *   its header and in fact
 * cost: O(bytes) for gzip, else O(1)
 */
export function parseIdx(bytes: Uint8Array, name: string, rank: number): Idx {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const header = 4 + 4 * rank
  const shape = shapeOf(zipped ? gunzipStart(bytes, name) : bytes, name, rank)
  const length = header + shape.reduce((a, b) => a * b, 1)
  const values = `${shape.join(' x ')} values`
  if (!zipped) {
    if (bytes.length < length)
      throw damaged(name, bytes.length, `the file must be ${length} bytes long for ${values}`, `a file cut off after ${bytes.length} bytes`)
    if (bytes.length > length) throw damaged(name, length, `the file must end here, after ${values}`, `${bytes.length - length} more bytes`)
    return { shape, data: bytes.subarray(header) }
  }
  ensureWithin('unpackedBytes', length, name, 'the unpacked file')
  const raw = gunzip(bytes, name, length + 1)
  if (raw === undefined || raw.length > length)
    throw damaged(name, length, `the unpacked file must end here, after ${values}`, 'more bytes')
  if (raw.length < length)
    throw damaged(name, raw.length, `the unpacked file must be ${length} bytes long for ${values}`, `${raw.length} bytes`)
  return { shape, data: raw.subarray(header) }
}

function shapeOf(bytes: Uint8Array, name: string, rank: number): number[] {
  const end = `the end of the file after ${bytes.length} bytes`
  if (bytes.length < 4) throw damaged(name, bytes.length, 'an IDX file must begin with a magic number of 4 bytes', end)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = 0x0800 | rank
  if (view.getUint32(0) !== magic) {
    throw damaged(
      name,
      0,
      `the magic number must be ${magic} (unsigned bytes, ${rank} ${rank === 1 ? 'size: labels' : 'sizes: images'})`,
      `${view.getUint32(0)}${elementType(bytes)}`,
    )
  }
  if (bytes.length < 4 + 4 * rank) throw damaged(name, bytes.length, `the header must be ${4 + 4 * rank} bytes long`, end)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const empty = shape.indexOf(0)
  if (empty >= 0) throw damaged(name, 4 + 4 * empty, 'every size must be above 0', shape.join(' x '))
  return shape
}

/** In words, what the third byte says of values that are no unsigned bytes. */
function elementType(bytes: Uint8Array): string {
  const types: Readonly<Record<number, string>> = {
    0x09: 'signed bytes',
    0x0b: '16-bit integers',
    0x0c: '32-bit integers',
    0x0d: '32-bit floats',
    0x0e: '64-bit floats',
  }
  return bytes[0] === 0 && bytes[1] === 0 && Object.hasOwn(types, bytes[2]) ? ` (${types[bytes[2]]}, ${bytes[3]} sizes)` : ''
}

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

/**
 * Reads a pair of IDX files, images and labels, and checks that they belong together.
 *
 * @returns images [count x height x width] and labels [count]
 * @throws KindredError `not-found` for a missing file, `corrupt` for damaged ones or counts that differ
 */
export function readIdxPair(
  imagesPath: string,
  labelsPath: string,
): { images: Uint8Array; labels: Uint8Array; height: number; width: number } {
  const images = parseIdx(readBytes(imagesPath, 'read images'), imagesPath, 3)
  const labels = parseIdx(readBytes(labelsPath, 'read labels'), labelsPath, 1)
  const [count, height, width] = images.shape
  if (labels.shape[0] !== count) {
    throw new KindredError(
      'corrupt',
      `${labelsPath}, byte 4`,
      `there must be as many labels as ${imagesPath} has images (${count})`,
      `${labels.shape[0]}`,
      'Take both files from the same data set and split.',
    )
  }
  return { images: images.data, labels: labels.data, height, width }
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
