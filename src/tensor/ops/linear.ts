/** @file Matrix product, 2-D convolution with its two transposes, and max pooling. Images are [N, C, H, W]. */
import { KindredError } from '../../base/index.ts'
import { broadcastShapes, numeric, shapeError, type Dim, type Shape } from '../shape.ts'
import { Node, type Tensor } from '../tensor.ts'
import type { ConvAttrs, PoolAttrs } from './attrs.ts'
import { add, largerOf } from './elementwise.ts'
import { reshape } from './shaping.ts'

/**
 * Matrix product over the last two axes; leading axes broadcast.
 *
 * @param options transA, transB: use the operand's last two axes swapped
 */
export function matmul(a: Tensor, b: Tensor, { transA = false, transB = false }: { transA?: boolean; transB?: boolean } = {}): Tensor {
  if (a.rank < 2 || b.rank < 2 || a.dtype !== 'float32' || b.dtype !== 'float32')
    throw shapeError('matmul', 'both operands must be float32 with at least two axes', [a, b])
  const [m, k] = matrix(a.shape, transA)
  const [k2, n] = matrix(b.shape, transB)
  if (k !== k2) throw shapeError('matmul', `inner dimensions must agree (transA ${transA}, transB ${transB})`, [a, b])
  const lead = broadcastShapes(
    'matmul',
    [a, b].map((t) => ({ dtype: t.dtype, shape: t.shape.slice(0, -2) })),
  )
  return new Node('matmul', [a, b], { transA, transB }, [{ dtype: 'float32', shape: [...lead, m, n] }]).outputs[0]
}

function matrix(shape: Shape, swap: boolean): [Dim, Dim] {
  const [r, c] = shape.slice(-2)
  return swap ? [c, r] : [r, c]
}

/** Convolution options: a number stands for both directions; `padding` 'same' keeps the size at stride 1. */
export interface ConvOptions {
  readonly stride?: number | readonly [number, number]
  readonly padding?: number | 'same' | readonly [number, number, number, number]
  readonly dilation?: number | readonly [number, number]
  readonly groups?: number
}

/**
 * 2-D cross-correlation, as every deep learning library's conv: y[n,o,i,j] = b[o] + sum_{c,u,v} w[o,c,u,v] x[n,c,i*s+u*d-p,j*s+v*d-p].
 *
 * @param x [N, C, H, W]
 * @param w [O, C/groups, kh, kw]
 * @param bias [O], optional
 * @returns [N, O, H', W'] with H' = floor((H + pads - d(kh-1) - 1)/s) + 1
 * @throws KindredError `shape` naming both shapes
 */
export function conv2d(x: Tensor, w: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  if (x.rank !== 4 || w.rank !== 4)
    throw shapeError('conv2d', 'images [N, C, H, W] and kernels [O, C/groups, kh, kw] must have four axes', [x, w])
  const { stride = 1, dilation = 1, groups = 1, padding = 0 } = options
  const kernel = [numeric(w.shape[2], 'conv2d'), numeric(w.shape[3], 'conv2d')] as const
  const dilations = both(dilation)
  const attrs: ConvAttrs = { strides: both(stride), dilations, groups, pads: padsOf(padding, kernel, dilations) }
  return conv2dOf(x, w, bias, attrs)
}

/** {@link conv2d} with its attributes spelt out. */
export function conv2dOf(x: Tensor, w: Tensor, bias: Tensor | undefined, attrs: ConvAttrs): Tensor {
  const channels = numeric(x.shape[1], 'conv2d')
  const filters = numeric(w.shape[0], 'conv2d')
  if (numeric(w.shape[1], 'conv2d') * attrs.groups !== channels || filters % attrs.groups !== 0)
    throw shapeError('conv2d', `kernels [O, C/groups, kh, kw] must fit images [N, C, H, W] with ${attrs.groups} group(s)`, [x, w])
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== filters)) throw shapeError('conv2d', `bias must be [${filters}]`, [bias])
  const [h, wd] = outputSize('conv2d', x, [numeric(w.shape[2], 'conv2d'), numeric(w.shape[3], 'conv2d')], attrs, attrs.dilations)
  return new Node('conv2d', bias === undefined ? [x, w] : [x, w, bias], attrs, [{ dtype: 'float32', shape: [x.shape[0], filters, h, wd] }])
    .outputs[0]
}

/** The transpose of convolution in its images: gradients dy [N, O, H', W'] and kernels [O, C/groups, kh, kw] -> [N, C, H, W]. */
export function conv2dInputGrad(dy: Tensor, w: Tensor, attrs: ConvAttrs & { inputSize: readonly [number, number] }): Tensor {
  const shape = [dy.shape[0], numeric(w.shape[1], 'conv2dInputGrad') * attrs.groups, ...attrs.inputSize]
  return new Node('conv2dInputGrad', [dy, w], attrs, [{ dtype: 'float32', shape }]).outputs[0]
}

/** The transpose of convolution in its kernels: images x [N, C, H, W] and gradients dy [N, O, H', W'] -> [O, C/groups, kh, kw]. */
export function conv2dWeightGrad(x: Tensor, dy: Tensor, attrs: ConvAttrs & { kernel: readonly [number, number] }): Tensor {
  const shape = [dy.shape[1], numeric(x.shape[1], 'conv2dWeightGrad') / attrs.groups, ...attrs.kernel]
  return new Node('conv2dWeightGrad', [x, dy], attrs, [{ dtype: 'float32', shape }]).outputs[0]
}

