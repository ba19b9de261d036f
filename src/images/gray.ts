/** @file RGB to grey as OpenCV's `cvtColor(..., COLOR_RGB2GRAY)`. */

/**
 * Luma 0.299 R + 0.587 G + 0.114 B (Rec. 601) in 15-bit fixed point, rounded half up, bit for bit as OpenCV 4.12.
 *
 * @param rgb [n x 3] bytes
 * @returns [n] bytes
 */
export function rgbToGray(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3)
  for (let i = 0, at = 0; i < gray.length; i++, at += 3) gray[i] = (rgb[at] * 9798 + rgb[at + 1] * 19235 + rgb[at + 2] * 3735 + 16384) >> 15
  return gray
}
