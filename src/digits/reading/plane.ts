/**
 * @file One plane of numbers in which ink stands out most from its ground, from a picture in colours with or without alpha.
 */
import { medianFiltered } from './median.ts'

/** A picture as bytes, RGBA with straight alpha. */
export interface Rgba {
  readonly pixels: Uint8Array
  readonly height: number
  readonly width: number
}

/** A plane in which the ground is higher than dark ink, or lower than light ink. */
export interface Plane {
  /** [height x width], in grey levels (0..255 where all colours point the same way). */
  readonly values: Float32Array
  /** Whether the values are amounts of light, so that a shadow multiplies ground and ink alike. */
  readonly light: boolean
  /** How much of what stands out is darker than its surroundings, 0..1. */
  readonly darker: number
}

/** At most so many pixels along the longer side where the ground is looked for first. */
const thumbSide = 96
const dark = 16 // grey levels added to the ground, so that black ground divides nothing by zero

/**
 * The weighted sum of the colours in which what stands out from the ground stands out most, in units of its noise.
 *
 * The ground is the median over a window of half the picture, in a thumbnail. With d the relative differences from it and s their noise, channel by channel,
 * the weights are the leading eigenvector of the second moments of d / s, over s. Where only alpha tells ink from ground, alpha is the plane.
 *
 * cost: O(pixels) and a median filter of 96 px
 */
export function inkPlane(picture: Rgba): Plane {
  const { height, width } = picture
  const channels = channelsOf(picture)
  const shrink = Math.max(1, Math.max(height, width) / thumbSide)
  const [h, w] = [Math.max(1, Math.round(height / shrink)), Math.max(1, Math.round(width / shrink))]
  const thumbs = channels.map((c) => averaged(c, height, width, h, w))
  const radius = Math.max(2, Math.round(Math.min(h, w) / 4))
  const grounds = thumbs.map((t) => medianFiltered(t, h, w, radius))
  const levels = grounds.map(medianOf)
  // relative differences at full size, of every few pixels
  const step = Math.max(1, Math.round(Math.sqrt((height * width) / 15_000)))
  const edge = Math.round(0.05 * Math.min(height, width))
  const rows: number[] = []
  const noise = channels.map(() => [] as number[])
  for (let y = edge; y < height - edge; y += step) {
    for (let x = edge; x < width - edge; x += step) {
      const g = Math.min(h - 1, Math.floor((y * h) / height)) * w + Math.min(w - 1, Math.floor((x * w) / width))
      for (let c = 0; c < channels.length; c++) {
        const d = (channels[c][y * width + x] - grounds[c][g]) / (grounds[c][g] + dark)
        rows.push(d)
        noise[c].push(Math.abs(d))
      }
    }
  }
  const n = channels.length
  const spread = noise.map((d) => Math.max(0.01, 1.5 * medianOf(d)))
  const weights = leading(rows, spread)
  const same = weights.every((v) => v >= -0.05)
  const size = weights.reduce((sum, v, c) => sum + Math.abs(v / spread[c] / (levels[c] + dark)), 0)
  const factors = weights.map((v, c) => v / spread[c] / (levels[c] + dark) / size)
  const values = new Float32Array(height * width)
  for (let c = 0; c < n; c++) {
    const [channel, factor] = [channels[c], factors[c]]
    for (let i = 0; i < values.length; i++) values[i] += factor * channel[i]
  }
  // by squares, of differences relative to the lighter one: light beside a shadow must not pass for light ink
  let [below, above] = [0, 0]
  for (let i = 0; i < rows.length; i += n) {
    let p = 0
    let q = 0
    for (let c = 0; c < n; c++) {
      const d = rows[i + c]
      p += (weights[c] / spread[c]) * (d > 0 ? d / (1 + d) : d)
      q += Math.abs(weights[c] / spread[c])
    }
    const d = p / q
    if (d < 0) below += d * d
    else above += d * d
  }
  return { values, light: same, darker: below + above === 0 ? 0.5 : below / (below + above) }
}

