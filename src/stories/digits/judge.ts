/** @file How good an embedding of digits is: kNN accuracy against the training images, MAP@R among the test images. */
import type { Labels } from '../../metrics/index.ts'
import { accuracy, knnVote, retrieval, retrievalTally } from '../../metrics/index.ts'
import { engineSearch, nearest } from '../../neighbours/index.ts'
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

/** Judges an embedding; wide vectors are searched on the runtime. */
export async function judgeEmbedding(
  runtime: Runtime,
  dim: number,
  references: LabelledVectors,
  test: LabelledVectors,
): Promise<Judgement> {
  const wide = dim > 32
  const found = wide ? await onEngine(runtime, references.vectors, dim, test.vectors) : nearest(test.vectors, references.vectors, dim, k)
  const votes = knnVote(found.indices, k, references.labels)
  const mapAtR = wide ? await mapOnEngine(runtime, dim, test) : retrieval(test.vectors, test.labels, dim).mapAtR
  return { accuracy: accuracy(test.labels, votes), mapAtR, votes: Int32Array.from(votes), neighbours: found.indices }
}

async function onEngine(runtime: Runtime, references: Float32Array, dim: number, queries: Float32Array) {
  const search = engineSearch(runtime, references, dim)
  try {
    return await search.nearest(queries, k)
  } finally {
    await search.dispose()
  }
}

async function mapOnEngine(runtime: Runtime, dim: number, { vectors, labels }: LabelledVectors): Promise<number> {
  const tally = retrievalTally(labels, true)
  const search = engineSearch(runtime, vectors, dim)
  const block = 500
  try {
    for (let start = 0; start < labels.length; start += block) {
      const end = Math.min(labels.length, start + block)
      const indices = await search.order(vectors.subarray(start * dim, end * dim), tally.k, { exclude: 'same-index', firstQuery: start })
      tally.add(labels.slice(start, end) as Labels, indices)
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
