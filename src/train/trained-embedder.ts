/** @file What a training run gives: an embedder, and how it came to be. */
import type { ImageSource } from '../dataset/index.ts'
import { distances, type DistanceName } from '../distances/index.ts'
import { exportEmbedder, type EmbedderCard } from '../embedder/index.ts'
import type { Runtime } from '../runtime/index.ts'
import type { EpochRecord } from './epoch.ts'
import { NetworkEmbedder, type Weights } from './network-embedder.ts'
import { writeFileAtomic } from './node/index.ts'
import type { Settings } from './options.ts'
import type { RunOutcome } from './run.ts'

/** What a training run gives. */
export interface TrainEmbedderResult {
  /** The network's weights of the epoch that `keep` picks. */
  readonly weights: Weights
  readonly history: readonly EpochRecord[]
  /** The epoch whose weights they are. */
  readonly bestEpoch: number
  /** In words, when the last epoch's embedding had collapsed. */
  readonly collapse?: string
  /** Spread of validation embeddings before the first step, root mean square distance to their mean; missing where a checkpoint lacks it. */
  readonly initialSpread?: number
  /** `finished`: all epochs; `early`: early stopping. */
  readonly stopped: 'finished' | 'early'
  readonly steps: number
  /** Length of an embedding. */
  readonly dim: number
  /**
   * Embeds images, pixels [n x height x width x channels] or a source -> [n, dim]. The first call compiles the network; {@link TrainEmbedderResult.dispose}
   * frees it.
   */
  embed(images: Uint8Array | ImageSource): Promise<Float32Array>
  /** The model as one ONNX file, as `load` of `kindred/models` takes it. @param card what the file says of itself; the rest is filled in from the run */
  bytes(card?: Partial<EmbedderCard>): Uint8Array
  /** {@link TrainEmbedderResult.bytes} into a file, atomically. */
  save(path: string, card?: Partial<EmbedderCard>): void
  /** Frees what {@link TrainEmbedderResult.embed} holds. */
  dispose(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The result of a run that has ended. @param words what decided it, for the model's card */
export function trainedEmbedder(
  settings: Settings,
  runtime: Runtime,
  dim: number,
  words: Readonly<Record<string, string>>,
  outcome: RunOutcome,
): TrainEmbedderResult {
  const { network, source, seed } = settings
  const { weights } = outcome
  let compiled: Promise<NetworkEmbedder> | undefined
  const bytes = (card: Partial<EmbedderCard> = {}) =>
    exportEmbedder({
      network,
      weights,
      size: [source.height, source.width],
      card: {
        labels: source.classes,
        preprocessing: { range: '0..255', frame: 'as given', channels: source.channels },
        metric: metricOf(words),
        recipe: words,
        seed,
        datasetHash: source.hash,
        versions: {},
        ...card,
      },
    })
  const dispose = async (): Promise<void> => {
    const open = compiled
    compiled = undefined
    await (await open)?.dispose()
  }
  return {
    ...outcome,
    dim,
    async embed(images) {
      compiled ??= NetworkEmbedder.create(runtime, network, source)
      return (await compiled).embed(weights, images)
    },
    bytes,
    save: (path, card) => writeFileAtomic(path, bytes(card)),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** The distance that the loss measured with, where it has a name that files know. */
function metricOf(words: Readonly<Record<string, string>>): DistanceName {
  const name = words['loss distance']
  return name !== undefined && Object.hasOwn(distances, name) ? (name as DistanceName) : 'euclidean'
}
