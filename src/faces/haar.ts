/**
 * @file The classic face detector: a Haar cascade over a pyramid of scales, with the boxes that OpenCV 4.12 gives.
 *
 * Paper: Viola & Jones, Rapid object detection using a boosted cascade of simple features (2001). Definition followed to the bit:
 * OpenCV's `CascadeClassifier::detectMultiScale` (modules/objdetect/src/cascadedetect.cpp).
 */
import { checkOptions, ensure, KindredError } from '../base/index.ts'
import { roundEven, type Box } from '../images/index.ts'
import { groupRectangles, type GroupedBox } from './group-rectangles.ts'
import { haarKernel, type HaarKernel } from './haar-kernel.ts'
import { parseHaarCascade, type HaarCascade } from './haar-cascade.ts'
import { resizeExact } from '../images/index.ts'

/** Settings of {@link HaarDetector.detect}, named and meant as in OpenCV. */
export interface HaarOptions {
  /** How much larger each window is than the one before; above 1. Default 1.1. */
  readonly scaleFactor?: number
  /** A face needs more than this many overlapping windows; 0 returns all windows. Default 4 (of 3 to 5, few misses and few ghosts). */
  readonly minNeighbors?: number
  /** Smallest face side, pixels. Default: the cascade's window. */
  readonly minSize?: number
  /** Largest face side, pixels. Default: no limit. */
  readonly maxSize?: number
}

/** A loaded cascade. */
export interface HaarDetector {
  /** Side of the smallest face it can find, pixels. */
  readonly window: { readonly width: number; readonly height: number }
  /**
   * Finds faces.
   *
   * @param gray [height x width] bytes 0..255
   * @returns boxes in order of scale, row and column of their first window, each with the number of windows it was made from
   * cost: O(pixels) windows a scale, most of them rejected by the first stage
   */
  detect(gray: Uint8Array, height: number, width: number, options?: HaarOptions): GroupedBox[]
}

/**
 * Makes a detector of a cascade file's text.
 *
 * @param xml OpenCV's cascade XML, new format, upright Haar features
 * @param options.what the file, for messages
 * @param options.vectors test four windows at once in WebAssembly where the machine can (default), with the same result
 * @throws KindredError `corrupt` or `unsupported`, as {@link parseHaarCascade}
 * @example
 * const boxes = haarDetector(readFileSync('haarcascade_frontalface_alt2.xml', 'utf8')).detect(gray, height, width, { minNeighbors: 4 })
 */
export function haarDetector(
  xml: string,
  { vectors = true, what }: { readonly vectors?: boolean; readonly what?: string } = {},
): HaarDetector {
  const cascade = parseHaarCascade(xml, what)
  return {
    window: { width: cascade.width, height: cascade.height },
    detect(gray, height, width, options = {}) {
      checkOptions('haar', options, ['scaleFactor', 'minNeighbors', 'minSize', 'maxSize'])
      const { scaleFactor = 1.1, minNeighbors = 4, minSize = 0, maxSize = Infinity } = options
      ensure(scaleFactor > 1, 'haar', 'scaleFactor must be above 1', scaleFactor)
      ensure(Number.isInteger(minNeighbors) && minNeighbors >= 0, 'haar', 'minNeighbors must be an integer >= 0', minNeighbors)
      if (gray.length !== height * width)
        throw new KindredError('shape', 'haar', `the image must hold ${height} x ${width} bytes`, String(gray.length))
      const found: Box[] = []
      const work = new Workspace(cascade, height, width, vectors)
      for (const scale of scalesFor(cascade, height, width, scaleFactor, minSize, maxSize)) work.scan(gray, scale, found)
      return groupRectangles(found, minNeighbors)
    },
  }
}

