/**
 * @file Sample uses of every primitive, total over their names: a primitive without a sample does not compile.
 *
 * The gradient check compares derivatives with central differences; the runtime tests compare every backend with the float64 evaluator.
 */
import { ndarray, type DifferentiableOp, type NdArray, type OpName, type Tensor } from '../../src/tensor/index.ts'
import * as T from '../../src/tensor/index.ts'
import { rng } from '../../src/base/index.ts'

/** A function of float32 inputs, with the range their numbers are drawn from. */
export interface Check {
  readonly shapes: readonly (readonly number[])[]
  readonly f: (...xs: Tensor[]) => Tensor
  /** Smallest and largest number drawn, default -1..1. */
  readonly range?: readonly [number, number]
}

const unary = (f: (x: Tensor) => Tensor, range?: readonly [number, number]): Check[] => [
  { shapes: [[3, 4]], f, ...(range === undefined ? {} : { range }) },
]
const binary = (f: (a: Tensor, b: Tensor) => Tensor, range?: readonly [number, number]): Check[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[], [4]],
  ].map((shapes) => ({ shapes, f, ...(range === undefined ? {} : { range }) }))

const conv = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const
const odd = { strides: [2, 1], pads: [1, 0, 1, 2], dilations: [1, 2], groups: 2 } as const // every attribute off its default
const rows = T.integers([2, 0, 2, 1])

