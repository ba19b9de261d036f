/** @file Model files: their bytes, their metadata, and what an opened one answers. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { damaged, readOrRefused } from '../../test/support/damage.ts'
import { KindredError, rng, sha256 } from '../base/index.ts'
import {
  colourPixels,
  conv2d,
  dense,
  digitNetwork,
  flatten,
  initialWeights,
  maxPool,
  relu,
  Scope,
  sequential,
  studentNetwork,
  type Layer,
} from '../nn/index.ts'
import { decodeModel, encodeMetadata, encodeModel, toOnnx, type OnnxModel } from '../onnx/index.ts'
import { bytes, compile, nodeRuntime, type Runtime } from '../runtime/index.ts'
import { add, input } from '../tensor/index.ts'
import { exportEmbedder, openEmbedder, type EmbedderCard, type PixelRange, type TrainedEmbedder } from './index.ts'

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
  const model = await openEmbedder(exportEmbedder({ network, weights, size: [28, 28], card }), { runtime, chunk: 3 })
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
    const model = await openEmbedder(exportEmbedder({ network, weights, size: [28, 28], card, pixels: kind }), { runtime })
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
  // files of grey models are what they were before there were others
  expect(sha256(make())).toBe('72c8f2b8748be9c08c722a957170a5bf3b01e90fe3aaa61a0b031d9aabaffc30')
  const model = await openEmbedder(make(), { runtime })
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
    expect(openEmbedder(bytes, { runtime })).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(message) }),
    )

  test('from before they were sealed load as they did', async () => {
    expect((await openEmbedder(model(), { runtime })).card).toEqual(card)
  })
  test('changed in any byte are refused', async () => {
    const whole = exportEmbedder({ network, weights: weightsOf(network), size: [28, 28], card })
    for (let i = 0; i < 60; i++) {
      const changed = Uint8Array.from(whole)
      changed[Math.floor((i / 60) * (whole.length - 90))] ^= 1 << (i % 8)
      expect((await readOrRefused(() => openEmbedder(changed, { runtime }))).refused).toBeDefined()
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
    ['another range', { 'kindred.preprocessing': '{"range":"0..7","frame":"mnist"}' }, /range must be/],
    [
      'a range that bytes have not',
      { 'kindred.preprocessing': '{"range":"0..1","frame":"mnist"}' },
      /takes bytes must take them in 0..255/,
    ],
    [
      'channels that the network has not',
      { 'kindred.preprocessing': '{"range":"0..255","frame":"mnist","channels":3}' },
      /say the 1 channels it takes, got 3/,
    ],
    [
      'two channels',
      { 'kindred.preprocessing': '{"range":"0..255","frame":"mnist","channels":2}' },
      /channels must be .* 1, 3 or 4, got 2/,
    ],
    ['another metric', { 'kindred.metric': 'manhattan' }, /metadata kindred.metric/],
    ['a seed that is no number', { 'kindred.seed': 'NaN' }, /metadata kindred.seed: it must be a whole number, got NaN/],
    ['a seed that is empty', { 'kindred.seed': '' }, /metadata kindred.seed/],
    ['deep lists', { 'kindred.labels': '['.repeat(100_000) }, /limit nesting/],
  ])('with a card with %s', async (_, changes, message) => {
    const metadata = Object.fromEntries(
      Object.entries({ ...bare().metadata, ...changes }).filter((e): e is [string, string] => e[1] !== undefined),
    )
    await expect(
      openEmbedder(
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
      openEmbedder(
        model((m) => ({ ...m, inputs: [{ ...m.inputs[0], shape: ['N', 2 ** 20, 2 ** 20] }] })),
        { runtime },
      ),
    ).rejects.toThrow(/limit imagePixels/)
  })
  test('that claim another length of the embedding than they give', async () => {
    const claims = await openEmbedder(
      model((m) => ({ ...m, outputs: m.outputs.map((o) => ({ ...o, shape: ['N', 3] })) })),
      { runtime },
    ).catch((error: unknown) => error)
    if (!(claims instanceof KindredError))
      await expect((claims as TrainedEmbedder).embed(pixels(1))).rejects.toThrow(/embedding must be float32 \[1, 3\]/)
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
    const loaded = await openEmbedder(
      model((m) => ({ ...m, initializers: huge })),
      { runtime },
    )
    await expect(loaded.embed(pixels(3))).rejects.toThrow(/must turn each image into finite numbers, got (NaN|-?Infinity) for image 1/)
  })
  test('are not fed what is no number', async () => {
    const loaded = await openEmbedder(model(), { runtime })
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
          await readOrRefused(async () => (await openEmbedder(broken, { runtime })).embed(pixels(1)))
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
  await expect(openEmbedder(good.subarray(0, good.length / 2), { runtime })).rejects.toThrow(/byte offset/)
  await expect(openEmbedder(encodeModel(toOnnx({ y: add(input('x', [1]), 1) })), { runtime })).rejects.toThrow('without kindred metadata')
  const model = await openEmbedder(good, { runtime })
  await expect(model.embed(new Uint8Array(783))).rejects.toThrow('784 pixels each')
  await expect(model.embed(new Uint8Array(0))).rejects.toThrow('at least one')
  await expect(model.run(pixels(1), ['features', 'logits'])).rejects.toThrow('embedding, features')
  weights.delete('conv2.bias')
  expect(() => exportEmbedder({ network, weights, size: [28, 28], card })).toThrow('nothing for conv2.bias')
})

describe('pixels', () => {
  const network = studentNetwork({ dim: 2 })
  const file = exportEmbedder({ network, weights: weightsOf(network), size: [28, 28], card })
  const opened = () => openEmbedder(file, { runtime })
  const scaled = (factor: number, plus = 0) => Float32Array.from(pixels(2), (v) => v * factor + plus)

  test.each<[string, Float32Array, RegExp]>([
    [
      'in 0..1',
      scaled(1 / 255),
      /floats must lie in 0\.\.255, the range of this model, got nothing above 0\.98\d+, as if they lay in 0\.\.1/,
    ],
    ['that are 0 or 1', scaled(1).map((v) => (v > 99 ? 1 : 0)), /nothing above 1, as if/],
    ['in -1..1', scaled(2 / 255, -1), /must lie in 0\.\.255, the range of this model, got -1 in image 1/],
    ['standardised', scaled(1 / 255 / 0.3081, -0.1307 / 0.3081), /must lie in 0\.\.255/],
    ['beyond white', scaled(1, 8), /got 25[89] in image 1/],
  ])('floats %s are no floats in 0..255', async (_, floats, message) => {
    await expect((await opened()).embed(floats)).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
    )
  })

  test('floats of a range that is said are scaled; rounding and blackness are no mistakes', async () => {
    await using model = await opened()
    const wanted = await model.embed(pixels(2))
    for (const [floats, range] of [
      [scaled(1 / 255), '0..1'],
      [scaled(2 / 255, -1), '-1..1'],
      [scaled(1), '0..255'],
      [scaled(1, 0.001), undefined],
    ] as const)
      (await model.embed(floats, { range })).forEach((v, i) => expect(v).toBeCloseTo(wanted[i], 3))
    const black = await model.embed(new Uint8Array(784))
    expect(await model.embed(new Float32Array(784))).toEqual(black)
    expect(await model.embed(new Float32Array(784).fill(0.3), { range: '0..255' })).toEqual(black)
    await expect(model.embed(pixels(1), { range: '0..1' })).rejects.toThrow('bytes must be of the range 0..255, got 0..1')
    await expect(model.embed(scaled(1), { range: '0..2' as PixelRange })).rejects.toThrow('range must be one of')
    await expect(model.embed([1, 2] as never)).rejects.toThrow('images must be a Uint8Array or a Float32Array')
  })

  test.each<PixelRange>(['0..1', '-1..1'])(
    'a model that takes %s says so: bytes are scaled to it, floats must lie in it',
    async (range) => {
      const layer: Layer = sequential({ flat: flatten(), embedding: dense(3) })
      const scope = new Scope()
      layer(input('images', ['N', 2, 2], 'float32'), scope)
      const made = { network: layer, weights: initialWeights(scope.weights, 1), size: [2, 2] as const }
      const given = { ...card, preprocessing: { range, frame: 'square' } }
      expect(() => exportEmbedder({ ...made, card: given, pixels: 'uint8' })).toThrow(`pixels must be float32 for the range ${range}`)
      await using model = await openEmbedder(exportEmbedder({ ...made, card: given }), { runtime })
      const bytes = Uint8Array.of(0, 255, 51, 102)
      const [low, high] = range === '0..1' ? [0, 1] : [-1, 1]
      const floats = Float32Array.from(bytes, (v) => low + ((high - low) * v) / 255)
      const direct = await model.embed(floats)
      ;(await model.embed(bytes)).forEach((v, i) => expect(v).toBeCloseTo(direct[i], 6))
      await expect(model.embed(Float32Array.from(bytes))).rejects.toThrow(`must lie in ${range}, the range of this model, got 255`)
    },
  )
})

describe.each([3, 4] as const)('a network for %d channels', (channels) => {
  const network: Layer = sequential({
    pixels: colourPixels(),
    conv: conv2d(4, 3, { padding: 1 }),
    pool: maxPool(2),
    relu: relu(),
    flat: flatten(),
    embedding: dense(5),
  })
  const size = [6, 8] as const
  const each = size[0] * size[1] * channels
  const colour = { ...card, preprocessing: { range: '0..255', frame: 'photo', channels } as const }
  const random = rng(2)
  const images = Uint8Array.from({ length: 7 * each }, () => random.integer(256))

  test('is written, opened, and gives its own numbers', async () => {
    const scope = new Scope()
    const images7 = input('images', [7, ...size, channels], 'uint8')
    const program = await compile(runtime, { e: network(images7, scope) })
    const weights = initialWeights(scope.weights, 1)
    const fed = scope.weights.map((w) => [w.name, { dtype: 'float32', shape: w.shape, data: weights.get(w.name)! }] as const)
    const direct = (await program.run({ images: bytes(images, [7, ...size, channels]), ...Object.fromEntries(fed) })).e.data as Float32Array
    for (const kind of ['uint8', 'float32'] as const) {
      await using model = await openEmbedder(exportEmbedder({ network, weights, size, card: colour, pixels: kind }), { runtime, chunk: 3 })
      expect(model).toMatchObject({ size, channels, dim: 5, card: colour })
      expect(model.recipe).toMatchObject({ preprocessing: { size, channels, range: '0..255', frame: 'photo' } })
      const embedded = await model.embed(images)
      embedded.forEach((v, i) => expect(v).toBeCloseTo(direct[i], 5))
      expect(new Set(embedded).size).toBeGreaterThan(30)
      await expect(model.embed(images.subarray(1))).rejects.toThrow(`images must be 6x8x${channels}, ${each} numbers each`)
    }
  })
})