/** 1, s, s^2, ... while the window fits, as float32, within the limits of size; the nearest one where none is within. */
function scalesFor(
  { width: w, height: h }: HaarCascade,
  height: number,
  width: number,
  factor: number,
  minSize: number,
  maxSize: number,
): number[] {
  const all: number[] = []
  for (let f = 1; roundEven(w * f) <= width && roundEven(h * f) <= height; f *= factor) all.push(Math.fround(f))
  const side = (size: number, f: number) => roundEven(Math.fround(size * f))
  const within = all.filter((f) => side(w, f) >= minSize && side(h, f) >= minSize && side(w, f) <= maxSize && side(h, f) <= maxSize)
  if (within.length > 0 || all.length === 0) return within
  const off = (f: number) => (side(w, f) - minSize) ** 2 + (side(h, f) - minSize) ** 2
  return [all.reduce((best, f) => (off(f) < off(best) ? f : best))]
}

/** Buffers for one image, reused from scale to scale, and the tables of the cascade laid out for the scale's row length. */
class Workspace {
  private readonly cascade: HaarCascade
  private readonly height: number
  private readonly width: number
  private readonly small: Uint8Array
  private readonly sums: Int32Array
  private readonly squares: Int32Array
  private readonly kernel: HaarKernel | undefined
  /** For each node, three times: offset of the rectangle's corner in the sums, its width, its height in rows of sums. */
  private readonly offsets: Int32Array

  constructor(cascade: HaarCascade, height: number, width: number, vectors: boolean) {
    this.cascade = cascade
    this.height = height
    this.width = width
    this.small = new Uint8Array(height * width)
    const words = (height + 1) * (width + 2)
    this.kernel = vectors ? haarKernel(cascade, words) : undefined
    this.sums = this.kernel?.sums ?? new Int32Array(words)
    this.squares = new Int32Array(words)
    this.offsets = new Int32Array(this.kernel === undefined ? cascade.left.length * 9 : 0)
  }

  /** Adds the windows of one scale that pass all stages. */
  scan(gray: Uint8Array, scale: number, found: Box[]): void {
    const { cascade: c, sums, squares, offsets, kernel } = this
    const [w, h] = [roundEven(Math.fround(this.width / scale)), roundEven(Math.fround(this.height / scale))]
    resizeExact(gray, this.height, this.width, this.small, h, w)
    const step = scale >= 2 ? 1 : 2
    // For the kernel, even columns lie before odd ones where windows are two pixels apart.
    const half = (w + 2) >> 1
    const packed = kernel !== undefined && step === 2
    const column = packed ? (x: number) => (x & 1) * half + (x >> 1) : (x: number) => x
    const stride = packed ? 2 * half : w + 1
    integrals(
      this.small,
      h,
      w,
      sums,
      squares,
      stride,
      Int32Array.from({ length: w + 1 }, (_, x) => column(x)),
    )
    if (kernel === undefined) layOut(c, stride, offsets)
    else kernel.layOut(stride, column)

    const [boxWidth, boxHeight] = [roundEven(Math.fround(c.width * scale)), roundEven(Math.fround(c.height * scale))]
    const area = (c.width - 2) * (c.height - 2)
    const a = stride + column(1) // corners of the window's inner rectangle, over which its contrast is measured
    const b = stride + column(c.width - 1)
    const d = (c.height - 1) * stride + column(1)
    const e = (c.height - 1) * stride + column(c.width - 1)
    /** 1 / sqrt(variance) of a window, 0 for one so flat that it is not looked at. */
    const contrast = (at: number): number => {
      const sum = sums[at + a] - sums[at + b] - sums[at + d] + sums[at + e]
      const square = (squares[at + a] - squares[at + b] - squares[at + d] + squares[at + e]) >>> 0
      const variance = area * square - sum * sum
      if (!(variance > 0)) return 0
      const scaleBack = Math.fround(1 / Math.sqrt(variance))
      return area * scaleBack < 0.1 ? scaleBack : 0
    }
    const accept = (x: number, y: number) =>
      found.push({ x: roundEven(Math.fround(x * scale)), y: roundEven(Math.fround(y * scale)), width: boxWidth, height: boxHeight })
    const last = w - c.width
    for (let y = 0; y <= h - c.height; y += step) {
      if (kernel === undefined) {
        for (let x = 0; x <= last; x += step) {
          const at = y * stride + x
          const scaleBack = contrast(at)
          if (scaleBack === 0) continue
          const failed = failedStage(c, offsets, sums, at, scaleBack)
          if (failed < 0) accept(x, y)
          else if (failed === 0) x += step
        }
        continue
      }
      let skip = false // a window that fails the first stage spares the next one
      for (let x = 0; x <= last; x += 4 * step) {
        const at = y * stride + (packed ? x >> 1 : x)
        let lanes = 0
        for (let lane = 0; lane < 4 && x + lane * step <= last; lane++) {
          const scaleBack = contrast(at + lane)
          kernel.scales[lane] = scaleBack
          if (scaleBack !== 0) lanes |= 1 << lane
        }
        const result = lanes === 0 ? 0 : kernel.run(at, lanes)
        for (let lane = 0; lane < 4; lane++) {
          if (skip || (lanes & (1 << lane)) === 0) skip = false
          else if ((result & (1 << lane)) !== 0) accept(x + lane * step, y)
          else skip = (result & (16 << lane)) !== 0
        }
      }
    }
  }
}

