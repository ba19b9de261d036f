/** @file Modules of the assembler do what JavaScript does. */
import { expect, test } from 'vitest'
import { moduleOf, types, wasm as w, type Code } from './wasm-assembler.ts'

function runOf(parameters: number, locals: number[], body: Code, memory = new WebAssembly.Memory({ initial: 1 })) {
  const bytes = moduleOf({ parameters, results: 1, locals, body })
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports.run as (...given: number[]) => number
}

test('constants of every length come back as they are', () => {
  for (const value of [0, 1, 63, 64, 127, 128, 8191, 8192, 2 ** 20, 2 ** 31 - 1, -1, -64, -65, -8193, -(2 ** 31)])
    expect(runOf(0, [], w.i32(value))()).toBe(value)
})

test('loops, branches and a body longer than one byte can count', () => {
  const [N, SUM] = [0, 1]
  const sum = runOf(
    1,
    [types.i32],
    [
      w.loop([w.get(SUM), w.get(N), w.add, w.set(SUM)], [w.get(N), w.i32(1), w.sub, w.tee(N), w.branchIf(0)]),
      new Array<Code>(100).fill([w.get(SUM), w.i32(5), w.add, w.set(SUM)]),
      w.get(SUM),
    ],
  )
  expect(sum(10)).toBe(55 + 500)
  const limit = runOf(2, [], [w.block(w.get(0), w.get(1), w.lessUnsigned, w.branchIf(0), w.i32(0), w.set(0)), w.get(0)])
  expect([limit(3, 7), limit(7, 3), limit(3, -1)]).toEqual([3, 0, 3])
})

test('memory is read and written at offsets above 127', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const copy = runOf(1, [], [w.get(0), w.get(0), w.load(300), w.store(1000), w.get(0), w.load(1000)], memory)
  new DataView(memory.buffer).setInt32(340, -123456, true)
  expect(copy(40)).toBe(-123456)
  expect(new DataView(memory.buffer).getInt32(1040, true)).toBe(-123456)
})

test('signed bytes are widened, multiplied and added two by two, lane by lane', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const [a, b] = [[-128, 127, 1, 2, -3, 4, 5, -6], [300, -301, 7, 8, 9, 10, -32768, 32767]] // prettier-ignore
  new Int8Array(memory.buffer, 0, 8).set(a)
  new Int16Array(memory.buffer, 16, 8).set(b)
  const products = a.map((x, i) => x * b[i])
  for (const lane of [0, 1, 2, 3]) {
    const dot = runOf(0, [], [w.i32(0), w.vload8x8(0), w.i32(0), w.vload(16), w.i16dot, w.vzero, w.i32add, w.i32lane(lane)], memory)
    expect(dot()).toBe(products[2 * lane] + products[2 * lane + 1])
  }
})

test('float64 numbers, alone and by two, are computed as JavaScript does, to the last bit', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const [A, B] = [1, 2]
  const all = runOf(
    1,
    [types.v128, types.v128],
    [
      [w.get(0), w.vload(0), w.set(A), w.get(0), w.vload(16), w.set(B)],
      [w.f64add, w.f64sub, w.f64mul, w.f64div].map((op, i) => [w.get(0), w.get(A), w.get(B), op, w.vstore(32 + 16 * i)]),
      [w.doubleAdd, w.doubleMul, w.doubleDiv].map((op, i) => [
        w.get(0),
        w.get(0),
        w.doubleLoad(0),
        w.double(-0.1),
        op,
        w.doubleStore(96 + 8 * i),
      ]),
      [w.get(0), w.get(A), w.f64lane(1), w.f64splat, w.vstore(120)],
      w.i32(0),
    ],
    memory,
  )
  const numbers = new Float64Array(memory.buffer, 64, 17)
  for (const [a, b, c, d] of [
    [0.1, 0.2, 0.3, -7],
    [1e300, -1e-300, 3, 1 / 3],
  ]) {
    numbers.set([a, b, c, d])
    all(64)
    expect(Array.from(numbers.subarray(4))).toEqual([
      a + c,
      b + d,
      a - c,
      b - d,
      a * c,
      b * d,
      a / c,
      b / d,
      a - 0.1,
      a * -0.1,
      a / -0.1,
      b,
      b,
    ])
  }
})
