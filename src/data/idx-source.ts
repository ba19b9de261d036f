/** @file A pair of IDX files, images and labels, as labelled images in memory. */
import { checkOptions, KindredError } from '../base/index.ts'
import { imageBytes, inMemory, type Channels, type Dataset } from '../dataset/index.ts'
import { readBytes, readText } from '../files/index.ts'
import { parseIdx, parseIdxLabels } from './idx.ts'

/** Settings of {@link idx}. */
export interface IdxOptions {
  /**
   * Names of the classes: of labels 0, 1, ... in order, or by label, as {@link readLabelNames} reads them from EMNIST's mapping files. Default: the numbers
   * that occur, ascending.
   */
  readonly classes?: readonly string[] | ReadonlyMap<number, string>
  /** Exchanges rows and columns of every image: EMNIST's files hold them column by column. Default false. */
  readonly transpose?: boolean
  /** Where the images come from, in words (default: the path of the images). */
  readonly source?: string
}

const where = 'read IDX'

/**
 * Reads a pair of IDX files, each as it is or by gzip: images of any size, grey [n, height, width] or with channels [n, height, width, 1, 3 or 4], and their
 * labels, any whole numbers from 0 on in 1, 2 or 4 bytes.
 *
 * @throws KindredError `not-found` for a missing file; `corrupt` for damaged ones or counts that differ; `mismatch` for a label that has no name; `limit`
 * cost: one read; all pixels in memory, as the file holds them
 * @example const letters = idx('letters-images-idx3-ubyte.gz', 'letters-labels-idx1-ubyte.gz', { classes: readLabelNames('letters-mapping.txt') })
 */
export function idx(imagesPath: string, labelsPath: string, options: IdxOptions = {}): Dataset {
  checkOptions(where, options, ['classes', 'transpose', 'source'])
  const { transpose = false, source = imagesPath } = options
  const images = parseIdx(readBytes(imagesPath, 'read images'), imagesPath, 3, 4)
  const numbers = readIdxLabels(labelsPath)
  const [count, height, width, channels = 1] = images.shape
  if (numbers.length !== count) {
    throw new KindredError(
      'corrupt',
      `${labelsPath}, byte 4`,
      `there must be as many labels as ${imagesPath} has images (${count})`,
      `${numbers.length}`,
      'Take both files from the same data set and split.',
    )
  }
  if (![1, 3, 4].includes(channels)) {
    const must = 'the innermost size must be the channels of a pixel: 1, 3 or 4'
    throw new KindredError(
      'unsupported',
      `${imagesPath}, byte 16`,
      must,
      images.shape.join(' x '),
      'Write the images as [n, height, width, channels].',
    )
  }
  const known = namesOf(options.classes, numbers)
  const order = [...known.keys()].sort((a, b) => a - b)
  const index = new Map(order.map((label, i) => [label, i]))
  const labels = numbers.map((label, i) => {
    const at = index.get(label)
    if (at !== undefined) return at
    throw new KindredError(
      'mismatch',
      `${labelsPath}, label of image ${i}`,
      `it must be one of the labels that have a name (${order[0]} to ${order.at(-1)})`,
      `${label}`,
      'Name more classes; a Map names labels that do not begin with 0.',
    )
  })
  const shape = { height, width, channels: channels as Channels }
  const pixels = transpose ? transposed(images.data, count, shape) : images.data
  return inMemory({
    images: pixels,
    labels,
    classes: order.map((label) => known.get(label)!),
    source,
    ...(transpose ? { ...shape, height: width, width: height } : shape),
  })
}

/** The labels of an IDX file, as numbers. @throws KindredError as {@link idx} */
export const readIdxLabels = (path: string): Int32Array => parseIdxLabels(readBytes(path, 'read labels'), path)

function namesOf(classes: IdxOptions['classes'], labels: Int32Array): ReadonlyMap<number, string> {
  if (classes instanceof Map) return classes as ReadonlyMap<number, string>
  if (classes !== undefined) return new Map((classes as readonly string[]).map((name, i) => [i, name]))
  return new Map(Array.from(new Set(labels), (label) => [label, `${label}`]))
}

/**
 * Names of labels from a mapping file as EMNIST has them, a line for each label: the label, then the codes of the characters it stands for. `1 65 97` names
 * label 1
 * "Aa".
 *
 * @throws KindredError `corrupt`, naming file and line
 */
export function readLabelNames(path: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const [i, line] of readText(path, where)
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (line.trim() === '') continue
    const numbers = line
      .trim()
      .split(/[\s,]+/)
      .map(Number)
    const [label, ...codes] = numbers
    const good = numbers.length > 1 && numbers.every((n) => Number.isInteger(n) && n >= 0) && codes.every((code) => code <= 0x10ffff)
    if (!good || names.has(label)) {
      const must = 'a label of its own and the codes of its characters must stand here, such as "1 65 97"'
      throw new KindredError('corrupt', `${path}, line ${i + 1}`, must, JSON.stringify(line))
    }
    names.set(label, codes.map((code) => String.fromCodePoint(code)).join(''))
  }
  if (names.size === 0) throw new KindredError('corrupt', path, 'it must name at least one label', 'none')
  return names
}

/** Every image with rows and columns exchanged. */
function transposed(images: Uint8Array, count: number, shape: { height: number; width: number; channels: Channels }): Uint8Array {
  const { height, width, channels } = shape
  const out = new Uint8Array(images.length)
  const each = imageBytes(shape)
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++)
          out[i * each + (x * height + y) * channels + c] = images[i * each + (y * width + x) * channels + c]
      }
    }
  }
  return out
}