/** The stage that rejects the window at `at`, or -1 when all accept it. */
function failedStage(c: HaarCascade, offsets: Int32Array, sums: Int32Array, at: number, scaleBack: number): number {
  const { stageStart, stageThreshold, treeNode, treeLeaf, left, right, threshold, leaves, weights } = c
  const stages = stageThreshold.length
  for (let stage = 0; stage < stages; stage++) {
    let sum = 0
    const end = stageStart[stage + 1]
    for (let tree = stageStart[stage]; tree < end; tree++) {
      const root = treeNode[tree]
      let next = 0
      do {
        const node = root + next
        let o = node * 9
        let i = at + offsets[o]
        let width = offsets[o + 1]
        let j = i + offsets[o + 2]
        let value = Math.imul(weights[node * 3], sums[i] - sums[i + width] - sums[j] + sums[j + width])
        o += 3
        i = at + offsets[o]
        width = offsets[o + 1]
        j = i + offsets[o + 2]
        value = (value + Math.imul(weights[node * 3 + 1], sums[i] - sums[i + width] - sums[j] + sums[j + width])) | 0
        const third = weights[node * 3 + 2]
        if (third !== 0) {
          o += 3
          i = at + offsets[o]
          width = offsets[o + 1]
          j = i + offsets[o + 2]
          value = (value + Math.imul(third, sums[i] - sums[i + width] - sums[j] + sums[j + width])) | 0
        }
        next = value * scaleBack < threshold[node] ? left[node] : right[node]
      } while (next > 0)
      sum += leaves[treeLeaf[tree] - next]
    }
    if (sum < stageThreshold[stage]) return stage
  }
  return -1
}

/** Sums of all pixels above and left of each point, and of their squares (modulo 2^32, as OpenCV's; a window's own sum fits), columns placed as asked. */
function integrals(
  image: Uint8Array,
  height: number,
  width: number,
  sums: Int32Array,
  squares: Int32Array,
  stride: number,
  place: Int32Array,
): void {
  sums.fill(0, 0, stride)
  squares.fill(0, 0, stride)
  for (let y = 0; y < height; y++) {
    let row = 0
    let rowSquares = 0
    const start = (y + 1) * stride
    sums[start] = 0
    squares[start] = 0
    const from = y * width
    for (let x = 0; x < width; x++) {
      const v = image[from + x]
      row += v
      rowSquares += v * v
      const at = start + place[x + 1]
      sums[at] = sums[at - stride] + row
      squares[at] = (squares[at - stride] + rowSquares) | 0
    }
  }
}

function layOut({ rects }: HaarCascade, stride: number, offsets: Int32Array): void {
  for (let i = 0, o = 0; i < rects.length; i += 4, o += 3) {
    offsets[o] = rects[i + 1] * stride + rects[i]
    offsets[o + 1] = rects[i + 2]
    offsets[o + 2] = rects[i + 3] * stride
  }
}
