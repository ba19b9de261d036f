/** @file Model files by path, address or bytes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { readBytes } from '../files/index.ts'
import { initialWeights, Scope, studentNetwork } from '../nn/index.ts'
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
