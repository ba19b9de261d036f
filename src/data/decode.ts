/**
 * @file Image files to pixels, by sharp: EXIF orientation applied, alpha laid on white, greyed if asked.
 */
import { statSync } from 'node:fs'
import sharp from 'sharp'
import { checkOptions, ensure, KindredError } from '../base/index.ts'
import { readBytes } from '../files/index.ts'

/** A decoded image. */
export interface DecodedImage {
  /** [height x width x channels], row-major, 0..255, sRGB. */
  pixels: Uint8Array
  height: number
  width: number
  channels: 1 | 3
}

/** Settings of {@link decodeImage}. */
export interface DecodeOptions {
  /** [height, width] to scale to; default: as the file is. */
  size?: readonly [number, number]
  /** 1 = grey, 3 = RGB (default). */
  channels?: 1 | 3
  /** How the image is fitted when the aspect differs: `fill` stretches (default), `cover` crops, `contain` pads with `background`. */
  fit?: 'fill' | 'cover' | 'contain'
  /** Colour under transparent pixels and around `contain` (default white). */
  background?: string
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF, AVIF or SVG file.
 *
 * @param input a path, or the file's bytes
 * @returns pixels with EXIF orientation applied and alpha laid on `background`; grey is sharp's (Rec. 709 luminance)
 * @throws KindredError `not-found` for a missing path, `usage` for a folder, `corrupt` for empty, truncated or non-image content
 * cost: decoding; resizing by Lanczos 3
 */
export async function decodeImage(input: string | Uint8Array, options: DecodeOptions = {}): Promise<DecodedImage> {
  checkOptions('decode image', options, ['size', 'channels', 'fit', 'background'])
  const { size, channels = 3, fit = 'fill', background = '#ffffff' } = options
  if (size !== undefined) ensure(size.length === 2 && size.every((n) => Number.isInteger(n) && n > 0), 'decode image', 'size must be [height, width] in whole pixels', size)
  const name = typeof input === 'string' ? input : `image of ${input.length} bytes`
  if (typeof input === 'string' && statSync(input, { throwIfNoEntry: false })?.isDirectory()) throw new KindredError('usage', 'decode image', `${input} must be an image file`, 'a folder', 'Name a file in it.')
  const bytes = typeof input === 'string' ? readBytes(input, 'decode image') : input
  if (bytes.length === 0) throw new KindredError('corrupt', 'decode image', `${name} must hold an image`, 'an empty file')
  try {
    let image = sharp(bytes, { failOn: 'truncated' }).autoOrient()
    if (size !== undefined) image = image.resize({ height: size[0], width: size[1], fit, background })
    image = image.flatten({ background })
    image = channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb')
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    return { pixels: channelsOf(data, info.channels, channels), height: info.height, width: info.width, channels }
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)
    throw new KindredError('corrupt', 'decode image', `${name} must be a whole image that can be decoded`, `"${why}"`, 'Open it in a viewer, or leave it out.', { cause: error })
  }
}

/** sharp answers one channel for grey files even in sRGB: repeat or drop as asked. */
function channelsOf(data: Uint8Array, have: number, want: 1 | 3): Uint8Array {
  if (have === want) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const n = data.length / have
  const out = new Uint8Array(n * want)
  for (let i = 0; i < n; i++) for (let c = 0; c < want; c++) out[i * want + c] = data[i * have + Math.min(c, have - 1)]
  return out
}
