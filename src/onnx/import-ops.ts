/**
 * @file How each ONNX operator is said in kindred's primitives: the table that `fromOnnx` reads by. Definitions: onnx/docs/Operators.md.
 */
import * as T from '../tensor/index.ts'
import { normaliseAxis, type Dim, type DType, type Tensor } from '../tensor/index.ts'
import { convolutions } from './import-convolutions.ts'
import type { NodeReader } from './node-reader.ts'
import { gathered, padded, reshaped, sliced } from './import-shaping.ts'

/** Says one node; results are in the order of its outputs. */
export type Importer = (r: NodeReader) => Tensor | Tensor[]

const unary =
  (f: (x: Tensor) => Tensor): Importer =>
  (r) =>
    f(r.tensor(0))
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor): Importer =>
  (r) =>
    f(r.tensor(0), r.tensor(1))
const variadic =
  (f: (a: Tensor, b: Tensor) => Tensor): Importer =>
  (r) =>
    r.tensors().reduce(f)

const negative = (x: Tensor): Tensor => T.minimum(x, 0)
const elu = (x: Tensor, alpha: number): Tensor => T.add(T.relu(x), T.mul(T.sub(T.exp(negative(x)), 1), alpha))
const clamp = (x: Tensor, low: number | undefined, high: number | undefined): Tensor => {
  const above = low === undefined || low === -Infinity ? x : low === 0 ? T.relu(x) : T.maximum(x, low)
  return high === undefined || high === Infinity ? above : T.minimum(above, high)
}
const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor => clamp(T.add(T.mul(x, alpha), beta), 0, 1)

const dtypes: Readonly<Record<number, DType>> = { 1: 'float32', 2: 'uint8', 7: 'int64', 9: 'bool' }

/** Reductions; `noop_with_empty_axes` and axes as attribute (before opset 18, Sum before 13) or input. */
const reduction =
  (f: (x: Tensor, options: T.ReduceOptions) => Tensor): Importer =>
  (r) => {
    const axes = r.listOrInput('axes', 1)
    const x = r.tensor(0)
    if ((axes === undefined || axes.length === 0) && r.int('noop_with_empty_axes', 0) === 1) return x
    return f(x, { axes: axes?.length === 0 ? undefined : axes, keepDims: r.int('keepdims', 1) === 1 })
  }
const logSumExpOver = (x: Tensor, options: T.ReduceOptions): Tensor => {
  const top = T.stopGradient(T.max(x, { ...options, keepDims: true }))
  const sum = T.log(T.sum(T.exp(T.sub(x, top)), options))
  return T.add(sum, T.reshape(top, sum.shape))
}

/** Before opset 13 the axis divides the shape in two, and the softmax runs over all of the second part. */
const softmax =
  (f: (x: Tensor, axis: number) => Tensor): Importer =>
  (r) => {
    const x = r.tensor(0)
    const axis = normaliseAxis(r.node.opType, r.int('axis', r.opset < 13 ? 1 : -1), x.rank)
    if (r.opset >= 13 || axis === x.rank - 1) return f(x, axis)
    return T.reshape(f(T.flatten(x, axis), axis), x.shape)
  }

const arg =
  (f: typeof T.argMax): Importer =>
  (r) => {
    if (r.int('select_last_index', 0) !== 0) throw r.fail('ties must go to the first index', 'select_last_index 1')
    return f(r.tensor(0), r.int('axis', 0), r.int('keepdims', 1) === 1)
  }

/** Axes that the node names, or all of size 1. */
function squeezed(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const axes = r.listOrInput('axes', 1)?.map((a) => normaliseAxis('Squeeze', a, x.rank)) ?? x.shape.flatMap((d, i) => (d === 1 ? [i] : []))
  return T.reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  )
}

function unsqueezed(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const list = r.listOrInput('axes', 1) ?? []
  const axes = list.map((a) => normaliseAxis('Unsqueeze', a, x.rank + list.length))
  const rest = [...x.shape]
  return T.reshape(
    x,
    Array.from({ length: x.rank + axes.length }, (_, i): Dim => (axes.includes(i) ? 1 : rest.shift()!)),
  )
}

/** MatMul also takes vectors. */
function matrixProduct(r: NodeReader): Tensor {
  const [a, b] = [r.tensor(0), r.tensor(1)]
  const y = T.matmul(a.rank === 1 ? T.reshape(a, [1, ...a.shape]) : a, b.rank === 1 ? T.reshape(b, [...b.shape, 1]) : b)
  return T.reshape(
    y,
    y.shape.filter((_, i) => !(a.rank === 1 && i === y.rank - 2) && !(b.rank === 1 && i === y.rank - 1)),
  )
}

