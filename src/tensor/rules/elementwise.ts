/** @file Elementwise primitives: reference evaluation and derivative side by side. */
import { largest } from '../../base/index.ts'
import { numeric, sameShape, stridesOf, type Shape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { cast, div, equal, greater, greaterEqual, log, mul, neg, pow, sign, sub, where } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { reshape } from '../ops/shaping.ts'
import { ndarray, type NdArray, type Rules } from './rule.ts'

type Elementwise =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'sign'
  | 'floor'
  | 'not'
  | 'cast'
  | 'stopGradient'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'largerOf'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'and'
  | 'or'
  | 'where'

/** The gradient of a broadcast operand: summed over the axes along which it was repeated. */
export function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g
  const extra = g.rank - shape.length
  const axes = g.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []))
  return reshape(sum(g, { axes }), shape)
}

const map =
  (f: (x: number) => number) =>
  ([x]: readonly NdArray[]): NdArray[] => [ndarray(x.shape, x.data.map(f))]

/** Evaluates with broadcasting. */
function broadcast(inputs: readonly NdArray[], f: (...xs: number[]) => number): NdArray[] {
  const rank = largest(inputs.map((x) => x.shape.length))
  const shape = Array.from({ length: rank }, (_, i) => largest(inputs.map((x) => x.shape[x.shape.length - rank + i] ?? 1)))
  const strides = inputs.map((x) => {
    const own = stridesOf(x.shape)
    return shape.map((_, i) => {
      const j = x.shape.length - rank + i
      return j < 0 || x.shape[j] === 1 ? 0 : own[j]
    })
  })
  const out = ndarray(shape)
  const outStrides = stridesOf(shape)
  for (let flat = 0; flat < out.data.length; flat++) {
    const at = strides.map((s) => s.reduce((sumSoFar, stride, i) => sumSoFar + stride * (Math.floor(flat / outStrides[i]) % shape[i]), 0))
    out.data[flat] = f(...inputs.map((x, i) => x.data[at[i]]))
  }
  return [out]
}

const zip =
  (f: (...xs: number[]) => number) =>
  (inputs: readonly NdArray[]): NdArray[] =>
    broadcast(inputs, f)

