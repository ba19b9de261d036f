/**
 * @file How each primitive is written in ONNX operators (opset 18): a total table over all primitives.
 *
 * Most are one operator. The gradients of convolution are not, and carry the time of training: see their comments.
 */
import { numeric, sizeOf, type Node, randomRounds, type OpName, type ReduceAttrs, type Shape, type Tensor } from '../tensor/index.ts'
import { sliced, type EmitContext } from './emit-context.ts'
import { onnxTypeNumber } from './model.ts'
import { imageGradByProduct } from './image-grad.ts'
import { convolutionByPatches, prefersPatches } from './patches.ts'
import { fewChannelsWeightGrad, gatheredWeightGrad, groupedWeightGrad } from './weight-grad.ts'

/** Writes one node; returns a name for each of its outputs. */
export type Emitter<K extends OpName> = (c: EmitContext, inputs: string[], node: Node<K>) => string[]

const plain =
  (opType: string) =>
  (c: EmitContext, inputs: string[]): string[] =>
    c.add(opType, inputs)
const reduce =
  (opType: string) =>
  (c: EmitContext, [x]: string[], { attrs }: { attrs: ReduceAttrs }): string[] =>
    c.add(opType, [x, c.ints(attrs.axes)], { keepdims: attrs.keepDims ? 1 : 0 })
const onAxis =
  (opType: string) =>
  (c: EmitContext, [x]: string[], { attrs }: { attrs: { axis: number } }): string[] =>
    c.add(opType, [x], { axis: attrs.axis })
const arg =
  (opType: string) =>
  (c: EmitContext, [x]: string[], { attrs }: { attrs: { axis: number; keepDims: boolean } }): string[] =>
    c.add(opType, [x], { axis: attrs.axis, keepdims: attrs.keepDims ? 1 : 0 })

/** A shape as a Reshape target: the one named dimension becomes -1. */
const reshapeTarget = (shape: Shape): number[] => shape.map((d) => (typeof d === 'number' ? d : -1))

const zeros = (c: EmitContext, shape: readonly number[]): string =>
  c.add('ConstantOfShape', [c.ints(shape)], { value: { dtype: 'float32', shape: [1], data: new Float32Array(1) } })[0]