function gemm(r: NodeReader): Tensor {
  const scaled = (x: Tensor, by: number) => (by === 1 ? x : T.mul(x, by))
  const product = scaled(
    T.matmul(r.tensor(0), r.tensor(1), { transA: r.int('transA', 0) === 1, transB: r.int('transB', 0) === 1 }),
    r.real('alpha', 1),
  )
  return r.has(2) ? T.add(product, scaled(r.tensor(2), r.real('beta', 1))) : product
}

function split(r: NodeReader): Tensor[] {
  const x = r.tensor(0)
  const axis = normaliseAxis('Split', r.int('axis', 0), x.rank)
  const n = r.number(x.shape[axis])
  const parts = r.node.outputs.length
  const sizes =
    r.listOrInput('split', 1) ?? Array.from({ length: parts }, (_, i) => Math.min(Math.ceil(n / parts), n - i * Math.ceil(n / parts)))
  let from = 0
  return sizes.map((size) => T.slice(x, axis, from, (from += size)))
}

function topK(r: NodeReader): Tensor[] {
  const [k] = r.listOrInput('k', 1) ?? [r.int('k', 1)]
  const { values, indices } = T.topK(r.tensor(0), k, { axis: r.int('axis', -1), largest: r.int('largest', 1) === 1 })
  return [values, indices]
}

/** (x - mean) / sqrt(var + epsilon) over some axes. */
function standardised(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = T.sub(x, T.mean(x, { axes, keepDims: true }))
  return T.div(centred, T.sqrt(T.add(T.mean(T.square(centred), { axes, keepDims: true }), epsilon)))
}

function layerNormalisation(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const from = normaliseAxis('LayerNormalization', r.int('axis', -1), x.rank)
  const y = T.mul(
    standardised(
      x,
      x.shape.flatMap((_, i) => (i >= from ? [i] : [])),
      r.real('epsilon', 1e-5),
    ),
    r.tensor(1),
  )
  return r.has(2) ? T.add(y, r.tensor(2)) : y
}

function lpNormalisation(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const options = { axes: r.int('axis', -1), keepDims: true }
  return T.div(x, r.int('p', 2) === 1 ? T.sum(T.abs(x), options) : T.sqrt(T.sum(T.square(x), options)))
}

function scattered(r: NodeReader): Tensor {
  const into = r.tensor(0)
  if (r.text('reduction', 'none') !== 'add') throw r.fail("its reduction must be 'add'", r.text('reduction', 'none'))
  const axis = normaliseAxis('ScatterElements', r.int('axis', 0), into.rank)
  return T.add(into, T.scatterElementsAdd(r.tensor(2), r.tensor(1), axis, r.number(into.shape[axis])))
}

function tiled(r: NodeReader): Tensor {
  return r.ints(1)!.reduce((x, n, axis) => T.concat(new Array<Tensor>(r.within(n, 'entries')).fill(x), axis), r.tensor(0))
}

function filled(r: NodeReader): Tensor {
  const shape = r.ints(0)!
  const value = r.attribute('value')
  const one = typeof value === 'object' && 'dtype' in value ? Number(value.data[0]) : 0
  if (typeof value === 'object' && 'dtype' in value && value.dtype !== 'float32') throw r.fail('it must fill with float32', value.dtype)
  return T.constant(new Float32Array(r.within(shape.reduce((a, b) => a * b, 1))).fill(one), shape)
}

