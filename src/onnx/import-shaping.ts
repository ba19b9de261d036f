/** @file The ONNX operators that move numbers, where they say more than kindred's: -1 and 0 in Reshape, many axes and steps in Slice, modes of Pad. */
import * as T from '../tensor/index.ts'
import { normaliseAxis, type Dim, type Tensor } from '../tensor/index.ts'
import type { NodeReader } from './node-reader.ts'

/** ONNX Reshape: 0 copies a dimension, one -1 takes what is left, which may be a named one. */
export function reshaped(r: NodeReader, x: Tensor, target: readonly Dim[]): Tensor {
  const shape = target.map((d, i) => (d === 0 && r.int('allowzero', 0) === 0 ? x.shape[i] : d))
  const open = shape.indexOf(-1)
  if (open < 0) return T.reshape(x, shape)
  const names = x.shape.filter((d) => typeof d === 'string')
  const left = names.filter((d) => !shape.includes(d))
  const product = (dims: readonly Dim[]) => dims.reduce<number>((n, d) => (typeof d === 'number' && d !== -1 ? n * d : n), 1)
  const ratio = product(x.shape) / product(shape)
  if (left.length > 1 || (left.length === 1 && ratio !== 1) || !Number.isInteger(ratio))
    throw r.fail(`-1 must stand for one dimension in [${target.join(', ')}]`, `[${x.shape.join(', ')}] to reshape`)
  shape[open] = left[0] ?? ratio
  return T.reshape(x, shape)
}

/** Rows by index; indices known now may count from the end. */
export function gathered(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const axis = normaliseAxis('Gather', r.int('axis', 0), x.rank)
  const indices = r.tensor(1)
  if (indices.node.op !== 'constant') return T.gather(x, indices, axis)
  const data = (indices.node.attrs as { data: BigInt64Array }).data
  return T.gather(
    x,
    T.integers(
      [...data].map((i) => (i < 0n ? Number(i) + r.number(x.shape[axis]) : Number(i))),
      indices.shape,
    ),
    axis,
  )
}

/** Slices along many axes; a backward step is a gather. */
export function sliced(r: NodeReader): Tensor {
  const starts = r.listOrInput('starts', 1)!
  const ends = r.listOrInput('ends', 2)!
  const axes = r.listOrInput('axes', 3) ?? starts.map((_, i) => i)
  const steps = r.ints(4) ?? starts.map(() => 1)
  return axes.reduce((x, a, i) => {
    const axis = normaliseAxis('Slice', a, x.rank)
    if (starts[i] === 0 && ends[i] >= 2 ** 31 - 1 && steps[i] === 1) return x
    const n = r.number(x.shape[axis])
    const step = steps[i]
    const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v < 0 ? v + n : v))
    if (step > 0) return T.slice(x, axis, clamp(starts[i], 0, n), clamp(ends[i], 0, n), step)
    const list: number[] = []
    if (step === 0) throw r.fail('steps must not be 0', '0')
    r.within(n / -step, 'entries')
    for (let at = clamp(starts[i], -1, n - 1), end = clamp(ends[i], -1, n - 1); at > end; at += step) list.push(at)
    return T.gather(x, T.integers(list), axis)
  }, r.tensor(0))
}

/** Pads with a number, the edge, or a mirror image. */
export function padded(r: NodeReader): Tensor {
  const x = r.tensor(0)
  const pads = r.listOrInput('pads', 1)!
  const mode = r.text('mode', 'constant')
  const axes = r.ints(3)?.map((a) => normaliseAxis('Pad', a, x.rank)) ?? x.shape.map((_, i) => i)
  const value = r.attribute('value') === undefined ? (r.float(2) ?? 0) : r.real('value', 0)
  const shifted = mode === 'constant' && value !== 0
  const y = axes.reduce(
    (t, axis, i) => {
      const [before, after] = [pads[i], pads[i + axes.length]]
      if (before === 0 && after === 0) return t
      const n = r.number(t.shape[axis])
      if (before < 0 || after < 0 || mode !== 'constant') {
        if (mode === 'constant' && (before > 0 || after > 0))
          throw r.fail('pads must not grow and shrink one axis', `${before} and ${after}`)
        const at = (j: number): number =>
          mode === 'reflect' ? Math.abs(n - 1 - j < 0 ? 2 * (n - 1) - j : j) : Math.max(0, Math.min(n - 1, j))
        if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge') throw r.fail('mode must be constant, reflect or edge', mode)
        if (mode === 'constant') return T.slice(t, axis, -before, n + after)
        return T.gather(t, T.integers(Array.from({ length: r.within(n + before + after, 'entries') }, (_, j) => at(j - before))), axis)
      }
      return T.pad(t, axis, before, after)
    },
    shifted ? T.sub(x, value) : x,
  )
  return shifted ? T.add(y, value) : y
}
