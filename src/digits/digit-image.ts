/**
 * @file A user's picture of one digit, as a network trained on MNIST wants it, with word of what was done to it.
 */
import { KindredError } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import { borderMedian, mnistFrame, type FrameOptions } from './mnist-frame.ts'

/** What {@link loadDigitImage} did: nothing, turned black and white round, or put the drawing into MNIST's frame. */
export type DigitWay = 'as is' | 'inverted' | 'framed'

/**
 * Loads a picture of one digit as 28x28 bytes, ink 255 on 0.
 *
 * A 28x28 image on a dark ground is passed on untouched (`as is`); a 28x28 image on a light ground whose ink already lies in MNIST's
 * frame (centre of mass within 1.5 px of pixel 14, longer side 18-22 px) is only turned round (`inverted`); everything else goes
 * through {@link mnistFrame} with strokes thickened by what is missing (`framed`).
 *
 * @param input a path or the file's bytes
 * @returns 784 bytes, and which way was taken
 * @throws KindredError as {@link decodeImage}, and `usage` for a picture without any ink
 */
export async function loadDigitImage(
  input: string | Uint8Array,
  options: FrameOptions = {},
): Promise<{ pixels: Uint8Array; way: DigitWay }> {
  const { pixels, height, width } = await decodeImage(input, { channels: 1 })
  if (pixels.every((v) => v === pixels[0])) throw noInk(input, `one flat grey (${pixels[0]})`)
  if (height === 28 && width === 28 && options.invert !== false) {
    const paper = borderMedian(pixels, 28, 28)
    if (paper < 64 && options.invert !== true) return { pixels, way: 'as is' }
    if (paper > 191) {
      const turned = pixels.map((v) => 255 - v)
      if (inFrame(turned)) return { pixels: turned, way: 'inverted' }
    }
  } else if (height === 28 && width === 28) return { pixels, way: 'as is' }
  const framed = mnistFrame(pixels, height, width, { thicken: 'auto', ...options })
  if (framed.every((v) => v === 0)) throw noInk(input, 'too little of it to be a digit')
  return { pixels: framed, way: 'framed' }
}

const noInk = (input: string | Uint8Array, got: string): KindredError =>
  new KindredError(
    'usage',
    typeof input === 'string' ? input : 'digit image',
    'the picture must show ink',
    got,
    'Draw a digit that stands out from the paper.',
  )

function inFrame(pixels: Uint8Array): boolean {
  let mass = 0
  let mx = 0
  let my = 0
  let x0 = 28
  let x1 = -1
  let y0 = 28
  let y1 = -1
  pixels.forEach((v, i) => {
    const x = i % 28
    const y = Math.floor(i / 28)
    mass += v
    mx += v * x
    my += v * y
    if (v < 32) return
    x0 = Math.min(x0, x)
    x1 = Math.max(x1, x)
    y0 = Math.min(y0, y)
    y1 = Math.max(y1, y)
  })
  const longer = Math.max(x1 - x0, y1 - y0) + 1
  return Math.abs(mx / mass - 14) < 1.5 && Math.abs(my / mass - 14) < 1.5 && longer >= 18 && longer <= 22
}
