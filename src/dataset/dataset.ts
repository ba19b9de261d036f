/**
 * @file A set of labelled images in memory: bytes side by side, one label each; and the ways to cut and join such sets.
 *
 * Pixels are 8-bit, row-major, image after image (NHWC), as IDX files hold them. Every function returns a new set with its own bytes.
 */
import { ensure, KindredError, rng, sha256Pieces } from '../base/index.ts'

/** Labelled images of one size. */
export interface Dataset {
  /** Pixels 0..255, `count * height * width * channels`, NHWC. */
  readonly images: Uint8Array
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /** One class index per image: `classes[labels[i]]` is the name. */
  readonly labels: Uint8Array
  /** Class names. */
  readonly classes: readonly string[]
  /** SHA-256 (hex) of shape, class names, labels and pixels; computed when first asked for. */
  readonly hash: string
  /** Where the images come from, in words. */
  readonly source: string
}

/** What {@link makeDataset} needs. */
export interface DatasetParts {
  images: Uint8Array
  labels: Uint8Array
  height: number
  width: number
  channels?: number
  classes: readonly string[]
  source: string
}

/**
 * Builds a {@link Dataset} from its parts and checks that they fit each other.
 *
 * @param parts `images` [count x height x width x channels] bytes, `labels` [count] class indices below `classes.length`
 * @throws KindredError `mismatch` when pixels and labels differ in number or a label has no class
 * cost: O(count) for the checks; the hash O(bytes), only when read
 */
export function makeDataset(parts: DatasetParts): Dataset {
  const { images, labels, height, width, channels = 1, classes, source } = parts
  const count = labels.length
  const bytes = count * height * width * channels
  if (images.length !== bytes) {
    throw new KindredError(
      'mismatch',
      `dataset ${source}`,
      `images must hold ${count} x ${height} x ${width} x ${channels} = ${bytes} bytes, one image per label`,
      `${images.length} bytes`,
    )
  }
  for (let i = 0; i < count; i++) {
    if (labels[i] >= classes.length) {
      throw new KindredError(
        'mismatch',
        `dataset ${source}`,
        `every label must be below the number of classes (${classes.length})`,
        `label ${labels[i]} at image ${i}`,
      )
    }
  }
  let hash: string | undefined
  return {
    images,
    count,
    height,
    width,
    channels,
    labels,
    classes,
    source,
    get hash() {
      hash ??= sha256Pieces().update(JSON.stringify({ count, height, width, channels, classes })).update(labels).update(images).hex()
      return hash
    },
  }
}

/** The pixels of image `i` as a view (no copy). */
export function imageAt(dataset: Dataset, i: number): Uint8Array {
  const size = dataset.height * dataset.width * dataset.channels
  return dataset.images.subarray(i * size, (i + 1) * size)
}

/**
 * The images at `indices`, in that order.
 *
 * @param indices image numbers in [0, count); repeats are allowed
 * @throws KindredError `usage` for an index outside the set
 * cost: O(bytes copied)
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>, source = `${indices.length} of ${dataset.source}`): Dataset {
  const size = dataset.height * dataset.width * dataset.channels
  const images = new Uint8Array(indices.length * size)
  const labels = new Uint8Array(indices.length)
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]
    ensure(Number.isInteger(from) && from >= 0 && from < dataset.count, 'subset', `index must be in 0..${dataset.count - 1}`, from)
    images.set(dataset.images.subarray(from * size, (from + 1) * size), i * size)
    labels[i] = dataset.labels[from]
  }
  return makeDataset({ ...shapeOf(dataset), images, labels, source })
}

/**
 * The first `count` images, or with a seed a random `count` of them in random order.
 *
 * @param count how many; at most `dataset.count`
 * @param options.seed draw without replacement instead of taking the first
 * @throws KindredError `usage` when the set holds fewer
 */
