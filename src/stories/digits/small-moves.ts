/**
 * @file Small moves of an image: a score that is the mean over a few of them is steadier than one of a single look.
 *
 * Every image is moved alike, so that what is said of one does not depend on those beside it.
 */
import { rng } from '../../base/index.ts'
import { affineAugmenter } from '../../dataset/index.ts'

/** How images are moved: so many maps are drawn by the seed, within these amounts (see `affineAugmenter`), and each image goes through all of them. */
export interface Moves {
  readonly count: number
  readonly seed: number
  readonly rotate: number
  readonly scale: number
  readonly shear: number
  readonly translate: number
}

/** The moves of a digits story. */
export const smallMoves = (count: number, seed: number): Moves => ({ count, seed, rotate: 10, scale: 0.08, shear: 0.1, translate: 1 })

/**
 * The images after each move: yields `count` times as many bytes, one move at a time, into one array that is used again.
 *
 * @param images [n x height x width x channels] bytes
 */
export function* movedImages(
  images: Uint8Array,
  { count, seed, ...amounts }: Moves,
  shape: { readonly size: readonly [height: number, width: number]; readonly channels: number } = { size: [28, 28], channels: 1 },
): Generator<Uint8Array> {
  const {
    size: [height, width],
    channels,
  } = shape
  const size = height * width * channels
  const out = new Uint8Array(images.length)
  const chance = rng(seed).fork('moves')
  for (let move = 0; move < count; move++) {
    for (let at = 0; at < images.length; at += size)
      affineAugmenter({ ...amounts, height, width, channels }, chance.fork(move)).warp(
        images.subarray(at, at + size),
        undefined,
        out.subarray(at, at + size),
      )
    yield out
  }
}
