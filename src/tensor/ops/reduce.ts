/** @file Reductions along axes, softmax, top-k. */
import { KindredError } from '../../base/index.ts'
import { normaliseAxis, shapeError, type Shape } from '../shape.ts'
import { Node, type Tensor } from '../tensor.ts'
import { add, exp, log, sub } from './elementwise.ts'
import { reshape } from './shaping.ts'
import { stopGradient } from './leaves.ts'

/** Axes to reduce over (all when left out; negative counts from the end) and whether they stay as size 1. */
export interface ReduceOptions {
  readonly axes?: number | readonly number[]
  readonly keepDims?: boolean
}

function reduce(op: 'sum' | 'mean' | 'max' | 'min', x: Tensor, { axes, keepDims = false }: ReduceOptions): Tensor {
  if (x.dtype !== 'float32' && !(op !== 'mean' && x.dtype === 'int64'))
    throw shapeError(op, 'the operand must be float32', [x], 'Use cast first.')
  const list =
    axes === undefined ? x.shape.map((_, i) => i) : (typeof axes === 'number' ? [axes] : axes).map((a) => normaliseAxis(op, a, x.rank))
  const sorted = [...new Set(list)].sort((a, b) => a - b)
  if (sorted.length === 0) return x
  return new Node(op, [x], { axes: sorted, keepDims }, [{ dtype: x.dtype, shape: reducedShape(x.shape, sorted, keepDims) }]).outputs[0]
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))
}

/** Sum over axes. */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('sum', x, options)
/** Arithmetic mean over axes. */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('mean', x, options)
/** Largest value over axes; tied maxima share the gradient equally. */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('max', x, options)
/** Smallest value over axes; tied minima share the gradient equally. */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce('min', x, options)

function arg(op: 'argMax' | 'argMin', x: Tensor, axis: number, keepDims: boolean): Tensor {
  const a = normaliseAxis(op, axis, x.rank)
  return new Node(op, [x], { axis: a, keepDims }, [{ dtype: 'int64', shape: reducedShape(x.shape, [a], keepDims) }]).outputs[0]
}

/** Index of the largest value along an axis (the first of ties), int64. */
export const argMax = (x: Tensor, axis: number, keepDims = false): Tensor => arg('argMax', x, axis, keepDims)
/** Index of the smallest value along an axis (the first of ties), int64. */
export const argMin = (x: Tensor, axis: number, keepDims = false): Tensor => arg('argMin', x, axis, keepDims)

/** e^x / sum e^x along an axis, stable. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return new Node('softmax', [x], { axis: normaliseAxis('softmax', axis, x.rank) }, [x]).outputs[0]
}

/** log softmax along an axis, stable. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return new Node('logSoftmax', [x], { axis: normaliseAxis('logSoftmax', axis, x.rank) }, [x]).outputs[0]
}

/** log sum e^x along one axis, stable. */
export function logSumExp(x: Tensor, axis = -1): Tensor {
  const a = normaliseAxis('logSumExp', axis, x.rank)
  const top = stopGradient(max(x, { axes: a, keepDims: true }))
  const kept = add(log(sum(exp(sub(x, top)), { axes: a, keepDims: true })), top)
  return reshape(
    kept,
    x.shape.filter((_, i) => i !== a),
  )
}

/**
 * The k largest (or smallest) values along an axis in order, and their int64 indices.
 *
 * @throws KindredError `shape` when the axis is shorter than k
 */
export function topK(
  x: Tensor,
  k: number,
  { axis = -1, largest = true }: { axis?: number; largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const a = normaliseAxis('topK', axis, x.rank)
  const n = x.shape[a]
  if (!Number.isInteger(k) || k < 1 || (typeof n === 'number' && k > n))
    throw new KindredError('shape', 'topK', `k must be an integer in 1..${n}`, String(k))
  const shape = x.shape.map((d, i) => (i === a ? k : d))
  const node = new Node('topK', [x], { k, axis: a, largest }, [
    { dtype: x.dtype, shape },
    { dtype: 'int64', shape },
  ])
  return { values: node.outputs[0], indices: node.outputs[1] }
}
