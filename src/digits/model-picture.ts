/** @file A picture by its path, as a model says that it wants its pixels. */
import { KindredError, show } from '../base/index.ts'
import type { Channels, ImageSource } from '../dataset/index.ts'
import { decodeImage } from '../images/index.ts'
import { largestOf, loadDigitImage, loadDigitsIn } from './digit-image.ts'
import type { Box } from './ink.ts'

/** What of a model decides how a picture becomes its input. */
export interface PictureModel {
  readonly size: readonly [height: number, width: number]
  readonly channels: Channels
  readonly card: { readonly preprocessing: { readonly frame: string } }
}

/**
 * How models that learn from a set want pictures: one of grey images of 28x28 pixels in MNIST's frame (`mnist`), any other scaled to the size of the images
 * (`as given`).
 */
export const frameOf = ({ height, width, channels }: Pick<ImageSource, 'height' | 'width' | 'channels'>): 'mnist' | 'as given' =>
  height === 28 && width === 28 && channels === 1 ? 'mnist' : 'as given'

/** Throws unless pictures can be brought to what a model takes. @throws KindredError `unsupported` */
export function checkPictureModel({ size, channels, card }: PictureModel): void {
  const { frame } = card.preprocessing
  if (frame === 'as given' || (frame === 'mnist' && frameOf({ height: size[0], width: size[1], channels }) === 'mnist')) return
  const got = frame === 'mnist' ? `${size.join('x')}${channels === 1 ? '' : `x${channels}`} pixels in MNIST's frame` : show(frame)
  throw new KindredError(
    'unsupported',
    'pictures',
    'the model must take pictures in MNIST\'s frame of 28x28 pixels ("mnist") or scaled to its size ("as given")',
    got,
    frame === 'mnist' ? 'Train it again: such a model is now written with the frame "as given".' : 'Embed pixels with the library.',
  )
}

/** What a model takes from a picture: one image, or, where digits are looked for, one a digit; or why it shows none. */
export interface PictureParts {
  readonly parts: readonly { readonly pixels: Uint8Array; readonly box?: Box }[]
  /** How many digits the picture shows; 1 where none are looked for. */
  readonly digits: number
  readonly refused: string | undefined
}

/**
 * All that a model takes from a picture: where it wants MNIST's frame, the digits of the picture in reading order.
 *
 * @param all every digit, in place of the largest
 * @throws KindredError as {@link checkPictureModel} and `decodeImage`
 */
export async function pictureParts(path: string, model: PictureModel, all: boolean): Promise<PictureParts> {
  if (model.card.preprocessing.frame !== 'mnist')
    return { parts: [{ pixels: await modelPicture(path, model) }], digits: 1, refused: undefined }
  checkPictureModel(model)
  const { digits, refused } = await loadDigitsIn(path)
  return { parts: all || digits.length === 0 ? digits : [largestOf(digits)], digits: digits.length, refused }
}

/**
 * A picture as a model takes it.
 *
 * @returns [height x width x channels] bytes
 * @throws KindredError as {@link checkPictureModel}, `loadDigitImage` and `decodeImage`
 */
export async function modelPicture(path: string, model: PictureModel): Promise<Uint8Array> {
  checkPictureModel(model)
  const { size, channels, card } = model
  if (card.preprocessing.frame === 'mnist') return (await loadDigitImage(path)).pixels
  return (await decodeImage(path, { size, channels })).pixels
}
