/**
 * @file Small operations on ink images (Float32Array, row-major, 1 = ink, 0 = paper): distances, stroke width, resampling.
 */

/**
 * Squared Euclidean distance of every pixel to the nearest pixel where `mask` is `target` (0 there), exact up to `reach` pixels.
 *
 * First down and up the columns, then outwards along the row, no farther than the best so far: exact, and cheap near the target.
 *
 * @param reach distances beyond it may come out too large
 * cost: O(pixels * distance)
 * source: the two phases of Meijster, Roerdink, Hesselink, "A general algorithm for computing distance transforms in linear time", 2000
 */
export function squaredDistances(mask: Uint8Array, height: number, width: number, target: 0 | 1, reach = height + width): Float32Array {
  const far = 30_000
  const vertical = new Int32Array(height * width)
  for (let i = 0; i < vertical.length; i++) vertical[i] = mask[i] === target ? 0 : i < width ? far : Math.min(far, vertical[i - width] + 1)
  for (let i = vertical.length - width - 1; i >= 0; i--) if (vertical[i + width] + 1 < vertical[i]) vertical[i] = vertical[i + width] + 1
  const out = new Float32Array(height * width)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++) {
      let best = vertical[row + x] * vertical[row + x]
      for (let j = 1; j <= reach && j * j < best; j++) {
        const left = x >= j ? vertical[row + x - j] : far
        const right = x + j < width ? vertical[row + x + j] : far
        const nearer = left < right ? left : right
        const d = nearer * nearer + j * j
        if (d < best) best = d
      }
      out[row + x] = best
    }
  }
  return out
}

/** 1 where ink is above `threshold`. */
export function maskOf(ink: Float32Array, threshold = 0.5): Uint8Array {
  const mask = new Uint8Array(ink.length)
  for (let i = 0; i < ink.length; i++) mask[i] = ink[i] > threshold ? 1 : 0
  return mask
}

/**
 * Width of the strokes in pixels: four times the mean distance of an ink pixel to the stroke's edge.
 *
 * In a straight stroke of width W the distance to the edge runs evenly from 0 to W/2 and back, so its mean is W/4. 0 for no ink.
 */
export function strokeWidth(mask: Uint8Array, height: number, width: number): number {
  const inside = squaredDistances(mask, height, width, 0)
  let sum = 0
  let n = 0
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue
    sum += Math.sqrt(inside[i]) - 0.5
    n++
  }
  return n === 0 ? 0 : (4 * sum) / n
}

/**
 * Grows (radius > 0) or shrinks (radius < 0) the ink above .5 by a disc, with soft edges one pixel wide.
 *
 * out = clamp(1/2 + radius - d), d the signed distance to the edge in pixels (negative inside).
 */
export function growInk(ink: Float32Array, height: number, width: number, radius: number): Float32Array {
  const mask = maskOf(ink)
  const reach = Math.ceil(Math.abs(radius)) + 2
  const outside = squaredDistances(mask, height, width, 1, reach)
  const inside = radius < 0 ? squaredDistances(mask, height, width, 0, reach) : undefined
  const far = (Math.max(0, radius) + 1) ** 2
  const out = new Float32Array(ink.length)
  for (let i = 0; i < out.length; i++) {
    if (mask[i] === 1 && inside === undefined) {
      out[i] = 1
      continue
    }
    if (outside[i] > far) continue
    const d = mask[i] === 0 ? Math.sqrt(outside[i]) - 0.5 : 0.5 - Math.sqrt(inside![i])
    const value = 0.5 + radius - d
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value
  }
  return out
}

/** A box of pixels: x0 <= x < x1, y0 <= y < y1. */
export interface Box {
  x0: number
  y0: number
  x1: number
  y1: number
}

/** The smallest box that holds all ink above `threshold`, or undefined. */
export function inkBox(ink: Float32Array, height: number, width: number, threshold = 0.25): Box | undefined {
  let x0 = width
  let x1 = -1
  let y0 = height
  let y1 = -1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(ink[y * width + x] > threshold)) continue
      if (x < x0) x0 = x
      if (x > x1) x1 = x
      if (y < y0) y0 = y
      y1 = y
    }
  }
  return x1 < 0 ? undefined : { x0, y0, x1: x1 + 1, y1: y1 + 1 }
}

/**
 * Resamples a box to `outHeight` x `outWidth` by area averaging: each new pixel is the mean of the source over the rectangle it covers.
 *
 * The scale is the same in both directions, `scale` = new pixels per old one, and the box lies in the middle; beyond the box is paper.
 * When enlarging, the source is read with linear interpolation instead.
 */
export function resampleBox(ink: Float32Array, width: number, box: Box, scale: number, outHeight: number, outWidth: number): Float32Array {
  const boxHeight = box.y1 - box.y0
  const boxWidth = box.x1 - box.x0
  const across = shares(boxWidth, scale, outWidth)
  const down = shares(boxHeight, scale, outHeight)
  const rows = new Float32Array(boxHeight * outWidth)
  for (let y = 0; y < boxHeight; y++) {
    const row = (box.y0 + y) * width + box.x0
    for (let x = 0; x < outWidth; x++) {
      const from = row + across.first[x]
      let acc = 0
      for (let i = across.begin[x], j = 0; i < across.begin[x + 1]; i++, j++) acc += ink[from + j] * across.share[i]
      rows[y * outWidth + x] = acc
    }
  }
  const out = new Float32Array(outHeight * outWidth)
  for (let y = 0; y < outHeight; y++) {
    for (let i = down.begin[y], j = down.first[y]; i < down.begin[y + 1]; i++, j++) {
      for (let x = 0; x < outWidth; x++) out[y * outWidth + x] += rows[j * outWidth + x] * down.share[i]
    }
  }
  return out
}

/** New pixel x takes share[begin[x] + j] of old pixel first[x] + j, for begin[x] + j < begin[x + 1]. */
function shares(length: number, scale: number, outLength: number): { first: Int32Array; begin: Int32Array; share: number[] } {
  const offset = length / 2 - outLength / 2 / scale
  const first = new Int32Array(outLength)
  const begin = new Int32Array(outLength + 1)
  const share: number[] = []
  for (let x = 0; x < outLength; x++) {
    if (scale > 1) {
      const at = offset + (x + 0.5) / scale - 0.5 // linear interpolation between pixel centres
      first[x] = Math.min(Math.max(Math.floor(at), 0), Math.max(0, length - 2))
      const t = Math.min(Math.max(at - first[x], 0), 1)
      if (length === 1) share.push(1)
      else share.push(1 - t, t)
    } else {
      const a = Math.max(0, offset + x / scale)
      const b = Math.min(length, offset + (x + 1) / scale)
      first[x] = Math.min(Math.floor(a + 1e-9), length - 1)
      const last = Math.max(first[x], Math.ceil(b - 1e-9) - 1)
      for (let j = first[x]; j <= last; j++) share.push(Math.max(0, Math.min(b, j + 1) - Math.max(a, j)) * scale)
    }
    begin[x + 1] = share.length
  }
  return { first, begin, share }
}
