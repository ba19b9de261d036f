/**
 * @file Non-digits made from digits alone: material for rejection training that has seen no letters.
 *
 * Idea: outlier exposure (Hendrycks, Mazeika, Dietterich, "Deep anomaly detection with outlier exposure", ICLR 2019) with outliers made
 * from the data itself, as the shifted classes of CSI (Tack et al., NeurIPS 2020) and the cut-and-paste of CutPaste (Li et al., CVPR 2021).
 */
import { checkOptions, ensure, rng, type Rng } from '../base/index.ts'
import { affineAugmenter } from '../dataset/index.ts'
import { imageAt, indicesByClass, inMemory, type Dataset } from '../dataset/index.ts'
import { mnistFrame } from './mnist-frame.ts'

/** How a pseudo-outlier is made; see {@link pseudoOutliers}. */
export type OutlierKind = 'halves' | 'quarters' | 'turned' | 'overlay' | 'warp'

/** All kinds, in the order in which they take turns. */
export const outlierKinds: readonly OutlierKind[] = ['halves', 'quarters', 'turned', 'overlay', 'warp']

/**
 * Images that look like pen strokes but not like digits, made from digits.
 *
 * - `halves`: left or upper half of one digit joined to the other half of a digit of another class
 * - `quarters`: the four quarters put in another order, none in its place
 * - `turned`: a digit that a quarter turn (1-9 but no 0) or a mirror (3, 4, 6, 7, 9) makes a non-digit; a mirrored 2 or 5 is nearly a 5 or 2
 * - `overlay`: two digits of different classes on top of each other, the second shifted by some pixels
 * - `warp`: a strong elastic bend, up to 7 px between nodes 7 px apart
 *
 * Some still resemble a digit (two halves of a 3 and an 8): treat them as noisy outliers. All are put into MNIST's frame again, so that
 * position and size give nothing away.
 *
 * @param dataset 28x28x1 digits with classes '0'..'9' (by name)
 * @param options.count how many; kinds take turns
 * @param options.kinds which kinds (default all)
 * @returns 28x28x1 images; `classes` are the kinds
 * @throws KindredError `usage` for other images, an empty set, one class only, or an unknown kind
 * cost: about 40 microseconds an image
 */
export function pseudoOutliers(dataset: Dataset, options: { count: number; seed?: number; kinds?: readonly OutlierKind[] }): Dataset {
  const where = 'pseudo-outliers'
  checkOptions(where, options, ['count', 'seed', 'kinds'])
  const { count, seed = 0, kinds = outlierKinds } = options
  ensure(
    dataset.height === 28 && dataset.width === 28 && dataset.channels === 1,
    where,
    'images must be 28x28x1',
    `${dataset.height}x${dataset.width}x${dataset.channels}`,
  )
  ensure(Number.isInteger(count) && count > 0, where, 'count must be a whole number above 0', count)
  ensure(kinds.length > 0 && kinds.every((k) => outlierKinds.includes(k)), where, `kinds must be among ${outlierKinds.join(', ')}`, kinds)
  const lists = indicesByClass(dataset)
    .map((list, c) => ({ name: dataset.classes[c], list }))
    .filter(({ list }) => list.length > 0)
  ensure(lists.length >= 2, where, 'the dataset must hold at least two classes', lists.length)
  const random = rng(seed).fork(where)
  const draw = (names?: readonly string[]): { image: Uint8Array; name: string } => {
    const from = names === undefined ? lists : lists.filter((l) => names.includes(l.name))
    ensure(from.length > 0, where, `the dataset must hold one of the classes ${names?.join(', ')} for kind "turned"`, 'none')
    const { name, list } = from[random.integer(from.length)]
    return { image: imageAt(dataset, list[random.integer(list.length)]), name }
  }
  const pair = (): [Uint8Array, Uint8Array] => {
    const a = draw()
    const b = draw(lists.map((l) => l.name).filter((n) => n !== a.name))
    return [a.image, b.image]
  }
  const bender = affineAugmenter({ elastic: 7 }, random)
  const make: Record<OutlierKind, () => Uint8Array> = {
    halves: () => joinHalves(...pair(), random),
    quarters: () => shuffleQuarters(draw().image, random),
    turned: () => turn(draw, random),
    overlay: () => overlay(...pair(), random),
    warp: () => {
      const out = new Uint8Array(784)
      bender.warp(draw().image, undefined, out)
      return out
    },
  }
  const images = new Uint8Array(count * 784)
  const labels = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    labels[i] = i % kinds.length
    images.set(mnistFrame(make[kinds[labels[i]]](), 28, 28, { invert: false }), i * 784)
  }
  return inMemory({ images, labels, height: 28, width: 28, classes: kinds, source: `pseudo-outliers of ${dataset.source}` })
}

/** out[y, x] = from(y, x). */
function fill(from: (y: number, x: number) => number): Uint8Array {
  return Uint8Array.from({ length: 784 }, (_, i) => from(Math.floor(i / 28), i % 28))
}

function joinHalves(a: Uint8Array, b: Uint8Array, random: Rng): Uint8Array {
  const upright = random.integer(2) === 0
  return fill((y, x) => ((upright ? x : y) < 14 ? a : b)[y * 28 + x])
}

/** The nine orders of four things in which none keeps its place. */
const derangements = [
  [1, 0, 3, 2],
  [1, 2, 3, 0],
  [1, 3, 0, 2],
  [2, 0, 3, 1],
  [2, 3, 0, 1],
  [2, 3, 1, 0],
  [3, 0, 1, 2],
  [3, 2, 0, 1],
  [3, 2, 1, 0],
]

function shuffleQuarters(a: Uint8Array, random: Rng): Uint8Array {
  const order = derangements[random.integer(derangements.length)]
  return fill((y, x) => {
    const from = order[(y < 14 ? 0 : 2) + (x < 14 ? 0 : 1)]
    return a[((y % 14) + (from >= 2 ? 14 : 0)) * 28 + (x % 14) + (from % 2 === 1 ? 14 : 0)]
  })
}

function turn(draw: (names: readonly string[]) => { image: Uint8Array }, random: Rng): Uint8Array {
  const way = random.integer(3)
  const { image } = draw(way === 2 ? ['3', '4', '6', '7', '9'] : ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
  if (way === 0) return fill((y, x) => image[x * 28 + 27 - y])
  if (way === 1) return fill((y, x) => image[(27 - x) * 28 + y])
  return fill((y, x) => image[y * 28 + 27 - x])
}

function overlay(a: Uint8Array, b: Uint8Array, random: Rng): Uint8Array {
  const dy = random.integer(9) - 4
  const dx = random.integer(9) - 4
  return fill((y, x) => {
    const inside = y + dy >= 0 && y + dy < 28 && x + dx >= 0 && x + dx < 28
    return Math.max(a[y * 28 + x], inside ? b[(y + dy) * 28 + x + dx] : 0)
  })
}
