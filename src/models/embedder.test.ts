/** @file Model files: their bytes, their metadata, and what a loaded one answers. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { damaged, readOrRefused } from '../../test/support/damage.ts'
import { KindredError } from '../base/index.ts'
import { digitNetwork, initialWeights, Scope, studentNetwork, type Layer } from '../nn/index.ts'
import { decodeModel, encodeMetadata, encodeModel, toOnnx, type OnnxModel } from '../onnx/index.ts'
import { bytes, compile, nodeRuntime, type Runtime } from '../runtime/index.ts'
import { add, input } from '../tensor/index.ts'
import { exportEmbedder, load, type Embedder, type EmbedderCard } from './index.ts'

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
  const direct = await program.run({
    images: bytes(pixels(5), [5, 28, 28]),
    ...Object.fromEntries(scope.weights.map((w) => [w.name, { dtype: 'float32' as const, shape: w.shape, data: weights.get(w.name)! }])),
  })
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

describe('model files', () => {
  const network = studentNetwork({ dim: 2 })
  const model = (change: (m: OnnxModel) => OnnxModel = (m) => m): Uint8Array => encodeModel(change(bare()))
  /** Without the seal, as files were before. */
  const bare = (): OnnxModel => {
    const {
      metadata: { 'kindred.sha256': _, ...metadata },
      ...rest
    } = decodeModel(exportEmbedder({ network, weights: weightsOf(network), size: [28, 28], card }))
    return { ...rest, metadata }
  }
  const refused = (bytes: Uint8Array, message: RegExp | string) =>
    expect(load(bytes, { runtime })).rejects.toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(message) }))

  test('from before they were sealed load as they did', async () => {
    expect((await load(model(), { runtime })).card).toEqual(card)
  })
  test('changed in any byte are refused', async () => {
    const whole = exportEmbedder({ network, weights: weightsOf(network), size: [28, 28], card })
    for (let i = 0; i < 60; i++) {
      const changed = Uint8Array.from(whole)
      changed[Math.floor((i / 60) * (whole.length - 90))] ^= 1 << (i % 8)
      expect((await readOrRefused(() => load(changed, { runtime }))).refused).toBeDefined()
    }
    await refused(new Uint8Array(Buffer.concat([whole, encodeMetadata('note', 'mine')])), 'its bytes must be those that kindred wrote')
    const ending = Uint8Array.from(whole)
    ending[ending.length - 1] ^= 1
    await refused(ending, 'its bytes must be those that kindred wrote')
  })
  test.each<[string, Record<string, string | undefined>, RegExp]>([
    [
      'no labels',
      { 'kindred.labels': undefined },
      /metadata kindred.labels: its content must be as the format says: expected string, got nothing/,
    ],
    ['labels that are numbers', { 'kindred.labels': '[1]' }, /metadata kindred.labels: \[0\] must be/],
    ['labels that are no JSON', { 'kindred.labels': '[' }, /metadata kindred.labels: it must hold JSON/],
    ['null', { 'kindred.recipe': 'null' }, /metadata kindred.recipe/],
    ['another range', { 'kindred.preprocessing': '{"range":"0..1","frame":"mnist"}' }, /range must be/],
    ['another metric', { 'kindred.metric': 'manhattan' }, /metadata kindred.metric/],
    ['a seed that is no number', { 'kindred.seed': 'NaN' }, /metadata kindred.seed: it must be a whole number, got NaN/],
    ['a seed that is empty', { 'kindred.seed': '' }, /metadata kindred.seed/],
    ['deep lists', { 'kindred.labels': '['.repeat(100_000) }, /limit nesting/],
  ])('with a card with %s', async (_, changes, message) => {
    const metadata = Object.fromEntries(
      Object.entries({ ...bare().metadata, ...changes }).filter((e): e is [string, string] => e[1] !== undefined),
    )
    await expect(
      load(
        model((m) => ({ ...m, metadata })),
        { runtime },
      ),
    ).rejects.toThrow(message)
  })
  test.each<[string, (m: OnnxModel) => OnnxModel, RegExp]>([
    ['no input', (m) => ({ ...m, inputs: [] }), /must have one input/],
    ['two inputs', (m) => ({ ...m, inputs: [...m.inputs, { name: 'more', dtype: 'float32', shape: [1] }] }), /must have one input/],
    ['images without a size', (m) => ({ ...m, inputs: [{ ...m.inputs[0], shape: ['N', 'h', 'w'] }] }), /must have one input/],
    ['images of nothing', (m) => ({ ...m, inputs: [{ ...m.inputs[0], shape: ['N', 0, 28] }] }), /must have one input/],
    ['integers for images', (m) => ({ ...m, inputs: [{ ...m.inputs[0], dtype: 'int64' }] }), /must have one input/],
    ['an output without a length', (m) => ({ ...m, outputs: [{ ...m.outputs[0], shape: ['N', '?'] }] }), /each output must be float32/],
    ['one row whatever goes in', (m) => ({ ...m, outputs: [{ ...m.outputs[0], shape: [1, 2] }] }), /each output must be float32/],
    [
      'no embedding',
      (m) => ({
        ...m,
        outputs: m.outputs.map((o) => ({ ...o, name: o.name === 'embedding' ? 'other' : o.name })),
        nodes: m.nodes.map((n) => ({ ...n, outputs: n.outputs.map((name) => (name === 'embedding' ? 'other' : name)) })),
      }),
      /must have an output embedding/,
    ],
  ])('with %s', async (_, change, message) => {
    await refused(model(change), message)
  })
  test('with images above the limit', async () => {
    await expect(
      load(
        model((m) => ({ ...m, inputs: [{ ...m.inputs[0], shape: ['N', 2 ** 20, 2 ** 20] }] })),
        { runtime },
      ),
    ).rejects.toThrow(/limit imagePixels/)
  })
  test('that claim another length of the embedding than they give', async () => {
    const claims = await load(
      model((m) => ({ ...m, outputs: m.outputs.map((o) => ({ ...o, shape: ['N', 3] })) })),
      { runtime },
    ).catch((error: unknown) => error)
    if (!(claims instanceof KindredError))
      await expect((claims as Embedder).embed(pixels(1))).rejects.toThrow(/embedding must be float32 \[1, 3\]/)
  })
  test.each([NaN, Infinity])('with a weight of %d: neither written nor loaded', async (wrong) => {
    const weights = weightsOf(network)
    weights.get('conv1.weight')![3] = wrong
    expect(() => exportEmbedder({ network, weights, size: [28, 28], card })).toThrow(
      expect.objectContaining({ code: 'collapsed', message: expect.stringContaining('weights of conv1.weight must be finite') }),
    )
    const initializers = {
      ...bare().initializers,
      'conv1.weight': { ...bare().initializers['conv1.weight'], data: weights.get('conv1.weight')! },
    }
    await refused(
      model((m) => ({ ...m, initializers })),
      /tensor conv1.weight: its numbers must be finite/,
    )
  })
  test('whose numbers overflow on the way say so', async () => {
    const { initializers } = bare()
    const huge = Object.fromEntries(
      Object.entries(initializers).map(([name, t]) => [
        name,
        name.endsWith('.weight') ? { ...t, data: Float32Array.from(t.data as Float32Array, (v) => v * 1e30) } : t,
      ]),
    )
    const loaded = await load(
      model((m) => ({ ...m, initializers: huge })),
      { runtime },
    )
    await expect(loaded.embed(pixels(3))).rejects.toThrow(/must turn each image into finite numbers, got (NaN|-?Infinity) for image 1/)
  })
  test('are not fed what is no number', async () => {
    const loaded = await load(model(), { runtime })
    const wrong = Float32Array.from(pixels(2))
    wrong[800] = NaN
    await expect(loaded.embed(wrong)).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('NaN in image 2') }),
    )
    await expect(loaded.run(pixels(1), ['toString'])).rejects.toThrow('outputs must be among embedding')
  })
  test('damaged: only our errors', async () => {
    const bytes = model()
    const heads = [bytes.subarray(0, 3000), bytes.subarray(bytes.length - 1500)]
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          damaged(heads[0]).map((b) => Buffer.concat([b, bytes.subarray(3000)])),
          damaged(heads[1]).map((b) => Buffer.concat([bytes.subarray(0, bytes.length - 1500), b])),
        ),
        async (broken) => {
          await readOrRefused(async () => (await load(broken, { runtime })).embed(pixels(1)))
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)
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