export const checks: { readonly [K in DifferentiableOp]: readonly Check[] } = {
  neg: unary(T.neg),
  exp: [...unary(T.exp), { shapes: [[3, 4]], f: (x) => T.logSumExp(x, 0) }],
  log: unary(T.log, [0.3, 2]),
  sqrt: unary(T.sqrt, [0.3, 2]),
  abs: unary(T.abs),
  relu: unary(T.relu),
  sigmoid: unary(T.sigmoid),
  tanh: unary(T.tanh),
  add: binary(T.add),
  sub: binary(T.sub),
  mul: binary(T.mul),
  div: binary(T.div, [0.5, 2]),
  pow: [...binary(T.pow, [0.5, 2]), ...unary((x) => T.pow(x, 3))],
  maximum: binary(T.maximum),
  minimum: binary(T.minimum),
  largerOf: [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      f: (a, b) => T.largerOf(a, b),
    },
  ],
  where: binary((a, b) => T.where(T.greater(T.mul(a, a), 0.2), a, b)),
  sum: [
    { shapes: [[2, 3, 2]], f: (x) => T.sum(x, { axes: [0, 2] }) },
    { shapes: [[2, 3]], f: (x) => T.sum(x, { axes: -1, keepDims: true }) },
  ],
  mean: [
    { shapes: [[2, 3, 2]], f: (x) => T.mean(x, { axes: [0, 2] }) },
    { shapes: [[2, 3]], f: (x) => T.mean(x) },
  ],
  max: [
    { shapes: [[2, 3, 2]], f: (x) => T.max(x, { axes: [1] }) },
    { shapes: [[2, 3]], f: (x) => T.max(x, { keepDims: true }) },
  ],
  min: [{ shapes: [[2, 3, 2]], f: (x) => T.min(x, { axes: [0, 1] }) }],
  softmax: [
    { shapes: [[3, 4]], f: (x) => T.softmax(x) },
    { shapes: [[3, 4, 2]], f: (x) => T.softmax(x, 1) },
  ],
  logSoftmax: [{ shapes: [[3, 4]], f: (x) => T.logSoftmax(x) }],
  reshape: [{ shapes: [[2, 6]], f: (x) => T.reshape(x, [3, 4]) }],
  transpose: [{ shapes: [[2, 3, 4]], f: (x) => T.transpose(x, [2, 0, 1]) }],
  expand: [{ shapes: [[3, 1]], f: (x) => T.expand(x, [2, 3, 4]) }],
  concat: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      f: (a, b) => T.concat([a, b, a], 1),
    },
  ],
  slice: [
    { shapes: [[2, 7]], f: (x) => T.slice(x, 1, 1, -1) },
    { shapes: [[2, 7]], f: (x) => T.slice(x, 1, 1, 7, 3) },
  ],
  pad: [{ shapes: [[2, 3]], f: (x) => T.pad(x, 1, 2, 1) }],
  matmul: [
    {
      shapes: [
        [2, 3],
        [3, 4],
      ],
      f: (a, b) => T.matmul(a, b),
    },
    {
      shapes: [
        [3, 2],
        [3, 4],
      ],
      f: (a, b) => T.matmul(a, b, { transA: true }),
    },
    {
      shapes: [
        [2, 3],
        [4, 3],
      ],
      f: (a, b) => T.matmul(a, b, { transB: true }),
    },
    {
      shapes: [
        [3, 2],
        [4, 3],
      ],
      f: (a, b) => T.matmul(a, b, { transA: true, transB: true }),
    },
    {
      shapes: [
        [5, 2, 3],
        [3, 4],
      ],
      f: (a, b) => T.matmul(a, b),
    },
    {
      shapes: [
        [2, 1, 2, 3],
        [3, 4, 3],
      ],
      f: (a, b) => T.matmul(a, b, { transB: true }),
    },
  ],
  conv2d: [
    { shapes: [[2, 2, 5, 5], [3, 2, 3, 3], [3]], f: (x, w, b) => T.conv2d(x, w, b, { padding: 'same' }) },
    {
      shapes: [
        [1, 2, 6, 5],
        [3, 2, 3, 2],
      ],
      f: (x, w) => T.conv2d(x, w, undefined, { stride: 2 }),
    },
    // many channels on a small map: emitted as one product over patches, as is its image gradient
    { shapes: [[2, 8, 3, 2], [8, 8, 3, 3], [8]], f: (x, w, b) => T.conv2d(x, w, b, { padding: 1 }) },
    {
      shapes: [
        [1, 8, 5, 3],
        [2, 8, 3, 3],
      ],
      f: (x, w) => T.conv2d(x, w, undefined, { stride: [2, 1], padding: [1, 2, 0, 1], dilation: [1, 2] }),
    },
    {
      shapes: [[1, 4, 5, 5], [6, 2, 3, 3], [6]],
      f: (x, w, b) => T.conv2d(x, w, b, { stride: [2, 1], padding: [1, 0, 1, 2], dilation: [1, 2], groups: 2 }),
    },
  ],
  conv2dInputGrad: [
    {
      shapes: [
        [2, 3, 3, 3],
        [3, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, inputSize: [5, 5] }),
    },
    {
      shapes: [
        [1, 6, 3, 3],
        [6, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...odd, inputSize: [5, 5] }),
    },
    // strides: even and odd sizes, uneven strides and padding
    {
      shapes: [
        [2, 3, 2, 2],
        [3, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 2], pads: [1, 1, 1, 1], inputSize: [4, 4] }),
    },
    {
      shapes: [
        [2, 3, 3, 2],
        [3, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 2], pads: [1, 1, 1, 1], inputSize: [5, 4] }),
    },
    {
      shapes: [
        [1, 2, 3, 2],
        [2, 3, 5, 4],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 3], pads: [2, 0, 1, 2], inputSize: [6, 5] }),
    },
    {
      shapes: [
        [1, 2, 2, 3],
        [2, 3, 3, 5],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [3, 1], pads: [0, 2, 0, 2], inputSize: [6, 3] }),
    },
    {
      shapes: [
        [2, 3, 2, 2],
        [3, 2, 1, 1],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 2], inputSize: [4, 3] }),
    },
    {
      shapes: [
        [1, 6, 3, 3],
        [6, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...odd, inputSize: [6, 5] }),
    },
    // many channels on a map smaller than its image: one product and a fold, also padded, dilated, and where the window is the whole image
    {
      shapes: [
        [2, 16, 2, 2],
        [16, 2, 3, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, inputSize: [4, 4] }),
    },
    {
      shapes: [
        [1, 18, 2, 1],
        [18, 2, 3, 2],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, pads: [1, 0, 0, 1], dilations: [1, 2], inputSize: [3, 2] }),
    },
    {
      shapes: [
        [2, 16, 1, 1],
        [16, 2, 3, 2],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, inputSize: [3, 2] }),
    },
    // strides that divide the kernel: sub-pixels, also padded, uneven, and with pixels that no window reaches
    {
      shapes: [
        [2, 8, 2, 3],
        [8, 2, 4, 4],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 2], inputSize: [6, 9] }),
    },
    {
      shapes: [
        [1, 12, 2, 2],
        [12, 2, 2, 3],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [1, 3], pads: [1, 2, 0, 1], inputSize: [2, 5] }),
    },
    {
      shapes: [
        [1, 8, 3, 2],
        [8, 1, 4, 2],
      ],
      f: (dy, w) => T.conv2dInputGrad(dy, w, { ...conv, strides: [2, 2], pads: [3, 1, 1, 0], inputSize: [5, 4] }),
    },
  ],
  conv2dWeightGrad: [
    {
      shapes: [
        [2, 2, 5, 5],
        [2, 3, 3, 3],
      ],
      f: (x, dy) => T.conv2dWeightGrad(x, dy, { ...conv, kernel: [3, 3] }),
    },
    {
      shapes: [
        [1, 4, 5, 5],
        [1, 6, 3, 3],
      ],
      f: (x, dy) => T.conv2dWeightGrad(x, dy, { ...odd, kernel: [3, 3] }),
    },
    // the three ways the gradient is emitted: few channels (above), one product an image, one product of all
    {
      shapes: [
        [2, 4, 7, 7],
        [2, 3, 7, 7],
      ],
      f: (x, dy) => T.conv2dWeightGrad(x, dy, { ...conv, pads: [1, 1, 1, 1], kernel: [3, 3] }),
    },
    {
      shapes: [
        [2, 4, 7, 7],
        [2, 3, 2, 6],
      ],
      f: (x, dy) => T.conv2dWeightGrad(x, dy, { ...odd, pads: [1, 0, 0, 1], dilations: [2, 1], groups: 1, kernel: [3, 3] }),
    },
  ],
  maxPool2d: [
    { shapes: [[2, 2, 4, 4]], f: (x) => T.maxPool2d(x) },
    { shapes: [[1, 2, 5, 5]], f: (x) => T.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }) },
  ],
  maxUnpool2d: [
    {
      shapes: [
        [1, 2, 2, 2],
        [1, 2, 4, 4],
      ],
      f: (y, x) =>
        T.maxUnpool2d(y, T.maxPool2d(x).node.outputs[1], { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], inputSize: [4, 4] }),
    },
  ],
  gather: [
    { shapes: [[3, 2]], f: (x) => T.gather(x, rows) },
    { shapes: [[2, 3, 2]], f: (x) => T.gather(x, T.reshape(rows, [2, 2]), 1) },
  ],
  scatterAdd: [
    { shapes: [[4, 2]], f: (u) => T.scatterAdd(u, rows, 0, 3) },
    { shapes: [[2, 2, 2, 2]], f: (u) => T.scatterAdd(u, T.reshape(rows, [2, 2]), 1, 3) },
  ],
  gatherElements: [{ shapes: [[2, 3]], f: (x) => T.gatherElements(x, T.integers([2, 2, 0, 1], [2, 2]), 1) }],
  scatterElementsAdd: [{ shapes: [[2, 2]], f: (u) => T.scatterElementsAdd(u, T.integers([2, 2, 0, 1], [2, 2]), 1, 3) }],
  topK: [
    { shapes: [[3, 5]], f: (x) => T.topK(x, 2).values },
    { shapes: [[5, 3]], f: (x) => T.topK(x, 2, { axis: 0, largest: false }).values },
  ],
}

