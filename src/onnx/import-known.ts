/**
 * @file Arithmetic on sizes while a foreign graph is read: exporters write `Reshape(x, Concat(Gather(Shape(x), 0), -1))` where they mean "flatten".
 *
 * A size is a number or the name of a dimension; what cannot be said of names is left to the graph.
 */
import type { Dim } from '../tensor/index.ts'
import type { OnnxTensor } from './model.ts'
import { integersOf, type Known, type NodeReader, type Value } from './node-reader.ts'

const vector = (values: readonly Dim[]): Value => ({ known: { shape: [values.length], values } })

/** The node's result if it is made of sizes and nothing else; undefined leaves it to the graph. */
export function foldKnown(r: NodeReader, ins: readonly (Value | undefined)[]): Value | undefined {
  const { opType, attributes } = r.node
  if (opType === 'Constant') return stored(constantOf(attributes as Record<string, never>, r))
  if (opType === 'Shape') {
    const shape = ins[0]?.stored?.shape ?? r.tensor(0).shape
    return vector(shape.slice(r.int('start', 0), attributes.end === undefined ? undefined : r.int('end', 0)))
  }
  const known = ins.map((v) => v?.known)
  if (known.some((k, i) => k === undefined && r.has(i))) return undefined
  const [a, b] = known as readonly (Known | undefined)[]
  if (a === undefined) return undefined
  const values = a.values
  switch (opType) {
    case 'Identity':
      return ins[0]
    case 'Cast':
      return r.int('to', 0) === 7 ? ins[0] : undefined
    case 'Gather': {
      if (a.shape.length !== 1) return undefined
      const picked = b!.values.map((i) => values[(r.number(i) + values.length) % values.length])
      return { known: { shape: b!.shape, values: picked } }
    }
    case 'Concat':
      return vector((known as Known[]).flatMap((k) => k.values))
    case 'Unsqueeze':
      return a.shape.length === 0 ? vector(values) : undefined
    case 'Squeeze':
      return values.length === 1 ? { known: { shape: [], values } } : undefined
    case 'Reshape':
      return b!.values.length === 1 ? vector(values) : b!.values.length === 0 ? { known: { shape: [], values } } : undefined
    case 'Slice': {
      const start = r.list('starts')?.[0] ?? r.ints(1)?.[0] ?? 0
      const end = r.list('ends')?.[0] ?? r.ints(2)?.[0]
      return (r.ints(4)?.[0] ?? 1) === 1 ? vector(values.slice(start, end)) : undefined
    }
    case 'ReduceProd':
      return values.every((v) => typeof v === 'number')
        ? { known: { shape: r.int('keepdims', 1) === 1 ? [1] : [], values: [values.reduce<number>((p, v) => p * (v as number), 1)] } }
        : undefined
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
      return arithmetic(opType, a, b!)
    case 'ConstantOfShape': {
      const value = attributes.value as OnnxTensor | undefined
      if (value?.dtype !== 'int64' || values.length > 1 || !values.every((v) => typeof v === 'number')) return undefined
      const n = r.within((values[0] as number | undefined) ?? 1, 'entries')
      return { known: { shape: values as number[], values: new Array<Dim>(n).fill(Number(value.data[0])) } }
    }
    case 'Range': {
      const [from, to, step] = (known as Known[]).map((k) => k.values[0])
      if (![from, to, step].every((v) => typeof v === 'number') || Math.abs(((to as number) - (from as number)) / (step as number)) > 4096)
        return undefined
      return vector(
        Array.from(
          { length: Math.max(0, Math.ceil(((to as number) - (from as number)) / (step as number))) },
          (_, i) => (from as number) + i * (step as number),
        ),
      )
    }
    default:
      return undefined
  }
}

function arithmetic(op: string, a: Known, b: Known): Value | undefined {
  if (a.values.length !== b.values.length && a.values.length !== 1 && b.values.length !== 1) return undefined
  const n = a.shape.length + b.shape.length === 0 ? 1 : Math.max(a.values.length, b.values.length)
  const out: Dim[] = []
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.values[a.values.length === 1 ? 0 : i], b.values[b.values.length === 1 ? 0 : i]]
    if (typeof x === 'number' && typeof y === 'number')
      out.push(op === 'Add' ? x + y : op === 'Sub' ? x - y : op === 'Mul' ? x * y : Math.trunc(x / y))
    else if (y === (op === 'Mul' || op === 'Div' ? 1 : 0)) out.push(x)
    else if ((op === 'Mul' && x === 1) || (op === 'Add' && x === 0)) out.push(y)
    else return undefined
  }
  return { known: { shape: a.shape.length >= b.shape.length ? (a.shape.length === 0 ? [] : [n]) : [n], values: out } }
}

const stored = (t: OnnxTensor): Value => ({ stored: t, known: integersOf(t) })

/** The tensor of a Constant node, in whichever attribute it comes. */
function constantOf(attributes: Readonly<Record<string, OnnxTensor>>, r: NodeReader): OnnxTensor {
  if (attributes.value !== undefined) return attributes.value
  const floats = (data: readonly number[] | Float32Array, shape: readonly number[]): OnnxTensor => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(data),
  })
  const ints = (data: readonly number[], shape: readonly number[]): OnnxTensor => ({
    dtype: 'int64',
    shape,
    data: BigInt64Array.from(data, BigInt),
  })
  if (r.attribute('value_float') !== undefined) return floats([r.real('value_float', 0)], [])
  if (r.attribute('value_int') !== undefined) return ints([r.int('value_int', 0)], [])
  const many = r.attribute('value_floats')
  if (many instanceof Float32Array) return floats(many, [many.length])
  const list = r.list('value_ints')
  if (list !== undefined) return ints(list, [list.length])
  throw r.fail('a constant must hold float32 or int64', Object.keys(attributes).join(', ') || 'nothing')
}
