/** @file Labelled images, wherever they lie: what every reader gives and every consumer takes. */
import { ensure, sha256Pieces } from '../base/index.ts'

/** Channels of a picture: grey, RGB, or RGB and alpha. */
export type Channels = 1 | 3 | 4

/** Labelled images of one size, read when they are asked for: not all of their pixels need be in memory. */
export interface ImageSource {
  readonly count: number
  /** Class names, each once. */
  readonly classes: readonly string[]
  /** [count] One class index per image: `classes[labels[i]]` is the name. */
  readonly labels: Int32Array
  readonly height: number
  readonly width: number
  readonly channels: Channels
  /** Where the images come from, in words. */
  readonly source: string
  /**
   * SHA-256 (hex) of shape, class names, labels and what decides the pixels (the pixels themselves, or the bytes of their files). May be made when first asked
   * for.
   */
  readonly hash: string
  /**
   * Reads the images at `indices` (in [0, count), repeats allowed), in that order.
   *
   * @param out [indices.length x height x width x channels] bytes, image after image, rows from the top, channels innermost; filled
   * @param options.signal stops reading with the error `interrupted`; what is in memory does not ask it
   */
  read(indices: ArrayLike<number>, out: Uint8Array, options?: ReadOptions): void | Promise<void>
}

/** Settings of {@link ImageSource.read}. */
export interface ReadOptions {
  readonly signal?: AbortSignal
}

/** Bytes of one image. */
export const imageBytes = ({ height, width, channels }: Pick<ImageSource, 'height' | 'width' | 'channels'>): number =>
  height * width * channels

/**
 * What {@link ImageSource.read} asks of its arguments, for whoever writes one.
 *
 * @throws KindredError `usage` for an index outside the set or an `out` of another length
 */
export function checkRead(source: Omit<ImageSource, 'hash' | 'read'>, indices: ArrayLike<number>, out: Uint8Array): void {
  const where = `images of ${source.source}`
  for (let i = 0; i < indices.length; i++) checkIndex(where, source.count, indices[i])
  const bytes = indices.length * imageBytes(source)
  ensure(out.length === bytes, where, `out must hold ${indices.length} images of ${imageBytes(source)} = ${bytes} bytes`, out.length)
}

/** Throws for what is no image number of a set. */
export function checkIndex(where: string, count: number, index: number): void {
  if (!(Number.isInteger(index) && index >= 0 && index < count)) ensure(false, where, `index must be in 0..${count - 1}`, index)
}

/** The image numbers of each class. */
export function indicesByClass({ classes, labels }: Pick<ImageSource, 'classes' | 'labels'>): number[][] {
  const lists: number[][] = classes.map(() => [])
  for (let i = 0; i < labels.length; i++) lists[labels[i]].push(i)
  return lists
}

/**
 * A source's hash: shape, class names, labels, then whatever decides the pixels.
 *
 * Labels of up to 256 classes are hashed as bytes, more as int32, little-endian.
 */
export function sourceHash(
  { count, height, width, channels, classes, labels }: Omit<ImageSource, 'hash' | 'read' | 'source'>,
  pixels: Iterable<ArrayBufferView | string>,
): string {
  const hash = sha256Pieces().update(JSON.stringify({ count, height, width, channels, classes }))
  hash.update(classes.length <= 256 ? Uint8Array.from(labels) : littleEndian(labels))
  for (const piece of pixels) hash.update(piece)
  return hash.hex()
}

/** Whole numbers as int32 bytes, the same on every machine. */
export function littleEndian(numbers: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 4))
  for (let i = 0; i < numbers.length; i++) view.setInt32(i * 4, numbers[i], true)
  return new Uint8Array(view.buffer)
}
