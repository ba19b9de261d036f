/**
 * @file The innermost loop of t-SNE's repulsion, two points at a time in the two lanes of a vector, in a WebAssembly module of about 400 bytes.
 *
 * The same operations in the same order as one would write them in JavaScript, so the same bits.
 */
import { moduleOf, wasm as w, wasmTypes, type WasmCode as Code } from '../base/index.ts'

/**
 * Forces on points from a list of masses: F_i = sum_l m_l q_il^2 (y_i - y_l) with q_il = 1 / (1 + |y_i - y_l|^2), as float64.
 *
 * @param xs      where the first of the points' x lies; those of the others follow
 * @param ys      and of their y
 * @param xsEnd   where the x end
 * @param list    x, y and mass of each entry, one after the other
 * @param listEnd where the list ends; it is not empty
 * @param out     gets x and y of each point's force, and has room for one point more
 * @param z       gets the sum of m_l q_il over all points and entries
 */
export type RepulsionKernel = (xs: number, ys: number, xsEnd: number, list: number, listEnd: number, out: number, z: number) => void

const [XS, YS, XS_END, LIST, LIST_END, OUT, Z] = [0, 1, 2, 3, 4, 5, 6] // parameters
const [AT, X, Y, FX, FY, SUM, DX, DY, Q, MQ, ONE, TOTAL] = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18] // locals

const add = (local: number, bytes: number): Code => [w.get(local), w.i32(bytes), w.add, w.set(local)]
/** The two lanes of a vector exchanged. */
const swapped = (local: number): Code => [w.get(local), w.get(local), w.vpick32(2, 3, 0, 1)]
const isPair: Code = [w.get(XS), w.i32(8), w.add, w.get(XS_END), w.lessUnsigned]

const entry: Code = [
  [w.get(X), w.get(AT), w.vload64splat(0), w.f64sub, w.set(DX)],
  [w.get(Y), w.get(AT), w.vload64splat(8), w.f64sub, w.set(DY)],
  [w.get(ONE), w.get(DX), w.get(DX), w.f64mul, w.f64add, w.get(DY), w.get(DY), w.f64mul, w.f64add, w.set(Q)], // 1 + d^2 of both
  [swapped(Q), w.get(ONE), w.get(Q), swapped(Q), w.f64mul, w.f64div, w.f64mul, w.set(Q)], // one division for two points
  [w.get(AT), w.vload64splat(16), w.get(Q), w.f64mul, w.tee(MQ), w.get(SUM), w.f64add, w.set(SUM)],
  [w.get(MQ), w.get(Q), w.f64mul, w.set(Q)],
  [w.get(FX), w.get(Q), w.get(DX), w.f64mul, w.f64add, w.set(FX)],
  [w.get(FY), w.get(Q), w.get(DY), w.f64mul, w.f64add, w.set(FY)],
]

const body: Code = [
  [w.double(1), w.f64splat, w.set(ONE)],
  w.loop(
    // a last point without another is taken twice
    [w.get(XS), w.vload64splat(0), w.set(X), w.get(YS), w.vload64splat(0), w.set(Y)],
    [isPair, w.if(w.get(XS), w.vload(0), w.set(X), w.get(YS), w.vload(0), w.set(Y))],
    [w.vzero, w.tee(FX), w.tee(FY), w.set(SUM), w.get(LIST), w.set(AT)],
    w.loop(entry, add(AT, 24), [w.get(AT), w.get(LIST_END), w.lessUnsigned, w.branchIf(0)]),
    [w.get(TOTAL), w.get(SUM), w.f64lane(0), w.doubleAdd, w.set(TOTAL)],
    [isPair, w.if(w.get(TOTAL), w.get(SUM), w.f64lane(1), w.doubleAdd, w.set(TOTAL))],
    [w.get(OUT), w.get(FX), w.get(FY), w.vpick32(0, 1, 4, 5), w.vstore(0)],
    [w.get(OUT), w.get(FX), w.get(FY), w.vpick32(2, 3, 6, 7), w.vstore(16)],
    [add(YS, 16), add(OUT, 32), add(XS, 16)],
    [w.get(XS), w.get(XS_END), w.lessUnsigned, w.branchIf(0)],
  ),
  [w.get(Z), w.get(TOTAL), w.doubleStore(0)],
]

const { i32, f64, v128 } = wasmTypes
let compiled: WebAssembly.Module | undefined

/** The kernel over a memory of the caller's. */
export function repulsionKernel(memory: WebAssembly.Memory): RepulsionKernel {
  const locals = [i32, ...new Array<number>(10).fill(v128), f64]
  compiled ??= new WebAssembly.Module(moduleOf({ parameters: 7, results: 0, locals, body }))
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports.run as RepulsionKernel
}
