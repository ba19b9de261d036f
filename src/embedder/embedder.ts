/** @file What every model that embeds images answers: trained here, for faces, VGG, or any ONNX file with a recipe. */
import type { Recipe } from '../recipe/index.ts'
import type { Channels, EmbedderCard, PixelRange } from './card.ts'

/** How images are handed over. */
export interface EmbedOptions {
  /**
   * From which number to which floats go; they are scaled to what the model takes. Default: the model's own range, and then floats that all lie in 0..1 are
   * refused where 0..255 is wanted, as nobody scaled them. Said here, they are taken at their word. Bytes are 0..255.
   */
  readonly range?: PixelRange
}

/** A model that turns images into vectors. */
export interface Embedder {
  /** Height and width of an image. */
  readonly size: readonly [number, number]
  /** Numbers a pixel. */
  readonly channels: Channels
  /** Length of a vector. */
  readonly dim: number
  /** All that decides what a vector's numbers mean: vectors of different recipes must not be compared. */
  readonly recipe: Recipe
  /** SHA-256 of the model's file. */
  readonly hash: string
  /**
   * Embeds images.
   *
   * @param images [n, height, width, channels] pixels, one image after the other: bytes, or floats in the model's range (see {@link EmbedOptions.range})
   * @returns [n, dim], row-major
   * @throws KindredError `usage` when there is no image, the numbers do not fill whole images, are not finite or lie outside their range, `corrupt` when the
   *   model
   *   makes no numbers of them
   */
  embed(images: Uint8Array | Float32Array, options?: EmbedOptions): Promise<Float32Array>
  dispose(): Promise<void>
  /** The same, for `await using model = ...`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A model that kindred trained and wrote. */
export interface TrainedEmbedder extends Embedder {
  readonly card: EmbedderCard
  /** Names and lengths of all outputs, `embedding` first. */
  readonly outputs: Readonly<Record<string, number>>
  /** Embeds images and returns the named outputs, row-major each. */
  run(images: Uint8Array | Float32Array, names: readonly string[], options?: EmbedOptions): Promise<Record<string, Float32Array>>
}
