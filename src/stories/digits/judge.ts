/** @file How good an embedding of digits is: kNN accuracy against the training images, MAP@R among the test images. */
import { inSlices, type Pieces, type SliceOptions } from '../../base/index.ts'
import type { Labels } from '../../metrics/index.ts'
import { accuracy, knnVote, retrievalTally } from '../../metrics/index.ts'
import { engineSearch, neighbourSearch } from '../../neighbours/index.ts'
import type { Runtime } from '../../runtime/index.ts'

/** Vectors with their labels. */
export interface LabelledVectors {
  readonly vectors: Float32Array
  readonly labels: Labels
}

/** What {@link judgeEmbedding} found. */
export interface Judgement {
  /** Share of test images that their k = 5 nearest training images name right, by majority vote. */
  readonly accuracy: number
  /** Mean average precision at R over the test images, each asking the others (Musgrave et al. 2020). */
  readonly mapAtR: number
  /** What the vote says of each test image. */
  readonly votes: Int32Array
  /** Five nearest training images of each test image [n, 5]. */
  readonly neighbours: Int32Array
}

const k = 5

/** Judges an embedding, in slices between which the event loop turns; wide vectors are searched on the runtime. */
export async function judgeEmbedding(
  runtime: Runtime,
  dim: number,
  references: LabelledVectors,
  test: LabelledVectors,
  options: Pick<SliceOptions, 'progress' | 'signal'> = {},
): Promise<Judgement> {
  const wide = dim > 32
  const { signal } = options
  const paced = { where: 'judging', ...options }
  const indices = wide
    ? await onEngine(runtime, references.vectors, dim, test.vectors, signal)
    : await inSlices(nearestPieces(references.vectors, dim, test.vectors), paced)
  const votes = knnVote(indices, k, references.labels)
  const mapAtR = wide ? await mapOnEngine(runtime, dim, test, signal) : await inSlices(mapPieces(dim, test), paced)
  return { accuracy: accuracy(test.labels, votes), mapAtR, votes: Int32Array.from(votes), neighbours: indices }
}

/** Queries between two looks at the clock. */
const block = 64

function* nearestPieces(references: Float32Array, dim: number, queries: Float32Array): Pieces<Int32Array> {
  const search = neighbourSearch(references, dim)
  const stage = { task: 'neighbours', total: queries.length / dim, unit: 'image', done: 0 }
  const indices = new Int32Array(stage.total * k)
  for (; stage.done < stage.total; stage.done = Math.min(stage.total, stage.done + block)) {
    const some = queries.subarray(stage.done * dim, (stage.done + block) * dim)
    indices.set(search.nearest(some, k).indices, stage.done * k)
    yield stage
  }
  return indices
}

function* mapPieces(dim: number, { vectors, labels }: LabelledVectors): Pieces<number> {
  const search = neighbourSearch(vectors, dim)
  const tally = retrievalTally(labels, true)
  const stage = { task: 'neighbours of a class', total: labels.length, unit: 'image', done: 0 }
  for (; stage.done < stage.total; stage.done = Math.min(stage.total, stage.done + block)) {
    const [first, end] = [stage.done, Math.min(stage.total, stage.done + block)]
    const { indices } = search.nearest(vectors.subarray(first * dim, end * dim), tally.k, { exclude: 'same-index', firstQuery: first })
    tally.add(labels.slice(first, end) as Labels, indices)
    yield stage
  }
  return tally.result().mapAtR
}

async function onEngine(runtime: Runtime, references: Float32Array, dim: number, queries: Float32Array, signal?: AbortSignal) {
  const search = engineSearch(runtime, references, dim)
  try {
    return (await search.nearest(queries, k, { signal })).indices
  } finally {
    await search.dispose()
  }
}

async function mapOnEngine(runtime: Runtime, dim: number, { vectors, labels }: LabelledVectors, signal?: AbortSignal): Promise<number> {
  const tally = retrievalTally(labels, true)
  const search = engineSearch(runtime, vectors, dim)
  const perRun = 500
  try {
    for (let start = 0; start < labels.length; start += perRun) {
      const end = Math.min(labels.length, start + perRun)
      const options = { exclude: 'same-index', firstQuery: start, signal } as const
      tally.add(labels.slice(start, end) as Labels, await search.order(vectors.subarray(start * dim, end * dim), tally.k, options))
    }
    return tally.result().mapAtR
  } finally {
    await search.dispose()
  }
}

/** Bytes as float pixels 0..1. */
export function pixelVectors(images: Uint8Array): Float32Array {
  const out = new Float32Array(images.length)
  for (let i = 0; i < images.length; i++) out[i] = images[i] / 255
  return out
}
