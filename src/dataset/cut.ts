/**
 * @file Cutting and joining labelled images.
 *
 * What is made of images in memory is in memory, with its own bytes; what is made of any other source reads from it when asked, and copies nothing.
 */
import { checkOptions, ensure, KindredError, rng } from '../base/index.ts'
import {
  checkIndex,
  checkRead,
  imageBytes,
  indicesByClass,
  littleEndian,
  sourceHash,
  type ImageSource,
  type ReadOptions,
} from './image-source.ts'
import { inMemory, isInMemory, type Dataset } from './in-memory.ts'

/**
 * The images at `indices`, in that order.
 *
 * @param indices image numbers in [0, count); repeats are allowed
 * @throws KindredError `usage` for an index outside the set
 * cost: O(bytes copied) in memory, else O(indices)
 */
export function subset(source: Dataset, indices: ArrayLike<number>, name?: string): Dataset
export function subset(source: ImageSource, indices: ArrayLike<number>, name?: string): ImageSource
export function subset(source: ImageSource, indices: ArrayLike<number>, name = `${indices.length} of ${source.source}`): ImageSource {
  const count = indices.length
  const rows = Int32Array.from({ length: count }, (_, i) => {
    checkIndex('subset', source.count, indices[i])
    return indices[i]
  })
  const { height, width, channels, classes } = source
  const labels = rows.map((row) => source.labels[row])
  if (isInMemory(source)) {
    const images = new Uint8Array(count * imageBytes(source))
    source.read(rows, images)
    return inMemory({ images, labels, classes, height, width, channels, source: name })
  }
  return lazy({
    shape: { count, classes, labels, height, width, channels, source: name },
    pixels: () => ['subset', source.hash, littleEndian(rows)],
    read: (wanted, out, options) =>
      source.read(
        Int32Array.from(wanted, (i) => rows[i]),
        out,
        options,
      ),
  })
}

/** A source that reads from others. */
function lazy(parts: {
  shape: Omit<ImageSource, 'hash' | 'read'>
  /** What decides the pixels, for the hash. */
  pixels: () => Iterable<ArrayBufferView | string>
  read: ImageSource['read']
}): ImageSource {
  let hash: string | undefined
  return {
    ...parts.shape,
    read(indices, out, options) {
      checkRead(parts.shape, indices, out)
      return parts.read(indices, out, options)
    },
    get hash() {
      return (hash ??= sourceHash(parts.shape, parts.pixels()))
    },
  }
}

/**
 * The first `count` images, or with a seed a random `count` of them in random order.
 *
 * @param count how many; at most `source.count`
 * @param options.seed draw without replacement instead of taking the first
 * @throws KindredError `usage` when the set holds fewer
 */
export function take(source: Dataset, count: number, options?: { seed?: number }): Dataset
export function take(source: ImageSource, count: number, options?: { seed?: number }): ImageSource
export function take(source: ImageSource, count: number, options: { seed?: number } = {}): ImageSource {
  checkOptions('take', options, ['seed'])
  ensure(
    Number.isInteger(count) && count >= 0 && count <= source.count,
    'take',
    `count must be a whole number in 0..${source.count} (the size of ${source.source})`,
    count,
  )
  const order = Int32Array.from({ length: source.count }, (_, i) => i)
  if (options.seed !== undefined) rng(options.seed).fork('take').shuffle(order)
  return subset(source, order.subarray(0, count), `${count} of ${source.source}`)
}

/**
 * Joins sets of one image size; classes are merged by name, in the order of first appearance.
 *
 * @throws KindredError `mismatch` when image sizes differ, `usage` for nothing to join
 * cost: O(bytes) where all are in memory, else O(images)
 */
