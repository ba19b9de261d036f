/** @file VGG loaded from files that Keras and PyTorch wrote (made by test/golden/make_vgg.py) computes what they compute; damaged and wrong files are told. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silent } from '../base/index.ts'
import { sha256 } from '../base/index.ts'
import { Scope, vgg16, type VggLayer } from '../nn/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'
import {
  loadVgg,
  openWeights,
  vggFiles,
  vggPreprocessings,
  type LoadVggOptions,
  type VggModel,
  type VggPreprocessingName,
} from './index.ts'
import { readLayer, vggFile } from './weights/index.ts'
import { openTorch } from './weights/torch-pth.ts'
import { caffeOrder, channelEnergy, energyVerdict } from './weights/first-filters.ts'

const golden = new URL('../../test/golden/vgg/', import.meta.url)
interface Case {
  readonly model: VggModel
  readonly classes?: number
  readonly preprocessing: VggPreprocessingName
  readonly outputs: Readonly<Partial<Record<VggLayer, number[][]>>>
}
const { cases } = JSON.parse(readFileSync(new URL('vgg.json', golden), 'utf8')) as { cases: Record<string, Case> }

let folder: string
let runtime: Runtime
const unpacked = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-vgg-'))
  for (const name of Object.keys(cases)) writeFileSync(unpacked(name), gunzipSync(readFileSync(new URL(`${name}.gz`, golden))))
  runtime = await nodeRuntime({ threads: 2 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The script's two pictures. */
const images = (): Uint8Array => {
  const out = new Uint8Array(2 * 224 * 224 * 3)
  let i = 0
  for (let n = 0; n < 2; n++)
    for (let y = 0; y < 224; y++)
      for (let x = 0; x < 224; x++)
        for (let c = 0; c < 3; c++) out[i++] = x * (3 + c) + y * (5 + 2 * n) + Math.floor((x * y) / 64) * (c + 1) + 40 * c
  return out
}

const loaded = (name: string, options: LoadVggOptions = {}) => {
  const { model, classes } = cases[name]
  return loadVgg(unpacked(name), {
    runtime,
    width: 4,
    model,
    classes,
    preprocessing: name.endsWith('.onnx') ? cases[name].preprocessing : undefined,
    ...options,
  })
}

/** Largest difference, in units of the largest number. */
function difference(got: Float32Array, expected: readonly number[][]): number {
  const flat = expected.flat()
  expect(got.length).toBe(flat.length)
  const top = Math.max(...flat.map(Math.abs))
  expect(top).toBeGreaterThan(0.1)
  return Math.max(...flat.map((v, i) => Math.abs(v - got[i]))) / top
}

describe.each(Object.entries(cases))('%s', (name, { preprocessing, outputs, model }) => {
  test.each(Object.keys(outputs) as VggLayer[])('%s equals its writer to 1e-4', async (layer) => {
    const vgg = await loaded(name, { layer })
    const got = await vgg.embed(images())
    expect(vgg.dim).toBe(outputs[layer]![0].length)
    expect(difference(got, outputs[layer]!)).toBeLessThan(1e-4)
    expect(vgg.recipe).toMatchObject({
      model: { name: model, hash: sha256(readFileSync(unpacked(name))) },
      layer,
      normalised: false,
      input: { width: 224, height: 224, ...vggPreprocessings[preprocessing] },
    })
    expect(vgg.preprocessing).toBe(preprocessing)
    await vgg.dispose()
  })
})

test('the pictures of one run do not depend on the chunk', async () => {
  const one = await loaded('keras-vggface.h5', { chunk: 1 })
  const two = await loaded('keras-vggface.h5', { chunk: 2 })
  const a = await one.embed(images())
  ;(await two.embed(images())).forEach((v, i) => expect(v).toBeCloseTo(a[i], 4))
})

test('channel order and flattening matter: each wrong choice gives other numbers', async () => {
  const outputs = cases['keras-vggface.h5'].outputs['fc7/relu']!
  const { mean, scale } = vggPreprocessings['keras-vggface']
  for (const wrong of [{ channelOrder: 'rgb', mean, scale }, { channelOrder: 'bgr', mean: [0, 0, 0], scale }, 'torchvision'] as const) {
    const vgg = await loaded('keras-vggface.h5', { preprocessing: wrong })
    expect(difference(await vgg.embed(images()), outputs)).toBeGreaterThan(0.01)
  }
})

