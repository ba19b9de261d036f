/** @file Matrix product, convolution and pooling: reference evaluation and derivative side by side. */
import { numeric, sizeOf, type Shape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import type { ConvAttrs } from '../ops/attrs.ts'
import { conv2dInputGrad, conv2dOf, conv2dWeightGrad, matmul, maxUnpool2d } from '../ops/linear.ts'
import { sum } from '../ops/reduce.ts'
import { gather, reshape, scatterAdd } from '../ops/shaping.ts'
import { unbroadcast } from './elementwise.ts'
import { ndarray, type NdArray, type Rules } from './rule.ts'

type Linear = 'matmul' | 'conv2d' | 'conv2dInputGrad' | 'conv2dWeightGrad' | 'maxPool2d' | 'maxUnpool2d'

interface Taps {
  readonly images: readonly number[] // [N, C, H, W]
  readonly outputs: readonly number[] // [N, O, H', W']
  readonly kernels: readonly number[] // [O, C/groups, kh, kw]
  readonly attrs: ConvAttrs
}

/**
 * Visits every product of a convolution as flat indices (image, kernel, output): the three convolution primitives differ only in which of the three they sum
 * into.
 */
function eachTap({ images, outputs, kernels, attrs }: Taps, visit: (x: number, w: number, y: number) => void): void {
  const [n, c, h, wd] = images
  const [, o, oh, ow] = outputs
  const [, cg, kh, kw] = kernels
  const { strides, pads, dilations, groups } = attrs
  const perGroup = o / groups
  for (let b = 0; b < n; b++)
    for (let f = 0; f < o; f++)
      for (let i = 0; i < oh; i++)
        for (let j = 0; j < ow; j++)
          for (let k = 0; k < cg; k++)
            for (let u = 0; u < kh; u++)
              for (let v = 0; v < kw; v++) {
                const row = i * strides[0] - pads[0] + u * dilations[0]
                const col = j * strides[1] - pads[1] + v * dilations[1]
                if (row < 0 || row >= h || col < 0 || col >= wd) continue
                const channel = Math.floor(f / perGroup) * cg + k
                visit(((b * c + channel) * h + row) * wd + col, ((f * cg + k) * kh + u) * kw + v, ((b * o + f) * oh + i) * ow + j)
              }
}

function outputShape(x: readonly number[], w: readonly number[], a: ConvAttrs): number[] {
  const size = (i: number) => Math.floor((x[2 + i] + a.pads[i] + a.pads[2 + i] - a.dilations[i] * (w[2 + i] - 1) - 1) / a.strides[i]) + 1
  return [x[0], w[0], size(0), size(1)]
}

const size2 = (shape: Shape): readonly [number, number] => [
  numeric(shape[2], 'gradient of conv2d'),
  numeric(shape[3], 'gradient of conv2d'),
]

/** Swaps the last two axes of evaluator numbers. */
function swapped(x: NdArray, swap: boolean): NdArray {
  if (!swap) return x
  const [r, c] = x.shape.slice(-2)
  const out = ndarray([...x.shape.slice(0, -2), c, r])
  for (let at = 0; at < x.data.length; at += r * c)
    for (let i = 0; i < r; i++) for (let j = 0; j < c; j++) out.data[at + j * r + i] = x.data[at + i * c + j]
  return out
}

export const linear: Rules<Linear> = {
  matmul: {
    evaluate: ([a, b], { transA, transB }) => {
      const [x, y] = [swapped(a, transA), swapped(b, transB)]
      const [m, k] = x.shape.slice(-2)
      const n = y.shape[y.shape.length - 1]
      const rank = Math.max(x.shape.length, y.shape.length) - 2
      const lead = Array.from({ length: rank }, (_, i) =>
        Math.max(x.shape[x.shape.length - 2 - rank + i] ?? 1, y.shape[y.shape.length - 2 - rank + i] ?? 1),
      )
      const batches = lead.reduce((p, d) => p * d, 1)
      const offset = (t: NdArray, batch: number) => {
        let at = 0
        let stride = t.shape[t.shape.length - 1] * t.shape[t.shape.length - 2]
        for (let i = rank - 1, rest = batch; i >= 0; i--) {
          const d = t.shape[t.shape.length - 2 - rank + i] ?? 1
          if (d !== 1) at += (rest % lead[i]) * stride
          stride *= d
          rest = Math.floor(rest / lead[i])
        }
        return at
      }
      const out = ndarray([...lead, m, n])
      for (let batch = 0; batch < batches; batch++) {
        const [xa, ya] = [offset(x, batch), offset(y, batch)]
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let s = 0
            for (let p = 0; p < k; p++) s += x.data[xa + i * k + p] * y.data[ya + p * n + j]
            out.data[(batch * m + i) * n + j] = s
          }
      }
      return [out]
    },
    vjp: (g, { inputs: [a, b], attrs: { transA, transB } }) => {
      const da = transA ? matmul(b, g, { transA: transB, transB: true }) : matmul(g, b, { transB: !transB })
      const db = transB ? matmul(g, a, { transA: true, transB: transA }) : matmul(a, g, { transA: !transA })
      return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)]
    },
  },

  // Convolution is linear in images and in kernels: the three primitives below are each other's derivatives.
  conv2d: {
    evaluate: ([x, w, bias], attrs) => {
      const out = ndarray(outputShape(x.shape, w.shape, attrs))
      eachTap({ images: x.shape, kernels: w.shape, outputs: out.shape, attrs }, (i, k, o) => (out.data[o] += x.data[i] * w.data[k]))
      if (bias !== undefined) {
        const plane = out.shape[2] * out.shape[3]
        for (let i = 0; i < out.data.length; i++) out.data[i] += bias.data[Math.floor(i / plane) % out.shape[1]]
      }
      return [out]
    },
    vjp: (g, { inputs: [x, w, bias], attrs }) => [
      conv2dInputGrad(g, w, { ...attrs, inputSize: size2(x.shape) }),
      conv2dWeightGrad(x, g, { ...attrs, kernel: size2(w.shape) }),
      ...(bias === undefined ? [] : [sum(g, { axes: [0, 2, 3] })]),
    ],
  },
  conv2dInputGrad: {
    evaluate: ([dy, w], attrs) => {
      const out = ndarray([dy.shape[0], w.shape[1] * attrs.groups, ...attrs.inputSize])
      eachTap({ images: out.shape, kernels: w.shape, outputs: dy.shape, attrs }, (i, k, o) => (out.data[i] += dy.data[o] * w.data[k]))
      return [out]
    },
    vjp: (g, { inputs: [dy, w], attrs }) => [
      conv2dOf(g, w, undefined, attrs),
      conv2dWeightGrad(g, dy, { ...attrs, kernel: size2(w.shape) }),
    ],
  },
  conv2dWeightGrad: {
    evaluate: ([x, dy], attrs) => {
      const out = ndarray([dy.shape[1], x.shape[1] / attrs.groups, ...attrs.kernel])
      eachTap({ images: x.shape, kernels: out.shape, outputs: dy.shape, attrs }, (i, k, o) => (out.data[k] += dy.data[o] * x.data[i]))
      return [out]
    },
    vjp: (g, { inputs: [x, dy], attrs }) => [
      conv2dInputGrad(dy, g, { ...attrs, inputSize: size2(x.shape) }),
      conv2dOf(x, g, undefined, attrs),
    ],
  },

  maxPool2d: {
    evaluate: ([x], { kernel, strides, pads }) => {
      const attrs: ConvAttrs = { strides, pads, dilations: [1, 1], groups: x.shape[1] }
      const kernels = [x.shape[1], 1, ...kernel]
      const shape = outputShape(x.shape, kernels, attrs)
      const values = ndarray(shape, new Float64Array(shape.reduce((p, d) => p * d, 1)).fill(-Infinity))
      const indices = ndarray(shape)
      eachTap({ images: x.shape, kernels, outputs: shape, attrs }, (i, _, o) => {
        if (x.data[i] > values.data[o]) {
          values.data[o] = x.data[i]
          indices.data[o] = i
        }
      })
      return [values, indices]
    },
    vjp: (g, { inputs: [x], outputs: [, indices], attrs }) => {
      if (attrs.strides.every((s, i) => s >= attrs.kernel[i])) return [maxUnpool2d(g, indices, { ...attrs, inputSize: size2(x.shape) })]
      const flat = [sizeOf(g.shape, 'gradient of an overlapping maxPool2d')]
      return [reshape(scatterAdd(reshape(g, flat), reshape(indices, flat), 0, sizeOf(x.shape)), x.shape)]
    },
  },
  maxUnpool2d: {
    evaluate: ([y, indices], { inputSize }) => {
      const out = ndarray([y.shape[0], y.shape[1], ...inputSize])
      for (let i = 0; i < y.data.length; i++) out.data[indices.data[i]] = y.data[i]
      return [out]
    },
    vjp: (g, { inputs: [, indices] }) => [gather(flat1(g), indices, 0), undefined],
  },
}

const flat1 = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape, 'gradient of maxUnpool2d')])
