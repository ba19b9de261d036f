/** @file Digits that have gone the way of drawn letters: a control that tells what a picture shows from how it came to be. */
import { checkOptions, ensure } from '../base/index.ts'
import { imageAt, inMemory, type Dataset } from '../dataset/index.ts'
import { resampleBox } from './ink.ts'
import { mnistFrame } from './mnist-frame.ts'

/**
 * The same images, enlarged linearly and put into {@link mnistFrame} again, as letters from files are.
 *
 * Whoever rejects many more of these than of the originals rejects the frame's traces, not the form.
 *
 * @param options.side pixels of the enlarged square, at least 28 (default 105, Omniglot's)
 * @returns 28x28x1 images, labels and classes as before
 * @throws KindredError `usage` for other images than 28x28x1 or a smaller side
 * cost: about 1.5 ms an image at 105 px
 */
export function reframed(dataset: Dataset, options: { side?: number } = {}): Dataset {
  const where = 'reframed'
  checkOptions(where, options, ['side'])
  const { side = 105 } = options
  const { height, width, channels, count, labels, classes, source } = dataset
  ensure(height === 28 && width === 28 && channels === 1, where, 'images must be 28x28x1', `${height}x${width}x${channels}`)
  ensure(Number.isInteger(side) && side >= 28, where, 'side must be a whole number of pixels, at least 28', side)
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) {
    const ink = Float32Array.from(imageAt(dataset, i))
    const large = resampleBox(ink, 28, { x0: 0, y0: 0, x1: 28, y1: 28 }, side / 28, side, side)
    images.set(mnistFrame(large, side, side, { invert: false }), i * 784)
  }
  return inMemory({ images, labels, height: 28, width: 28, classes, source: `${source}, framed again from ${side} px` })
}
