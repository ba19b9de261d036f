/** @file The ONNX operators on images [N, C, H, W]: convolution, pooling, normalisation. */
import * as T from '../tensor/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { NodeReader } from './node-reader.ts'

type Pads = readonly [number, number, number, number]
interface Window {
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly padding: Pads
}

/** A node's window over an image of known size, with `auto_pad` and, for pools, `ceil_mode` turned into plain padding. */
function windowOf(r: NodeReader, x: Tensor, kernel: readonly number[]): Window {
  if (x.rank !== 4 || kernel.length !== 2) throw r.fail('images must be [N, C, H, W]', `[${x.shape.join(', ')}]`)
  const stride = r.list('strides') ?? [1, 1]
  const dilation = r.list('dilations') ?? [1, 1]
  const auto = r.text('auto_pad', 'NOTSET')
  const pads = [...(r.list('pads') ?? [0, 0, 0, 0])]
  for (const [name, list, least] of [
    ['kernel_shape', kernel, 1],
    ['strides', stride, 1],
    ['dilations', dilation, 1],
    ['pads', pads, 0],
  ] as const) {
    const count = name === 'pads' ? 4 : 2
    if (list.length !== count || !list.every((v) => Number.isSafeInteger(v) && v >= least))
      throw r.fail(`${name} must be ${count} whole numbers of at least ${least}`, `[${list.join(', ')}]`)
  }
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto))
    throw r.fail('auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER', auto)
  for (const i of [0, 1]) {
    if (auto === 'NOTSET' && r.int('ceil_mode', 0) === 0) break
    const n = r.number(x.shape[2 + i])
    const reach = dilation[i] * (kernel[i] - 1) + 1
    if (auto === 'VALID') [pads[i], pads[2 + i]] = [0, 0]
    else if (auto !== 'NOTSET') {
      const total = Math.max(0, (Math.ceil(n / stride[i]) - 1) * stride[i] + reach - n)
      const small = Math.floor(total / 2)
      ;[pads[i], pads[2 + i]] = auto === 'SAME_UPPER' ? [small, total - small] : [total - small, small]
    }
    if (r.int('ceil_mode', 0) === 1) {
      const whole = n + pads[i] + pads[2 + i]
      let out = Math.ceil((whole - reach) / stride[i]) + 1
      if ((out - 1) * stride[i] >= n + pads[i]) out-- // no window may begin in the padding at the end
      pads[2 + i] += Math.max(0, (out - 1) * stride[i] + reach - whole)
    }
  }
  return {
    kernel: kernel as [number, number],
    stride: stride as [number, number],
    dilation: dilation as [number, number],
    padding: pads as unknown as Pads,
  }
}

function conv(r: NodeReader): Tensor {
  const [x, w] = [r.tensor(0), r.tensor(1)]
  const { stride, dilation, padding } = windowOf(
    r,
    x,
    w.shape.slice(2).map((d) => r.number(d)),
  )
  return T.conv2d(x, w, r.has(2) ? r.tensor(2) : undefined, { stride, dilation, padding, groups: r.int('group', 1) })
}

