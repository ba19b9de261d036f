/**
 * @file The protobuf wire format, as much as ONNX needs: varints, length-delimited fields, 32-bit floats.
 *
 * The writer keeps big tensors as views and copies once at the end; the reader returns views into the file's bytes.
 * Source: protobuf.dev/programming-guides/encoding.
 */
import { ensureWithin, KindredError, limits, overLimit } from '../base/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

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

  packedFloats(field: number, values: Float32Array): this {
    return this.bytes(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
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
  /** Varint value. */
  readonly int: bigint
  /** Length-delimited, fixed64 or fixed32 bytes, a view. */
  readonly bytes: Uint8Array
}

const none = new Uint8Array(0)

/**
 * Reads messages of one file. Whatever does not make sense is an error that names the file and the byte; the fields of all messages together are counted
 * against the limit `entries`.
 */
export class ProtoReader {
  readonly what: string
  private readonly file: Uint8Array
  private fieldsRead = 0
  private unpacked = 0

  constructor(file: Uint8Array, what: string) {
    this.file = file
    this.what = what
  }

  /** The error for bytes that make no sense; `at` is a view of the file that begins where they do. */
  corrupt(expected: string, at: Uint8Array, offset = 0, got?: string): KindredError {
    const place = `byte offset ${at.byteOffset - this.file.byteOffset + offset} of ${this.file.length}`
    return new KindredError(
      'corrupt',
      this.what,
      expected,
      got === undefined ? place : `${got} at ${place}`,
      'The file is damaged or not an ONNX model.',
    )
  }

  /**
   * The fields of one message in order.
   *
   * @throws KindredError `corrupt` with the offset at which the bytes stop making sense, `limit` for too many fields
   */
  *fields(message: Uint8Array = this.file): Generator<ProtoField> {
    let at = 0
    const varint = (): bigint => {
      const [value, length] = this.varintAt(message, at)
      at += length
      return value
    }
    const take = (n: bigint): Uint8Array => {
      if (n > BigInt(message.length - at)) throw this.corrupt(`${n} more bytes must follow`, message, at)
      at += Number(n)
      return message.subarray(at - Number(n), at)
    }
    while (at < message.length) {
      if (++this.fieldsRead > limits().entries) throw overLimit('entries', this.what, 'the fields of the model')
      const start = at
      const key = varint()
      const field = Number(key >> 3n)
      if (field === 0 || key > 0xffff_ffffn) throw this.corrupt('field numbers must be from 1 to 536870911', message, start)
      const wire = Number(key & 7n)
      if (wire === 0) yield { field, wire, int: varint(), bytes: none }
      else if (wire === 1) yield { field, wire, int: 0n, bytes: take(8n) }
      else if (wire === 2) yield { field, wire, int: 0n, bytes: take(varint()) }
      else if (wire === 5) yield { field, wire, int: 0n, bytes: take(4n) }
      else throw this.corrupt(`wire type must be 0, 1, 2 or 5, not ${wire}`, message, start)
    }
  }

  /** The bytes of a length-delimited field. */
  bytes(f: ProtoField, name: string): Uint8Array {
    if (f.wire !== 2) throw this.wrongWire(f, name)
    return f.bytes
  }

  /** A text field. */
  text(f: ProtoField, name: string): string {
    try {
      return decoder.decode(this.bytes(f, name))
    } catch (error) {
      if (error instanceof KindredError) throw error
      throw this.corrupt(`${name} must be a text in UTF-8`, f.bytes)
    }
  }

  /** A signed integer. */
  int(f: ProtoField, name: string): number {
    if (f.wire !== 0) throw this.wrongWire(f, name)
    return Number(BigInt.asIntN(64, f.int))
  }

  /** A float32. */
  float(f: ProtoField, name: string): number {
    if (f.wire !== 5) throw this.wrongWire(f, name)
    return new DataView(f.bytes.buffer, f.bytes.byteOffset, 4).getFloat32(0, true)
  }

  /** The signed 64-bit integers of a repeated field, packed or one at a time. */
  ints(f: ProtoField, name: string): BigInt64Array {
    if (f.wire === 0) return BigInt64Array.of(f.int) // modulo 2^64: its two's complement
    if (f.wire !== 2) throw this.wrongWire(f, name)
    let count = 0
    for (const byte of f.bytes) if (byte < 0x80) count++
    this.unpacked += 8 * count // a byte of the file may become eight
    ensureWithin('unpackedBytes', this.unpacked, this.what, 'the lists of integers')
    const out = new BigInt64Array(count)
    for (let i = 0, at = 0; at < f.bytes.length; i++) {
      const [value, length] = this.varintAt(f.bytes, at)
      out[i] = BigInt.asIntN(64, value)
      at += length
    }
    return out
  }

  /** The bytes of a repeated field of fixed width, packed or one at a time. */
  fixed(f: ProtoField, name: string, width: 4 | 8): Uint8Array {
    if (f.wire !== 2 && f.wire !== (width === 4 ? 5 : 1)) throw this.wrongWire(f, name)
    if (f.bytes.length % width !== 0)
      throw this.corrupt(`${name} must hold numbers of ${width} bytes`, f.bytes, 0, `${f.bytes.length} bytes`)
    return f.bytes
  }

  private varintAt(bytes: Uint8Array, from: number): [value: bigint, length: number] {
    let small = 0
    for (let i = 0; i < 4; i++) {
      if (from + i >= bytes.length) throw this.corrupt('the message must not end inside a number', bytes, from)
      const byte = bytes[from + i]
      small |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return [BigInt(small), i + 1]
    }
    let value = BigInt(small)
    for (let i = 4; i < 10; i++) {
      if (from + i >= bytes.length) throw this.corrupt('the message must not end inside a number', bytes, from)
      const byte = bytes[from + i]
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return [BigInt.asUintN(64, value), i + 1]
    }
    throw this.corrupt('a number must not be longer than ten bytes', bytes, from)
  }

  private wrongWire(f: ProtoField, name: string): KindredError {
    return new KindredError(
      'corrupt',
      this.what,
      `${name} (field ${f.field}) must be written as its type is`,
      `wire type ${f.wire}`,
      'The file is damaged or not an ONNX model.',
    )
  }
}
