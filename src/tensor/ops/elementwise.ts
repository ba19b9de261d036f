/** @file Elementwise operators with NumPy broadcasting: the functions that build nodes, and their shape rules. */
import { broadcastShapes, sameShape, shapeError, type DType } from '../shape.ts'
import { Node, type Tensor } from '../tensor.ts'
import type { OpName } from './attrs.ts'
import { tensor, type Operand } from './leaves.ts'

type UnaryFloat = 'neg' | 'exp' | 'log' | 'sqrt' | 'abs' | 'relu' | 'sigmoid' | 'tanh' | 'sign' | 'floor'
type BinaryFloat = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum'
type Comparison = 'equal' | 'greater' | 'greaterEqual'
type Logical = 'and' | 'or'

function unary(op: UnaryFloat, x: Operand): Tensor {
  const t = tensor(x)
  if (t.dtype !== 'float32') throw shapeError(op, 'the operand must be float32', [t], 'Use cast first.')
  return new Node(op, [t], {}, [t]).outputs[0]
}

function binary(op: BinaryFloat | Comparison | Logical, a: Operand, b: Operand, wanted: readonly DType[], out?: DType): Tensor {
  const inputs = [tensor(a), tensor(b)]
  if (inputs[0].dtype !== inputs[1].dtype || !wanted.includes(inputs[0].dtype))
    throw shapeError(op, `both operands must be ${wanted.join(' or ')}, of one type`, inputs, 'Use cast first.')
  return new Node(op as OpName, inputs, {} as never, [{ dtype: out ?? inputs[0].dtype, shape: broadcastShapes(op, inputs) }]).outputs[0]
}

const numbers: readonly DType[] = ['float32', 'int64']

/** -x */
export const neg = (x: Operand): Tensor => unary('neg', x)
/** e^x */
export const exp = (x: Operand): Tensor => unary('exp', x)
/** Natural logarithm; -Infinity at 0. */
export const log = (x: Operand): Tensor => unary('log', x)
/** Square root; its derivative is infinite at 0, so add an epsilon where 0 can come. */
export const sqrt = (x: Operand): Tensor => unary('sqrt', x)
/** |x|; derivative 0 at 0. */
export const abs = (x: Operand): Tensor => unary('abs', x)
/** max(x, 0); derivative 0 at 0. */
export const relu = (x: Operand): Tensor => unary('relu', x)
/** 1 / (1 + e^-x) */
export const sigmoid = (x: Operand): Tensor => unary('sigmoid', x)
/** Hyperbolic tangent. */
export const tanh = (x: Operand): Tensor => unary('tanh', x)
/** -1, 0 or 1. */
export const sign = (x: Operand): Tensor => unary('sign', x)
/** The largest integer not above x. */
export const floor = (x: Operand): Tensor => unary('floor', x)

/** a + b */
export const add = (a: Operand, b: Operand): Tensor => binary('add', a, b, numbers)
/** a - b */
export const sub = (a: Operand, b: Operand): Tensor => binary('sub', a, b, numbers)
/** a * b */
export const mul = (a: Operand, b: Operand): Tensor => binary('mul', a, b, numbers)
/** a / b */
export const div = (a: Operand, b: Operand): Tensor => binary('div', a, b, ['float32'])
/** a^b; the derivative in b needs a > 0. */
export const pow = (a: Operand, b: Operand): Tensor => binary('pow', a, b, ['float32'])
/** The larger of both; at a tie the gradient goes to `a`. */
export const maximum = (a: Operand, b: Operand): Tensor => binary('maximum', a, b, ['float32'])
/** The smaller of both; at a tie the gradient goes to `a`. */
export const minimum = (a: Operand, b: Operand): Tensor => binary('minimum', a, b, ['float32'])

/**
 * max(a, b) of two tensors of one shape; at a tie the gradient goes to `a`. As {@link maximum}, but the gradient is shared out by a product with
 * 0 or 1 in place of a choice, which takes half the time; an infinite gradient becomes NaN.
 */
export function largerOf(a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || !sameShape(a.shape, b.shape))
    throw shapeError('largerOf', 'both operands must be float32 of one shape', [a, b])
  return new Node('largerOf', [a, b], {}, [a]).outputs[0]
}

/** a = b, as bool. */
export const equal = (a: Operand, b: Operand): Tensor => binary('equal', a, b, [...numbers, 'bool'], 'bool')
/** a > b, as bool. */
export const greater = (a: Operand, b: Operand): Tensor => binary('greater', a, b, numbers, 'bool')
/** a >= b, as bool. */
export const greaterEqual = (a: Operand, b: Operand): Tensor => binary('greaterEqual', a, b, numbers, 'bool')
/** a < b, as bool. */
export const less = (a: Operand, b: Operand): Tensor => greater(b, a)
/** a <= b, as bool. */
export const lessEqual = (a: Operand, b: Operand): Tensor => greaterEqual(b, a)
/** Both. */
export const and = (a: Tensor, b: Tensor): Tensor => binary('and', a, b, ['bool'])
/** Either. */
export const or = (a: Tensor, b: Tensor): Tensor => binary('or', a, b, ['bool'])
/** Negation of bool. */
export function not(x: Tensor): Tensor {
  if (x.dtype !== 'bool') throw shapeError('not', 'the operand must be bool', [x])
  return new Node('not', [x], {}, [x]).outputs[0]
}

/** `a` where `condition` holds, else `b`; all three broadcast. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const inputs = [condition, tensor(a), tensor(b)]
  if (condition.dtype !== 'bool' || inputs[1].dtype !== inputs[2].dtype)
    throw shapeError('where', 'the condition must be bool and both values of one type', inputs)
  return new Node('where', inputs, {}, [{ dtype: inputs[1].dtype, shape: broadcastShapes('where', inputs) }]).outputs[0]
}

/** The value in another element type; float to int64 truncates, bool becomes 0 or 1. No gradient. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : new Node('cast', [x], { dtype }, [{ dtype, shape: x.shape }]).outputs[0]
}

/** x^2 */
export const square = (x: Tensor): Tensor => mul(x, x)
