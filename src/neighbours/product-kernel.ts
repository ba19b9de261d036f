/**
 * @file Integer dot products of many rows with many rows, 16 x 16 bit, in a WebAssembly module made for one width of rows.
 *
 * Four rows of one side and two of the other are held in registers: eight sums a turn, for six loads. {@link dotKernel} is for one query alone.
 */
import { moduleOf, wasm as w, wasmTypes, type WasmCode as Code } from '../base/index.ts'

/** Bytes handled by one turn of the inner loop: rows are padded with zeros to a multiple of it. */
export const rowStep = 16
/** Rows of one side that are multiplied at once, and of the other. */
export const [fourRows, twoRows] = [4, 2]

/**
 * Products of four rows at `a` with `2 pairs` rows at `b`, as int32 at `out`: four numbers for each row of `b`.
 *
 * `pairs` must be at least 1, and no sum may leave the int32 range.
 */
export type ProductKernel = (a: number, b: number, out: number, pairs: number) => void

const [A, B, OUT, PAIRS] = [0, 1, 2, 3] // parameters
const [P, END, FIRST, SECOND, ROW, SUM] = [4, 5, 6, 7, 8, 9] // locals; SUM: eight of them, row r with column c at SUM + 4 c + r

const rows = [0, 1, 2, 3]
const sums = (column: number): number[] => rows.map((r) => SUM + 4 * column + r)

/** Each row's four partial sums added up: lanes of four vectors, transposed. */
const across = (column: number): Code => {
  const [r0, r1, r2, r3] = sums(column).map((sum) => w.get(sum))
  const half = (x: Code, y: Code): Code => [x, y, w.vpick32(0, 4, 1, 5), x, y, w.vpick32(2, 6, 3, 7), w.i32add]
  return [
    [half(r0, r1), w.set(FIRST), half(r2, r3), w.set(SECOND)],
    [w.get(FIRST), w.get(SECOND), w.vpick32(0, 1, 4, 5), w.get(FIRST), w.get(SECOND), w.vpick32(2, 3, 6, 7), w.i32add],
  ]
}

const body = (width: number): Code =>
  w.loop(
    [...sums(0), ...sums(1)].map((sum) => [w.vzero, w.set(sum)]),
    [w.get(A), w.tee(P), w.i32(width), w.add, w.set(END)],
    w.loop(
      [w.get(B), w.vload(0), w.set(FIRST), w.get(B), w.vload(width), w.set(SECOND)],
      rows.map((r) => [
        [w.get(P), w.vload(r * width), w.set(ROW)],
        [FIRST, SECOND].map((column, c) => [w.get(ROW), w.get(column), w.i16dot, w.get(sums(c)[r]), w.i32add, w.set(sums(c)[r])]),
      ]),
      [w.get(B), w.i32(rowStep), w.add, w.set(B)],
      [w.get(P), w.i32(rowStep), w.add, w.tee(P), w.get(END), w.lessUnsigned, w.branchIf(0)],
    ),
    [w.get(B), w.i32(width), w.add, w.set(B)],
    [0, 1].map((c) => [w.get(OUT), across(c), w.vstore(16 * c)]),
    [w.get(OUT), w.i32(32), w.add, w.set(OUT)],
    [w.get(PAIRS), w.i32(1), w.sub, w.tee(PAIRS), w.branchIf(0)],
  )

const { i32, v128 } = wasmTypes
const compiled = new Map<number, WebAssembly.Module>()

/** The kernel for rows of `width` bytes, a positive multiple of {@link rowStep}, over a memory of the caller's. */
export function productKernel(width: number, memory: WebAssembly.Memory): ProductKernel {
  let module = compiled.get(width)
  if (module === undefined) {
    const locals = [i32, i32, ...new Array<number>(11).fill(v128)]
    compiled.set(width, (module = new WebAssembly.Module(moduleOf({ parameters: 4, results: 0, locals, body: body(width) }))))
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports.run as ProductKernel
}
