/** @file Mutations of any bytes: cut, lengthened, flipped, overwritten, moved about, joined with other bytes. */
import type { Rng } from '../../../src/base/index.ts'

/** A mutation: new bytes of old ones. */
export type Mutator = (r: Rng, bytes: Uint8Array, donor: Uint8Array) => Uint8Array

/** Whole numbers at which programs break. */
export const oddIntegers: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  7n,
  8n,
  127n,
  128n,
  255n,
  256n,
  4095n,
  32_767n,
  32_768n,
  65_535n,
  65_536n,
  1n << 20n,
  99_999_999n,
  (1n << 28n) - 1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 53n,
  (1n << 53n) + 1n,
  1n << 62n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  -2n,
  -(1n << 31n),
]

/** Numbers at which arithmetic breaks. */
export const oddFloats: readonly number[] = [NaN, Infinity, -Infinity, -0, 1e308, -1e308, 3.5e38, 1e-45, 5e-324, 1e10, -1, 0.1]

/** One of a list. */
export const pick = <T>(r: Rng, list: readonly T[]): T => list[r.integer(list.length)]

/** Puts an integer of 1, 2, 4 or 8 bytes at a place; what does not fit is cut off. */
export function putInteger(bytes: Uint8Array, at: number, size: number, value: bigint, littleEndian: boolean): void {
  let v = BigInt.asUintN(64, value)
  for (let i = 0; i < size; i++) {
    const to = at + (littleEndian ? i : size - 1 - i)
    if (to < bytes.length) bytes[to] = Number(v & 255n)
    v >>= 8n
  }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

/** A place in the bytes: often near the start, where headers are, or near the end. */
export function place(r: Rng, length: number): number {
  if (length === 0) return 0
  const kind = r.integer(8)
  if (kind < 3) return r.integer(Math.min(length, 64))
  if (kind === 3) return length - 1 - r.integer(Math.min(length, 64))
  return r.integer(length)
}

function range(r: Rng, length: number): [number, number] {
  const from = place(r, length)
  const most = pick(r, [1, 2, 4, 8, 16, 64, 256, length])
  return [from, Math.min(length, from + 1 + r.integer(Math.max(1, most)))]
}

const edited = (bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array => {
  const copy = bytes.slice()
  if (copy.length > 0) edit(copy)
  return copy
}

const truncate: Mutator = (r, bytes) => {
  const kind = r.integer(4)
  if (kind === 0) return bytes.slice(0, r.integer(Math.min(bytes.length, 20) + 1))
  if (kind === 1) return bytes.slice(0, Math.max(0, bytes.length - 1 - r.integer(16)))
  return bytes.slice(0, r.integer(bytes.length + 1))
}

const extend: Mutator = (r, bytes, donor) => {
  const size = pick(r, [1, 2, 3, 7, 64, 500, 5000])
  const more = new Uint8Array(size)
  const kind = r.integer(3)
  if (kind === 0) for (let i = 0; i < size; i++) more[i] = r.integer(256)
  else if (kind === 1 && donor.length > 0) for (let i = 0; i < size; i++) more[i] = donor[i % donor.length]
  return join(bytes, more)
}

const flip: Mutator = (r, bytes) =>
  edited(bytes, (b) => {
    for (let k = 1 + r.integer(8); k > 0; k--) b[place(r, b.length)] ^= 1 << r.integer(8)
  })

const scribble: Mutator = (r, bytes) =>
  edited(bytes, (b) => {
    const [from, to] = range(r, b.length)
    const fill = pick(r, [-1, 0, 255, 32, 65])
    for (let i = from; i < to; i++) b[i] = fill < 0 ? r.integer(256) : fill
  })

const oddInteger: Mutator = (r, bytes) =>
  edited(bytes, (b) => {
    const size = pick(r, [1, 2, 4, 4, 8])
    const at = place(r, b.length)
    putInteger(b, r.integer(2) === 0 ? at : at - (at % size), size, pick(r, oddIntegers), r.integer(3) > 0)
  })

const oddFloat: Mutator = (r, bytes) =>
  edited(bytes, (b) => {
    const size = r.integer(2) === 0 ? 4 : 8
    const at = place(r, b.length)
    const from = Math.max(0, Math.min(at - (at % size), b.length - size))
    if (b.length < size) return
    const view = new DataView(b.buffer, b.byteOffset, b.byteLength)
    if (size === 4) view.setFloat32(from, pick(r, oddFloats), true)
    else view.setFloat64(from, pick(r, oddFloats), true)
  })

const remove: Mutator = (r, bytes) => {
  const [from, to] = range(r, bytes.length)
  return join(bytes.subarray(0, from), bytes.subarray(to))
}

const repeat: Mutator = (r, bytes) => {
  const [from, to] = range(r, bytes.length)
  const times = pick(r, [1, 1, 2, 10, 100])
  const part = bytes.subarray(from, to)
  return join(bytes.subarray(0, to), ...Array.from({ length: part.length * times > 200_000 ? 1 : times }, () => part), bytes.subarray(to))
}

const move: Mutator = (r, bytes) => {
  const [from, to] = range(r, bytes.length)
  const rest = join(bytes.subarray(0, from), bytes.subarray(to))
  const at = place(r, rest.length)
  return join(rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at))
}

const insert: Mutator = (r, bytes, donor) => {
  const [from, to] = range(r, donor.length)
  const at = place(r, bytes.length)
  return join(bytes.subarray(0, at), donor.subarray(from, to), bytes.subarray(at))
}

const overwrite: Mutator = (r, bytes, donor) =>
  edited(bytes, (b) => {
    const [from, to] = range(r, donor.length)
    const part = donor.subarray(from, to)
    const at = place(r, b.length)
    b.set(part.subarray(0, b.length - at), at)
  })

const splice: Mutator = (r, bytes, donor) => join(bytes.subarray(0, place(r, bytes.length)), donor.subarray(place(r, donor.length)))

const mutators: readonly Mutator[] = [
  truncate,
  truncate,
  extend,
  flip,
  flip,
  scribble,
  oddInteger,
  oddInteger,
  oddInteger,
  oddFloat,
  remove,
  repeat,
  move,
  insert,
  overwrite,
  splice,
]

/** Some mutation of any bytes. */
export const mutateBytes: Mutator = (r, bytes, donor) => pick(r, mutators)(r, bytes, donor)
