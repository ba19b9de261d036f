/**
 * @file A part of a photo as a small picture of its own: it may reach beyond the photo (a border), lie within it (a tile), and be turned by quarter turns.
 * What is found there is carried back into pixels of the photo.
 */
import type { Box, Photo } from '../images/index.ts'

/** Clockwise quarter turns. */
export type Turns = 0 | 1 | 2 | 3
export const allTurns: readonly Turns[] = [0, 1, 2, 3]

/** Which part of a photo, and how it is turned. */
export interface FaceView {
  /** Whole pixels of the photo; may reach beyond it. */
  readonly region: Box
  readonly turns: Turns
  /** Side of the picture before it is turned, pixels; no more than the region's. */
  readonly width: number
  readonly height: number
}

/** A view of a region, scaled down so that no side is longer than `most` pixels. */
export function viewOf({ x, y, width, height }: Box, turns: Turns, most: number): FaceView {
  const region = { x: Math.round(x), y: Math.round(y), width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) }
  const scale = Math.min(1, most / Math.max(region.width, region.height))
  return { region, turns, width: Math.max(1, Math.round(region.width * scale)), height: Math.max(1, Math.round(region.height * scale)) }
}

/**
 * The pixels of a view. Where it is scaled down, each is the mean of k x k pixels spread over its place (k at most 8); beyond the photo lies the mean colour of
 * the region.
 *
 * cost: O(width height k^2)
 */
export function renderView(photo: Photo, view: FaceView): Photo {
  const { region, turns, width, height } = view
  const flat = new Uint8Array(width * height * 3)
  const inside = region.x >= 0 && region.y >= 0 && region.x + region.width <= photo.width && region.y + region.height <= photo.height
  if (inside && width === region.width && height === region.height) {
    for (let y = 0; y < height; y++) {
      const from = ((region.y + y) * photo.width + region.x) * 3
      flat.set(photo.pixels.subarray(from, from + width * 3), y * width * 3)
    }
    return turned({ pixels: flat, width, height }, turns)
  }
  const fill = inside ? [0, 0, 0] : meanColour(photo, region)
  const [across, down] = [samples(region.x, region.width, width, photo.width), samples(region.y, region.height, height, photo.height)]
  const [stepsX, stepsY] = [across.length / width, down.length / height]
  const count = stepsX * stepsY
  const { pixels } = photo
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      let [red, green, blue] = [0, 0, 0]
      for (let v = y * stepsY; v < (y + 1) * stepsY; v++) {
        for (let u = x * stepsX; u < (x + 1) * stepsX; u++) {
          if (across[u] < 0 || down[v] < 0) {
            red += fill[0]
            green += fill[1]
            blue += fill[2]
            continue
          }
          const from = (down[v] * photo.width + across[u]) * 3
          red += pixels[from]
          green += pixels[from + 1]
          blue += pixels[from + 2]
        }
      }
      flat[to] = Math.round(red / count)
      flat[to + 1] = Math.round(green / count)
      flat[to + 2] = Math.round(blue / count)
    }
  }
  return turned({ pixels: flat, width, height }, turns)
}

/** For each pixel of the view some positions in the photo, -1 beyond it. */
function samples(start: number, length: number, size: number, limit: number): Int32Array {
  const step = length / size
  const k = Math.max(1, Math.min(8, Math.round(step)))
  return Int32Array.from({ length: size * k }, (_, i) => {
    const at = Math.floor(start + (Math.floor(i / k) + ((i % k) + 0.5) / k) * step)
    return at < 0 || at >= limit ? -1 : at
  })
}

/** The mean colour of a region's part within the photo, from 48 x 48 pixels of it. */
function meanColour({ pixels, width, height }: Photo, region: Box): [number, number, number] {
  const places = (start: number, length: number, limit: number) => {
    const [from, to] = [Math.max(0, start), Math.min(limit, start + length)]
    return Array.from({ length: 48 }, (_, i) => Math.min(limit - 1, Math.floor(from + ((i + 0.5) / 48) * Math.max(0, to - from))))
  }
  const sum: [number, number, number] = [0, 0, 0]
  const columns = places(region.x, region.width, width)
  for (const y of places(region.y, region.height, height))
    for (const x of columns) for (let c = 0; c < 3; c++) sum[c] += pixels[(y * width + x) * 3 + c] / 2304
  return sum
}

/** A picture turned clockwise. */
export function turned({ pixels, width, height }: Photo, turns: Turns): Photo {
  if (turns === 0) return { pixels, width, height }
  const out = new Uint8Array(pixels.length)
  const wide = turns === 2 ? width : height
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 3) {
      const [tx, ty] = turns === 1 ? [height - 1 - y, x] : turns === 2 ? [width - 1 - x, height - 1 - y] : [y, width - 1 - x]
      const to = (ty * wide + tx) * 3
      out[to] = pixels[from]
      out[to + 1] = pixels[from + 1]
      out[to + 2] = pixels[from + 2]
    }
  }
  return turns === 2 ? { pixels: out, width, height } : { pixels: out, width: height, height: width }
}

/** A box of the view in pixels of the photo. */
export function boxInPhoto(box: Box, { region, turns, width, height }: FaceView): Box {
  const [sx, sy] = [region.width / width, region.height / height]
  const [right, bottom] = [box.x + box.width, box.y + box.height]
  const flat =
    turns === 0
      ? box
      : turns === 1
        ? { x: box.y, y: height - right, width: box.height, height: box.width }
        : turns === 2
          ? { x: width - right, y: height - bottom, width: box.width, height: box.height }
          : { x: width - bottom, y: box.x, width: box.height, height: box.width }
  return { x: region.x + flat.x * sx, y: region.y + flat.y * sy, width: flat.width * sx, height: flat.height * sy }
}

/** A box of the photo in pixels of the view. */
export function boxInView(box: Box, { region, turns, width, height }: FaceView): Box {
  const [sx, sy] = [width / region.width, height / region.height]
  const [x, y, w, h] = [(box.x - region.x) * sx, (box.y - region.y) * sy, box.width * sx, box.height * sy]
  if (turns === 0) return { x, y, width: w, height: h }
  if (turns === 1) return { x: height - y - h, y: x, width: h, height: w }
  if (turns === 2) return { x: width - x - w, y: height - y - h, width: w, height: h }
  return { x: y, y: width - x - w, width: h, height: w }
}

/** Points x, y, x, y, ... of the view in pixels of the photo. */
export function pointsInPhoto(points: Float32Array, { region, turns, width, height }: FaceView): Float32Array {
  const [sx, sy] = [region.width / width, region.height / height]
  const out = new Float32Array(points.length)
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]]
    const [u, v] =
      turns === 0 ? [x, y] : turns === 1 ? [y, height - 1 - x] : turns === 2 ? [width - 1 - x, height - 1 - y] : [width - 1 - y, x]
    out[i] = region.x + u * sx
    out[i + 1] = region.y + v * sy
  }
  return out
}

/** A box grown to `factor` times its longer side, as a square about its middle. */
export function squareAround({ x, y, width, height }: Box, factor: number): Box {
  const side = Math.max(width, height) * factor
  return { x: x + width / 2 - side / 2, y: y + height / 2 - side / 2, width: side, height: side }
}
