/** @file How many images pass a network at once. */

/**
 * Images a run: 250, fewer where images are large, so that a run sees a million pixel values at most; what layers make of pixels is many times as large.
 *
 * @param each pixel values of one image, height x width x channels
 */
export function imagesARun(each: number): number {
  return Math.max(1, Math.min(250, Math.floor(1_000_000 / each)))
}
