/**
 * @file Integer dot products of one query with many rows, 8 x 16 bit, sixteen coordinates a step, in a WebAssembly module of about 200 bytes.
 *
 * JavaScript multiplies one pair at a time: 100,000 rows of 128 take some 12 ms. The SIMD instruction `i32x4.dot_i16x8_s` multiplies eight pairs and adds them
 * two by two, and rows of bytes are a quarter of the memory. The module is written out below, instruction by instruction, so that no compiler is needed.
 * Opcodes: WebAssembly Core Specification 2.0, section 5.4.
 */

/** Coordinates handled by one turn of the inner loop: rows are padded with zeros to a multiple of it. */
export const stride = 16

/** The kernel's exports. */
export interface DotKernel {
  /**
   * For each of `rows` rows of `width` bytes from address `codes`: its dot product with the `width` 16-bit numbers at `query`, as int32 at `out`.
   *
   * `width` must be a positive multiple of {@link stride}, and no sum may leave the int32 range.
   */
  dots(codes: number, query: number, out: number, rows: number, width: number): void
}

const i32 = 0x7f
const v128 = 0x7b
const empty = 0x40

/** Unsigned LEB128, WebAssembly's way to write a length. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]
}

const vector = (items: number[][]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, content: number[]): number[] => [id, ...leb(content.length), ...content]
const text = (value: string): number[] => vector([...value].map((c) => [c.charCodeAt(0)]))
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const tee = (local: number): number[] => [0x22, local]
const constant = (value: number): number[] => [0x41, value]
const simd = (opcode: number, ...rest: number[]): number[] => [0xfd, ...leb(opcode), ...rest]
/** `i32.add`. */
const add = [0x6a]
/** `i32x4.add`. */
const addVectors = simd(0xae)
/** `i32x4.dot_i16x8_s`. */
const dot = simd(0xba)

/** `v128.load8x8_s`: eight signed bytes, widened. */
const loadBytes = (offset: number): number[] => simd(0x01, 0, offset)
/** `v128.load`: eight 16-bit numbers. */
const loadWords = (offset: number): number[] => simd(0x00, 0, offset)
/** `i32x4.extract_lane`. */
const lane = (index: number): number[] => simd(0x1b, index)

function bytes(): Uint8Array<ArrayBuffer> {
  const [codes, query, out, rows, width, q, end, sum, other] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const products = (accumulator: number, offset: number): number[] => [
    ...get(accumulator),
    ...get(codes),
    ...loadBytes(offset),
    ...get(q),
    ...loadWords(2 * offset),
    ...dot,
    ...addVectors,
    ...set(accumulator),
  ]
  const advance = (local: number, by: number[]): number[] => [...get(local), ...by, ...add]
  const body = [
    0x03,
    empty, // loop over rows
    ...simd(0x0c),
    ...new Array<number>(16).fill(0),
    ...tee(sum),
    ...set(other), // both accumulators = 0
    ...get(query),
    ...set(q),
    ...advance(codes, get(width)),
    ...set(end),
    0x03,
    empty, // loop over sixteen coordinates
    ...products(sum, 0),
    ...products(other, 8),
    ...advance(q, constant(32)),
    ...set(q),
    ...advance(codes, constant(16)),
    ...tee(codes),
    ...get(end),
    0x49,
    0x0d,
    0, // while codes < end
    0x0b,
    ...get(sum),
    ...get(other),
    ...addVectors,
    ...set(sum),
    ...get(out),
    ...get(sum),
    ...lane(0),
    ...get(sum),
    ...lane(1),
    ...add,
    ...get(sum),
    ...lane(2),
    ...add,
    ...get(sum),
    ...lane(3),
    ...add,
    0x36,
    2,
    0, // store
    ...advance(out, constant(4)),
    ...set(out),
    ...get(rows),
    ...constant(1),
    0x6b,
    ...tee(rows),
    0x0d,
    0, // while --rows
    0x0b,
    0x0b,
  ]
  const locals = vector([
    [2, i32],
    [2, v128],
  ])
  const code = [...locals, ...body]
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, vector([[0x60, ...vector(new Array<number[]>(5).fill([i32])), 0]])),
    ...section(2, vector([[...text('m'), ...text('memory'), 2, 0, 1]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text('dots'), 0, 0]])),
    ...section(10, vector([[...leb(code.length), ...code]])),
  ])
}

let compiled: WebAssembly.Module | undefined

/** The kernel over a memory of the caller's; rows must be at least 1. */
export function dotKernel(memory: WebAssembly.Memory): DotKernel {
  compiled ??= new WebAssembly.Module(bytes())
  return new WebAssembly.Instance(compiled, { m: { memory } }).exports as unknown as DotKernel
}
