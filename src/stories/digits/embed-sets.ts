/** @file One network with its weights, run over whole sets of digits: embeddings, features and, with a head, logits. */
import type { Dataset } from '../../dataset/index.ts'
import { exportEmbedder, load, type TrainedEmbedder, type EmbedderCard } from '../../models/index.ts'
import { initialWeights, Scope, type Layer } from '../../nn/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { input } from '../../tensor/index.ts'
import { headLogits, type SoftmaxHead } from '../../train/index.ts'
import type { Outputs, Population } from './rejection.ts'
import { movedImages, smallMoves } from './small-moves.ts'

/** An embedded set; `moved` is the same set after small random moves, once a move. */
export interface Embedded extends Outputs {
  readonly dataset: Dataset
  readonly moved: readonly Outputs[]
}

/** Loads a network with given weights; without weights, untrained as the seed draws it. */
export async function embedderOf(
  runtime: Runtime,
  network: Layer,
  card: EmbedderCard,
  weights?: ReadonlyMap<string, Float32Array>,
): Promise<{ model: TrainedEmbedder; bytes: Uint8Array }> {
  const scope = new Scope()
  network(input('images', ['N', 28, 28], 'uint8'), scope)
  const bytes = exportEmbedder({ network, weights: weights ?? initialWeights(scope.weights, card.seed), size: [28, 28], card })
  return { model: await load(bytes, { runtime }), bytes }
}

/** Number of trained numbers in a network for 28x28 images. */
export function countParameters(network: Layer): number {
  const scope = new Scope()
  network(input('images', ['N', 28, 28], 'uint8'), scope)
  return scope.weights.reduce((n, w) => n + (w.trainable ? w.shape.reduce((a, b) => a * b, 1) : 0), 0)
}

/** Embeds a set, and with `moves` also as many small moves of it: those of `smallMoves(moves, seed)`. */
export async function embedSet(
  model: TrainedEmbedder,
  dataset: Dataset,
  { moves = 0, seed = 0 }: { moves?: number; seed?: number } = {},
): Promise<Embedded> {
  const run = async (images: Uint8Array): Promise<Outputs> => {
    const { embedding, features } = await model.run(images, ['embedding', 'features'])
    return { embedding, features }
  }
  const moved: Outputs[] = []
  for (const images of movedImages(dataset.images, smallMoves(moves, seed))) moved.push(await run(images))
  return { dataset, ...(await run(dataset.images)), moved }
}

/** An embedded set with what the head says of it. */
export function populationOf({ dataset, embedding, features, moved }: Embedded, head: SoftmaxHead): Population {
  return { count: dataset.count, embedding, features, moved, logits: headLogits(head, embedding) }
}