export const emitters: { readonly [K in OpName]: Emitter<K> } = {
  input: (_, __, { attrs }) => [attrs.name],
  constant: (c, _, { attrs }) => [
    c.constant({ dtype: attrs.dtype, shape: attrs.shape.map((d) => numeric(d, 'constant')), data: attrs.data }),
  ],
  stopGradient: (_, [x]) => [x],
  cast: (c, [x], { attrs }) => c.add('Cast', [x], { to: onnxTypeNumber(attrs.dtype) }),
  neg: plain('Neg'),
  exp: plain('Exp'),
  log: plain('Log'),
  sqrt: plain('Sqrt'),
  abs: plain('Abs'),
  relu: plain('Relu'),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  sign: plain('Sign'),
  floor: plain('Floor'),
  add: plain('Add'),
  sub: plain('Sub'),
  mul: plain('Mul'),
  div: plain('Div'),
  pow: plain('Pow'),
  maximum: plain('Max'),
  minimum: plain('Min'),
  largerOf: plain('Max'),
  equal: plain('Equal'),
  greater: plain('Greater'),
  greaterEqual: plain('GreaterOrEqual'),
  and: plain('And'),
  or: plain('Or'),
  not: plain('Not'),
  where: plain('Where'),
  // Sums over outer and inner axes with a kept one between (a bias's gradient): inner ones first, each stage being contiguous.
  sum: (c, [x], { attrs: { axes, keepDims }, inputs: [t] }) => {
    const inner = axes.filter((a, i) => a - i === t.rank - axes.length)
    const outer = axes.filter((a) => !inner.includes(a))
    if (keepDims || inner.length === 0 || outer.length === 0) return c.add('ReduceSum', [x, c.ints(axes)], { keepdims: keepDims ? 1 : 0 })
    return c.add('ReduceSum', [c.add('ReduceSum', [x, c.ints(inner)], { keepdims: 0 })[0], c.ints(outer)], { keepdims: 0 })
  },
  mean: reduce('ReduceMean'),
  max: reduce('ReduceMax'),
  min: reduce('ReduceMin'),
  argMax: arg('ArgMax'),
  argMin: arg('ArgMin'),
  softmax: onAxis('Softmax'),
  logSoftmax: onAxis('LogSoftmax'),
  topK: (c, [x], { attrs }) => c.add('TopK', [x, c.ints([attrs.k])], { axis: attrs.axis, largest: attrs.largest ? 1 : 0, sorted: 1 }, 2),

  reshape: (c, [x], { attrs }) => c.add('Reshape', [x, c.ints(reshapeTarget(attrs.shape))]),
  transpose: (c, [x], { attrs }) => c.add('Transpose', [x], { perm: attrs.perm }),
  expand: (c, [x], { attrs }) => c.add('Expand', [x, c.ints(attrs.shape.map((d) => numeric(d, 'expand')))]),
  concat: (c, xs, { attrs }) => c.add('Concat', xs, { axis: attrs.axis }),
  slice: (c, [x], { attrs }) => [sliced(c, x, [attrs.axis], [attrs.start], [attrs.end], [attrs.step])],
  pad: (c, [x], { attrs }) => c.add('Pad', [x, c.ints([attrs.before, attrs.after]), c.scalar(0), c.ints([attrs.axis])]),
  gather: (c, [x, indices], { attrs }) => c.add('Gather', [x, indices], { axis: attrs.axis }),
  gatherElements: (c, [x, indices], { attrs }) => c.add('GatherElements', [x, indices], { axis: attrs.axis }),
  scatterElementsAdd: (c, [updates, indices], { attrs, outputs: [y] }) =>
    c.add(
      'ScatterElements',
      [
        zeros(
          c,
          y.shape.map((d) => numeric(d, 'scatterElementsAdd')),
        ),
        indices,
        updates,
      ],
      { axis: attrs.axis, reduction: 'add' },
    ),
  // ScatterElements adds in order, so sums of many updates at one place are the same in every run.
  scatterAdd: (c, [updates, indices], { attrs: { axis, size }, inputs: [u, ix], outputs: [y] }) => {
    const dims = u.shape.map((d) => numeric(d, 'scatterAdd'))
    const k = sizeOf(ix.shape)
    const [lead, rest] = [dims.slice(0, axis), dims.slice(axis + ix.rank)]
    let flat = c.add('Reshape', [updates, c.ints([...lead, k, ...rest])])[0]
    const perm = [axis, ...lead.map((_, i) => i), ...rest.map((_, i) => axis + 1 + i)]
    if (axis > 0) flat = c.add('Transpose', [flat], { perm })[0]
    const rows = [k, ...lead, ...rest]
    const spread = c.add('Expand', [c.add('Reshape', [indices, c.ints([k, ...rows.slice(1).map(() => 1)])])[0], c.ints(rows)])[0]
    const sum = c.add('ScatterElements', [zeros(c, [size, ...rows.slice(1)]), spread, flat], { axis: 0, reduction: 'add' })[0]
    return axis > 0 ? c.add('Transpose', [sum], { perm: y.shape.map((_, i) => perm.indexOf(i)) }) : [sum]
  },
  randomUniform: (c, [seed], { attrs: { shape } }) => {
    const p = c.scalarInt(2147483647)
    const mod = (x: string) => c.add('Mod', [x, p])[0]
    const index = c.add('Range', [c.scalarInt(0), c.scalarInt(sizeOf(shape)), c.scalarInt(1)])[0]
    const start = c.add('Add', [c.add('Mul', [seed, c.scalarInt(69621)])[0], c.scalarInt(12345)])[0]
    let x = mod(c.add('Add', [c.add('Mul', [index, c.scalarInt(48271)])[0], start])[0])
    for (const round of randomRounds) x = mod(c.add('Add', [c.add('Add', [c.add('Mul', [x, x])[0], c.scalarInt(round)])[0], index])[0])
    const high = c.add('Cast', [c.add('Div', [x, c.scalarInt(128)])[0]], { to: onnxTypeNumber('float32') })[0]
    return c.add('Reshape', [c.add('Mul', [high, c.scalar(1 / 16777216)])[0], c.ints(shape.map((d) => numeric(d, 'randomUniform')))])
  },

  matmul: (c, [a, b], { attrs, inputs: [ta, tb] }) => {
    if (ta.rank === 2 && tb.rank === 2) return c.add('Gemm', [a, b], { transA: attrs.transA ? 1 : 0, transB: attrs.transB ? 1 : 0 })
    const swap = (x: string, t: Tensor, on: boolean) =>
      on
        ? c.add('Transpose', [x], { perm: [...t.shape.keys()].map((i) => (i === t.rank - 1 ? i - 1 : i === t.rank - 2 ? i + 1 : i)) })[0]
        : x
    return c.add('MatMul', [swap(a, ta, attrs.transA), swap(b, tb, attrs.transB)])
  },
  conv2d: (c, inputs, { attrs, inputs: [x, w], outputs: [y] }) => {
    const [filters, , ...window] = w.shape.map((d) => numeric(d, 'conv2d'))
    const kernel = [window[0], window[1]] as const
    const images = x.shape.every((d) => typeof d === 'number') ? (x.shape as number[]) : undefined
    const out = [numeric(y.shape[2], 'conv2d'), numeric(y.shape[3], 'conv2d')]
    if (images !== undefined && prefersPatches(c, inputs[1], images[1], out, kernel, attrs.groups))
      return convolutionByPatches(c, inputs, images, out, filters, { ...attrs, kernel })
    return c.add('Conv', inputs, {
      kernel_shape: kernel,
      strides: attrs.strides,
      pads: attrs.pads,
      dilations: attrs.dilations,
      group: attrs.groups,
    })
  },

  // At stride 1 the gradient of the images is itself a convolution, with the kernel turned by 180 degrees, in and out swapped, and full padding;
  // otherwise ONNX's ConvTranspose is exactly it. From small maps one product is faster than either.
  conv2dInputGrad: (c, [dy, w], { attrs, inputs: [tdy, tw] }) => {
    const kernel = [numeric(tw.shape[2], 'conv2d'), numeric(tw.shape[3], 'conv2d')] as const
    const { strides, pads, dilations, groups } = attrs
    const grads = tdy.shape.every((d) => typeof d === 'number') ? (tdy.shape as number[]) : undefined
    if (grads !== undefined && prefersPatches(c, w, grads[1], grads.slice(2), kernel, groups)) {
      const byProduct = imageGradByProduct(c, [dy, w], grads, attrs.inputSize, numeric(tw.shape[1], 'conv2d'), { ...attrs, kernel })
      if (byProduct !== undefined) return byProduct
    }
    const reach = kernel.map((k, i) => dilations[i] * (k - 1))
    if (strides.every((s) => s === 1) && groups === 1 && reach.every((r, i) => r >= pads[i] && r >= pads[i + 2])) {
      const far = Number.MIN_SAFE_INTEGER
      const turned = sliced(c, w, [2, 3], [-1, -1], [far, far], [-1, -1])
      const swapped = c.add('Transpose', [turned], { perm: [1, 0, 2, 3] })[0]
      const window = {
        kernel,
        strides: [1, 1],
        dilations,
        pads: [reach[0] - pads[0], reach[1] - pads[1], reach[0] - pads[2], reach[1] - pads[3]],
      } as const
      if (grads !== undefined && prefersPatches(c, w, grads[1], attrs.inputSize, kernel, groups))
        return convolutionByPatches(c, [dy, swapped], grads, attrs.inputSize, numeric(tw.shape[1], 'conv2d'), window)
      const { kernel: kernelShape, ...rest } = window
      return c.add('Conv', [dy, swapped], { kernel_shape: kernelShape, ...rest, group: 1 })
    }
    const out = attrs.inputSize.map((n, i) => n - ((outSize(n, i, attrs, kernel) - 1) * strides[i] - pads[i] - pads[i + 2] + reach[i] + 1))
    return c.add('ConvTranspose', [dy, w], { kernel_shape: kernel, strides, pads, dilations, group: groups, output_padding: out })
  },

  // The gradient of the kernels is a matrix product between the output gradient and the image patches under each output ("im2col"):
  // dW[o, (u, v, c)] = sum over (n, i, j) of dy[o, (n, i, j)] patches[(n, i, j), (u, v, c)]. What differs is how patches are made.
  conv2dWeightGrad: (c, inputs, node) => {
    const {
      attrs: { groups, kernel },
      inputs: [tx],
    } = node
    if (groups > 1) return groupedWeightGrad(c, inputs, node)
    return numeric(tx.shape[1], 'gradient of conv2d') * kernel[0] * kernel[1] <= 32
      ? fewChannelsWeightGrad(c, inputs, node)
      : gatheredWeightGrad(c, inputs, node)
  },

  maxPool2d: (c, [x], { attrs, outputs: [, indices] }) => {
    const attributes = { kernel_shape: attrs.kernel, strides: attrs.strides, pads: attrs.pads }
    // The pool that also reports indices is several times slower: asked for only where a gradient needs it.
    return c.isUsed(indices) ? c.add('MaxPool', [x], attributes, 2) : [...c.add('MaxPool', [x], attributes), '']
  },
  maxUnpool2d: (c, [y, indices], { attrs, outputs: [out] }) =>
    c.add('MaxUnpool', [y, indices, c.ints(out.shape.map((d) => numeric(d, 'gradient of maxPool2d')))], {
      kernel_shape: attrs.kernel,
      strides: attrs.strides,
      pads: attrs.pads,
    }),
}

function outSize(
  n: number,
  i: number,
  a: { strides: readonly number[]; pads: readonly number[]; dilations: readonly number[] },
  kernel: readonly number[],
): number {
  return Math.floor((n + a.pads[i] + a.pads[i + 2] - a.dilations[i] * (kernel[i] - 1) - 1) / a.strides[i]) + 1
}
