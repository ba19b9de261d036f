/** @file Model files by path, address or bytes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { inMemory } from '../dataset/index.ts'
import { readBytes } from '../files/index.ts'
import { softNegativeTripletLoss } from '../losses/index.ts'
import { colourPixels, dense, flatten, initialWeights, Scope, sequential, studentNetwork } from '../nn/index.ts'
import { adam, constantRate } from '../optim/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { mPerClass } from '../samplers/index.ts'
import { objective, trainEmbedder } from '../train/index.ts'
import { sameRecipe } from '../recipe/index.ts'
import { input } from '../tensor/index.ts'
import { load, saveEmbedder, type EmbedderCard } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-models-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const card: EmbedderCard = {
  labels: ['0'],
  preprocessing: { range: '0..255', frame: 'mnist' },
  metric: 'euclidean',
  recipe: {},
  seed: 1,
  datasetHash: '',
  versions: {},
}

test('a model is the same by path, file: URL, Uint8Array and ArrayBuffer, under any name', async () => {
  const network = studentNetwork({ dim: 3 })
  const scope = new Scope()
  network(input('images', ['N', 28, 28], 'uint8'), scope)
  const [path, renamed] = [join(folder, 'model.onnx'), join(folder, 'other name.onnx')]
  for (const to of [path, renamed]) saveEmbedder(to, { network, weights: initialWeights(scope.weights, 1), size: [28, 28], card })
  const bytes = readBytes(path, 'test')
  const images = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i * 31) % 256)
  await using first = await load(path)
  expect(first.recipe).toMatchObject({ model: { name: 'model.onnx', hash: first.hash } })
  const vectors = await first.embed(images)
  for (const source of [renamed, pathToFileURL(renamed), bytes, Uint8Array.from(bytes).buffer]) {
    await using model = await load(source)
    expect(await model.embed(images)).toEqual(vectors)
    expect(model.hash).toBe(first.hash)
    expect(sameRecipe(first.recipe, model.recipe)).toBe(true)
  }
})

test('what cannot be loaded', async () => {
  await expect(load('/nowhere/model.onnx')).rejects.toThrow('/nowhere/model.onnx must exist')
  await expect(load(new URL('https://example.org/model.onnx'))).rejects.toThrow('a URL must name a file (file:), got "https:"')
  await expect(load(7 as never)).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
})

test('a colour network trains, is saved, and loads with the numbers it has', async () => {
  const random = rng(4)
  const [count, height, width] = [40, 6, 5]
  const images = Uint8Array.from(
    { length: count * height * width * 3 },
    (_, i) => (i % 3 === Math.floor(i / 90) % 2 ? 200 : 20) + random.integer(30),
  )
  const labels = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 'red' : 'green'))
  const source = inMemory({ images, height, width, channels: 3, labels })
  const runtime = await nodeRuntime({ threads: 1 })
  await using trained = await trainEmbedder({
    source,
    validation: source,
    network: sequential({ pixels: colourPixels(), flat: flatten(), embedding: dense(3) }),
    objective: objective({ loss: softNegativeTripletLoss() }),
    batches: mPerClass({ classes: 2, perClass: 6 }),
    optimizer: adam(),
    schedule: () => constantRate(0.01),
    epochs: 1,
    stepsPerEpoch: 5,
    runtime,
  })
  const path = join(folder, 'colour.onnx')
  trained.save(path)
  await using model = await load(path, { runtime })
  expect(model).toMatchObject({ size: [height, width], channels: 3, dim: 3 })
  const [own, loaded] = [await trained.embed(images), await model.embed(images)]
  expect(loaded.length).toBe(count * 3)
  loaded.forEach((v, i) => expect(v).toBeCloseTo(own[i], 5))
  expect(loaded.subarray(0, 3)).not.toEqual(loaded.subarray(3, 6))
})
