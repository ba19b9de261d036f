/**
 * @file Scaling of 8-bit grey images bit for bit as OpenCV's `resize(..., INTER_LINEAR_EXACT)`.
 *
 * Source: OpenCV 4.12, modules/imgproc/src/resize.cpp, `resize_bitExact` with `ufixedpoint16`: weights of 8 fraction bits, rounded half to even;
 * horizontal sums keep 8 fraction bits, vertical ones 16, and the end is rounded half up.
 */
import { roundEven } from './box.ts'

/** For each target position the two source positions and the weight (0..256) of the second. */
function taps(from: number, to: number): { first: Int32Array; second: Int32Array; weight: Int32Array } {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const weight = new Int32Array(to)
  const scale = 1 / (to / from)
  for (let i = 0; i < to; i++) {
    const at = scale * (i + 0.5) - 0.5
    const whole = Math.floor(at)
    if (whole < 0 || from === 1) continue
    first[i] = Math.min(whole, from - 1)
    second[i] = Math.min(whole + 1, from - 1)
    if (whole < from - 1) weight[i] = roundEven((at - whole) * 256)
  }
  return { first, second, weight }
}

/**
 * Scales a grey image, bilinear, without antialiasing.
 *
 * @param image [height x width] bytes
 * @param out [toHeight x toWidth] bytes, written
 */
export function resizeExact(image: Uint8Array, height: number, width: number, out: Uint8Array, toHeight: number, toWidth: number): void {
  if (toHeight === height && toWidth === width) {
    out.set(image.subarray(0, height * width))
    return
  }
  const across = taps(width, toWidth)
  const down = taps(height, toHeight)
  // The two source rows scaled across last, kept while the target rows need them.
  let rows: [Int32Array, Int32Array] = [new Int32Array(toWidth), new Int32Array(toWidth)]
  let have: [number, number] = [-1, -1]
  const scaleRow = (y: number, row: Int32Array) => {
    const at = y * width
    const { first, second, weight } = across
    for (let x = 0; x < toWidth; x++) {
      const a = image[at + first[x]]
      row[x] = (a << 8) + weight[x] * (image[at + second[x]] - a)
    }
  }
  for (let y = 0; y < toHeight; y++) {
    const [top, bottom] = [down.first[y], down.second[y]]
    if (have[1] === top) {
      rows = [rows[1], rows[0]]
      have = [have[1], have[0]]
    }
    if (have[0] !== top) scaleRow(top, rows[0])
    if (have[1] !== bottom) scaleRow(bottom, rows[1])
    have = [top, bottom]
    const w1 = down.weight[y]
    const w0 = 256 - w1
    const [upper, lower] = rows
    const at = y * toWidth
    for (let x = 0; x < toWidth; x++) out[at + x] = (w0 * upper[x] + w1 * lower[x] + 32768) >>> 16
  }
}
