/** @file Model files: their bytes, their metadata, and what a loaded one answers. */
import { beforeAll, expect, test } from 'vitest'
import { digitNetwork, initialWeights, Scope, studentNetwork, type Layer } from '../nn/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { bytes, compile, nodeRuntime, type Runtime } from '../runtime/index.ts'
import { add, input } from '../tensor/index.ts'
import { exportEmbedder, load, type EmbedderCard } from './index.ts'

const card: EmbedderCard = {
  labels: ['0', '1', 'zwölf'],
  preprocessing: { range: '0..255', frame: 'mnist' },
  metric: 'euclidean',
  recipe: { margin: 0.4, note: 'test' },
  seed: 7,
  datasetHash: 'ab'.repeat(32),
  versions: { kindred: '0.1.0' },
}
let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 })
})

function weightsOf(network: Layer): Map<string, Float32Array> {
  const scope = new Scope()
  network(input('images', ['N', 28, 28], 'uint8'), scope)
  return initialWeights(scope.weights, 1)
}
const pixels = (n: number) => Uint8Array.from({ length: n * 784 }, (_, i) => (i * 7919) % 251)

test('the exported network is the training network with its weights fixed', async () => {
  const network = studentNetwork()
  const weights = weightsOf(network)
  const model = await load(exportEmbedder({ network, weights, size: [28, 28], card }), { runtime, chunk: 3 })
  const scope = new Scope()
  const program = await compile(runtime, { e: network(input('images', [5, 28, 28], 'uint8'), scope) })
  const direct = await program.run({ images: bytes(pixels(5), [5, 28, 28]), ...Object.fromEntries(scope.weights.map((w) => [w.name, { dtype: 'float32' as const, shape: w.shape, data: weights.get(w.name)! }])) })
  const embedded = await model.embed(pixels(5)) // two chunks: 3 + 2
  expect(embedded.length).toBe(50)
  embedded.forEach((v, i) => expect(v).toBeCloseTo((direct.e.data as Float32Array)[i], 5))
  expect(Math.max(...embedded.map(Math.abs))).toBeGreaterThan(0.01)
})

test('floats and bytes give the same embedding, whichever the file takes', async () => {
  const network = digitNetwork({ dim: 4 })
  const weights = weightsOf(network)
  const results: Float32Array[] = []
  for (const kind of ['uint8', 'float32'] as const) {
    const model = await load(exportEmbedder({ network, weights, size: [28, 28], card, pixels: kind }), { runtime })
    expect(model.outputs).toEqual({ embedding: 4, features: 128 })
    results.push(await model.embed(pixels(2)), await model.embed(Float32Array.from(pixels(2))))
  }
  for (const r of results) r.forEach((v, i) => expect(v).toBeCloseTo(results[0][i], 6))
  const length = Math.hypot(...results[0].subarray(0, 4))
  expect(length).toBeCloseTo(1, 5)
})

test('same weights, same bytes; the card survives', async () => {
  const network = studentNetwork({ dim: 2 })
  const weights = weightsOf(network)
  const make = () => exportEmbedder({ network, weights, size: [28, 28], card })
  expect(Buffer.from(make()).equals(Buffer.from(make()))).toBe(true)
  const model = await load(make(), { runtime })
  expect(model.card).toEqual(card)
  expect(model.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(model.dim).toBe(2)
})

test('bad input is told clearly', async () => {
  const network = studentNetwork()
  const weights = weightsOf(network)
  const good = exportEmbedder({ network, weights, size: [28, 28], card })
  await expect(load('/nowhere/model.onnx')).rejects.toThrow('/nowhere/model.onnx must exist')
  await expect(load(good.subarray(0, good.length / 2), { runtime })).rejects.toThrow(/byte offset/)
  await expect(load(encodeModel(toOnnx({ y: add(input('x', [1]), 1) })), { runtime })).rejects.toThrow('without kindred metadata')
  const model = await load(good, { runtime })
  await expect(model.embed(new Uint8Array(783))).rejects.toThrow('784 pixels each')
  await expect(model.embed(new Uint8Array(0))).rejects.toThrow('at least one')
  await expect(model.run(pixels(1), ['features', 'logits'])).rejects.toThrow('embedding, features')
  weights.delete('conv2.bias')
  expect(() => exportEmbedder({ network, weights, size: [28, 28], card })).toThrow('nothing for conv2.bias')
})
