/**
 * @file The attraction of t-SNE, x and y in the two lanes of a vector, in a WebAssembly module of about 300 bytes over a memory that holds the affinities.
 *
 * The same operations in the same order as one would write them in JavaScript, so the same bits.
 */
import { moduleOf, wasm as w, wasmTypes, type WasmCode as Code } from '../base/index.ts'
import type { Affinities } from './affinities.ts'

/**
 * Adds the attraction of all pairs to a gradient: to both ends of each pair +-s p_ij q_ij (y_i - y_j), with q_ij = 1 / (1 + |y_i - y_j|^2).
 *
 * @param strength  s
 * @param positions float64 [n, 2]
 * @param gradient  float64 [n, 2], added to
 */
export type Attraction = (strength: number, positions: Float64Array, gradient: Float64Array) => void

const [START, START_END, COLUMN, VALUE, POSITIONS, GRADIENT, STRENGTH] = [0, 1, 2, 3, 4, 5, 6] // parameters
const [COLUMNS, ROW, ROW_END, OTHER, HERE, D, PULL, FORCE, S] = [7, 8, 9, 10, 11, 12, 13, 14, 15] // locals

const move = (local: number, bytes: number): Code => [w.get(local), w.i32(bytes), w.add, w.set(local)]

const pair: Code = [
  [w.get(COLUMN), w.load(0), w.i32(4), w.shl, w.set(OTHER)], // 16 bytes a point
  [w.get(HERE), w.get(POSITIONS), w.get(OTHER), w.add, w.vload(0), w.f64sub, w.tee(D), w.get(D), w.f64mul, w.set(PULL)],
  [w.get(S), w.get(VALUE), w.doubleLoad(0), w.doubleMul],
  [w.double(1), w.get(PULL), w.f64lane(0), w.doubleAdd, w.get(PULL), w.f64lane(1), w.doubleAdd, w.doubleDiv],
  [w.f64splat, w.get(D), w.f64mul, w.tee(PULL), w.get(FORCE), w.f64add, w.set(FORCE)],
  [w.get(GRADIENT), w.get(OTHER), w.add, w.tee(OTHER), w.get(OTHER), w.vload(0), w.get(PULL), w.f64sub, w.vstore(0)],
  [move(VALUE, 8), move(COLUMN, 4)],
]

const body: Code = [
  [w.get(STRENGTH), w.doubleLoad(0), w.set(S), w.get(COLUMN), w.set(COLUMNS)],
  w.loop(
    [w.get(POSITIONS), w.get(ROW), w.add, w.vload(0), w.set(HERE), w.vzero, w.set(FORCE)],
    [w.get(START), w.load(4), w.i32(2), w.shl, w.get(COLUMNS), w.add, w.set(ROW_END)],
    w.block(
      [w.get(COLUMN), w.get(ROW_END), w.lessUnsigned, w.eqz, w.branchIf(0)],
      w.loop(pair, [w.get(COLUMN), w.get(ROW_END), w.lessUnsigned, w.branchIf(0)]),
    ),
    [w.get(GRADIENT), w.get(ROW), w.add, w.tee(OTHER), w.get(OTHER), w.vload(0), w.get(FORCE), w.f64add, w.vstore(0)],
    [move(ROW, 16), move(START, 4)],
    [w.get(START), w.get(START_END), w.lessUnsigned, w.branchIf(0)],
  ),
]

const { i32, f64, v128 } = wasmTypes
let compiled: WebAssembly.Module | undefined

/** The attraction of these affinities, which are copied. Cost: O(stored p_ij) a call; memory that of the affinities and 32 bytes a point. */
export function attraction({ n, start, column, value }: Affinities): Attraction {
  const pairs = column.length
  // eight-byte numbers first, so that all are aligned
  const [strengthAt, positionsAt, gradientAt] = [0, 8, 8 + 16 * n]
  const valueAt = gradientAt + 16 * n
  const columnAt = valueAt + 8 * pairs
  const startAt = columnAt + 4 * pairs
  const memory = new WebAssembly.Memory({ initial: Math.ceil((startAt + 4 * (n + 1)) / 65536) })
  const locals = [i32, i32, i32, i32, v128, v128, v128, v128, f64]
  compiled ??= new WebAssembly.Module(moduleOf({ parameters: 7, results: 0, locals, body }))
  const run = new WebAssembly.Instance(compiled, { env: { memory } }).exports.run as (...at: number[]) => void
  const strengthThere = new Float64Array(memory.buffer, strengthAt, 1)
  const positionsThere = new Float64Array(memory.buffer, positionsAt, 2 * n)
  const gradientThere = new Float64Array(memory.buffer, gradientAt, 2 * n)
  new Float64Array(memory.buffer, valueAt, pairs).set(value)
  new Int32Array(memory.buffer, columnAt, pairs).set(column)
  new Int32Array(memory.buffer, startAt, n + 1).set(start)
  return (strength, positions, gradient) => {
    strengthThere[0] = strength
    positionsThere.set(positions)
    gradientThere.set(gradient)
    run(startAt, startAt + 4 * n, columnAt, valueAt, positionsAt, gradientAt, strengthAt)
    gradient.set(gradientThere)
  }
}
