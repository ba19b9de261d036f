/** @file Reductions, softmax and top-k: reference evaluation and derivative side by side. */
import { largest, smallest } from '../../base/index.ts'
import { sameShape, stridesOf } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { exp, mul, sub } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { expand, reshape, scatterElementsAdd } from '../ops/shaping.ts'
import { numeric } from '../shape.ts'
import { foldedCount, tieShares } from './elementwise.ts'
import { ndarray, type NdArray, type Rules } from './rule.ts'

type Reductions = 'sum' | 'mean' | 'max' | 'min' | 'argMax' | 'argMin' | 'softmax' | 'logSoftmax' | 'topK'

/** Reduces over `axes`: gathers each group's numbers and folds them. */
function fold(x: NdArray, axes: readonly number[], keepDims: boolean, f: (values: number[]) => number): NdArray {
  const strides = stridesOf(x.shape)
  const keptShape = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
  const keptStrides = stridesOf(keptShape)
  const groups: number[][] = Array.from({ length: keptShape.reduce((a, b) => a * b, 1) }, () => [])
  for (let flat = 0; flat < x.data.length; flat++) {
    let at = 0
    for (let i = 0; i < strides.length; i++) if (!axes.includes(i)) at += (Math.floor(flat / strides[i]) % x.shape[i]) * keptStrides[i]
    groups[at].push(x.data[flat])
  }
  return ndarray(keepDims ? keptShape : x.shape.filter((_, i) => !axes.includes(i)), Float64Array.from(groups, f))
}

/** Applies `f` to every line along one axis. */
export function alongAxis(x: NdArray, axis: number, outSize: number, f: (line: number[]) => ArrayLike<number>): NdArray {
  const outShape = x.shape.map((d, i) => (i === axis ? outSize : d))
  const out = ndarray(outShape)
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1)
  const n = x.shape[axis]
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const result = f(Array.from({ length: n }, (_, j) => x.data[(o * n + j) * inner + i]))
      for (let j = 0; j < outSize; j++) out.data[(o * outSize + j) * inner + i] = result[j]
    }
  }
  return out
}

/** A reduced tensor with its lost axes back as size 1. */
function withAxes(y: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const shape = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
  return sameShape(y.shape, shape) ? y : reshape(y, shape)
}

function softmaxOf(line: number[]): number[] {
  const top = largest(line)
  const e = line.map((v) => Math.exp(v - top))
  const total = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / total)
}

const total = (values: number[]) => values.reduce((a, b) => a + b, 0)

export const reductions: Rules<Reductions> = {
  sum: {
    evaluate: ([x], { axes, keepDims }) => [fold(x, axes, keepDims, total)],
    vjp: (g, { inputs: [x], attrs: { axes } }) => [expand(withAxes(g, x, axes), x.shape)],
  },
  mean: {
    evaluate: ([x], { axes, keepDims }) => [fold(x, axes, keepDims, (v) => total(v) / v.length)],
    vjp: (g, { inputs: [x], attrs: { axes } }) => [expand(mul(withAxes(g, x, axes), 1 / foldedCount(x, axes)), x.shape)],
  },
  max: {
    evaluate: ([x], { axes, keepDims }) => [fold(x, axes, keepDims, (v) => largest(v))],
    vjp: (g, { inputs: [x], outputs: [y], attrs: { axes } }) => [mul(withAxes(g, x, axes), tieShares(x, withAxes(y, x, axes), axes))],
  },
  min: {
    evaluate: ([x], { axes, keepDims }) => [fold(x, axes, keepDims, (v) => smallest(v))],
    vjp: (g, { inputs: [x], outputs: [y], attrs: { axes } }) => [mul(withAxes(g, x, axes), tieShares(x, withAxes(y, x, axes), axes))],
  },
  argMax: { evaluate: ([x], { axis, keepDims }) => [fold(x, [axis], keepDims, (v) => v.indexOf(largest(v)))] },
  argMin: { evaluate: ([x], { axis, keepDims }) => [fold(x, [axis], keepDims, (v) => v.indexOf(smallest(v)))] },
  softmax: {
    evaluate: ([x], { axis }) => [alongAxis(x, axis, x.shape[axis], softmaxOf)],
    vjp: (g, { outputs: [y], attrs: { axis } }) => [mul(y, sub(g, sum(mul(g, y), { axes: axis, keepDims: true })))],
  },
  logSoftmax: {
    evaluate: ([x], { axis }) => [alongAxis(x, axis, x.shape[axis], (line) => softmaxOf(line).map(Math.log))],
    vjp: (g, { outputs: [y], attrs: { axis } }) => [sub(g, mul(exp(y), sum(g, { axes: axis, keepDims: true })))],
  },
  topK: {
    evaluate: ([x], { axis, k, largest }) => {
      const order = (line: number[]) =>
        line
          .map((_, i) => i)
          .sort((i, j) => (largest ? line[j] - line[i] : line[i] - line[j]) || i - j)
          .slice(0, k)
      return [alongAxis(x, axis, k, (line) => order(line).map((i) => line[i])), alongAxis(x, axis, k, order)]
    },
    vjp: (g, { inputs: [x], outputs: [, indices], attrs: { axis } }) => [
      scatterElementsAdd(g, indices, axis, numeric(x.shape[axis], 'gradient of topK')),
    ],
  },
}
