/**
 * @file The trained model as a product: one ONNX file that turns images into embeddings.
 *
 * The file holds the network of the training graph in evaluation mode with its weights fixed, takes any number of single images, and
 * carries in its metadata what a stranger needs: labels, preprocessing, metric, training recipe, seed, data hash, versions.
 */
import { checkChoice, checkOptions, ensure, KindredError, nonFiniteAt, sha256 } from '../base/index.ts'
import { Scope, type Layer } from '../nn/index.ts'
import { encodeMetadata, encodeModel, toOnnx } from '../onnx/index.ts'
import { cast, input } from '../tensor/index.ts'
import { cardMetadata, pixelRanges, sealKey, type EmbedderCard } from './card.ts'

/** Options of {@link exportEmbedder}. */
export interface ExportOptions {
  /** [N, h, w] for grey images, [N, h, w, channels] for others -> [N, dim]. */
  readonly network: Layer
  /** Weights by name, as the trainer returns them. */
  readonly weights: ReadonlyMap<string, Float32Array>
  /** Height and width of an image. */
  readonly size: readonly [number, number]
  readonly card: EmbedderCard
  /** Element type of the file's input `images`. Default uint8 where the card's range is 0..255, else float32. */
  readonly pixels?: 'uint8' | 'float32'
}

const where = 'exportEmbedder'

/**
 * Builds the bytes of `model.onnx`: input `images` [N, h, w] or, where the card says 3 or 4 channels, [N, h, w, channels]; outputs `embedding` [N, dim] and
 * every value the network marks with `tap`.
 *
 * Same weights and card, same bytes. The file ends with the SHA-256 of all that is before it, so that `openEmbedder` knows it whole.
 * @throws KindredError `mismatch` when a weight of the network is missing, `collapsed` when one is not finite, `usage`
 */
export function exportEmbedder(options: ExportOptions): Uint8Array<ArrayBuffer> {
  checkOptions(where, options, ['network', 'weights', 'size', 'card', 'pixels'])
  const { network, weights, size, card } = options
  const { range, channels = 1 } = card.preprocessing
  checkChoice(where, 'range', range, pixelRanges)
  ensure([1, 3, 4].includes(channels), where, 'channels must be 1, 3 or 4', channels)
  const { pixels = range === '0..255' ? 'uint8' : 'float32' } = options
  ensure(pixels === 'float32' || range === '0..255', where, `pixels must be float32 for the range ${range}`, pixels)
  const scope = new Scope()
  const images = input('images', ['N', ...size, ...(channels === 1 ? [] : [channels])], pixels)
  const embedding = network(pixels === 'uint8' ? images : cast(images, 'float32'), scope)
  for (const { name } of scope.weights) {
    const values = weights.get(name)
    if (values === undefined) throw new KindredError('mismatch', where, 'every weight of the network must be given', `nothing for ${name}`)
    if (nonFiniteAt(values) >= 0)
      throw new KindredError(
        'collapsed',
        where,
        `the weights of ${name} must be finite numbers`,
        String(values[nonFiniteAt(values)]),
        'Train with a lower learning rate.',
      )
  }
  const model = toOnnx(
    { embedding, ...Object.fromEntries(scope.taps) },
    {
      name: 'kindred-embedder',
      producerVersion: card.versions.kindred ?? '',
      weights: Object.fromEntries(scope.weights.map((w) => [w.name, weights.get(w.name)!])),
      metadata: cardMetadata(card),
    },
  )
  const body = encodeModel(model)
  const seal = encodeMetadata(sealKey, sha256(body))
  const file = new Uint8Array(body.length + seal.length)
  file.set(body)
  file.set(seal, body.length)
  return file
}