test('unit length, as DeepFace has it', async () => {
  const vgg = await loaded('deepface.h5', { normalise: true })
  const got = await vgg.embed(images())
  const expected = cases['deepface.h5'].outputs['fc7/relu']!.map((row) => row.map((v) => v / Math.hypot(...row)))
  expect(difference(got, expected)).toBeLessThan(1e-4)
  expect(vgg.recipe.normalised).toBe(true)
})

describe('what a file cannot be used for is told', () => {
  test('no dense layers', async () => {
    await expect(loaded('keras-vggface-notop.h5', { layer: 'fc7' })).rejects.toThrow(
      /must have dense layers to be cut at fc7.*notop.*pool5/,
    )
    expect((await loaded('keras-vggface-notop.h5')).recipe.layer).toBe('pool5/avg')
  })
  test('another width or another number of classes, with dataset and both shapes', async () => {
    await expect(loaded('keras-vggface.h5', { width: 64 })).rejects.toThrow(
      /dataset conv1_1\/kernel:0: conv1_1 must have shape \[3, 3, 3, 64\], got \[3, 3, 3, 4\]/,
    )
    await expect(loaded('vgg_face_dag.pth', { width: 64 })).rejects.toThrow('conv1_1 must have shape [64, 3, 3, 3], got [4, 3, 3, 3]')
    await expect(loaded('deepface.h5', { classes: 2622 })).rejects.toThrow(
      'fc8 must have shape [256, 2622] or [1, 1, 256, 2622], got [1, 1, 256, 26]',
    )
  })
  test('an ONNX file does not say how it wants its pixels', async () => {
    await expect(loadVgg(unpacked('torchvision.onnx'), { model: 'vgg16', width: 4, classes: 10 })).rejects.toThrow(
      'preprocessing must be given',
    )
  })
  test('misspelt words', async () => {
    await expect(loadVgg(undefined as never)).rejects.toThrow('a path or { download } must be given')
    await expect(loaded('deepface.h5', { layer: 'fc-7' as 'fc7' })).rejects.toThrow('Did you mean "fc7"')
    await expect(loadVgg(unpacked('deepface.h5'), { lyer: 'fc7' } as never)).rejects.toThrow('Did you mean "layer"')
    await expect(
      loaded('deepface.h5', { preprocessing: { channelOrder: 'brg', mean: [0, 0, 0], scale: [1, 1, 1] } as never }),
    ).rejects.toThrow('channelOrder must be one of')
  })
  test('missing, empty, cut off, of another kind', async () => {
    const write = (name: string, content: string | Uint8Array) => (writeFileSync(unpacked(name), content), unpacked(name))
    await expect(loadVgg(unpacked('none.h5'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
    mkdirSync(unpacked('folder.h5'))
    await expect(loadVgg(unpacked('folder.h5'))).rejects.toThrow('must be a file')
    await expect(openWeights(write('empty.h5', ''))).rejects.toThrow('must not be empty')
    await expect(openWeights(write('page.h5', '<!DOCTYPE html><html>'))).rejects.toThrow('This is a web page')
    for (const name of ['keras-vggface.h5', 'vgg_face_dag.pth', 'torchvision.onnx', 'legacy.pth']) {
      const path = write(`cut-${name}`, readFileSync(unpacked(name)))
      truncateSync(path, readFileSync(path).length >> 1)
      await expect(
        loadVgg(path, {
          width: 4,
          classes: cases[name].classes ?? 26,
          layer: 'pool5/max',
          model: cases[name].model,
          preprocessing: 'deepface',
        }).then((vgg) => vgg.recipe),
      ).rejects.toThrow(expect.objectContaining({ code: 'corrupt' }))
    }
  })
  test('a file cut off says so in one line', async () => {
    const cut = unpacked('short.h5')
    writeFileSync(cut, readFileSync(unpacked('keras-vgg16.h5')).subarray(0, 500_000))
    await expect(openWeights(cut)).rejects.toThrow(
      /HDF5 must be able to open it, got 500000 bytes of \d+: it is cut off\. [^\n]*Fetch it again\.$/,
    )
  })
  test('a pickle that would call something', async () => {
    const pickle = Buffer.from('\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.', 'latin1')
    const magic = Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.', 'latin1')
    writeFileSync(unpacked('evil.pth'), Buffer.concat([magic, pickle]))
    await expect(openWeights(unpacked('evil.pth'))).rejects.toThrow(/nothing but tensors.*got posix\.system.*Nothing of the file was run/)
  })
  test('weights of another network', async () => {
    await expect(loadVgg({ download: 'torchvision', folder }, { model: 'vgg-face' })).rejects.toThrow('torchvision holds vgg16')
    await expect(loadVgg({ download: 'torchvison' as 'torchvision', folder })).rejects.toThrow('Did you mean "torchvision"')
  })
})

test("Caffe's VGG16 is known by its first numbers, and their order proves the channels'", () => {
  const kernel = new Float32Array(4 * 27).fill(0.1)
  const bias = Float32Array.of(0.73429835, 0, 0, 0)
  const set = (...v: number[]) => v.forEach((x, c) => (kernel[9 * c] = x))
  set(0.42947057, 0.55037946, 0.4800154)
  expect(caffeOrder(kernel, bias)).toBe('bgr')
  set(0.4800154, 0.55037946, 0.42947057)
  expect(caffeOrder(kernel, bias)).toBe('rgb')
  expect(caffeOrder(kernel, new Float32Array(4))).toBeUndefined()
})

test('a first layer whose blue outweighs its red is reported', async () => {
  const kernel = Float32Array.from({ length: 54 }, (_, i) => [3, 2, 1][Math.floor(i / 9) % 3])
  const energy = channelEnergy(kernel)
  expect(energy[0]).toBeCloseTo(3 * Math.sqrt(18), 4)
  expect([energyVerdict(energy, 'rgb'), energyVerdict(energy, 'bgr'), energyVerdict([1, 1, 1.01], 'rgb')]).toEqual([
    'fits',
    'doubtful',
    'undecided',
  ])
  const said: string[] = []
  const progress = { ...silent, log: (m: string) => said.push(m), warn: (m: string) => said.push(m) }
  const { channelCheck } = await loaded('keras-vggface.h5', { layer: 'pool5/max', progress })
  expect(channelCheck).toMatchObject({ basis: 'file kind', verdict: 'undecided' })
  expect(said.join()).toContain('channels bgr on the word of the file kind')
})

test('an ONNX file that kindred wrote, with biases in Add nodes, gives the same numbers', async () => {
  const file = openTorch(unpacked('vgg_face_dag.pth'))
  const scope = new Scope()
  const logits = vgg16({ layer: 'fc8', width: 4, classes: 26 })(input('x', ['N', 3, 224, 224]), scope)
  const weights = Object.fromEntries(
    [...vggFile(file, { classes: 26, width: 4 }).layers].flatMap(([name, layer]) =>
      Object.entries(readLayer(file, layer)).map(([part, data]) => [`${name}.${part}`, data]),
    ),
  )
  file.close()
  writeFileSync(unpacked('own.onnx'), encodeModel(toOnnx({ logits }, { weights })))
  const vgg = await loadVgg(unpacked('own.onnx'), { runtime, width: 4, classes: 26, preprocessing: 'vgg-face-dag' })
  expect(difference(await vgg.embed(images()), cases['vgg_face_dag.pth'].outputs['fc7/relu']!)).toBeLessThan(1e-4)
})

test('a published file that lies in the cache is used, and pinned where no checksum is published', async () => {
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  const file = join(cache, vggFiles['keras-vggface'].file.name)
  writeFileSync(file, readFileSync(unpacked('keras-vggface.h5')))
  const options = { width: 4, classes: 26, runtime, layer: 'pool5/max' } as const
  const vgg = await loadVgg({ download: 'keras-vggface', folder: cache }, options)
  expect(vgg).toMatchObject({ recipe: { model: { name: 'vgg-face' } }, preprocessing: 'keras-vggface' })
  expect(readFileSync(`${file}.sha256`, 'utf8').trim()).toBe(vgg.hash)
})

test('every published file has a checksum or is pinned', () => {
  for (const { file } of Object.values(vggFiles)) expect('pin' in file || 'md5' in file || 'sha256' in file).toBe(true)
})
