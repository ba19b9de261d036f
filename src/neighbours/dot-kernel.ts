/**
 * @file Integer dot products of one query with many rows, 8 x 16 bit, sixteen coordinates per step, in a WebAssembly module of about 200 bytes.
 *
 * JavaScript multiplies one pair at a time: 100,000 rows of 128 take some 12 ms. The SIMD instruction `i32x4.dot_i16x8_s` multiplies eight pairs and adds them
 * two by two, and rows of bytes are a quarter of the memory.
 */
import { moduleOf, wasm as w, wasmTypes, type WasmCode as Code } from '../base/index.ts'

/** Coordinates handled by one turn of the inner loop: rows are padded with zeros to a multiple of it. */
export const stride = 16

/**
 * For each of `rows` rows of `width` bytes from address `codes`: its dot product with the `width` 16-bit numbers at `query`, as int32 at `out`.
 *
 * `rows` must be at least 1, `width` a positive multiple of {@link stride}, and no sum may leave the int32 range.
 */
export type DotKernel = (codes: number, query: number, out: number, rows: number, width: number) => void

const [CODES, QUERY, OUT, ROWS, WIDTH] = [0, 1, 2, 3, 4] // parameters
const [Q, END, SUM, OTHER] = [5, 6, 7, 8] // locals

const products = (accumulator: number, offset: number): Code => [
  [w.get(accumulator), w.get(CODES), w.vload8x8(offset), w.get(Q), w.vload(2 * offset)],
  [w.i16dot, w.i32add, w.set(accumulator)],
]

const body: Code = w.loop(
  [w.vzero, w.tee(SUM), w.set(OTHER), w.get(QUERY), w.set(Q), w.get(CODES), w.get(WIDTH), w.add, w.set(END)],
  w.loop(
    [products(SUM, 0), products(OTHER, 8)],
    [w.get(Q), w.i32(32), w.add, w.set(Q)],
    [w.get(CODES), w.i32(16), w.add, w.tee(CODES), w.get(END), w.lessUnsigned, w.branchIf(0)],
  ),
  [w.get(SUM), w.get(OTHER), w.i32add, w.set(SUM)],
  [w.get(OUT), w.get(SUM), w.i32lane(0), [1, 2, 3].map((lane) => [w.get(SUM), w.i32lane(lane), w.add]), w.store(0)],
  [w.get(OUT), w.i32(4), w.add, w.set(OUT)],
  [w.get(ROWS), w.i32(1), w.sub, w.tee(ROWS), w.branchIf(0)],
)

const { i32, v128 } = wasmTypes
let compiled: WebAssembly.Module | undefined

/** The kernel over a memory of the caller's. */
export function dotKernel(memory: WebAssembly.Memory): DotKernel {
  compiled ??= new WebAssembly.Module(moduleOf({ parameters: 5, results: 0, locals: [i32, i32, v128, v128], body }))
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports.run as DotKernel
}
