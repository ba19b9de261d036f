/** @file Pixels that are handed to a model: whole images, and floats in the range that it was made for. */
import { checkChoice, checkOptions, KindredError } from '../base/index.ts'
import { pixelRanges, type Channels, type PixelRange } from './card.ts'
import type { EmbedOptions } from './embedder.ts'

/** What one image is. */
export interface ImageShape {
  readonly size: readonly [number, number]
  readonly channels: Channels
  /** What the model takes. */
  readonly range: PixelRange
}

const ends: Readonly<Record<PixelRange, readonly [number, number]>> = { '0..255': [0, 255], '0..1': [0, 1], '-1..1': [-1, 1] }
/** Rounding takes a float beyond its range's end by this share of the range; resampling and standardising take it farther, and are told. */
const rounding = 1e-4

/**
 * Looks at images before a model does.
 *
 * @returns how many there are, and the range they are in
 * @throws KindredError `usage`
 * Cost: one look at each float
 */
export function checkPixels(
  images: Uint8Array | Float32Array,
  { size, channels, range }: ImageShape,
  options: EmbedOptions = {},
): { count: number; range: PixelRange } {
  const where = 'embed'
  checkOptions(where, options, ['range'])
  if (options.range !== undefined) checkChoice(where, 'range', options.range, pixelRanges)
  const each = size[0] * size[1] * channels
  const shape = `${size.join('x')}${channels === 1 ? '' : `x${channels}`}`
  const refused = (mustHold: string, got: string, fix?: string) => new KindredError('usage', where, mustHold, got, fix)
  if (!(images instanceof Uint8Array || images instanceof Float32Array))
    throw refused('images must be a Uint8Array or a Float32Array', images === null ? 'null' : typeof images)
  if (images.length === 0 || images.length % each !== 0)
    throw refused(
      `images must be ${shape}, ${each} ${channels === 1 ? 'pixels' : 'numbers'} each, and at least one`,
      `${images.length} numbers`,
    )
  const count = images.length / each
  if (images instanceof Uint8Array) {
    if (options.range !== undefined && options.range !== '0..255') throw refused('bytes must be of the range 0..255', options.range)
    return { count, range: '0..255' }
  }
  const given = options.range ?? range
  const [low, high] = ends[given]
  const slack = (high - low) * rounding
  let most = -Infinity
  for (let i = 0; i < images.length; i++) {
    const v = images[i]
    if (v >= low - slack && v <= high + slack) {
      if (v > most) most = v
      continue
    }
    throw refused(
      Number.isFinite(v)
        ? `pixels must lie in ${given}, ${options.range === undefined ? 'the range of this model' : 'as said'}`
        : `pixels must be finite numbers, ${low} to ${high}`,
      `${v} in image ${Math.floor(i / each) + 1}`,
      'Scale them, or say what they are: embed(images, { range }) takes 0..255, 0..1 or -1..1.',
    )
  }
  if (options.range === undefined && range === '0..255' && most > 0 && most <= 1)
    throw refused(
      'floats must lie in 0..255, the range of this model',
      `nothing above ${most}, as if they lay in 0..1`,
      "If they do, embed(images, { range: '0..1' }) scales them; if the images are all but black, say { range: '0..255' }.",
    )
  return { count, range: given }
}

/** Checked images as bytes, for models whose preparation begins with bytes; floats are scaled to 0..255 and rounded. @throws KindredError `usage` */
export function pixelBytes(images: Uint8Array | Float32Array, shape: Omit<ImageShape, 'range'>, options: EmbedOptions = {}): Uint8Array {
  const { range } = checkPixels(images, { ...shape, range: '0..255' }, options)
  return roundedPixels(scaledPixels(images, range, '0..255'))
}

/** Pixels of 0..255 as bytes. */
export const roundedPixels = (pixels: Uint8Array | Float32Array): Uint8Array =>
  pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (v) => Math.max(0, Math.min(255, Math.round(v))))

/** Checked pixels, from the range they are in to the one a model takes; the same array where there is nothing to do. */
export function scaledPixels(images: Uint8Array | Float32Array, from: PixelRange, to: PixelRange): Uint8Array | Float32Array {
  if (from === to) return images
  const [[a, b], [c, d]] = [ends[from], ends[to]]
  const factor = (d - c) / (b - a)
  return Float32Array.from(images, (v) => (v - a) * factor + c)
}
