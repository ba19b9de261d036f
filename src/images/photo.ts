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
  // Source rows scaled across, kept while target rows need them: enlarging uses each several times.
  let [upper, lower] = [new Float32Array(3 * size), new Float32Array(3 * size)]
  let [have, haveLower] = [-1, -1]
  for (let y = 0; y < size; y++) {
    const [top, bottom, wt, wb] = [down.first[y], down.second[y], down.firstWeight[y], down.secondWeight[y]]
    const at = y * size
    if (wt === 0 && wb === 0) {
      for (let c = 0; c < 3; c++) out.fill(0, c * plane + at, c * plane + at + size)
      continue
    }
    if (have !== top && haveLower === top) [upper, lower, have, haveLower] = [lower, upper, haveLower, have]
    if (have !== top) scaleRow(photo, (region.y + top) * photo.width + region.x, across, upper)
    if (haveLower !== bottom) scaleRow(photo, (region.y + bottom) * photo.width + region.x, across, lower)
    ;[have, haveLower] = [top, bottom]
    for (let c = 0; c < 3; c++) {
      const to = c * plane + at
      const from = c * size
      for (let x = 0; x < size; x++) out[to + x] = wt * upper[from + x] + wb * lower[from + x]
    }
  }
}

/** One row of the photo, from this pixel on, scaled to planes R, G, B. */
function scaleRow({ pixels }: Photo, start: number, { first, second, firstWeight, secondWeight }: Taps, out: Float32Array): void {
  const size = first.length
  for (let x = 0; x < size; x++) {
    const l = (start + first[x]) * 3
    const r = (start + second[x]) * 3
    const wl = firstWeight[x]
    const wr = secondWeight[x]
    out[x] = wl * pixels[l] + wr * pixels[r]
    out[size + x] = wl * pixels[l + 1] + wr * pixels[r + 1]
    out[2 * size + x] = wl * pixels[l + 2] + wr * pixels[r + 2]
  }
}

interface Taps {
  readonly first: Int32Array
  readonly second: Int32Array
  readonly firstWeight: Float64Array
  readonly secondWeight: Float64Array
}

/** For each target position two source positions within `length` and their weights, 0 where the position lies in the padding. */
function taps(from: number, to: number, before: number, length: number): Taps {
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
