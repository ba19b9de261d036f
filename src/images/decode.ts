/**
 * @file Image files to pixels, by sharp: EXIF orientation applied, alpha laid on white, greyed if asked; and never more of them at a time than memory is
 * meant for.
 */
import { closeSync, readSync } from 'node:fs'
import type { Metadata, Sharp } from 'sharp'
import { budget, checkOptions, ensure, ensureWithin, KindredError, limits } from '../base/index.ts'
import { ioError, openRegular, pathOrBytes, readBytes, type FileSource } from '../files/index.ts'
import { imageKind, readFormats, type ImageFormat } from './image-kind.ts'
import type { OpenedPicture } from './own-format.ts'
import { openBmp } from './read-bmp.ts'
import { heicNeeds, openHeic, readsHeic } from './read-heic.ts'
import { openPnm } from './read-pnm.ts'
import { withProfile } from './with-profile.ts'

/** A decoded image. */
export interface DecodedImage {
  /** [height x width x channels], row-major, 0..255, sRGB. */
  pixels: Uint8Array
  height: number
  width: number
  channels: 1 | 3 | 4
  /** How many times as long and wide the picture itself is, where `longest` made it smaller; else 1. */
  reduction: number
}

/** A decoded image whose bytes stay counted until `release` is called. */
export interface HeldImage extends DecodedImage {
  /** Gives the bytes of its pixels back to {@link pixelBudget}; a second call does no harm. */
  readonly release: () => void
}

/** Settings of {@link decodeImage}. */
export interface DecodeOptions {
  /** [height, width] to scale to; default: as the file is. */
  size?: readonly [number, number]
  /** In place of `size`: the longer side is at most so many pixels; what is larger is scaled down, keeping its shape. */
  longest?: number
  /** 1 = grey, 3 = RGB (default), 4 = RGB and alpha, the colours as under no alpha (straight). */
  channels?: 1 | 3 | 4
  /** How the image is fitted when the aspect differs: `fill` stretches (default), `cover` crops, `contain` pads with `background`. */
  fit?: 'fill' | 'cover' | 'contain'
  /** Colour around `contain` and, but for 4 channels, under transparent pixels (default white). */
  background?: string
  /** What errors call an image of which the bytes are given (default: by their number). */
  name?: string
}

/** What all decoding of this process shares: bytes of pixels, and what decoders need beside them, under the limit `pixelBytesInFlight`. */
export const pixelBudget = budget(() => limits().pixelBytesInFlight)

/** Bytes of image files in memory, before and while they are decoded, under the limit `imageFileBytes`. Always taken before {@link pixelBudget}. */
const fileBudget = budget(() => limits().imageFileBytes)

const where = 'decode image'
const mostSeconds = 60 // seconds: a hundred megapixels take a few

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PNM (Netpbm) file, and a HEIC photo where the part `heic` is installed; of several pages or frames the
 * first.
 *
 * The format is told by the content, the size by the header, and both are judged before anything is decoded; then it waits until {@link pixelBudget} has room.
 * @param input a path, a `file:` URL, or the file's bytes
 * @returns pixels with EXIF orientation applied and alpha laid on `background`; grey is sharp's (Rec. 709 luminance)
 * @throws KindredError `not-found` for a missing path; `usage` for a folder; `unsupported` for pipes, and for drawings (SVG, PDF) and formats that are not
 *   read; `limit` for files over `imageFileBytes`, pictures over `imagePixels`; `corrupt` for empty, truncated or other content
 * cost: decoding; resizing by Lanczos 3
 */
export async function decodeImage(input: FileSource, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { release, ...image } = await holdImage(input, options)
  release()
  return image
}

/**
 * {@link decodeImage} for work that keeps the pixels for a while: they stay counted until they are released.
 *
 * Who holds one image must not wait for another: all the room may then be taken by such holders.
 */
export async function holdImage(source: FileSource, options: DecodeOptions = {}): Promise<HeldImage> {
  checkOptions(where, options, ['size', 'longest', 'channels', 'fit', 'background', 'name'])
  const { size, longest: most } = options
  if (most !== undefined)
    ensure(Number.isInteger(most) && most > 0 && size === undefined, where, '`longest` must be whole pixels, without `size`', most)
  if (size !== undefined) {
    ensure(
      size.length === 2 && size.every((n) => Number.isInteger(n) && n > 0),
      where,
      'size must be [height, width] in whole pixels',
      size,
    )
    ensureWithin('imagePixels', size[0] * size[1], where, 'the size asked for')
  }
  const input = pathOrBytes(source, where)
  if (typeof input !== 'string') return decode(input, options.name ?? `image of ${input.length} bytes`, options)
  const file = await readImageFile(input)
  try {
    return await decode(file.bytes, input, options)
  } finally {
    file.release()
  }
}

