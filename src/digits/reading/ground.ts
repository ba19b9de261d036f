/** @file How much of a plane is ink on its local ground, whatever the light does. */
import { medianOf, type Plane } from './plane.ts'

/** Ink against its ground. */
export interface Contrast {
  /** [height x width]; 0 is ground. Of dark ink the share of light that it takes away; of light ink what it adds, relative to the ground. */
  readonly values: Float32Array
  /** The strongest contrast within a window around each pixel, which is that of the ink there. */
  readonly strongest: Float32Array
  /** Below this is noise. */
  readonly floor: number
  /** The standard deviation of the ground. */
  readonly noise: number
  /** Side of the window, pixels. */
  readonly window: number
}

/** What is known of the ground. */
export interface GroundOptions {
  /** The window is at most so wide, pixels. */
  readonly atMost?: number
  /** The ground has this level everywhere. */
  readonly level?: number
}

/**
 * Contrast of ink that is darker (or lighter) than its ground.
 *
 * The ground is the morphological closing (or opening) by a square of .4 of the shorter side: it follows slopes of light, edges of shadows and of pages, and
 * fills what is narrower than itself. Contrast is the relative difference, as light multiplies ground and ink alike. The floor is five standard deviations of
 * the ground (by the median of absolute deviations), at least .12 of the strongest contrast and .04.
 *
 * source: black top-hat, Serra, "Image Analysis and Mathematical Morphology", 1982; local contrast as in Bernsen,
 * "Dynamic thresholding of grey-level images", 1986
 */
export function contrastOf(
  { values, light }: Plane,
  height: number,
  width: number,
  darker: boolean,
  { atMost = Infinity, level: even }: GroundOptions = {},
): Contrast {
  const [short, long] = [Math.min(height, width), Math.max(height, width)]
  const window = Math.max(3, 2 * Math.round(0.5 * Math.min(atMost, Math.max(0.4 * short, 0.25 * long))) + 1)
  const ground = even === undefined ? closing(median3(values, height, width), height, width, window, darker) : undefined
  const out = new Float32Array(values.length)
  for (let i = 0; i < out.length; i++) {
    const g = ground === undefined ? even! : darker ? ground[i] : -ground[i]
    const difference = darker ? g - values[i] : values[i] - g
    out[i] = light ? difference / (Math.max(0, g) + 4) : difference / 255
  }
  const sample = groundOf(strided(out, 20_000))
  const level = medianOf(sample)
  const noise = 1.5 * medianOf(sample.map((v) => Math.abs(v - level)))
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, out[i] - level)
  const strongest = running(boxed(out, height, width), height, width, window)
  let most = 0
  for (const v of strongest) if (v > most) most = v
  return { values: out, strongest, floor: Math.max(0.04, 5 * noise, 0.12 * most), noise, window }
}

const negated = (values: Float32Array): Float32Array => {
  for (let i = 0; i < values.length; i++) values[i] = -values[i]
  return values
}

/** What the ground would be without what is darker and narrower than the window; of lighter things in negative numbers. The values are written over. */
function closing(values: Float32Array, height: number, width: number, window: number, darker: boolean): Float32Array {
  if (!darker) negated(values)
  return negated(running(negated(running(values, height, width, window)), height, width, window))
}

/** The ground's share of a sample: all, unless a third or more is ink that stands clear of the rest, as where a picture is cut to a digit. */
function groundOf(sample: Float32Array): Float32Array {
  const high = Float32Array.from(sample).sort()[Math.floor(0.99 * (sample.length - 1))]
  const [inked, between] = [sample.filter((v) => v > 0.6 * high).length, sample.filter((v) => v > 0.3 * high && v <= 0.6 * high).length]
  return inked > 0.3 * sample.length && between < 0.15 * sample.length ? sample.filter((v) => v <= 0.3 * high) : sample
}

function strided(values: Float32Array, most: number): Float32Array {
  const step = Math.max(1, Math.floor(values.length / most))
  return Float32Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step])
}

/** The median of the medians of three rows of three pixels: takes noise away and leaves edges where they are. */
function median3(values: Float32Array, height: number, width: number): Float32Array {
  const middle = (a: number, b: number, c: number): number => (a > b ? (b > c ? b : a > c ? c : a) : a > c ? a : b > c ? c : b)
  const rows = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++)
      rows[row + x] = middle(values[row + (x > 0 ? x - 1 : x)], values[row + x], values[row + (x < width - 1 ? x + 1 : x)])
  }
  const out = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const [a, b] = [(y > 0 ? y - 1 : y) * width, (y < height - 1 ? y + 1 : y) * width]
    for (let x = 0; x < width; x++) out[y * width + x] = middle(rows[a + x], rows[y * width + x], rows[b + x])
  }
  return out
}

/** The mean over 3x3 pixels, cut at the edges. */
export function boxed(values: Float32Array, height: number, width: number): Float32Array {
  const rows = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++) {
      const [a, b] = [x > 0 ? x - 1 : x, x < width - 1 ? x + 1 : x]
      rows[row + x] = (values[row + a] + values[row + x] + values[row + b]) / 3
    }
  }
  const out = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const [a, b] = [(y > 0 ? y - 1 : y) * width, (y < height - 1 ? y + 1 : y) * width]
    for (let x = 0; x < width; x++) out[y * width + x] = (rows[a + x] + rows[y * width + x] + rows[b + x]) / 3
  }
  return out
}

/**
 * The largest value within a square window, cut at the edges; the input stays as it is.
 *
 * cost: O(pixels), whatever the window
 * source: van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels", 1992
 */
export function running(values: Float32Array, height: number, width: number, window: number): Float32Array {
  const out = new Float32Array(values.length)
  const radius = window >> 1
  const length = Math.max(height, width) + 2 * radius + window
  const [forth, back] = [new Float32Array(length), new Float32Array(length)]
  const line = (from: Float32Array, first: number, step: number, n: number): void => {
    const padded = Math.ceil((n + 2 * radius) / window) * window
    const at = (i: number): number => (i < radius || i >= n + radius ? -Infinity : from[first + (i - radius) * step])
    for (let i = 0; i < padded; i++) forth[i] = i % window === 0 ? at(i) : Math.max(forth[i - 1], at(i))
    for (let i = padded - 1; i >= 0; i--) back[i] = i % window === window - 1 ? at(i) : Math.max(back[i + 1], at(i))
    for (let i = 0; i < n; i++) out[first + i * step] = Math.max(back[i], forth[i + window - 1])
  }
  for (let y = 0; y < height; y++) line(values, y * width, 1, width)
  for (let x = 0; x < width; x++) line(out, x, width, height)
  return out
}