/** Pooling options: `stride` defaults to the window. */
export interface PoolOptions {
  readonly kernel?: number | readonly [number, number]
  readonly stride?: number | readonly [number, number]
  readonly padding?: number | readonly [number, number, number, number]
}

/** Largest value in each window, [N, C, H, W] -> [N, C, H', W']; of ties the first in row order gets the gradient, as in PyTorch. */
export function maxPool2d(x: Tensor, options: PoolOptions = {}): Tensor {
  if (x.rank !== 4) throw shapeError('maxPool2d', 'images must be [N, C, H, W]', [x])
  const kernel = both(options.kernel ?? 2)
  const attrs: PoolAttrs = { kernel, strides: both(options.stride ?? kernel), pads: padsOf(options.padding ?? 0, kernel, [1, 1]) }
  const shape = [x.shape[0], x.shape[1], ...outputSize('maxPool2d', x, kernel, attrs, [1, 1])]
  return new Node('maxPool2d', [x], attrs, [
    { dtype: 'float32', shape },
    { dtype: 'int64', shape },
  ]).outputs[0]
}

/** Puts each value back at the index (flat over the whole [N, C, H, W]) its maximum came from, zeros elsewhere; windows must not overlap. */
export function maxUnpool2d(y: Tensor, indices: Tensor, attrs: PoolAttrs & { inputSize: readonly [number, number] }): Tensor {
  return new Node('maxUnpool2d', [y, indices], attrs, [{ dtype: 'float32', shape: [y.shape[0], y.shape[1], ...attrs.inputSize] }])
    .outputs[0]
}

/**
 * The 2x2 maximum of a convolution over few channels, made so that its gradient is cheap: the convolution is computed once for each of the four
 * places in a window (stride doubled, padding shifted), and the pool is the larger of four tensors. Same numbers, and of ties the first in row order
 * gets the gradient, as in {@link maxPool2d}; but no indices, and no gradient of the full size.
 *
 * Worth it where the convolution itself is cheap next to the memory it fills: grey or colour images, on which it stands first. For training graphs:
 * when embedding, the plain pair of operators is fused by the runtime and faster.
 * @param x [N, C, H, W]; anything but the output of a stride-1 convolution of at most 4 channels under a 2x2 window goes to {@link maxPool2d}
 */
export function maxPool2dByPhases(x: Tensor, options: PoolOptions = {}): Tensor {
  const pooled = maxPool2d(x, options)
  const { kernel, strides, pads } = pooled.node.attrs as PoolAttrs
  if (x.node.op !== 'conv2d' || ![...kernel, ...strides].every((k) => k === 2) || pads.some((p) => p !== 0)) return pooled
  const {
    inputs: [images, w, bias],
    attrs,
  } = x.node as Node<'conv2d'>
  if (numeric(images.shape[1], 'maxPool2dByPhases') > 4 || attrs.strides.some((s) => s !== 1)) return pooled
  const known = (dims: Shape) => dims.map((d) => numeric(d, 'maxPool2dByPhases'))
  const [size, window, out] = [images, w, pooled].map((t) => known(t.shape.slice(2)))
  const reach = window.map((k, i) => attrs.dilations[i] * (k - 1) + 1)
  // In each direction, for the first and the second place in a window: padding before, and what the last window still needs after.
  const padding = [0, 1].map((i) =>
    [0, 1].map((shift) => {
      const before = attrs.pads[i] - shift
      return [before, (out[i] - 1) * 2 + reach[i] - size[i] - before]
    }),
  )
  // ONNX has no negative padding; one row too many is left over by the stride
  if (padding.flat().some(([before, after]) => before < 0 || after < -1)) return pooled
  const [tops, lefts] = padding
  const phase = ([top, bottom]: number[], [left, right]: number[]) =>
    conv2dOf(images, w, undefined, { ...attrs, strides: [2, 2], pads: [top, left, Math.max(0, bottom), Math.max(0, right)] })
  const row = (vertical: number[]) => largerOf(phase(vertical, lefts[0]), phase(vertical, lefts[1]))
  const largest = largerOf(row(tops[0]), row(tops[1]))
  return bias === undefined ? largest : add(largest, reshape(bias, [...known(bias.shape), 1, 1]))
}

function both(x: number | readonly [number, number]): readonly [number, number] {
  return typeof x === 'number' ? [x, x] : x
}

function padsOf(
  padding: number | 'same' | readonly [number, number, number, number],
  kernel: readonly [number, number],
  dilation: readonly [number, number],
): readonly [number, number, number, number] {
  if (typeof padding === 'number') return [padding, padding, padding, padding]
  if (padding !== 'same') return padding
  const total = [0, 1].map((i) => dilation[i] * (kernel[i] - 1))
  const before = total.map((t) => Math.floor(t / 2))
  return [before[0], before[1], total[0] - before[0], total[1] - before[1]]
}

function outputSize(
  op: string,
  x: Tensor,
  kernel: readonly [number, number],
  attrs: { strides: readonly [number, number]; pads: readonly [number, number, number, number] },
  dilation: readonly [number, number],
): [number, number] {
  const out = [0, 1].map(
    (i) =>
      Math.floor((numeric(x.shape[2 + i], op) + attrs.pads[i] + attrs.pads[2 + i] - dilation[i] * (kernel[i] - 1) - 1) / attrs.strides[i]) +
      1,
  )
  if (out.some((d) => d < 1))
    throw new KindredError(
      'shape',
      op,
      'the window must fit into the image',
      `window ${kernel.join('x')} for image ${x.shape.slice(2).join('x')}`,
      'Add padding or drop a pooling layer.',
    )
  return out as [number, number]
}
