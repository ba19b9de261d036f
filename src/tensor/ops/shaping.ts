/** @file Operators that move numbers without changing them. */
import { KindredError } from '../../base/index.ts'
import { broadcastShapes, normaliseAxis, numeric, sameShape, shapeError, showShape, sizeOf, type Dim, type Shape } from '../shape.ts'
import { Node, type Tensor } from '../tensor.ts'

/**
 * The same numbers in another shape.
 *
 * @param shape at most one named dimension, and then the operand must have the same one; the product of the others must agree
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const split = (s: Shape) => ({
    names: s.filter((d) => typeof d === 'string'),
    size: s.reduce<number>((n, d) => (typeof d === 'number' ? n * d : n), 1),
  })
  const from = split(x.shape)
  const to = split(shape)
  if (from.size !== to.size || from.names.length !== to.names.length || to.names.length > 1 || from.names[0] !== to.names[0]) {
    throw shapeError('reshape', `the number of elements must stay the same for shape ${showShape(shape)}`, [x])
  }
  return new Node('reshape', [x], { shape }, [{ dtype: x.dtype, shape }]).outputs[0]
}

/** All axes from `from` on merged into one: [N, C, H, W] -> [N, C*H*W]. */
export function flatten(x: Tensor, from = 1): Tensor {
  return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from), 'flatten')])
}

/** Axes reordered: out.shape[i] = x.shape[perm[i]]. */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  if (perm.length !== x.rank || [...perm].sort((a, b) => a - b).some((p, i) => p !== i))
    throw shapeError('transpose', `perm must be a permutation of 0..${x.rank - 1}, got [${perm.join(', ')}] for`, [x])
  if (perm.every((p, i) => p === i)) return x
  return new Node('transpose', [x], { perm }, [{ dtype: x.dtype, shape: perm.map((p) => x.shape[p]) }]).outputs[0]
}

/** Repeated along axes of size 1 (and new leading axes) until it has `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = broadcastShapes('expand', [x, { dtype: x.dtype, shape }])
  if (!sameShape(out, shape)) throw shapeError('expand', `the operand must broadcast to ${showShape(shape)}`, [x])
  sizeOf(shape, 'expand')
  return new Node('expand', [x], { shape }, [{ dtype: x.dtype, shape }]).outputs[0]
}

/** Tensors joined along an axis; all other dimensions must be equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) throw new KindredError('shape', 'concat', 'there must be at least one tensor', 'none')
  if (tensors.length === 1) return tensors[0]
  const [first] = tensors
  const a = normaliseAxis('concat', axis, first.rank)
  for (const t of tensors) {
    if (t.dtype !== first.dtype || t.rank !== first.rank || t.shape.some((d, i) => i !== a && d !== first.shape[i]))
      throw shapeError('concat', `all tensors must agree but for axis ${a}`, tensors)
  }
  const total = tensors.reduce((n, t) => n + numeric(t.shape[a], 'concat'), 0)
  return new Node('concat', tensors, { axis: a }, [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === a ? total : d)) }])
    .outputs[0]
}

/** Elements start, start+step, ... below `end` along one axis; start and end may count from the end, step >= 1. */
export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  const a = normaliseAxis('slice', axis, x.rank)
  const n = numeric(x.shape[a], 'slice')
  const from = start < 0 ? start + n : start
  const to = end === undefined ? n : end < 0 ? end + n : end
  if (!(from >= 0 && from < to && to <= n && step >= 1))
    throw shapeError('slice', `0 <= start < end <= ${n} and step >= 1 must hold for axis ${a}, got ${start}:${end ?? ''}:${step} of`, [x])
  if (from === 0 && to === n && step === 1) return x
  const size = Math.ceil((to - from) / step)
  return new Node('slice', [x], { axis: a, start: from, end: to, step }, [{ dtype: x.dtype, shape: replace(x.shape, a, size) }]).outputs[0]
}

/** Zeros added before and after along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const a = normaliseAxis('pad', axis, x.rank)
  if (!(Number.isInteger(before) && Number.isInteger(after) && before >= 0 && after >= 0))
    throw new KindredError('shape', 'pad', 'before and after must be integers >= 0', `${before} and ${after}`)
  if (before === 0 && after === 0) return x
  return new Node('pad', [x], { axis: a, before, after }, [
    { dtype: x.dtype, shape: replace(x.shape, a, numeric(x.shape[a], 'pad') + before + after) },
  ]).outputs[0]
}

/**
 * Rows chosen by index along an axis: out[..., i..., ...] = x[..., indices[i...], ...]. The shape of `indices` takes the axis' place.
 *
 * @param indices int64, within the axis (checked when the graph runs)
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const a = normaliseAxis('gather', axis, x.rank)
  if (indices.dtype !== 'int64') throw shapeError('gather', 'indices must be int64', [x, indices])
  const shape = [...x.shape.slice(0, a), ...indices.shape, ...x.shape.slice(a + 1)]
  return new Node('gather', [x, indices], { axis: a }, [{ dtype: x.dtype, shape }]).outputs[0]
}

/** The transpose of {@link gather}: zeros of `size` along the axis, to which each update is added at its index. */
export function scatterAdd(updates: Tensor, indices: Tensor, axis: number, size: number): Tensor {
  const shape = [...updates.shape.slice(0, axis), size, ...updates.shape.slice(axis + indices.rank)]
  return new Node('scatterAdd', [updates, indices], { axis, size }, [{ dtype: updates.dtype, shape }]).outputs[0]
}

/** out[i][j] = x[i][indices[i][j]] (for the last axis; any axis likewise): NumPy's take_along_axis. */
export function gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor {
  const a = normaliseAxis('gatherElements', axis, x.rank)
  if (indices.dtype !== 'int64' || indices.rank !== x.rank || indices.shape.some((d, i) => i !== a && d !== x.shape[i]))
    throw shapeError('gatherElements', `indices must be int64 and agree with the operand but for axis ${a}`, [x, indices])
  return new Node('gatherElements', [x, indices], { axis: a }, [{ dtype: x.dtype, shape: indices.shape }]).outputs[0]
}

/** The transpose of {@link gatherElements}: zeros of `size` along the axis, to which each update is added at its index. */
export function scatterElementsAdd(updates: Tensor, indices: Tensor, axis: number, size: number): Tensor {
  return new Node('scatterElementsAdd', [updates, indices], { axis, size }, [
    { dtype: updates.dtype, shape: replace(updates.shape, axis, size) },
  ]).outputs[0]
}

function replace(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((d, i) => (i === axis ? dim : d))
}
