/**
 * @file The protobuf wire format, as much as ONNX needs: varints, length-delimited fields, 32-bit floats.
 *
 * The writer keeps big tensors as views and copies once at the end; the reader returns views into the file's bytes.
 * Source: protobuf.dev/programming-guides/encoding.
 */
import { KindredError } from '../base/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Collects the fields of one message. */
export class ProtoWriter {
  private readonly chunks: Uint8Array[] = []
  private length = 0

  private push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.length += chunk.length
  }

  private varint(value: bigint | number): void {
    let v = BigInt.asUintN(64, BigInt(value))
    const out: number[] = []
    while (v >= 0x80n) {
      out.push(Number(v & 0x7fn) | 0x80)
      v >>= 7n
    }
    out.push(Number(v))
    this.push(Uint8Array.from(out))
  }

  /** An integer field; proto3 leaves zeros out, but ONNX readers accept them, so it is always written. */
  int(field: number, value: number | bigint): this {
    this.varint(field << 3)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5)
    this.push(new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2)
    this.varint(value.length)
    if (value.length > 0) this.push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value))
  }

  /** A nested message, whose chunks are taken over without a copy. */
  message(field: number, inner: ProtoWriter): this {
    this.varint((field << 3) | 2)
    this.varint(inner.length)
    for (const chunk of inner.chunks) this.push(chunk)
    return this
  }

  packedInts(field: number, values: readonly (number | bigint)[]): this {
    const inner = new ProtoWriter()
    for (const v of values) inner.varint(v)
    return this.message(field, inner)
  }

  packedFloats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer))
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length)
    let at = 0
    for (const chunk of this.chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }
}

/** One field read from a message. */
export interface ProtoField {
  readonly field: number
  readonly wire: number
  /** Varint or fixed64 value. */
  readonly int: bigint
  /** Length-delimited or fixed32 bytes, a view. */
  readonly bytes: Uint8Array
}

/**
 * Reads the fields of one message in order.
 *
 * @throws KindredError `corrupt` with the offset at which the bytes stop making sense
 */
export function* readFields(message: Uint8Array, what: string): Generator<ProtoField> {
  let at = 0
  const corrupt = (expected: string) => new KindredError('corrupt', what, expected, `byte offset ${at} of ${message.length}`, 'The file is damaged or not an ONNX model.')
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) throw corrupt('the message must not end inside a number')
      const byte = message[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw corrupt('a number must not be longer than ten bytes')
  }
  const take = (n: number): Uint8Array => {
    if (n > message.length - at) throw corrupt(`${n} more bytes must follow`)
    at += n
    return message.subarray(at - n, at)
  }
  const none = new Uint8Array(0)
  while (at < message.length) {
    const key = Number(varint())
    const field = key >>> 3
    if (field === 0) throw corrupt('field numbers start at 1')
    const wire = key & 7
    switch (wire) {
      case 0:
        yield { field, wire, int: varint(), bytes: none }
        break
      case 1:
        yield { field, wire, int: 0n, bytes: take(8) }
        break
      case 2:
        yield { field, wire, int: 0n, bytes: take(Number(varint())) }
        break
      case 5:
        yield { field, wire, int: 0n, bytes: take(4) }
        break
      default:
        throw corrupt(`wire type must be 0, 1, 2 or 5, not ${wire}`)
    }
  }
}

export const text = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Signed 64-bit reading of a varint. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value))

/** All varints of a packed field. */
function unpackInts(bytes: Uint8Array): number[] {
  const out: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte < 0x80) {
      out.push(signed(BigInt.asUintN(64, value)))
      value = 0n
      shift = 0n
    }
  }
  return out
}

/** The integers of a repeated field, whether packed or one at a time. */
export const repeatedInts = (f: ProtoField): number[] => (f.wire === 2 ? unpackInts(f.bytes) : [signed(f.int)])

/** All little-endian floats of a packed field, copied so that alignment never matters. */
export function unpackFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer)
}
