/**
 * @file The gradient of convolution kernels in ONNX operators, which have none for it. Three ways, chosen in the emitter table.
 *
 * docs/decisions/0009-engine-performance.md has the ways that were measured.
 */
import { numeric, type Node } from '../tensor/index.ts'
import { sliced, type EmitContext } from './emit-context.ts'
import { gatheredPatches } from './patches.ts'

type WeightGrad = Node<'conv2dWeightGrad'>

function sizes({ inputs: [tx, tdy] }: WeightGrad): { n: number; ci: number; h: number; w: number; co: number; oh: number; ow: number } {
  const [n, ci, h, w] = tx.shape.map((d) => numeric(d, 'gradient of conv2d'))
  const [, co, oh, ow] = tdy.shape.map((d) => numeric(d, 'gradient of conv2d'))
  return { n, ci, h, w, co, oh, ow }
}

/** dy [N, O, p] x patches [N, p, k], summed over images: no transpose of dy, one product an image. */
function productByImage(c: EmitContext, dy: string, patches: string, [n, o, p]: readonly [number, number, number]): string {
  const products = c.add('MatMul', [c.add('Reshape', [dy, c.ints([n, o, p])])[0], patches])[0]
  return c.add('ReduceSum', [products, c.ints([0])], { keepdims: 0 })[0]
}

/**
 * Few channels (grey or colour images): the patches come from a convolution whose kernels each pick one number of the window.
 */
export function fewChannelsWeightGrad(c: EmitContext, [x, dy]: string[], node: WeightGrad): string[] {
  const { n, ci, co, oh, ow } = sizes(node)
  const { strides, pads, dilations, kernel } = node.attrs
  const k = ci * kernel[0] * kernel[1]
  const picks = new Float32Array(k * k)
  for (let i = 0; i < k; i++) picks[i * k + i] = 1
  const pick = c.constant({ dtype: 'float32', shape: [k, ci, ...kernel], data: picks })
  const planes = c.add('Conv', [x, pick], { kernel_shape: kernel, strides, pads, dilations, group: 1 })[0]
  // folded into the product by ONNX Runtime
  const patches = c.add('Transpose', [c.add('Reshape', [planes, c.ints([n, k, oh * ow])])[0]], { perm: [0, 2, 1] })[0]
  return c.add('Reshape', [productByImage(c, dy, patches, [n, co, oh * ow]), c.ints([co, ci, ...kernel])])
}

/** Many channels: the patches of {@link gatheredPatches}. */
export function gatheredWeightGrad(c: EmitContext, [x, dy]: string[], node: WeightGrad): string[] {
  const { n, ci, h, w, co, oh, ow } = sizes(node)
  const { kernel } = node.attrs
  const p = oh * ow
  const k = kernel[0] * kernel[1] * ci
  const patches = gatheredPatches(c, x, [n, ci, h, w], [oh, ow], node.attrs)
  // One product an image makes N results to be summed: where they are larger than dy, one product of all images is cheaper, though dy must be transposed.
  const flat =
    k <= 2 * p
      ? productByImage(c, dy, c.add('Reshape', [patches, c.ints([n, p, k])])[0], [n, co, p])
      : c.add('Gemm', [
          c.add('Reshape', [c.add('Transpose', [dy], { perm: [1, 0, 2, 3] })[0], c.ints([co, n * p])])[0],
          c.add('Reshape', [patches, c.ints([n * p, k])])[0],
        ])[0]
  return arranged(c, flat, [co, ...kernel, ci])
}

/** [O, kh * kw * C] -> [O, C, kh, kw]. */
function arranged(c: EmitContext, flat: string, shape: readonly number[]): string[] {
  return c.add('Transpose', [c.add('Reshape', [flat, c.ints(shape)])[0]], { perm: [0, 3, 1, 2] })
}

/** Grouped convolution: one product a group, patches by slicing. */
export function groupedWeightGrad(c: EmitContext, [x, dy]: string[], node: WeightGrad): string[] {
  const { n, ci, co, oh, ow } = sizes(node)
  const { strides, pads, dilations, groups, kernel } = node.attrs
  const padded = pads.some((p) => p > 0) ? c.add('Pad', [x, c.ints([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])])[0] : x
  const channelsFirst = c.add('Transpose', [padded], { perm: [1, 0, 2, 3] })[0]
  const taps: string[] = []
  for (let u = 0; u < kernel[0]; u++) {
    for (let v = 0; v < kernel[1]; v++) {
      const starts = [u * dilations[0], v * dilations[1]]
      const ends = [starts[0] + (oh - 1) * strides[0] + 1, starts[1] + (ow - 1) * strides[1] + 1]
      taps.push(sliced(c, channelsFirst, [2, 3], starts, ends, strides))
    }
  }
  const p = n * oh * ow
  const k = kernel[0] * kernel[1]
  const columns = taps.length === 1 ? taps[0] : c.add('Concat', taps, { axis: 0 })[0] // [k*C, N, H', W']
  const gradRows = c.add('Transpose', [dy], { perm: [1, 0, 2, 3] })[0] // [O, N, H', W']
  const [cg, og] = [ci / groups, co / groups]
  const byTap = c.add('Reshape', [columns, c.ints([k, ci, p])])[0]
  const parts = Array.from({ length: groups }, (_, g) => {
    const cols = c.add('Reshape', [sliced(c, byTap, [1], [g * cg], [(g + 1) * cg], [1]), c.ints([k * cg, p])])[0]
    const rows = c.add('Reshape', [sliced(c, gradRows, [0], [g * og], [(g + 1) * og], [1]), c.ints([og, p])])[0]
    return arranged(c, c.add('Gemm', [rows, cols], { transB: 1 })[0], [og, ...kernel, cg])[0]
  })
  return c.add('Concat', parts, { axis: 0 })
}
