/**
 * @file A user's picture of digits, as a network trained on MNIST wants them, with word of what was done.
 */
import { checkOptions, KindredError } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import type { Box } from './ink.ts'
import { borderMedian, mnistFrame, type FrameOptions } from './mnist-frame.ts'
import { frameCutOut } from './reading/frame-cut-out.ts'
import { readDigits } from './reading/read-digits.ts'

/**
 * What was done to a picture: nothing; black and white turned round; shifted so that its mass lies in the middle; or its ink found and put into MNIST's frame.
 */
export type DigitWay = 'as is' | 'inverted' | 'centred' | 'framed'

/** One digit of a picture. */
export interface PictureDigit {
  /** 784 bytes, ink 255 on 0. */
  readonly pixels: Uint8Array
  readonly way: DigitWay
  /** Where it lies, in pixels of the picture. */
  readonly box: Box
}

/** The digits of a picture in reading order, or why it shows none. */
export interface DigitsInPicture {
  readonly digits: readonly PictureDigit[]
  /** In words; undefined where there are digits. */
  readonly refused: string | undefined
}

const where = 'digit image'
/** Larger pictures are read at this length of their longer side. */
const mostSide = 1000

/**
 * Loads a picture of one digit as 28x28 bytes, ink 255 on 0: the largest of {@link loadDigitsIn}.
 *
 * @param input a path or the file's bytes
 * @returns 784 bytes, and which way was taken
 * @throws KindredError as {@link decodeImage}, and `usage` for a picture that shows no digit
 */
export async function loadDigitImage(
  input: string | Uint8Array,
  options: FrameOptions = {},
): Promise<{ pixels: Uint8Array; way: DigitWay }> {
  const { digits, refused } = await loadDigitsIn(input, options)
  if (refused !== undefined) throw noDigit(typeof input === 'string' ? input : where, refused)
  const { pixels, way } = largestOf(digits)
  return { pixels, way }
}

/** The error for a picture that shows no digit. */
export const noDigit = (name: string, why: string): KindredError =>
  new KindredError('usage', name, 'the picture must show a digit', why, 'Draw a digit that stands out from the paper.')

/** The digit with the largest box. */
export function largestOf(digits: readonly PictureDigit[]): PictureDigit {
  const size = ({ box }: PictureDigit): number => (box.x1 - box.x0) * (box.y1 - box.y0)
  return digits.reduce((a, b) => (size(b) > size(a) ? b : a))
}

/**
 * Finds the digits of a picture, each as 28x28 bytes in MNIST's frame.
 *
 * A 28x28 image on a dark ground that already lies in MNIST's frame (centre of mass within a pixel of pixel 14, longer side 18-22 px) is
 * passed on untouched (`as is`); one that is only off the middle is shifted by whole pixels (`centred`); the same on a light ground is
 * turned round first. All else is read by `readDigits`: ink against its local ground, without lines, frames and specks, then framed with
 * edges as sharp as MNIST's.
 *
 * @throws KindredError as {@link decodeImage}
 */
export async function loadDigitsIn(input: string | Uint8Array, options: FrameOptions = {}): Promise<DigitsInPicture> {
  checkOptions(where, options, ['invert', 'thicken'])
  const picture = await decodeImage(input, { channels: 4, longest: mostSide })
  const { pixels, height, width, reduction } = picture
  const given = height === 28 && width === 28 ? inFrame(pixels, options) : undefined
  if (given !== undefined) return { digits: [given], refused: undefined }
  if (options.invert !== undefined && options.invert !== 'auto') {
    const grey = Uint8Array.from({ length: height * width }, (_, i) => pixels[4 * i])
    const framed = mnistFrame(grey, height, width, { thicken: 'auto', ...options })
    const box = { x0: 0, y0: 0, x1: width, y1: height }
    if (framed.some((v) => v > 0)) return { digits: [{ pixels: framed, way: 'framed', box }], refused: undefined }
  }
  const { digits, refused } = readDigits(picture)
  return { digits: digits.map((d) => ({ pixels: frameCutOut(d, options.thicken), way: 'framed', box: scaled(d.box, reduction) })), refused }
}

const scaled = ({ x0, y0, x1, y1 }: Box, by: number): Box => ({
  x0: Math.floor(x0 * by),
  y0: Math.floor(y0 * by),
  x1: Math.ceil(x1 * by),
  y1: Math.ceil(y1 * by),
})

/** A 28x28 image that holds a digit of MNIST's size, brought to the middle. */
function inFrame(rgba: Uint8Array, { invert = 'auto' }: FrameOptions): PictureDigit | undefined {
  for (let i = 0; i < 784; i++)
    if (rgba[4 * i] !== rgba[4 * i + 1] || rgba[4 * i] !== rgba[4 * i + 2] || rgba[4 * i + 3] < 255) return undefined
  const grey = Uint8Array.from({ length: 784 }, (_, i) => rgba[4 * i])
  const paper = borderMedian(grey, 28, 28)
  const light = invert === 'auto' ? paper > 191 : invert
  if (!light && paper >= 64) return undefined
  const pixels = light ? grey.map((v) => 255 - v) : grey
  const [mass, mx, my, x0, x1, y0, y1] = extent(pixels)
  const longer = Math.max(x1 - x0, y1 - y0) + 1
  if (!(mass > 0) || longer < 18 || longer > 22) return undefined
  const box = { x0, y0, x1: x1 + 1, y1: y1 + 1 }
  const [dx, dy] = [14 - mx / mass, 14 - my / mass]
  if (Math.max(Math.abs(dx), Math.abs(dy)) < 1) return { pixels, way: light ? 'inverted' : 'as is', box }
  const [sx, sy] = [Math.min(27 - x1, Math.max(-x0, Math.round(dx))), Math.min(27 - y1, Math.max(-y0, Math.round(dy)))]
  const out = new Uint8Array(784)
  for (let y = Math.max(0, sy); y < Math.min(28, 28 + sy); y++)
    for (let x = Math.max(0, sx); x < Math.min(28, 28 + sx); x++) out[y * 28 + x] = pixels[(y - sy) * 28 + x - sx]
  return { pixels: out, way: 'centred', box }
}

/** Mass, its first moments, and the box of what is not faint. */
function extent(pixels: Uint8Array): [mass: number, mx: number, my: number, x0: number, x1: number, y0: number, y1: number] {
  let [mass, mx, my, x0, x1, y0, y1] = [0, 0, 0, 28, -1, 28, -1]
  pixels.forEach((v, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)]
    mass += v
    mx += v * x
    my += v * y
    if (v < 32) return
    x0 = Math.min(x0, x)
    x1 = Math.max(x1, x)
    y0 = Math.min(y0, y)
    y1 = Math.max(y1, y)
  })
  return [mass, mx, my, x0, x1, y0, y1]
}