/**
 * Reads an image file whole, for callers that want its bytes as well as its pixels. Waits until the bytes of all such files fit under `imageFileBytes`; what is
 * no image is refused after its first bytes.
 *
 * @returns its bytes, and what must be called when they are no longer needed, before another file is waited for
 * @throws KindredError as {@link decodeImage}, but for what only decoding shows
 */
export async function readImageFile(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; release: () => void }> {
  const { size, start } = beginning(path)
  formatOf(start, path)
  ensureWithin('imageFileBytes', size, where, path)
  const release = await fileBudget.take(size)
  try {
    return { bytes: readBytes(path, where, { limit: 'imageFileBytes' }), release }
  } catch (error) {
    release()
    throw error
  }
}

function beginning(path: string): { size: number; start: Uint8Array } {
  const { fd, stats } = openRegular(path, where)
  const start = new Uint8Array(256)
  try {
    return { size: stats.size, start: start.subarray(0, readSync(fd, start)) }
  } catch (error) {
    throw ioError(where, path, error)
  } finally {
    closeSync(fd)
  }
}

/** The format of a file, or the refusal of what is none of ours. */
function formatOf(bytes: Uint8Array, name: string): ImageFormat {
  if (bytes.length === 0) throw new KindredError('corrupt', where, `${name} must hold an image`, 'an empty file')
  const kind = imageKind(bytes)
  if (kind === undefined)
    throw new KindredError(
      'corrupt',
      where,
      `${name} must hold an image`,
      'content of another kind, or damaged from its first byte',
      'Open it in a viewer, or leave it out.',
    )
  if (kind.format === undefined)
    throw new KindredError('unsupported', where, `${name} must be ${readFormats}`, kind.words, 'Save it as JPEG or PNG.')
  if (kind.format === 'heic' && !readsHeic())
    throw new KindredError('unsupported', where, `${name} must be of a format that is read here`, kind.words, `${sentence(heicNeeds())}.`)
  return kind.format
}

const sentence = (words: string): string => words[0].toUpperCase() + words.slice(1)

/** The reader of formats that sharp does not know. */
const ownReaders: Partial<Record<ImageFormat, (bytes: Uint8Array, name: string) => OpenedPicture | Promise<OpenedPicture>>> = {
  bmp: openBmp,
  pnm: openPnm,
  heic: openHeic,
}