/** Every operator that can be said; Constant, Shape, Identity, Dropout and arithmetic on sizes are dealt with before. */
export const importers: Readonly<Record<string, Importer>> = {
  ...convolutions,
  Neg: unary(T.neg),
  Exp: unary(T.exp),
  Log: unary(T.log),
  Sqrt: unary(T.sqrt),
  Abs: unary(T.abs),
  Relu: unary(T.relu),
  Sigmoid: unary(T.sigmoid),
  Tanh: unary(T.tanh),
  Sign: unary(T.sign),
  Floor: unary(T.floor),
  Not: unary(T.not),
  Ceil: unary((x) => T.neg(T.floor(T.neg(x)))),
  Reciprocal: unary((x) => T.div(1, x)),
  Softplus: unary((x) => T.add(T.relu(x), T.log(T.add(T.exp(T.neg(T.abs(x))), 1)))),
  Softsign: unary((x) => T.div(x, T.add(T.abs(x), 1))),
  HardSwish: unary((x) => T.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  LeakyRelu: (r) => T.add(T.relu(r.tensor(0)), T.mul(negative(r.tensor(0)), r.real('alpha', 0.01))),
  PRelu: (r) => T.add(T.relu(r.tensor(0)), T.mul(negative(r.tensor(0)), r.tensor(1))),
  Elu: (r) => elu(r.tensor(0), r.real('alpha', 1)),
  Selu: (r) => T.mul(elu(r.tensor(0), r.real('alpha', 1.6732632)), r.real('gamma', 1.050701)),
  HardSigmoid: (r) => hardSigmoid(r.tensor(0), r.real('alpha', 0.2), r.real('beta', 0.5)),
  Clip: (r) =>
    clamp(
      r.tensor(0),
      r.attribute('min') === undefined ? r.float(1) : r.real('min', 0),
      r.attribute('max') === undefined ? r.float(2) : r.real('max', 0),
    ),
  Add: binary(T.add),
  Sub: binary(T.sub),
  Mul: binary(T.mul),
  Div: binary(T.div),
  Pow: binary(T.pow),
  Max: variadic(T.maximum),
  Min: variadic(T.minimum),
  Sum: variadic(T.add),
  Mean: (r) =>
    T.mul(
      r.tensors().reduce((a, b) => T.add(a, b)),
      1 / r.count,
    ),
  Equal: binary(T.equal),
  Greater: binary(T.greater),
  GreaterOrEqual: binary(T.greaterEqual),
  Less: binary(T.less),
  LessOrEqual: binary(T.lessEqual),
  And: binary(T.and),
  Or: binary(T.or),
  Where: (r) => T.where(r.tensor(0), r.tensor(1), r.tensor(2)),
  Cast: (r) => {
    const to = dtypes[r.int('to', 0)]
    if (to === undefined) throw r.fail('element types must be float32, int64, uint8 or bool', `ONNX type ${r.int('to', 0)}`)
    return T.cast(r.tensor(0), to)
  },

  ReduceSum: reduction(T.sum),
  ReduceMean: reduction(T.mean),
  ReduceMax: reduction(T.max),
  ReduceMin: reduction(T.min),
  ReduceSumSquare: reduction((x, o) => T.sum(T.square(x), o)),
  ReduceL1: reduction((x, o) => T.sum(T.abs(x), o)),
  ReduceL2: reduction((x, o) => T.sqrt(T.sum(T.square(x), o))),
  ReduceLogSumExp: reduction(logSumExpOver),
  Softmax: softmax(T.softmax),
  LogSoftmax: softmax(T.logSoftmax),
  ArgMax: arg(T.argMax),
  ArgMin: arg(T.argMin),
  TopK: topK,

  Reshape: (r) => reshaped(r, r.tensor(0), r.dims(1)),
  Flatten: (r) => {
    const x = r.tensor(0)
    const axis = r.int('axis', 1)
    const at = axis < 0 ? axis + x.rank : axis
    if (at < 0 || at > x.rank) throw r.fail(`axis must be from ${-x.rank} to ${x.rank}`, String(axis))
    return at === 1
      ? T.flatten(x, 1)
      : reshaped(r, x, at === 0 ? [1, -1] : [x.shape.slice(0, at).reduce<number>((n, d) => n * r.number(d), 1), -1])
  },
  Squeeze: squeezed,
  Unsqueeze: unsqueezed,
  Transpose: (r) => T.transpose(r.tensor(0), r.list('perm') ?? r.tensor(0).shape.map((_, i) => r.tensor(0).rank - 1 - i)),
  Expand: (r) => {
    const x = r.tensor(0)
    const dims = r.dims(1)
    const rank = Math.max(x.rank, dims.length)
    return T.expand(
      x,
      Array.from({ length: rank }, (_, i): Dim => {
        const [have, want] = [x.shape[i - rank + x.rank] ?? 1, dims[i - rank + dims.length] ?? 1]
        return want === 1 ? have : want
      }),
    )
  },
  Concat: (r) => T.concat(r.tensors(), r.int('axis', 1)),
  Split: split,
  Slice: sliced,
  Pad: padded,
  Tile: tiled,
  Gather: gathered,
  ConstantOfShape: filled,
  GatherElements: (r) => T.gatherElements(r.tensor(0), r.tensor(1), r.int('axis', 0)),
  ScatterElements: scattered,
  MatMul: matrixProduct,
  Gemm: gemm,
  LayerNormalization: layerNormalisation,
  LpNormalization: lpNormalisation,
  InstanceNormalization: (r) => {
    const x = r.tensor(0)
    const wide = (t: Tensor) => T.reshape(t, [...t.shape, ...x.shape.slice(2).map(() => 1)])
    return T.add(
      T.mul(
        standardised(
          x,
          x.shape.flatMap((_, i) => (i >= 2 ? [i] : [])),
          r.real('epsilon', 1e-5),
        ),
        wide(r.tensor(1)),
      ),
      wide(r.tensor(2)),
    )
  },
}
