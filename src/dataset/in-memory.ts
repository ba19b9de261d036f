/** @file A set of labelled images in memory: bytes side by side, one label each. */
import { ensure, ensureWithin, KindredError, show, stopIfAborted } from '../base/index.ts'
import { checkRead, imageBytes, sourceHash, type Channels, type ImageSource, type ReadOptions } from './image-source.ts'

/** An {@link ImageSource} whose pixels lie in memory. */
export interface Dataset extends ImageSource {
  /** Pixels 0..255, `count * height * width * channels`, image after image, row-major, channels innermost (NHWC). */
  readonly images: Uint8Array
  read(indices: ArrayLike<number>, out: Uint8Array): void
}

/** What {@link inMemory} needs. */
export interface DatasetParts {
  /** [count x height x width x channels] bytes; kept, not copied. */
  images: Uint8Array
  /** [count] class indices, or class names. */
  labels: ArrayLike<number> | readonly string[]
  height: number
  width: number
  /** Default 1. */
  channels?: Channels
  /** Class names. Default: for labels that are names, these, sorted by code point; for numbers, '0' up to the largest. */
  classes?: readonly string[]
  /** Where the images come from, in words (default "images in memory"). */
  source?: string
}

/**
 * Labelled images in memory.
 *
 * @throws KindredError `mismatch` when pixels and labels differ in number, a label has no class or a class name comes twice; `usage` for sizes that are no
 *   whole
 *   numbers, channels other than 1, 3 or 4
 * cost: O(count) for the checks; the hash O(bytes), only when read
 * @example
 * const two = inMemory({ images: new Uint8Array(2 * 8 * 8), height: 8, width: 8, labels: ['cat', 'dog'] })
 */
export function inMemory(parts: DatasetParts): Dataset {
  const { images, height, width, channels = 1, source = 'images in memory' } = parts
  const where = `dataset ${source}`
  checkShape(where, { height, width, channels })
  ensure(images instanceof Uint8Array, where, 'images must be a Uint8Array', images)
  const count = parts.labels.length
  const bytes = count * imageBytes({ height, width, channels })
  if (images.length !== bytes) {
    throw new KindredError(
      'mismatch',
      where,
      `images must hold ${count} x ${height} x ${width} x ${channels} = ${bytes} bytes, one image per label`,
      `${images.length} bytes`,
    )
  }
  const shape = { images, count, height, width, channels, source, ...checkLabels(where, parts.labels, parts.classes) }
  const size = imageBytes(shape)
  let hash: string | undefined
  return {
    ...shape,
    read(indices, out) {
      checkRead(shape, indices, out)
      for (let i = 0; i < indices.length; i++) out.set(images.subarray(indices[i] * size, (indices[i] + 1) * size), i * size)
    },
    get hash() {
      return (hash ??= sourceHash(shape, [images]))
    },
  }
}

/** Throws for a shape that no image has. */
export function checkShape(where: string, { height, width, channels }: { height: number; width: number; channels: number }): void {
  for (const [name, value] of Object.entries({ height, width }))
    ensure(Number.isInteger(value) && value > 0, where, `${name} must be a whole number of pixels above 0`, value)
  ensure([1, 3, 4].includes(channels), where, 'channels must be 1 (grey), 3 (RGB) or 4 (RGB and alpha)', channels)
}

/**
 * Labels as class indices with the names of the classes; see {@link DatasetParts}.
 *
 * @throws KindredError `mismatch` naming the first image whose label has no class, or the class name that comes twice
 */
export function checkLabels(
  where: string,
  given: ArrayLike<number> | readonly string[],
  names?: readonly string[],
): { labels: Int32Array; classes: readonly string[] } {
  const ofNames = given.length > 0 && typeof given[0] === 'string'
  const classes = names ?? (ofNames ? [...new Set(given as readonly string[])].sort(byCodePoint) : upTo(given as ArrayLike<number>))
  const index = new Map(classes.map((name, i) => [name, i]))
  if (index.size < classes.length) {
    const twice = classes.find((name, i) => index.get(name) !== i)
    throw new KindredError('mismatch', where, 'every class must have a name of its own', `${show(twice)} twice`)
  }
  if (!ofNames && given instanceof Int32Array && given.every((label) => label >= 0 && label < classes.length))
    return { labels: given, classes }
  const labels = new Int32Array(given.length)
  for (let i = 0; i < given.length; i++) {
    const label = given[i]
    const at = typeof label === 'string' ? index.get(label) : label
    if (at === undefined || !(Number.isInteger(at) && at >= 0 && at < classes.length)) {
      const must = ofNames
        ? 'every label must be one of the classes'
        : `every label must be below the number of classes (${classes.length})`
      throw new KindredError('mismatch', where, must, `label ${show(label)} at image ${i}`)
    }
    labels[i] = at
  }
  return { labels, classes }
}

const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** '0' up to the largest number. */
function upTo(labels: ArrayLike<number>): string[] {
  let most = -1
  for (let i = 0; i < labels.length; i++) if (labels[i] > most) most = labels[i]
  ensureWithin('entries', most + 1, 'labels', 'the list of classes, of which the largest label tells the length,')
  return Array.from({ length: Math.floor(most + 1) }, (_, i) => `${i}`)
}

/** The pixels of image `i` as a view (no copy). */
export function imageAt(dataset: Dataset, i: number): Uint8Array {
  const size = imageBytes(dataset)
  return dataset.images.subarray(i * size, (i + 1) * size)
}

/** Whether a source's pixels lie in memory. */
export const isInMemory = (source: ImageSource): source is Dataset => (source as Partial<Dataset>).images instanceof Uint8Array

/**
 * A source read whole; one that is in memory already is given back as it is.
 *
 * @param options.signal stops reading
 * @throws KindredError `limit` for more pixels than `fileBytes`, `interrupted`, and what the source throws
 * cost: all of its pixels in memory
 */
export async function inMemoryOf(source: ImageSource, options: ReadOptions = {}): Promise<Dataset> {
  if (isInMemory(source)) return source
  const where = 'in memory'
  stopIfAborted(options.signal, where, 'a stop before the first image')
  const { count, labels, classes, height, width, channels } = source
  const bytes = count * imageBytes(source)
  ensureWithin('fileBytes', bytes, where, `the pixels of ${source.source}`)
  const images = new Uint8Array(bytes)
  await source.read(
    Int32Array.from({ length: count }, (_, i) => i),
    images,
    options,
  )
  return inMemory({ images, labels, classes, height, width, channels, source: source.source })
}