export const elementwise: Rules<Elementwise> = {
  neg: { evaluate: map((x) => -x), vjp: (g) => [neg(g)] },
  exp: { evaluate: map(Math.exp), vjp: (g, { outputs: [y] }) => [mul(g, y)] },
  log: { evaluate: map(Math.log), vjp: (g, { inputs: [x] }) => [div(g, x)] },
  sqrt: { evaluate: map(Math.sqrt), vjp: (g, { outputs: [y] }) => [div(mul(g, 0.5), y)] },
  abs: { evaluate: map(Math.abs), vjp: (g, { inputs: [x] }) => [mul(g, sign(x))] },
  // The mask is taken from the output: it is needed anyway, and the input can then be freed.
  relu: { evaluate: map((x) => Math.max(x, 0)), vjp: (g, { outputs: [y] }) => [masked(g, greater(y, 0))] },
  sigmoid: { evaluate: map((x) => 1 / (1 + Math.exp(-x))), vjp: (g, { outputs: [y] }) => [mul(g, mul(y, sub(1, y)))] },
  tanh: { evaluate: map(Math.tanh), vjp: (g, { outputs: [y] }) => [mul(g, sub(1, mul(y, y)))] },
  sign: { evaluate: map(Math.sign) },
  floor: { evaluate: map(Math.floor) },
  not: { evaluate: map((x) => (x === 0 ? 1 : 0)) },
  cast: {
    evaluate: ([x], { dtype }) => [
      ndarray(x.shape, dtype === 'float32' ? x.data : x.data.map(dtype === 'bool' ? (v) => (v === 0 ? 0 : 1) : Math.trunc)),
    ],
  },
  stopGradient: { evaluate: ([x]) => [x] },

  add: { evaluate: zip((a, b) => a + b), vjp: (g, { inputs: [a, b] }) => [unbroadcast(g, a.shape), unbroadcast(g, b.shape)] },
  sub: { evaluate: zip((a, b) => a - b), vjp: (g, { inputs: [a, b] }) => [unbroadcast(g, a.shape), unbroadcast(neg(g), b.shape)] },
  mul: {
    evaluate: zip((a, b) => a * b),
    vjp: (g, { inputs: [a, b] }) => [unbroadcast(mul(g, b), a.shape), unbroadcast(mul(g, a), b.shape)],
  },
  div: {
    evaluate: zip((a, b) => a / b),
    vjp: (g, { inputs: [a, b], outputs: [y] }) => [unbroadcast(div(g, b), a.shape), unbroadcast(neg(div(mul(g, y), b)), b.shape)],
  },
  pow: {
    evaluate: zip((a, b) => a ** b),
    vjp: (g, { inputs: [a, b], outputs: [y] }) => [
      unbroadcast(mul(g, mul(b, pow(a, sub(b, 1)))), a.shape),
      // A constant exponent, the usual case, needs no logarithm (which would be NaN for a < 0).
      b.node.op === 'constant' ? undefined : unbroadcast(mul(g, mul(y, log(a))), b.shape),
    ],
  },
  maximum: { evaluate: zip((a, b) => Math.max(a, b)), vjp: (g, { inputs: [a, b] }) => choose(g, a, b, greaterEqual(a, b)) },
  minimum: { evaluate: zip((a, b) => Math.min(a, b)), vjp: (g, { inputs: [a, b] }) => choose(g, a, b, greaterEqual(b, a)) },
  largerOf: {
    evaluate: zip((a, b) => Math.max(a, b)),
    vjp: (g, { inputs: [a, b] }) => {
      const toFirst = mul(g, cast(greaterEqual(a, b), 'float32'))
      return [toFirst, sub(g, toFirst)]
    },
  },
  equal: { evaluate: zip((a, b) => (a === b ? 1 : 0)) },
  greater: { evaluate: zip((a, b) => (a > b ? 1 : 0)) },
  greaterEqual: { evaluate: zip((a, b) => (a >= b ? 1 : 0)) },
  and: { evaluate: zip((a, b) => (a !== 0 && b !== 0 ? 1 : 0)) },
  or: { evaluate: zip((a, b) => (a !== 0 || b !== 0 ? 1 : 0)) },
  where: {
    evaluate: zip((c, a, b) => (c !== 0 ? a : b)),
    vjp: (g, { inputs: [c, a, b] }) => [undefined, ...choose(g, a, b, c)],
  },
}

/**
 * g where the mask holds, else 0. A product with the mask takes half the time of a choice, but turns an infinite g into NaN where it must vanish
 * (as in sqrt(relu(x)) at x < 0); so it is used only on what a layer with weights sends back, where one infinity has already spread to all.
 */
function masked(g: Tensor, mask: Tensor): Tensor {
  const source = g.node.op === 'reshape' ? g.node.inputs[0].node.op : g.node.op
  return source === 'matmul' || source === 'conv2dInputGrad' ? mul(g, cast(mask, 'float32')) : where(mask, g, 0)
}

/** Gradients of an operator that passes `a` through where `taken` holds, else `b`. */
function choose(g: Tensor, a: Tensor, b: Tensor, taken: Tensor): Tensor[] {
  return [unbroadcast(where(taken, g, 0), a.shape), unbroadcast(where(taken, 0, g), b.shape)]
}

/** Used by the reductions: which elements equal the kept extreme, and their number, so that ties share. */
export function tieShares(x: Tensor, kept: Tensor, axes: readonly number[]): Tensor {
  const tied = cast(equal(x, kept), 'float32')
  return div(tied, sum(tied, { axes, keepDims: true }))
}

/** Number of elements a reduction folds into one. */
export function foldedCount(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((n, a) => n * numeric(x.shape[a], 'gradient of a reduction'), 1)
}
