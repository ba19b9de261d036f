/** @file One Embedder for every model: what is written against it takes trained models, face models, VGG, imported ONNX and the baseline alike. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Embedder } from '../src/embedder/index.ts'
import { faceModel, onnxModel } from '../src/faces/index.ts'
import { openGallery } from '../src/gallery/index.ts'
import { exportEmbedder, load, loadVgg } from '../src/models/index.ts'
import { colourPixels, dense, flatten, initialWeights, Scope, sequential, studentNetwork, type Layer } from '../src/nn/index.ts'
import { encodeModel, toOnnx } from '../src/onnx/index.ts'
import { openFaceModel } from '../src/people/index.ts'
import { vggModel } from '../src/people/vgg-model.ts'
import { recipeHash, sameRecipe } from '../src/recipe/index.ts'
import { nodeRuntime, type Runtime } from '../src/runtime/index.ts'
import { input, mean } from '../src/tensor/index.ts'

const vggFile = () => {
  const file = join(folder, 'vgg.h5')
  writeFileSync(file, gunzipSync(readFileSync(new URL('golden/vgg/keras-vggface.h5.gz', import.meta.url))))
  return file
}
const folder = mkdtempSync(join(tmpdir(), 'kindred-embedders-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 })
})

const trained = (network: Layer, shape: readonly number[], channels: 1 | 3) => {
  const scope = new Scope()
  network(input('images', ['N', ...shape], 'uint8'), scope)
  const card = {
    labels: [],
    preprocessing: { range: '0..255', frame: 'square', channels },
    metric: 'euclidean',
    recipe: {},
    seed: 1,
    datasetHash: '',
    versions: {},
  } as const
  return load(exportEmbedder({ network, weights: initialWeights(scope.weights, 1), size: [shape[0], shape[1]], card }), { runtime })
}
const models: Readonly<Record<string, () => Promise<Embedder>>> = {
  'trained, grey': () => trained(studentNetwork(), [28, 28], 1),
  'trained, colour': () => trained(sequential({ px: colourPixels(), flat: flatten(), d: dense(4) }), [6, 5, 3], 3),
  dlib: () => faceModel('dlib', { runtime }),
  'ONNX with a recipe': () => {
    const file = join(folder, 'mean.onnx')
    writeFileSync(file, encodeModel(toOnnx({ vector: mean(input('x', ['N', 3, 8, 8]), { axes: [2, 3] }) })))
    return onnxModel(file, { size: 8, channels: 'RGB', mean: 0, scale: 1 }, { runtime })
  },
  'VGG-Face': () => {
    return loadVgg(vggFile(), { runtime, width: 4, classes: 26 })
  },
  'VGG-Face as a face model': () => {
    return vggModel('vgg-face', { runtime, detector: 'ssd:1', weights: vggFile(), width: 4, classes: 26 })
  },
  pixels: () => openFaceModel('pixels', { runtime, detector: { id: 'ssd:1' } }),
}

describe.each(Object.entries(models))('%s', (_, open) => {
  test('embeds bytes and floats of its size alike, and refuses what are no images of it', async () => {
    await using model = await open()
    const { size, channels, dim } = model
    const each = size[0] * size[1] * channels
    const bytes = Uint8Array.from({ length: 2 * each }, (_, i) => (i * 7919 + (i >> 8) * 31) % 256)
    const vectors = await model.embed(bytes)
    expect(vectors).toBeInstanceOf(Float32Array)
    expect(vectors.length).toBe(2 * dim)
    expect(vectors.subarray(0, dim)).not.toEqual(vectors.subarray(dim))
    const near = (others: Float32Array) => others.forEach((v, i) => expect(v).toBeCloseTo(vectors[i], 4))
    near(await model.embed(Float32Array.from(bytes)))
    near(
      await model.embed(
        Float32Array.from(bytes, (v) => v / 255),
        { range: '0..1' },
      ),
    )
    const refused = (images: Uint8Array | Float32Array, message: RegExp) =>
      expect(model.embed(images)).rejects.toThrow(expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }))
    await refused(
      Float32Array.from(bytes, (v) => v / 255),
      /as if they lay in 0\.\.1/,
    )
    await refused(
      Float32Array.from(bytes, (v) => v / 127.5 - 1),
      /must lie in 0\.\.255/,
    )
    await refused(
      Float32Array.from(bytes, (v, i) => (i === each ? NaN : v)),
      /NaN in image 2/,
    )
    await refused(bytes.subarray(1), new RegExp(`${size.join('x')}`))
    await refused(new Uint8Array(0), /at least one/)
    await model.dispose() // twice, with the end of the block
  })

  test('its recipe is plain data with its hash in it, the same under any name of the file', async () => {
    await using model = await open()
    expect(model.hash).toMatch(/^[0-9a-f]{64}$/)
    const recipe = model.recipe as { model: { hash: string } }
    expect(recipe.model.hash).toBe(model.hash)
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe)
    expect(recipeHash({ ...recipe, model: { ...recipe.model, name: 'renamed.onnx' } })).toBe(recipeHash(model.recipe))
    expect(sameRecipe({ ...recipe, model: { ...recipe.model, hash: 'other' } }, recipe)).toBe(false)
  })
})

test('a gallery takes the recipe of any model', { timeout: 120_000 }, async () => {
  for (const [i, name] of ['trained, colour', 'dlib'].entries()) {
    await using model = await models[name]()
    const vector = await model.embed(new Uint8Array(model.size[0] * model.size[1] * model.channels).fill(90))
    await using gallery = await openGallery(join(folder, `gallery ${i}`), { recipe: model.recipe })
    await gallery.add([{ id: 'one', source: 'one.png', vector, recipe: model.recipe }])
    expect((await gallery.search(vector, 1, { recipe: model.recipe }))[0].nearest).toMatchObject({ id: 'one', distance: 0 })
    await expect(gallery.search(vector, 1, { recipe: { ...model.recipe, model: { hash: 'other' } } })).rejects.toThrow(
      'differs in model.hash',
    )
  }
})
