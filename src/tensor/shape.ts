/**
 * @file Shapes of symbolic tensors. A dimension is a number, or a name such as `'N'` for a batch whose size is known only when the graph runs.
 */
import { KindredError, largest } from '../base/index.ts'

/** One dimension: a size, or the name of a size bound at run time. */
export type Dim = number | string
export type Shape = readonly Dim[]
export type DType = 'float32' | 'int64' | 'uint8' | 'bool'

/** The type of a symbolic tensor: element type and shape. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** `float32[N, 3, 28, 28]`, for messages. */
export function showType(type: TensorType): string {
  return `${type.dtype}${showShape(type.shape)}`
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** Throws the one error that every shape rule throws: it names the op and both (all) operand types. */
export function shapeError(op: string, expected: string, inputs: readonly TensorType[], fix?: string): KindredError {
  return new KindredError('shape', op, expected, inputs.map(showType).join(' and '), fix)
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i])
}

/** Number of elements; throws where a dimension is symbolic. */
export function sizeOf(shape: Shape, where = 'size'): number {
  let n = 1
  for (const d of shape) n *= numeric(d, where)
  return n
}

/** The dimension as a number; throws where it is symbolic. */
export function numeric(dim: Dim, where: string): number {
  if (typeof dim === 'number') return dim
  throw new KindredError(
    'shape',
    where,
    'the dimension must be a known number',
    `symbolic ${dim}`,
    'Build this graph with a fixed batch size.',
  )
}

/**
 * The common shape of operands by NumPy's broadcasting rule: aligned from the right, equal or 1.
 *
 * @throws KindredError `shape` naming both shapes
 */
export function broadcastShapes(op: string, inputs: readonly TensorType[]): Shape {
  const rank = largest(inputs.map((t) => t.shape.length))
  const out: Dim[] = []
  for (let i = 0; i < rank; i++) {
    let dim: Dim = 1
    for (const { shape } of inputs) {
      const d = shape[shape.length - rank + i] ?? 1
      if (d === 1 || d === dim) continue
      if (dim !== 1) throw shapeError(op, 'shapes must broadcast (equal or 1, aligned from the right)', inputs)
      dim = d
    }
    out.push(dim)
  }
  return out
}

/** An axis counted from the end made positive, checked. */
export function normaliseAxis(op: string, axis: number, rank: number): number {
  const a = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || a < 0 || a >= rank)
    throw new KindredError('shape', op, `axis must be an integer in [${-rank}, ${rank - 1}]`, String(axis))
  return a
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let s = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = s
    s *= shape[i]
  }
  return strides
}
