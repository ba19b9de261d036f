/** @file Image patches ("im2col") as one Gather, and the convolution of small maps by one product over them. */
import type { ConvAttrs } from '../tensor/index.ts'
import type { EmitContext } from './emit-context.ts'

export type Window = Pick<ConvAttrs, 'strides' | 'pads' | 'dilations'> & { readonly kernel: readonly [number, number] }

/**
 * Every place of a window with every number under it, in order of places, then of the window's rows and columns: `visit(place, tap, at)`, `at` the pixel
 * row * w + column of the image, undefined in the padding.
 */
export function eachUnderWindow(
  [h, w]: readonly number[],
  [oh, ow]: readonly number[],
  { strides, pads, dilations, kernel }: Window,
  visit: (place: number, tap: number, at: number | undefined) => void,
): void {
  for (let i = 0; i < oh; i++)
    for (let j = 0; j < ow; j++)
      for (let u = 0; u < kernel[0]; u++)
        for (let v = 0; v < kernel[1]; v++) {
          const row = i * strides[0] - pads[0] + u * dilations[0]
          const col = j * strides[1] - pads[1] + v * dilations[1]
          visit(i * ow + j, u * kernel[1] + v, row >= 0 && row < h && col >= 0 && col < w ? row * w + col : undefined)
        }
}

/**
 * The numbers under each place of a window, [N, C, H, W] -> [N, H'W' kh kw, C]. With channels last, a patch is a few rows of numbers that lie side by
 * side, and one Gather collects all of them; what lies in the padding is taken from a row of zeros at the end. Asked for twice (for a convolution and for
 * the gradient of its kernels), ONNX Runtime computes it once.
 */
export function gatheredPatches(
  c: EmitContext,
  x: string,
  [n, ci, h, w]: readonly number[],
  places: readonly number[],
  window: Window,
): string {
  const at: number[] = []
  let outside = false
  eachUnderWindow([h, w], places, window, (_place, _tap, pixel) => {
    outside ||= pixel === undefined
    at.push(pixel ?? h * w)
  })
  const channelsLast = c.add('Reshape', [c.add('Transpose', [x], { perm: [0, 2, 3, 1] })[0], c.ints([n, h * w, ci])])[0]
  const rows = outside ? c.add('Pad', [channelsLast, c.ints([0, 0, 0, 0, 1, 0])])[0] : channelsLast
  return c.add('Gather', [rows, c.ints(at)], { axis: 1 })[0]
}

/**
 * Whether a convolution is faster as one product over patches: ONNX Runtime multiplies image by image, which wastes most of its time on maps as small
 * as 7x7. Only where kernels change from run to run; fixed ones are laid out in blocks when the model is loaded.
 */
export function prefersPatches(
  c: EmitContext,
  w: string,
  channels: number,
  [oh, ow]: readonly number[],
  kernel: readonly [number, number],
  groups: number,
): boolean {
  return groups === 1 && oh * ow <= 64 && channels * kernel[0] * kernel[1] >= 64 && !c.isFixed(w)
}

/** y = x * w + bias through one product over all patches; w [O, C, kh, kw]. */
export function convolutionByPatches(
  c: EmitContext,
  [x, w, ...bias]: readonly string[],
  [n, ci, h, wd]: readonly number[],
  [oh, ow]: readonly number[],
  filters: number,
  window: Window,
): string[] {
  const k = ci * window.kernel[0] * window.kernel[1]
  const patches = c.add('Reshape', [gatheredPatches(c, x, [n, ci, h, wd], [oh, ow], window), c.ints([n * oh * ow, k])])[0]
  const kernels = c.add('Reshape', [c.add('Transpose', [w], { perm: [0, 2, 3, 1] })[0], c.ints([filters, k])])[0]
  const channelsLast = c.add('Gemm', [patches, kernels, ...bias], { transB: 1 })[0]
  return c.add('Transpose', [c.add('Reshape', [channelsLast, c.ints([n, oh, ow, filters])])[0]], { perm: [0, 3, 1, 2] })
}