/** The transposed convolution is the gradient of a convolution in its images. */
function convTranspose(r: NodeReader): Tensor {
  const [x, w] = [r.tensor(0), r.tensor(1)]
  if (r.text('auto_pad', 'NOTSET') !== 'NOTSET' || r.list('output_shape') !== undefined)
    throw r.fail('its padding must be given by pads', 'auto_pad or output_shape')
  const kernel = w.shape.slice(2).map((d) => r.number(d))
  const { stride: strides, dilation: dilations, padding: pads } = windowOf(r, x, kernel)
  const extra = r.list('output_padding') ?? [0, 0]
  const inputSize = [0, 1].map(
    (i) => (r.number(x.shape[2 + i]) - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 + extra[i] - pads[i] - pads[2 + i],
  ) as unknown as readonly [number, number]
  const y = T.conv2dInputGrad(x, w, { strides, dilations, pads, groups: r.int('group', 1), inputSize })
  return r.has(2) ? T.add(y, T.reshape(r.tensor(2), [...r.tensor(2).shape, 1, 1])) : y
}

function maxPool(r: NodeReader): Tensor[] {
  const x = r.tensor(0)
  const { kernel, stride, dilation, padding } = windowOf(r, x, r.list('kernel_shape')!)
  if (dilation.some((d) => d !== 1)) throw r.fail('the window must not be dilated', dilation.join(', '))
  return [...T.maxPool2d(x, { kernel, stride, padding }).node.outputs]
}

/** Sums by a convolution with ones, channel by channel, times one over how many numbers of the image (or its padding) each window holds. */
function averagePool(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const { kernel, stride, dilation, padding } = windowOf(r, x, r.list('kernel_shape')!)
  const channels = r.number(x.shape[1])
  const ones = T.constant(new Float32Array(r.within(channels * kernel[0] * kernel[1])).fill(1), [channels, 1, ...kernel])
  const sums = T.conv2d(x, ones, undefined, { stride, dilation, padding, groups: channels })
  const counted = r.list('pads') ?? [0, 0, 0, 0]
  const include = r.int('count_include_pad', 0) === 1
  const inside = [0, 1].map((i) => {
    const n = r.number(x.shape[2 + i])
    const [low, high] = include ? [-padding[i], n + (r.text('auto_pad', 'NOTSET') === 'NOTSET' ? counted[2 + i] : padding[2 + i])] : [0, n]
    return Array.from({ length: r.within(r.number(sums.shape[2 + i]), 'entries') }, (_, o) => {
      let count = 0
      for (let k = 0; k < kernel[i]; k++)
        if (o * stride[i] - padding[i] + k * dilation[i] >= low && o * stride[i] - padding[i] + k * dilation[i] < high) count++
      return count
    })
  })
  r.within(inside[0].length * inside[1].length)
  const share = Float32Array.from(inside[0].flatMap((rows) => inside[1].map((columns) => 1 / (rows * columns))))
  return T.mul(sums, share.every((v) => v === share[0]) ? T.constant(share[0]) : T.constant(share, [inside[0].length, inside[1].length]))
}

function maxUnpool(r: NodeReader): Tensor {
  const kernel = r.list('kernel_shape') as readonly [number, number]
  const strides = (r.list('strides') ?? [1, 1]) as readonly [number, number]
  const pads = (r.list('pads') ?? [0, 0, 0, 0]) as unknown as Pads
  const y = r.tensor(0)
  const size = r.ints(2)?.slice(2) ?? [0, 1].map((i) => (r.number(y.shape[2 + i]) - 1) * strides[i] - pads[i] - pads[2 + i] + kernel[i])
  return T.maxUnpool2d(y, r.tensor(1), { kernel, strides, pads, inputSize: size as unknown as readonly [number, number] })
}

const spatial = (x: Tensor): number[] => x.shape.flatMap((_, i) => (i >= 2 ? [i] : []))

/** With the file's running statistics: gamma (x - mean) / sqrt(var + epsilon) + beta. */
function batchNormalisation(r: NodeReader): Tensor {
  if (r.int('training_mode', 0) === 1)
    throw r.fail('it must be in evaluation mode', 'training_mode 1', 'Export the model in evaluation mode.')
  const x = r.tensor(0)
  const wide = (t: Tensor) => T.reshape(t, [...t.shape, ...spatial(x).map(() => 1)])
  const scale = T.div(r.tensor(1), T.sqrt(T.add(r.tensor(4), r.real('epsilon', 1e-5))))
  return T.add(T.mul(x, wide(scale)), wide(T.sub(r.tensor(2), T.mul(r.tensor(3), scale))))
}

/** Local response normalisation: x / (bias + alpha/size * sum of squares over neighbouring channels)^beta. The sum is a 1x1 convolution with a band of ones. */
function localResponse(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const channels = r.number(x.shape[1])
  const size = r.int('size', 1)
  const [below, above] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)]
  const band = new Float32Array(r.within(channels * channels))
  for (let o = 0; o < channels; o++)
    for (let i = Math.max(0, o - below); i <= Math.min(channels - 1, o + above); i++) band[o * channels + i] = 1
  const sums = T.conv2d(T.square(x), T.constant(band, [channels, channels, 1, 1]))
  return T.div(x, T.pow(T.add(T.mul(sums, r.real('alpha', 1e-4) / size), r.real('bias', 1)), r.real('beta', 0.75)))
}

/** The table's part for images. */
export const convolutions: Readonly<Record<string, (r: NodeReader) => Tensor | Tensor[]>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  MaxUnpool: maxUnpool,
  GlobalAveragePool: (r) => T.mean(r.tensor(0), { axes: spatial(r.tensor(0)), keepDims: true }),
  GlobalMaxPool: (r) => T.max(r.tensor(0), { axes: spatial(r.tensor(0)), keepDims: true }),
  BatchNormalization: batchNormalisation,
  LRN: localResponse,
}
