/** @file Mutations of protobuf messages: the tree of fields is taken apart, one field is changed, and lengths are written anew (or left wrong). */
import type { Rng } from '../../../src/base/index.ts'
import { join, mutateBytes, oddFloats, oddIntegers, pick, type Mutator } from './bytes.ts'

interface Field {
  number: number
  wire: number
  /** Of wire 0. */
  value: bigint
  /** Of wires 1, 2, 5. */
  bytes: Uint8Array
  /** What the bytes of wire 2 are made of, where they can be read so. */
  inner: Field[] | undefined
  /** A length that is not that of the bytes. */
  lie: bigint | undefined
}

function varint(value: bigint): Uint8Array {
  const out: number[] = []
  let v = BigInt.asUintN(64, value)
  for (; v >= 0x80n; v >>= 7n) out.push(Number(v & 0x7fn) | 0x80)
  out.push(Number(v))
  return Uint8Array.from(out)
}

/** The fields of a message; undefined when the bytes are none. */
function parse(bytes: Uint8Array, depth = 0): Field[] | undefined {
  const out: Field[] = []
  let at = 0
  const number = (): bigint | undefined => {
    let value = 0n
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const b = bytes[at++]
      value |= BigInt(b & 0x7f) << shift
      if (b < 0x80) return value
    }
    return undefined
  }
  while (at < bytes.length) {
    const key = number()
    if (key === undefined || key >> 3n === 0n || key > 0x1fffn) return undefined
    const field: Field = {
      number: Number(key >> 3n),
      wire: Number(key & 7n),
      value: 0n,
      bytes: new Uint8Array(0),
      inner: undefined,
      lie: undefined,
    }
    const size = field.wire === 1 ? 8 : field.wire === 5 ? 4 : 0
    if (field.wire === 0) {
      const value = number()
      if (value === undefined) return undefined
      field.value = value
    } else if (field.wire === 2 || size > 0) {
      const length = size > 0 ? BigInt(size) : number()
      if (length === undefined || length > BigInt(bytes.length - at)) return undefined
      field.bytes = bytes.subarray(at, at + Number(length))
      at += Number(length)
      if (field.wire === 2 && depth < 12 && field.bytes.length > 0) field.inner = parse(field.bytes, depth + 1)
    } else return undefined
    out.push(field)
  }
  return out
}

function write(fields: readonly Field[]): Uint8Array {
  return join(
    ...fields.flatMap(({ number, wire, value, bytes, inner, lie }) => {
      const key = varint((BigInt(number) << 3n) | BigInt(wire))
      if (wire === 0) return [key, varint(value)]
      if (wire !== 2) return [key, bytes]
      const content = inner === undefined ? bytes : write(inner)
      return [key, varint(lie ?? BigInt(content.length)), content]
    }),
  )
}

/** Lists of fields, the outermost among them. */
function lists(fields: Field[], out: Field[][] = []): Field[][] {
  out.push(fields)
  for (const f of fields) if (f.inner !== undefined && f.inner.length > 0) lists(f.inner, out)
  return out
}

function change(r: Rng, list: Field[], i: number, donor: Uint8Array): void {
  const f = list[i]
  switch (r.integer(9)) {
    case 0:
      list.splice(i, 1)
      return
    case 1:
      list.splice(r.integer(list.length + 1), 0, f)
      return
    case 2:
      f.number = pick(r, [0, 1, 2, 5, 7, 8, 9, 13, 14, 20, f.number + 1])
      return
    case 3:
      ;[list[i], list[r.integer(list.length)]] = [list[r.integer(list.length)], list[i]]
      return
    case 4:
      for (let n = pick(r, [2, 50, 1000]); n > 0; n--) list.push(f)
      return
    default:
  }
  if (f.wire === 0) f.value = r.integer(3) === 0 ? f.value + BigInt(r.integer(9) - 4) : pick(r, oddIntegers)
  else if (f.wire === 2) {
    const kind = r.integer(5)
    if (kind === 0) f.lie = pick(r, [0n, BigInt(f.bytes.length + 1), BigInt(Math.max(0, f.bytes.length - 1)), ...oddIntegers])
    else {
      f.bytes =
        kind === 1
          ? floatsIn(r, f.bytes)
          : kind === 2
            ? new TextEncoder().encode(
                pick(r, [
                  '',
                  'x',
                  'NaN',
                  '__proto__',
                  '\u001b[31m',
                  'Loop',
                  'If',
                  'Conv',
                  'Gemm',
                  'ConstantOfShape',
                  'ai.onnx',
                  'evil',
                  'N',
                ]),
              )
            : mutateBytes(r, f.bytes, donor)
      f.inner = undefined
    }
  } else f.bytes = floatsIn(r, f.bytes)
}

/** One number of an array of float32 becomes odd. */
function floatsIn(r: Rng, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  if (copy.length >= 4) new DataView(copy.buffer).setFloat32(4 * r.integer(Math.floor(copy.length / 4)), pick(r, oddFloats), true)
  return copy
}

/** Some mutation of a message. */
export const mutateProtobuf: Mutator = (r, bytes, donor) => {
  const root = r.integer(5) === 0 ? undefined : parse(bytes)
  if (root === undefined || root.length === 0) return mutateBytes(r, bytes, donor)
  const all = lists(root)
  const list = pick(r, all)
  change(r, list, r.integer(list.length), donor)
  return write(root)
}