export function take(dataset: Dataset, count: number, options: { seed?: number } = {}): Dataset {
  ensure(
    Number.isInteger(count) && count >= 0 && count <= dataset.count,
    'take',
    `count must be a whole number in 0..${dataset.count} (the size of ${dataset.source})`,
    count,
  )
  const order = Int32Array.from({ length: dataset.count }, (_, i) => i)
  if (options.seed !== undefined) rng(options.seed).fork('take').shuffle(order)
  return subset(dataset, order.subarray(0, count), `${count} of ${dataset.source}`)
}

/**
 * Joins sets of one image size; classes are merged by name, in the order of first appearance.
 *
 * @throws KindredError `mismatch` when image sizes differ, `usage` for nothing to join or more than 256 classes
 */
export function concat(...sets: Dataset[]): Dataset {
  ensure(sets.length > 0, 'concat', 'at least one dataset must be given', 'none')
  const [first] = sets
  const classes = [...new Set(sets.flatMap((s) => s.classes))]
  ensure(classes.length <= 256, 'concat', 'labels are bytes, so there can be at most 256 classes', classes.length)
  const size = first.height * first.width * first.channels
  const count = sets.reduce((n, s) => n + s.count, 0)
  const images = new Uint8Array(count * size)
  const labels = new Uint8Array(count)
  let at = 0
  for (const set of sets) {
    if (set.height !== first.height || set.width !== first.width || set.channels !== first.channels) {
      throw new KindredError(
        'mismatch',
        'concat',
        `all images must be ${first.height}x${first.width}x${first.channels} as in ${first.source}`,
        `${set.height}x${set.width}x${set.channels} in ${set.source}`,
      )
    }
    images.set(set.images, at * size)
    const rename = set.classes.map((name) => classes.indexOf(name))
    for (let i = 0; i < set.count; i++) labels[at + i] = rename[set.labels[i]]
    at += set.count
  }
  return makeDataset({ ...shapeOf(first), classes, images, labels, source: sets.map((s) => s.source).join(' + ') })
}

/** The image numbers of each class. */
export function indicesByClass(dataset: Dataset): number[][] {
  const lists: number[][] = dataset.classes.map(() => [])
  for (let i = 0; i < dataset.count; i++) lists[dataset.labels[i]].push(i)
  return lists
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
 * cost: O(bytes)
 * source: scikit-learn's StratifiedShuffleSplit, with largest remainders in place of its random ones
 */
export function stratifiedSplit(
  dataset: Dataset,
  options: { fraction?: number; count?: number; seed: number },
): { train: Dataset; validation: Dataset } {
  const where = 'stratified split'
  const wanted = options.count ?? Math.round((options.fraction ?? 0.1) * dataset.count)
  ensure(
    Number.isInteger(wanted) && wanted > 0 && wanted < dataset.count,
    where,
    `the validation part must hold between 1 and ${dataset.count - 1} images`,
    wanted,
  )
  const random = rng(options.seed).fork('stratified split')
  const lists = indicesByClass(dataset)
  const share = lists.map((list) => (list.length * wanted) / dataset.count)
  const quota = share.map(Math.floor)
  const byRemainder = share.map((s, c) => ({ c, rest: s - Math.floor(s) })).sort((a, b) => b.rest - a.rest || a.c - b.c)
  let missing = wanted - quota.reduce((a, b) => a + b, 0)
  for (const { c } of byRemainder) if (missing-- > 0) quota[c]++
  const inValidation = new Uint8Array(dataset.count)
  lists.forEach((list, c) => {
    for (const i of random.shuffle(list).slice(0, quota[c])) inValidation[i] = 1
  })
  const pick = (part: 0 | 1): number[] => Array.from({ length: dataset.count }, (_, i) => i).filter((i) => inValidation[i] === part)
  return {
    train: subset(dataset, pick(0), `training part of ${dataset.source}`),
    validation: subset(dataset, pick(1), `validation part of ${dataset.source}`),
  }
}

function shapeOf(d: Dataset): { height: number; width: number; channels: number; classes: readonly string[] } {
  return { height: d.height, width: d.width, channels: d.channels, classes: d.classes }
}