const b = (x: Tensor) => T.greater(x, 0)
const f32 = (x: Tensor) => T.cast(x, 'float32')

/** Primitives through which no gradient flows. */
export const otherChecks: { readonly [K in Exclude<OpName, DifferentiableOp>]: readonly Check[] } = {
  input: [{ shapes: [[2]], f: (x) => x }],
  constant: [{ shapes: [[2]], f: (x) => T.add(x, T.constant([3, -4])) }],
  stopGradient: unary((x) => T.stopGradient(T.mul(x, 2))),
  cast: [...unary((x) => f32(T.cast(T.mul(x, 5), 'int64'))), ...unary((x) => f32(b(x)))],
  sign: unary(T.sign),
  floor: unary((x) => T.floor(T.mul(x, 3))),
  equal: unary((x) => f32(T.equal(T.floor(x), -1))),
  greater: binary((x, y) => f32(T.greater(x, y))),
  greaterEqual: binary((x, y) => f32(T.lessEqual(x, y))),
  and: binary((x, y) => f32(T.and(b(x), b(y)))),
  or: binary((x, y) => f32(T.or(b(x), b(y)))),
  not: unary((x) => f32(T.not(b(x)))),
  argMax: [{ shapes: [[3, 4]], f: (x) => f32(T.argMax(x, 1)) }],
  argMin: [{ shapes: [[3, 4]], f: (x) => f32(T.argMin(x, 0, true)) }],
  randomUniform: [{ shapes: [[100]], f: (x) => T.add(T.randomUniform(T.constant(BigInt64Array.of(1234567n), []), [100]), T.mul(x, 0)) }],
}

/** Seeded numbers for a sample. */
export function drawNumbers(op: string, check: Check): (shape: readonly number[]) => NdArray {
  const random = rng(7).fork(op)
  const [low, high] = check.range ?? [-1, 1]
  return (shape) => {
    const a = ndarray(shape)
    return { shape, data: a.data.map(() => low + (high - low) * random.uniform()) }
  }
}

/** The inputs a scalar depends on through differentiable primitives. */
export function smoothInputs(loss: Tensor, xs: readonly Tensor[]): Tensor[] {
  return xs.filter((x) => {
    try {
      T.grad(loss, [x])
      return true
    } catch {
      return false
    }
  })
}

export const hasOp = (y: Tensor, op: string): boolean => T.topologicalOrder([y]).some((n) => n.op === op)
