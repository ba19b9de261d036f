/** @file Every primitive, forward and backward, on the native and the WebAssembly runtime against the float64 evaluator. */
import { beforeAll, describe, expect, test } from 'vitest'
import { checks, drawNumbers, otherChecks, smoothInputs } from '../../test/support/primitive-checks.ts'
import { encodeModel, decodeModel, toOnnx } from '../onnx/index.ts'
import { add, evaluate, grad, input, matmul, mul, randomUniform, sum, type NdArray, type Tensor } from '../tensor/index.ts'
import { compile, floats, intScalar, nodeRuntime, webRuntime, type Runtime } from './index.ts'

const runtimes: Record<string, Runtime> = {}
beforeAll(async () => {
  runtimes.cpu = await nodeRuntime({ threads: 2 })
  runtimes.wasm = await webRuntime()
})

for (const name of ['cpu', 'wasm']) {
  describe(`primitives on ${name} equal the reference evaluator`, () => {
    for (const [op, list] of Object.entries({ ...checks, ...otherChecks })) {
      test.each(list.map((check, i) => ({ check, i })))(`${op} $i`, async ({ check }) => {
        const draw = drawNumbers(op, check)
        const xs = check.shapes.map((shape, i) => input(`x${i}`, shape))
        const y = check.f(...xs)
        const loss = sum(mul(y, input('weights', y.shape)))
        const wrt = smoothInputs(loss, xs)
        const outputs: Record<string, Tensor> = { y, loss }
        grad(loss, wrt).forEach((g, i) => (outputs[`g${i}`] = g))
        const numbers: Record<string, NdArray> = { weights: rounded(draw(y.shape as number[])) }
        check.shapes.forEach((shape, i) => (numbers[`x${i}`] = rounded(draw(shape))))
        const program = await compile(runtimes[name], outputs)
        const results = await program.run(
          Object.fromEntries(program.inputs.map((n) => [n, floats(Float32Array.from(numbers[n].data), numbers[n].shape)])),
        )
        await program.dispose()
        evaluate(Object.values(outputs), numbers).forEach((expected, i) => {
          const got = results[Object.keys(outputs)[i]]
          expect(got.shape).toEqual(expected.shape)
          expected.data.forEach((v, j) => expect(Math.abs(Number(got.data[j]) - v)).toBeLessThan(1e-5 * Math.max(1, Math.abs(v))))
        })
      })
    }
  })
}

/** Numbers that float32 holds exactly, so that comparisons and floors fall the same way in both precisions. */
function rounded(a: NdArray): NdArray {
  return { shape: a.shape, data: Float64Array.from(Float32Array.from(a.data)) }
}

test('a symbolic batch takes any size', async () => {
  const y = matmul(input('x', ['N', 2]), input('w', [2, 1]))
  const program = await compile(runtimes.cpu, { y }, { weights: { w: Float32Array.of(1, 10) } })
  for (const n of [1, 3]) {
    const { y: out } = await program.run({ x: floats(new Float32Array(2 * n).fill(1), [n, 2]) })
    expect(out.shape).toEqual([n, 1])
    expect([...(out.data as Float32Array)]).toEqual(new Array(n).fill(11))
  }
})

test('random numbers are uniform, depend on the seed alone, and agree between runtimes', async () => {
  const u = randomUniform(input('seed', [], 'int64'), [20000])
  const draw = async (runtime: Runtime, seed: number) => {
    const program = await compile(runtime, { u })
    return (await program.run({ seed: intScalar(seed) })).u.data as Float32Array
  }
  const a = await draw(runtimes.cpu, 5)
  expect(await draw(runtimes.wasm, 5)).toEqual(a)
  const b = await draw(runtimes.cpu, 6)
  const mean = (x: Float32Array) => x.reduce((s, v) => s + v, 0) / x.length
  expect(mean(a)).toBeCloseTo(0.5, 1)
  expect(Math.min(...a)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...a)).toBeLessThan(1)
  const buckets = new Array<number>(16).fill(0)
  for (const v of a) buckets[Math.floor(v * 16)]++
  const chi2 = buckets.reduce((s, n) => s + (n - 1250) ** 2 / 1250, 0)
  expect(chi2).toBeLessThan(45) // 15 degrees of freedom, p about 1e-4
  const correlation = a.reduce((s, v, i) => s + (v - 0.5) * (b[i] - 0.5), 0) / a.length / (1 / 12)
  expect(Math.abs(correlation)).toBeLessThan(0.03)
  const lag = a.slice(1).reduce((s, v, i) => s + (v - 0.5) * (a[i] - 0.5), 0) / a.length / (1 / 12)
  expect(Math.abs(lag)).toBeLessThan(0.03)
})

test('models survive a round trip through bytes, metadata and all', () => {
  const model = toOnnx(
    { y: add(mul(input('x', ['N', 2, 3]), 2), input('w', [3])) },
    { weights: { w: Float32Array.of(1, 2, 3) }, metadata: { recipe: 'übung' }, producerVersion: '1.2' },
  )
  const back = decodeModel(encodeModel(model))
  expect(back).toEqual({ ...model, nodes: model.nodes.map((n) => ({ ...n, domain: '', name: '' })) })
  expect(() => decodeModel(encodeModel(model).subarray(0, 60))).toThrow('byte offset')
  expect(() => decodeModel(new TextEncoder().encode('{"not": "onnx"}'))).toThrow()
})

test('missing and misshapen feeds are told by name', async () => {
  const program = await compile(runtimes.cpu, { y: add(input('x', [2]), 1) })
  await expect(program.run({})).rejects.toThrow('nothing for x')
  await expect(program.run({ x: floats([1, 2, 3]) })).rejects.toThrow('must fit the graph')
  expect(() => floats([1, 2, 3], [2])).toThrow('3 values')
})

test.each(['cpu', 'wasm'])('the event loop turns in a loop of runs on %s, so that a stop is heard', async (name) => {
  await using program = await compile(runtimes[name], { y: add(input('x', [2]), 1) })
  let heard = false
  setTimeout(() => (heard = true), 1)
  const until = performance.now() + 2000
  while (!heard && performance.now() < until) await program.run({ x: floats([1, 2]) })
  expect(heard).toBe(true)
})
