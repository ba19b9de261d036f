/** @file Readers of pictures: every format, with and without EXIF orientation, and the digit in a picture. */
import { readFileSync } from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import { decodeImage, type DecodedImage } from '../../../src/images/index.ts'
import { loadDigitImage } from '../../../src/digits/index.ts'
import type { Kind } from '../mutate/index.ts'
import { must, once, part, text, type Files, type Reader } from './reader.ts'
import { embedderFiles } from './models.ts'

/** A dark seven on light paper, in colours, with an edge that compression can feel. */
const drawing = (height: number, width: number, channels: 3 | 4): Uint8Array =>
  Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [p, c] = [Math.floor(i / channels), i % channels]
    const [x, y] = [p % width, Math.floor(p / width)]
    if (c === 3) return x + y < 6 ? 0 : 255
    const ink = (y > 4 && y < 8 && x > 5 && x < width - 5) || (Math.abs(x + y * 0.6 - width + 2) < 2 && y > 4 && y < height - 4)
    return ink ? 20 + 30 * c : 235 - (p % 7) * c
  })

const image = (channels: 3 | 4 = 3, height = 30, width = 26): Sharp =>
  sharp(drawing(height, width, channels), { raw: { width, height, channels } })
const bytes = async (s: Sharp): Promise<Uint8Array> => new Uint8Array(await s.toBuffer())

const svg =
  '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="30" height="26" viewBox="0 0 30 26"><rect width="30" height="26" fill="#fff"/>' +
  '<path d="M6 5 H24 L12 22" stroke="#000" stroke-width="3" fill="none"/>' +
  '<g transform="scale(1.1)"><text x="2" y="20" font-size="4">7</text></g></svg>\n'

type Format = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'pnm'

/** Pictures by Pillow, of formats that sharp does not write. */
const goldens = (ending: RegExp): Uint8Array[] => {
  const { files } = JSON.parse(readFileSync(new URL('../../golden/pictures.json', import.meta.url), 'utf8')) as {
    files: Record<string, { file: string }>
  }
  return Object.entries(files).flatMap(([name, { file }]) => (ending.test(name) ? [new Uint8Array(Buffer.from(file, 'base64'))] : []))
}

/** Files of each format: colour, grey, alpha, palettes, 16 bits, several compressions, orientations. */
const made: Readonly<Record<Format, () => Promise<Uint8Array[]>>> = {
  png: once(() =>
    Promise.all([
      bytes(image(4).png()),
      bytes(image().png({ palette: true })),
      bytes(image().toColourspace('rgb16').png({ progressive: true })),
      bytes(image().greyscale().png()),
    ]),
  ),
  jpeg: once(() =>
    Promise.all([
      bytes(image().jpeg()),
      bytes(image().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })),
      ...[3, 6, 8].map((orientation) =>
        bytes(
          image()
            .withMetadata({ orientation, exif: { IFD0: { Software: 'x' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } } })
            .jpeg(),
        ),
      ),
      bytes(image().toColourspace('cmyk').jpeg()),
    ]),
  ),
  webp: once(() =>
    Promise.all([bytes(image(4).webp()), bytes(image().webp({ lossless: true })), bytes(image().withMetadata({ orientation: 6 }).webp())]),
  ),
  gif: once(() =>
    Promise.all([
      bytes(image(4).gif()),
      bytes(sharp(drawing(30, 26, 3), { raw: { width: 26, height: 30, channels: 3, pageHeight: 15 } }).gif({ loop: 0 })),
    ]),
  ),
  tiff: once(() =>
    Promise.all([
      bytes(image().tiff({ compression: 'none' })),
      bytes(image(4).tiff({ compression: 'lzw' })),
      bytes(image().tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 })),
      bytes(image().withMetadata({ orientation: 7 }).tiff({ compression: 'jpeg' })),
    ]),
  ),
  avif: once(() => Promise.all([bytes(image().avif({ effort: 0 })), bytes(image(4).avif({ effort: 0, lossless: true }))])),
  bmp: once(() => Promise.resolve(goldens(/\.bmp$/))),
  pnm: once(() => Promise.resolve(goldens(/\.p[bgp]m$/))),
}

function checkImage({ pixels, height, width, channels }: DecodedImage, want: number): void {
  must(channels === want, `${channels} channels, not ${want}`)
  must(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0, `${width} x ${height} pixels`)
  must(pixels.length === height * width * channels, `${pixels.length} bytes for ${width} x ${height} x ${channels}`)
}

const extensions: Readonly<Record<Format, string>> = {
  png: 'png',
  jpeg: 'jpg',
  webp: 'webp',
  gif: 'gif',
  tiff: 'tif',
  avif: 'avif',
  bmp: 'bmp',
  pnm: 'pnm',
}
const seedsOf = async (format: Format): Promise<Files[]> =>
  (await made[format]()).map((b) => ({
    [`photo.${extensions[format]}`]: part(format === 'bmp' || format === 'pnm' ? 'bytes' : (format as Kind), b),
  }))

function imageReader(format: Format, weight: number): Reader {
  return {
    name: `image-${format}`,
    weight,
    seeds: () => seedsOf(format),
    async read(input) {
      const whole = await decodeImage(input.path())
      checkImage(whole, 3)
      // of these formats PNG alone has checksums
      if (format === 'png' && !input.resealed)
        must(
          Buffer.from(whole.pixels).equals(Buffer.from((await decodeImage(input.seedPath())).pixels)),
          'other pixels than the checksums stand for',
        )
      checkImage(await decodeImage(input.path(), { channels: 1 }), 1)
      const small = await decodeImage(input.path(), { size: [8, 9] })
      checkImage(small, 3)
      must(small.height === 8 && small.width === 9, 'not the size that was asked for')
    },
    command: (input) => ['faces', input.folder, '--detector', 'haar', '--model', 'pixels', '--out', `${input.folder}-out`],
  }
}

/** Drawings are programs: they are refused, whatever they hold. */
const svgReader: Reader = {
  name: 'image-svg',
  weight: 0.3,
  refusesSeeds: true,
  seeds: () => [{ 'photo.svg': text(svg) }],
  async read(input) {
    await decodeImage(input.path())
    must(false, 'a drawing is accepted')
  },
}

const digitReader: Reader = {
  name: 'digit-image',
  seeds: async () =>
    [...(await seedsOf('png')), ...(await seedsOf('jpeg')), ...(await seedsOf('gif'))].map((files) => ({ ...files, ...embedderFiles() })),
  mutable: /^photo/,
  called: ['photo.'],
  codes: ['usage'], // a picture without ink
  async read(input) {
    const { pixels, way } = await loadDigitImage(input.path())
    must(pixels.length === 784, `${pixels.length} pixels`)
    must(['as is', 'inverted', 'centred', 'framed'].includes(way), `way ${way}`)
    if (way === 'framed')
      must(
        pixels.some((v) => v > 0),
        'a digit without ink',
      )
  },
  command: (input) => ['classify', input.path('model.onnx'), input.path()],
}

export const imageReaders: readonly Reader[] = [
  imageReader('png', 1.5),
  imageReader('jpeg', 1.5),
  imageReader('webp', 1),
  imageReader('gif', 1),
  imageReader('tiff', 1),
  imageReader('avif', 0.6),
  imageReader('bmp', 0.6),
  imageReader('pnm', 0.6),
  svgReader,
  digitReader,
]