export function concat(...sets: Dataset[]): Dataset
export function concat(...sets: ImageSource[]): ImageSource
export function concat(...sets: ImageSource[]): ImageSource {
  ensure(sets.length > 0, 'concat', 'at least one dataset must be given', 'none')
  const [first] = sets
  const { height, width, channels } = first
  for (const set of sets) {
    if (set.height !== height || set.width !== width || set.channels !== channels) {
      throw new KindredError(
        'mismatch',
        'concat',
        `all images must be ${height}x${width}x${channels} as in ${first.source}`,
        `${set.height}x${set.width}x${set.channels} in ${set.source}`,
      )
    }
  }
  const index = new Map<string, number>()
  for (const set of sets) for (const name of set.classes) if (!index.has(name)) index.set(name, index.size)
  const count = sets.reduce((n, s) => n + s.count, 0)
  const labels = new Int32Array(count)
  const starts: number[] = []
  let at = 0
  for (const set of sets) {
    starts.push(at)
    const rename = set.classes.map((name) => index.get(name)!)
    for (let i = 0; i < set.count; i++) labels[at + i] = rename[set.labels[i]]
    at += set.count
  }
  const shape = {
    count,
    classes: [...index.keys()],
    labels,
    height,
    width,
    channels,
    source: sets.map((s) => s.source).join(' + '),
  }
  if (sets.every(isInMemory)) {
    const images = new Uint8Array(count * imageBytes(first))
    sets.forEach((set, k) => images.set(set.images, starts[k] * imageBytes(first)))
    return inMemory({ ...shape, images })
  }
  return lazy({
    shape,
    pixels: () => ['concat', ...sets.map((set) => set.hash)],
    read: (indices, out, options) => readFrom(sets, starts, indices, out, options),
  })
}

/** Reads from each set what lies in it, and puts it where it was asked for. */
async function readFrom(
  sets: readonly ImageSource[],
  starts: readonly number[],
  indices: ArrayLike<number>,
  out: Uint8Array,
  options: ReadOptions | undefined,
): Promise<void> {
  const size = imageBytes(sets[0])
  for (const [k, set] of sets.entries()) {
    const places: number[] = []
    for (let i = 0; i < indices.length; i++) if (indices[i] >= starts[k] && indices[i] < starts[k] + set.count) places.push(i)
    if (places.length === 0) continue
    const part = places.length === indices.length ? out : new Uint8Array(places.length * size)
    await set.read(
      places.map((i) => indices[i] - starts[k]),
      part,
      options,
    )
    if (part !== out) places.forEach((i, j) => out.set(part.subarray(j * size, (j + 1) * size), i * size))
  }
}

/**
 * Splits off a validation set that holds every class in the proportion of the whole (stratified, seeded, disjoint, complete).
 *
 * Of a class with n images, floor or ceil of `fraction * n` go to validation; the sum is round(fraction * count)
 * (largest remainders; ties by class order). Both parts keep the order of the original.
 *
 * @param options.fraction share in (0, 1), or `options.count` images
 * @param options.seed which images
 * @returns `{ train, validation }`
 * @throws KindredError `usage` when either part would be empty
 * cost: O(bytes) in memory, else O(images)
 * source: scikit-learn's StratifiedShuffleSplit, with largest remainders in place of its random ones
 */
export function stratifiedSplit(source: Dataset, options: SplitOptions): { train: Dataset; validation: Dataset }
export function stratifiedSplit(source: ImageSource, options: SplitOptions): { train: ImageSource; validation: ImageSource }
export function stratifiedSplit(source: ImageSource, options: SplitOptions): { train: ImageSource; validation: ImageSource } {
  const where = 'stratified split'
  checkOptions(where, options, ['fraction', 'count', 'seed'])
  const wanted = options.count ?? Math.round((options.fraction ?? 0.1) * source.count)
  ensure(
    Number.isInteger(wanted) && wanted > 0 && wanted < source.count,
    where,
    `the validation part must hold between 1 and ${source.count - 1} images`,
    wanted,
  )
  const random = rng(options.seed).fork('stratified split')
  const lists = indicesByClass(source)
  const share = lists.map((list) => (list.length * wanted) / source.count)
  const quota = share.map(Math.floor)
  const byRemainder = share.map((s, c) => ({ c, rest: s - Math.floor(s) })).sort((a, b) => b.rest - a.rest || a.c - b.c)
  let missing = wanted - quota.reduce((a, b) => a + b, 0)
  for (const { c } of byRemainder) if (missing-- > 0) quota[c]++
  const inValidation = new Uint8Array(source.count)
  lists.forEach((list, c) => {
    for (const i of random.shuffle(list).slice(0, quota[c])) inValidation[i] = 1
  })
  const pick = (part: 0 | 1): number[] => Array.from({ length: source.count }, (_, i) => i).filter((i) => inValidation[i] === part)
  return {
    train: subset(source, pick(0), `training part of ${source.source}`),
    validation: subset(source, pick(1), `validation part of ${source.source}`),
  }
}

/** See {@link stratifiedSplit}. */
export interface SplitOptions {
  readonly fraction?: number
  readonly count?: number
  readonly seed: number
}
