/** @file A photo in memory, and the square inputs that networks take from it. */
import type { Box } from './box.ts'

/** RGB bytes [height x width x 3], upright. `decodeImage` of room `data` makes one. */
export interface Photo {
  readonly pixels: Uint8Array
  readonly height: number
  readonly width: number
}

/** Where {@link squareInput} writes, and how it fits. */
export interface SquareOptions {
  /** Side of the result, pixels. */
  readonly size: number
  /** Zeros around on both sides (true), or at the right and the bottom only. */
  readonly centred: boolean
  /** The part of the photo to take, in whole pixels within it. Default: all. */
  readonly region?: Box
}

/**
 * A part of a photo, padded with zeros to a square and scaled bilinearly, as float planes R, G, B (0..255).
 *
 * Sampling is TensorFlow's `resizeBilinear` without half-pixel centres and without antialiasing, as face-api does: position i of the target lies at
 * i * from / to of the source.
 * @param out [3 x size x size] numbers, written
 */
export function squareInput(photo: Photo, options: SquareOptions, out: Float32Array): void {
  const { size, centred, region = { x: 0, y: 0, width: photo.width, height: photo.height } } = options
  const side = Math.max(region.width, region.height)
  const before = (length: number) => (centred ? side - length - Math.round((side - length) / 2) : 0)
  const across = taps(side, size, before(region.width), region.width)
  const down = taps(side, size, before(region.height), region.height)
  const plane = size * size
  const { pixels, width } = photo
  for (let y = 0; y < size; y++) {
    const top = ((region.y + down.first[y]) * width + region.x) * 3
    const bottom = ((region.y + down.second[y]) * width + region.x) * 3
    const wt = down.firstWeight[y]
    const wb = down.secondWeight[y]
    let at = y * size
    for (let x = 0; x < size; x++, at++) {
      const l = across.first[x] * 3
      const r = across.second[x] * 3
      const wl = across.firstWeight[x]
      const wr = across.secondWeight[x]
      const tl = top + l
      const tr = top + r
      const bl = bottom + l
      const br = bottom + r
      out[at] = wt * (wl * pixels[tl] + wr * pixels[tr]) + wb * (wl * pixels[bl] + wr * pixels[br])
      out[at + plane] = wt * (wl * pixels[tl + 1] + wr * pixels[tr + 1]) + wb * (wl * pixels[bl + 1] + wr * pixels[br + 1])
      out[at + 2 * plane] = wt * (wl * pixels[tl + 2] + wr * pixels[tr + 2]) + wb * (wl * pixels[bl + 2] + wr * pixels[br + 2])
    }
  }
}

/** For each target position two source positions within `length` and their weights, 0 where the position lies in the padding. */
function taps(from: number, to: number, before: number, length: number) {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const firstWeight = new Float64Array(to)
  const secondWeight = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    const at = (i * from) / to
    const a = Math.floor(at)
    const b = Math.min(from - 1, Math.ceil(at))
    const inside = (p: number) => p >= before && p < before + length
    if (inside(a)) {
      first[i] = a - before
      firstWeight[i] = 1 - (at - a)
    }
    if (inside(b)) {
      second[i] = b - before
      secondWeight[i] = at - a
    }
  }
  return { first, second, firstWeight, secondWeight }
}
