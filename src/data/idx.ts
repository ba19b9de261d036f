/**
 * @file IDX files, the format of MNIST: a big-endian header (magic, sizes), then bytes.
 *
 * magic = 0 0 type rank; type 8 is unsigned byte; rank 3 for images (2051), 1 for labels (2049).
 * Source: Yann LeCun, "The MNIST database of handwritten digits", section on file formats.
 */
import { gunzipSync } from 'node:zlib'
import { KindredError } from '../base/index.ts'
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
 * @throws KindredError `corrupt`, naming file, byte offset, what was expected and what was found
 * cost: O(bytes) for gzip, else O(1)
 */
export function parseIdx(bytes: Uint8Array, name: string, rank: number): Idx {
  const raw = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, name) : bytes
  const corrupt = (offset: number, expected: string, got: string): KindredError =>
    new KindredError('corrupt', `${name}, byte ${offset}`, expected, got, 'The file is damaged or no IDX file: fetch it again.')
  if (raw.length < 4) throw corrupt(raw.length, 'an IDX file must begin with a magic number of 4 bytes', `the end of the file after ${raw.length} bytes`)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const magic = 0x0800 | rank
  if (view.getUint32(0) !== magic) {
    throw corrupt(0, `the magic number must be ${magic} (unsigned bytes, ${rank} ${rank === 1 ? 'size: labels' : 'sizes: images'})`, `${view.getUint32(0)}`)
  }
  const header = 4 + 4 * rank
  if (raw.length < header) throw corrupt(raw.length, `the header must be ${header} bytes long`, `the end of the file after ${raw.length} bytes`)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const size = shape.reduce((a, b) => a * b, 1)
  if (raw.length < header + size) throw corrupt(raw.length, `the file must be ${header + size} bytes long for ${shape.join(' x ')} values`, `a file cut off after ${raw.length} bytes`)
  if (raw.length > header + size) throw corrupt(header + size, `the file must end here, after ${shape.join(' x ')} values`, `${raw.length - header - size} more bytes`)
  return { shape, data: raw.subarray(header) }
}

function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new KindredError('corrupt', `${name}, byte 0 (gzip)`, 'the gzip stream must be whole', `"${why}" after ${bytes.length} bytes`, 'The file is damaged or cut off: fetch it again.', { cause: error })
  }
}

/**
 * Reads a pair of IDX files, images and labels, and checks that they belong together.
 *
 * @returns images [count x height x width] and labels [count]
 * @throws KindredError `not-found` for a missing file, `corrupt` for damaged ones or counts that differ
 */
export function readIdxPair(imagesPath: string, labelsPath: string): { images: Uint8Array; labels: Uint8Array; height: number; width: number } {
  const images = parseIdx(readBytes(imagesPath, 'read images'), imagesPath, 3)
  const labels = parseIdx(readBytes(labelsPath, 'read labels'), labelsPath, 1)
  const [count, height, width] = images.shape
  if (labels.shape[0] !== count) {
    throw new KindredError('corrupt', `${labelsPath}, byte 4`, `there must be as many labels as ${imagesPath} has images (${count})`, `${labels.shape[0]}`, 'Take both files from the same data set and split.')
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
