/**
 * @file The gradient of a convolution's images on small maps, by one matrix product for all images of a batch.
 *
 * docs/decisions/0009-engine-performance.md has the ways that were measured.
 */
import { sliced, type EmitContext } from './emit-context.ts'
import { eachUnderWindow, gatheredPatches, type Window } from './patches.ts'

/**
 * The gradient of a small map's images by the way that suits its window, or undefined where neither {@link byFold} nor {@link bySubPixels} is worth having.
 *
 * @param dy [N, O, H', W'] @param w [O, C, kh, kw] @param size H and W of the images @returns [N, C, H, W]
 */
export function imageGradByProduct(
  c: EmitContext,
  [dy, w]: readonly string[],
  grads: readonly number[],
  size: readonly number[],
  channels: number,
  window: Window,
): string[] | undefined {
  const { kernel, strides, dilations } = window
  const [, filters, oh, ow] = grads
  const pixels = size[0] * size[1]
  // the fold's own product beside what full padding wastes
  if (strides.every((s) => s === 1))
    return 1 + pixels / filters < pixels / (oh * ow) ? byFold(c, [dy, w], grads, size, channels, window) : undefined
  // a stride that does not divide the kernel leaves taps of 0, 16 in place of 9 for 3x3 at stride 2: more products than ConvTranspose wastes time
  const whole = kernel.every((k, i) => k % strides[i] === 0 && dilations[i] === 1)
  return whole ? bySubPixels(c, [dy, w], grads, size, channels, window) : undefined
}

/**
 * Where a map is smaller than its image: dy times the kernels gives what each place adds to the numbers under its window, and a product with a matrix of 0
 * and 1 adds up what falls on the same pixel ("col2im"). A convolution with full padding would spend most of its products on zeros.
 *
 * dy [N, O, H', W'], w [O, C, kh, kw] -> [N, C, H, W]
 */
function byFold(
  c: EmitContext,
  [dy, w]: readonly string[],
  [n, filters, oh, ow]: readonly number[],
  [h, wd]: readonly number[],
  channels: number,
  window: Window,
): string[] {
  const k = window.kernel[0] * window.kernel[1]
  const p = oh * ow
  const adds = new Float32Array(h * wd * p * k)
  eachUnderWindow([h, wd], [oh, ow], window, (place, tap, pixel) => {
    if (pixel !== undefined) adds[pixel * p * k + place * k + tap] = 1
  })
  const rows = c.add('Reshape', [c.add('Transpose', [dy], { perm: [0, 2, 3, 1] })[0], c.ints([n * p, filters])])[0]
  const kernels = c.add('Reshape', [c.add('Transpose', [w], { perm: [0, 2, 3, 1] })[0], c.ints([filters, k * channels])])[0]
  const under = c.add('Reshape', [c.add('Gemm', [rows, kernels])[0], c.ints([n, p * k, channels])])[0]
  // one window that is the whole image: nothing falls on the same pixel
  const inOrder = p * k === h * wd && Array.from({ length: p * k }, (_, i) => adds[i * (p * k + 1)]).every((one) => one === 1)
  const pixels = inOrder ? under : c.add('MatMul', [c.constant({ dtype: 'float32', shape: [h * wd, p * k], data: adds }), under])[0]
  return c.add('Transpose', [c.add('Reshape', [pixels, c.ints([n, h, wd, channels])])[0]], { perm: [0, 3, 1, 2] })
}

/**
 * Where there are strides: a convolution at stride 1 on the small map whose channels are the pixels of one stride (sub-pixel convolution, Shi et al. 2016), as
 * one product over patches. Pixel a s + r of the padded image takes w[r + m s] from place a - m, for m = 0 .. k / s - 1, the stride being a divisor of the
 * kernel's size. No dilations.
 *
 * dy [N, O, H', W'], w [O, C, kh, kw] -> [N, C, H, W]
 */
function bySubPixels(
  c: EmitContext,
  [dy, w]: readonly string[],
  grads: readonly number[],
  size: readonly number[],
  channels: number,
  { kernel, strides, pads }: Window,
): string[] {
  const [n, filters] = grads
  const taps = kernel.map((k, i) => k / strides[i])
  const first = strides.map((s, i) => Math.floor(pads[i] / s))
  const places = strides.map((s, i) => Math.floor((size[i] - 1 + pads[i]) / s) - first[i] + 1)
  const patches = gatheredPatches(c, dy, grads, places, {
    kernel: [taps[0], taps[1]],
    strides: [1, 1],
    dilations: [-1, -1],
    pads: [-first[0], -first[1], 0, 0],
  })
  const byTap = c.add('Reshape', [w, c.ints([filters, channels, taps[0], strides[0], taps[1], strides[1]])])[0]
  const kernels = c.add('Reshape', [
    c.add('Transpose', [byTap], { perm: [2, 4, 0, 3, 5, 1] })[0],
    c.ints([taps[0] * taps[1] * filters, strides[0] * strides[1] * channels]),
  ])[0]
  const rows = c.add('Reshape', [patches, c.ints([n * places[0] * places[1], taps[0] * taps[1] * filters])])[0]
  const blocks = c.add('Reshape', [
    c.add('Gemm', [rows, kernels])[0],
    c.ints([n, places[0], places[1], strides[0], strides[1], channels]),
  ])[0]
  // first in rows of pixels, then channels first: one Transpose of both would go number by number
  const pixels = c.add('Reshape', [
    c.add('Transpose', [blocks], { perm: [0, 1, 3, 2, 4, 5] })[0],
    c.ints([n, places[0] * strides[0], places[1] * strides[1], channels]),
  ])[0]
  const start = strides.map((s, i) => pads[i] - first[i] * s)
  const end = start.map((from, i) => from + size[i])
  const cut = start.every((from, i) => from === 0 && end[i] === places[i] * strides[i])
    ? pixels
    : sliced(c, pixels, [1, 2], start, end, [1, 1])
  return c.add('Transpose', [cut], { perm: [0, 3, 1, 2] })
}
