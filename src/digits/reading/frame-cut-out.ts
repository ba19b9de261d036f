/** @file A character that was cut out of a picture, in MNIST's frame, with edges as sharp as MNIST's. */
import { maskOf, resampleBox, strokeWidth } from '../ink.ts'
import { strokesToFrame } from '../mnist-frame.ts'
import type { CutOut } from './read-digits.ts'

/** Pixels of the longer side while edges are restored: eight a pixel of the frame. */
const workSide = 160
/** Width of strokes, in pixels of the frame, below which they are thickened and above which they are thinned. */
const widths = [2.4, 4.4] as const

/**
 * The frame of a character: edges lie where the ink is at half its strength, found between pixels, and are averaged down from black and white as MNIST's were;
 * so neither a blurred nor a small picture gives softer edges than MNIST has.
 *
 * @param thicken as in `mnistFrame`
 * @returns 784 bytes
 */
export function frameCutOut({ ink, height, width, box }: CutOut, thicken: boolean | 'auto' = 'auto'): Uint8Array {
  const longer = Math.max(box.x1 - box.x0, box.y1 - box.y0)
  const scale = workSide / longer
  const [h, w] = [Math.ceil(height * scale), Math.ceil(width * scale)]
  const large = resampleBox(ink, width, { x0: 0, y0: 0, x1: width, y1: height }, scale, h, w)
  const pad = 24
  const [outHeight, outWidth] = [h + 2 * pad, w + 2 * pad]
  const sharp = new Float32Array(outHeight * outWidth)
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) sharp[(y + pad) * outWidth + x + pad] = Math.min(1, Math.max(0, 0.5 + 4 * (large[y * w + x] - 0.5)))
  const unit = workSide / 20
  const stroke = strokeWidth(maskOf(sharp), outHeight, outWidth) / unit
  const change = thicken === 'auto' ? Math.max(0, widths[0] - stroke) - Math.max(0, stroke - widths[1]) : thicken ? 1.15 : 0
  return strokesToFrame(sharp, outHeight, outWidth, (change * unit) / 2)
}