async function decode(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<HeldImage> {
  const { size, longest, channels = 3, fit = 'fill', background = '#ffffff' } = options
  const format = formatOf(bytes, name)
  const own = await ownReaders[format]?.(bytes, name)
  try {
    return await render(own ?? (await bySharp(bytes, format, name)), name, { size, longest, channels, fit, background })
  } catch (error) {
    throw error instanceof KindredError ? error : refusal(name, error)
  } finally {
    own?.close?.()
  }
}

/** A picture whose header is read, and how sharp gets at its pixels. */
interface Opened extends Pick<OpenedPicture, 'width' | 'height' | 'work'> {
  readonly channels: number
  readonly image: () => Sharp | Promise<Sharp>
}

const time = { seconds: mostSeconds }

/** A picture of a format that sharp knows. */
async function bySharp(bytes: Uint8Array, format: ImageFormat, name: string): Promise<Opened> {
  const stated = statedSize(bytes, format)
  if (stated !== undefined) ensureWithin('imagePixels', stated.width * stated.height, name, 'the picture')
  const { default: sharp } = await import('sharp')
  const failOn = format === 'png' ? 'error' : 'truncated' // PNG has checksums: what does not match them is damaged
  const open = (most: number): Sharp => sharp(bytes, { failOn, limitInputPixels: most === Infinity ? false : most }).timeout(time)
  const header = await open(Infinity).metadata() // reads no pixels, so that a size too large can be named
  return {
    width: header.width,
    height: header.pageHeight ?? header.height,
    channels: header.channels,
    work: workBytes(format, header),
    image: () => open(limits().imagePixels).autoOrient(),
  }
}

/** A picture of which a reader of our own gives the pixels. */
function byReader(own: OpenedPicture): Opened {
  const { width, height, channels } = own
  return {
    ...own,
    work: own.work + channels,
    async image() {
      const { default: sharp } = await import('sharp')
      const { data, profile } = await own.pixels()
      const bare = profile === undefined || channels === 1
      return sharp(bare ? data : withProfile(data, profile, { width, height, channels }), {
        raw: bare ? { width, height, channels } : undefined,
        limitInputPixels: false,
      }).timeout(time)
    },
  }
}

/** What {@link decode} does once it knows how large the picture is. */
async function render(
  picture: Opened | OpenedPicture,
  name: string,
  {
    size,
    longest,
    channels,
    fit,
    background,
  }: Pick<DecodeOptions, 'size' | 'longest'> & Required<Pick<DecodeOptions, 'channels' | 'fit' | 'background'>>,
): Promise<HeldImage> {
  const opened = 'image' in picture ? picture : byReader(picture)
  const pixels = opened.width * opened.height
  ensureWithin('imagePixels', pixels, name, 'the picture')
  const kept = (size === undefined ? Math.min(pixels, longest === undefined ? Infinity : longest * longest) : size[0] * size[1]) * channels
  const needed = Math.ceil(kept + (opened.channels < channels ? kept / channels : 0) + pixels * opened.work)
  const release = await pixelBudget.take(needed) // more than there is: when all others have given theirs back
  try {
    let image = await opened.image()
    if (size !== undefined) image = image.resize({ height: size[0], width: size[1], fit, background })
    if (longest !== undefined) image = image.resize({ height: longest, width: longest, fit: 'inside', withoutEnlargement: true })
    image = channels === 4 ? image.ensureAlpha() : image.flatten({ background })
    image = channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb')
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    const reduction = longest === undefined ? 1 : Math.max(opened.width, opened.height) / Math.max(info.width, info.height)
    const decoded = channelsOf(data, info.channels, channels)
    release(needed - kept)
    return { pixels: decoded, height: info.height, width: info.width, channels, reduction, release: () => release() }
  } catch (error) {
    release()
    throw error
  }
}

/** The error for what sharp throws. */
function refusal(name: string, error: unknown): KindredError {
  const why = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)
  if (why.startsWith('timeout'))
    return new KindredError(
      'unsupported',
      where,
      `${name} must be decoded within ${mostSeconds} seconds`,
      `"${why}"`,
      'Save it anew as JPEG or PNG.',
      { cause: error },
    )
  return new KindredError(
    'corrupt',
    where,
    `${name} must be a whole image that can be decoded`,
    `"${why.slice(0, 300)}"`,
    'Open it in a viewer, or leave it out.',
    { cause: error },
  )
}

/**
 * Width and height as the first bytes of a PNG or JPEG state them, for what the decoder itself would refuse without naming a size.
 *
 * Source: PNG (ISO/IEC 15948) 11.2.2; JPEG (ITU-T T.81) B.2.2, frame header
 */
function statedSize(bytes: Uint8Array, format: ImageFormat): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (format === 'png' && bytes.length >= 24) return { width: view.getUint32(16), height: view.getUint32(20) }
  if (format !== 'jpeg') return undefined
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1]
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
  }
  return undefined
}

const sampleBytes: Readonly<Record<string, number>> = { ushort: 2, short: 2, uint: 4, int: 4, float: 4, double: 8 }

/**
 * Bytes a pixel that a decoder needs beside the pixels it gives back; measured with sharp 0.35 as the peak of resident memory at 25 to 100 megapixels.
 *
 * Most formats are read line by line. Held whole: the coefficients of a progressive JPEG, an interlaced PNG, a GIF, a WebP, an AVIF with all its intermediate
 * forms, and every picture that is turned or mirrored top to bottom.
 */
function workBytes(format: ImageFormat, header: Metadata): number {
  const each = header.channels * (sampleBytes[header.depth] ?? 1)
  const turned = (header.orientation ?? 1) >= 3 ? each : 0
  if (format === 'jpeg' && header.isProgressive) return turned + (header.chromaSubsampling === '4:2:0' ? 3.3 : 2 * header.channels + 0.5)
  if (format === 'png' && header.isProgressive) return turned + each
  if (format === 'gif') return turned + 4.5
  if (format === 'webp') return turned + 8.6
  if (format === 'avif') return turned + (header.depth === 'uchar' ? 16.5 : 22.5)
  return turned + 0.5
}

/** sharp answers one channel for grey files even in sRGB, and two with alpha: repeat or drop as asked. */
function channelsOf(data: Uint8Array, have: number, want: 1 | 3 | 4): Uint8Array {
  if (have === want) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const n = data.length / have
  const colours = have < 3 ? 1 : 3
  const from = Array.from({ length: want }, (_, c) => (c === 3 ? have - 1 : Math.min(c, colours - 1)))
  const out = new Uint8Array(n * want)
  for (let i = 0; i < n; i++) for (let c = 0; c < want; c++) out[i * want + c] = data[i * have + from[c]]
  return out
}
