/** @file The report's pictures made of digits: example triplets, neighbours, misreadings, letters let through. */
import { counted, rng } from '../../base/index.ts'
import { imageAt, type Dataset } from '../../dataset/index.ts'
import { imageGrid } from '../../plots/index.ts'
import { whole } from '../../report/index.ts'
import { randomTriplets } from '../../samplers/index.ts'

/** The named images of a set, side by side. */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Uint8Array {
  const size = dataset.height * dataset.width
  const out = new Uint8Array(indices.length * size)
  for (let i = 0; i < indices.length; i++) out.set(imageAt(dataset, indices[i]), i * size)
  return out
}

const frame = { height: 28, width: 28 }

/** Six triplets as the student's sampler draws them. */
export function tripletPicture(train: Dataset, seed: number): string {
  const order = Array.from(randomTriplets({ triplets: 6 }).over(train.labels, { seed }).next())
  return imageGrid(pick(train, order), {
    ...frame,
    columns: 6,
    rowTitles: ['anchor', 'positive', 'negative'],
    captions: order.map((i) => train.classes[train.labels[i]]),
    title: 'A triplet says: these two belong together, this one does not',
    subtitle: 'Six of the training images. Each column: an anchor, another image of the same digit, and an image of a different one.',
  })
}

/** A test image of each class and the five training images nearest to it. */
export function neighbourPicture(train: Dataset, test: Dataset, neighbours: Int32Array, votes: Int32Array): string {
  // Half of the rows show a misread image where there is one: neighbours explain mistakes.
  const wrong = [...test.labels.keys()].filter((i) => votes[i] !== test.labels[i])
  const right = test.classes.map((_, c) => test.labels.findIndex((l, i) => l === c && votes[i] === c)).filter((i) => i >= 0)
  const queries = [...right.slice(0, 6), ...wrong.slice(0, 4)]
  const images = queries.flatMap((q) => [imageAt(test, q), ...[0, 1, 2, 3, 4].map((j) => imageAt(train, neighbours[q * 5 + j]))])
  const all = new Uint8Array(images.length * 784)
  images.forEach((image, i) => all.set(image, i * 784))
  const label = (q: number, j: number) => train.labels[neighbours[q * 5 + j]]
  const misread = Math.min(4, wrong.length)
  return imageGrid(all, {
    ...frame,
    size: 60,
    columns: 6,
    columnTitles: ['asked', '1st', '2nd', '3rd', '4th', '5th'],
    captions: queries.flatMap((q) => [test.classes[test.labels[q]], ...[0, 1, 2, 3, 4].map((j) => test.classes[label(q, j)])]),
    marks: queries.flatMap((q) => [
      undefined,
      ...[0, 1, 2, 3, 4].map((j) => (label(q, j) === test.labels[q] ? ('right' as const) : ('wrong' as const))),
    ]),
    title:
      misread === 0
        ? `${counted(queries.length, 'test digit')}, each with the training images nearest to it`
        : `${counted(queries.length - misread, 'digit')} that the neighbours read right, and ${misread} that they misread`,
    subtitle:
      wrong.length === 0
        ? 'Test images and their five nearest. No test image was misread.'
        : `Test images and their five nearest. The last ${counted(misread, 'row')}: images that the vote of their neighbours misreads; ` +
          `${whole(wrong.length)} of ${whole(test.count)} are misread in all.`,
  })
}

/** Images with what was made of them, up to `most`, chosen evenly. */
export function captionedPicture(
  images: Uint8Array,
  captions: readonly string[],
  title: string,
  subtitle: string,
  most = 32,
): string | undefined {
  if (captions.length === 0) return undefined
  const order = rng(1)
    .fork(title.length)
    .shuffle(Int32Array.from({ length: captions.length }, (_, i) => i))
    .slice(0, most)
    .sort()
  const chosen = new Uint8Array(order.length * 784)
  order.forEach((i, at) => chosen.set(images.subarray(i * 784, (i + 1) * 784), at * 784))
  return imageGrid(chosen, { ...frame, size: 60, columns: 8, captions: [...order].map((i) => captions[i]), title, subtitle })
}
