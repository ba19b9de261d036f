/** @file Operators that move numbers, and leaves: reference evaluation and derivative side by side. */
import { KindredError } from '../../base/index.ts'
import { numeric, stridesOf } from '../shape.ts'

import { integers, randomRounds } from '../ops/leaves.ts'
import { gather, gatherElements, pad, reshape, scatterAdd, scatterElementsAdd, slice, transpose } from '../ops/shaping.ts'
import { unbroadcast } from './elementwise.ts'
import { ndarray, type NdArray, type Rules } from './rule.ts'

type Shaping =
  | 'input'
  | 'constant'
  | 'randomUniform'
  | 'reshape'
  | 'transpose'
  | 'expand'
  | 'concat'
  | 'slice'
  | 'pad'
  | 'gather'
  | 'scatterAdd'
  | 'gatherElements'
  | 'scatterElementsAdd'

/** Calls `visit` with every multi-index of `shape` (reused array) and its flat position. */
function eachIndex(shape: readonly number[], visit: (index: number[], flat: number) => void): void {
  const n = shape.reduce((a, b) => a * b, 1)
  const strides = stridesOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  for (let flat = 0; flat < n; flat++) {
    for (let i = 0; i < shape.length; i++) index[i] = Math.floor(flat / strides[i]) % shape[i]
    visit(index, flat)
  }
}

const flatAt = (index: readonly number[], strides: readonly number[]) => index.reduce((s, v, i) => s + v * strides[i], 0)

/** Copies x into a new array of `shape`, each output index mapped to an input index (or null for zero). */
function remap(x: NdArray, shape: readonly number[], from: (index: number[]) => number[] | null): NdArray[] {
  const out = ndarray(shape)
  const strides = stridesOf(x.shape)
  eachIndex(shape, (index, flat) => {
    const source = from(index)
    if (source !== null) out.data[flat] = x.data[flatAt(source, strides)]
  })
  return [out]
}

const replaced = (index: readonly number[], axis: number, value: number) => index.map((v, i) => (i === axis ? value : v))

function checked(index: number, size: number, op: string): number {
  if (!(index >= 0 && index < size)) throw new KindredError('shape', op, `indices must lie in 0..${size - 1}`, String(index))
  return index
}