/** Red, green and blue, or one channel where they are the same or where alpha alone tells. */
function channelsOf({ pixels, height, width }: Rgba): Float32Array[] {
  const n = height * width
  let clear = 0
  let coloured = false
  for (let i = 0; i < n; i++) {
    if (pixels[4 * i + 3] < 128) clear++
    if (pixels[4 * i] !== pixels[4 * i + 1] || pixels[4 * i] !== pixels[4 * i + 2]) coloured = true
  }
  const plane = (channel: number): Float32Array => {
    const out = new Float32Array(n)
    for (let i = 0; i < n; i++) out[i] = pixels[4 * i + channel]
    return out
  }
  if (clear > 0.002 * n) {
    const filler = visibleMedian(pixels, n)
    if (filler === undefined) return [plane(3)]
    const laid = [plane(0), plane(1), plane(2)]
    laid.forEach((channel, c) => {
      for (let i = 0; i < n; i++) channel[i] = filler[c] + ((channel[i] - filler[c]) * pixels[4 * i + 3]) / 255
    })
    return laid
  }
  return coloured ? [plane(0), plane(1), plane(2)] : [plane(0)]
}

/** The usual colour of what is opaque, where that is a sheet on which something else is to be seen; undefined where it is ink itself. */
function visibleMedian(pixels: Uint8Array, n: number): number[] | undefined {
  const seen = [0, 1, 2].map(() => new Int32Array(256))
  let opaque = 0
  for (let i = 0; i < n; i++) {
    if (pixels[4 * i + 3] < 250) continue
    opaque++
    for (let c = 0; c < 3; c++) seen[c][pixels[4 * i + c]]++
  }
  if (opaque < 0.4 * n) return undefined
  const middle = seen.map((counts) =>
    counts.findIndex(
      (
        (sum) => (v) =>
          (sum += v) * 2 >= opaque
      )(0),
    ),
  )
  let other = 0
  for (let i = 0; i < n; i++) if (pixels[4 * i + 3] >= 250 && [0, 1, 2].some((c) => Math.abs(pixels[4 * i + c] - middle[c]) > 40)) other++
  return other > 0.002 * n ? middle : undefined
}

/** Means over rectangles. */
export function averaged(values: Float32Array, height: number, width: number, h: number, w: number): Float32Array {
  if (h === height && w === width) return values
  const sum = new Float32Array(h * w)
  const count = new Int32Array(h * w)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * h) / height) * w
    for (let x = 0; x < width; x++) {
      const i = row + Math.floor((x * w) / width)
      sum[i] += values[y * width + x]
      count[i]++
    }
  }
  for (let i = 0; i < sum.length; i++) sum[i] /= Math.max(1, count[i])
  return sum
}

export function medianOf(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]
}

/** The leading eigenvector of the second moments of rows / spread, among rows that stand out; its largest entry is positive. */
function leading(rows: readonly number[], spread: readonly number[]): number[] {
  const n = spread.length
  if (n === 1) return [1]
  const moments = Array.from({ length: n * n }, () => 0)
  for (let i = 0; i < rows.length; i += n) {
    let size = 0
    for (let c = 0; c < n; c++) size += (rows[i + c] / spread[c]) ** 2
    if (size < 9 * n) continue
    const share = 1 / Math.sqrt(size) // a few very dark pixels must not decide
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++) moments[a * n + b] += (share * rows[i + a] * rows[i + b]) / spread[a] / spread[b]
  }
  let v = Array.from({ length: n }, () => 1)
  for (let k = 0; k < 60; k++) {
    const next = v.map((_, a) => v.reduce((sum, x, b) => sum + moments[a * n + b] * x, 1e-12 * v[a]))
    const size = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0))
    if (!(size > 0)) break
    v = next.map((x) => x / size)
  }
  const largest = v.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0)
  return largest < 0 ? v.map((x) => -x) : v
}