export const shaping: Rules<Shaping> = {
  input: {
    evaluate: (_, { name }) => {
      throw new KindredError('usage', 'evaluate', 'every input of the graph must be fed', `nothing for ${name}`)
    },
  },
  constant: {
    evaluate: (_, { data, shape }) => [
      ndarray(
        shape.map((d) => numeric(d, 'constant')),
        Float64Array.from(data as Iterable<number | bigint>, Number),
      ),
    ],
  },
  randomUniform: {
    evaluate: ([seed], { shape }) => {
      const out = ndarray(shape.map((d) => numeric(d, 'randomUniform')))
      const p = 2147483647n
      for (let i = 0; i < out.data.length; i++) {
        let x = (BigInt(i) * 48271n + BigInt(seed.data[0]) * 69621n + 12345n) % p
        for (const c of randomRounds) x = (x * x + BigInt(c) + BigInt(i)) % p
        out.data[i] = Number(x / 128n) / 16777216
      }
      return [out]
    },
  },
  reshape: {
    evaluate: ([x], { shape }) => {
      const known = shape.reduce<number>((n, d) => (typeof d === 'number' ? n * d : n), 1)
      return [
        ndarray(
          shape.map((d) => (typeof d === 'number' ? d : x.data.length / known)),
          x.data,
        ),
      ]
    },
    vjp: (g, { inputs: [x] }) => [reshape(g, x.shape)],
  },
  transpose: {
    evaluate: ([x], { perm }) =>
      remap(
        x,
        perm.map((p) => x.shape[p]),
        (index) => x.shape.map((_, i) => index[perm.indexOf(i)]),
      ),
    vjp: (g, { attrs: { perm } }) => [
      transpose(
        g,
        perm.map((_, i) => perm.indexOf(i)),
      ),
    ],
  },
  expand: {
    evaluate: ([x], { shape }) => {
      const extra = shape.length - x.shape.length
      return remap(
        x,
        shape.map((d) => numeric(d, 'expand')),
        (index) => x.shape.map((d, i) => (d === 1 ? 0 : index[i + extra])),
      )
    },
    vjp: (g, { inputs: [x] }) => [unbroadcast(g, x.shape)],
  },
  concat: {
    evaluate: (xs, { axis }) => {
      const shape = xs[0].shape.map((d, i) => (i === axis ? xs.reduce((n, x) => n + x.shape[axis], 0) : d))
      const out = ndarray(shape)
      const strides = xs.map((x) => stridesOf(x.shape))
      eachIndex(shape, (index, flat) => {
        let part = 0
        let at = index[axis]
        while (at >= xs[part].shape[axis]) at -= xs[part++].shape[axis]
        out.data[flat] = xs[part].data[flatAt(replaced(index, axis, at), strides[part])]
      })
      return [out]
    },
    vjp: (g, { inputs, attrs: { axis } }) => {
      let start = 0
      return inputs.map((x) => {
        const from = start
        start += numeric(x.shape[axis], 'gradient of concat')
        return slice(g, axis, from, start)
      })
    },
  },
  slice: {
    evaluate: ([x], { axis, start, end, step }) =>
      remap(x, replaced(x.shape, axis, Math.ceil((end - start) / step)), (index) => replaced(index, axis, start + index[axis] * step)),
    vjp: (g, { inputs: [x], attrs: { axis, start, end, step } }) => {
      const n = numeric(x.shape[axis], 'gradient of slice')
      if (step === 1) return [pad(g, axis, start, n - end)]
      const indices = Array.from({ length: numeric(g.shape[axis], 'gradient of slice') }, (_, i) => start + i * step)
      return [scatterAdd(g, integers(indices), axis, n)]
    },
  },
  pad: {
    evaluate: ([x], { axis, before, after }) =>
      remap(x, replaced(x.shape, axis, x.shape[axis] + before + after), (index) =>
        index[axis] < before || index[axis] >= before + x.shape[axis] ? null : replaced(index, axis, index[axis] - before),
      ),
    vjp: (g, { inputs: [x], attrs: { axis, before } }) => [slice(g, axis, before, before + numeric(x.shape[axis], 'gradient of pad'))],
  },
  gather: {
    evaluate: ([x, indices], { axis }) => {
      const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
      const rank = indices.shape.length
      const strides = stridesOf(indices.shape)
      return remap(x, shape, (index) => [
        ...index.slice(0, axis),
        checked(indices.data[flatAt(index.slice(axis, axis + rank), strides)], x.shape[axis], 'gather'),
        ...index.slice(axis + rank),
      ])
    },
    vjp: (g, { inputs: [x, indices], attrs: { axis } }) => [
      scatterAdd(g, indices, axis, numeric(x.shape[axis], 'gradient of gather')),
      undefined,
    ],
  },
  scatterAdd: {
    evaluate: ([updates, indices], { axis, size }) => {
      const rank = indices.shape.length
      const out = ndarray([...updates.shape.slice(0, axis), size, ...updates.shape.slice(axis + rank)])
      const strides = stridesOf(out.shape)
      const indexStrides = stridesOf(indices.shape)
      eachIndex(updates.shape, (index, flat) => {
        const row = checked(indices.data[flatAt(index.slice(axis, axis + rank), indexStrides)], size, 'scatterAdd')
        out.data[flatAt([...index.slice(0, axis), row, ...index.slice(axis + rank)], strides)] += updates.data[flat]
      })
      return [out]
    },
    vjp: (g, { inputs: [, indices], attrs: { axis } }) => [gather(g, indices, axis), undefined],
  },
  gatherElements: {
    evaluate: ([x, indices], { axis }) => {
      const strides = stridesOf(indices.shape)
      return remap(x, indices.shape, (index) =>
        replaced(index, axis, checked(indices.data[flatAt(index, strides)], x.shape[axis], 'gatherElements')),
      )
    },
    vjp: (g, { inputs: [x, indices], attrs: { axis } }) => [
      scatterElementsAdd(g, indices, axis, numeric(x.shape[axis], 'gradient of gatherElements')),
      undefined,
    ],
  },
  scatterElementsAdd: {
    evaluate: ([updates, indices], { axis, size }) => {
      const out = ndarray(replaced(updates.shape, axis, size))
      const strides = stridesOf(out.shape)
      eachIndex(updates.shape, (index, flat) => {
        out.data[flatAt(replaced(index, axis, checked(indices.data[flat], size, 'scatterElementsAdd')), strides)] += updates.data[flat]
      })
      return [out]
    },
    vjp: (g, { inputs: [, indices], attrs: { axis } }) => [gatherElements(g, indices, axis), undefined],
  },
}
