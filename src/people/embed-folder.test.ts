/** @file Folders to vectors: what is kept, what is made again, which models can be asked for. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { samplePath } from '../../test/support/face-photos.ts'
import { faceModel, findFaces, openDetector, type FaceDetector, type FaceModel } from '../faces/index.ts'
import { decodeImage } from '../images/index.ts'
import { encodeModel, toOnnx } from '../onnx/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { input, mean } from '../tensor/index.ts'
import { readVectors } from '../vectors/index.ts'
import { embedFolder, embedPhoto, embedRecords, openFaceModel } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-embed-'))
const dir = join(root, 'photos')
const out = join(root, 'out')
let runtime: Runtime
let detector: FaceDetector
let dlib: FaceModel

beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 })
  detector = await openDetector('tiny', { runtime })
  dlib = await faceModel('dlib', { runtime, detector: detector.id })
  const small = await sharp(samplePath(4)).resize(480).jpeg({ quality: 92 }).toBuffer()
  const other = await sharp(samplePath(1)).resize(480).jpeg({ quality: 92 }).toBuffer()
  for (const [name, bytes] of [
    ['bea/é.jpg', small],
    ['al/one.jpg', other],
    ['top.jpg', small],
    ['al/broken.jpg', small.subarray(0, 3000)],
  ] as const) {
    mkdirSync(join(dir, name, '..'), { recursive: true })
    writeFileSync(join(dir, name), bytes)
  }
}, 120_000)
afterAll(async () => {
  rmSync(root, { recursive: true })
  await dlib.dispose()
  await detector.dispose()
})

describe('a folder', () => {
  test('becomes vectors with labels; running again embeds nothing and gives the same bytes; a new photo alone is embedded', async () => {
    const first = await embedFolder(dir, { out, detector, model: dlib, runtime, faces: 'largest' })
    expect(first.people).toEqual(['al', 'bea'])
    expect(first.records.map((r) => [r.source, r.label])).toEqual([
      ['al/one.jpg', 'al'],
      ['bea/é.jpg', 'bea'],
      ['top.jpg', null],
    ])
    expect([...first.labels]).toEqual([0, 1, -1])
    expect(first.quarantine.map((q) => [q.source, q.kind])).toEqual([['al/broken.jpg', 'corrupt']])
    expect([first.dim, first.vectors.length, first.embedded]).toEqual([128, 3 * 128, 3])
    expect(first.vectors.subarray(128, 256)).toEqual(first.vectors.subarray(256)) // the same photo twice
    expect(first.vectors.subarray(0, 128)).not.toEqual(first.vectors.subarray(128, 256))

    const again = await embedFolder(dir, { out, detector, model: dlib, runtime, faces: 'largest' })
    expect([again.embedded, again.summary.photos.processed]).toEqual([0, 0])
    expect(again.vectors).toEqual(first.vectors)

    writeFileSync(join(dir, 'al/two.jpg'), await sharp(samplePath(2)).resize(480).jpeg().toBuffer())
    const more = await embedFolder(dir, { out, detector, model: dlib, runtime, faces: 'largest' })
    expect([more.embedded, more.summary.photos.processed, more.records.length]).toEqual([1, 1, 4])
    expect(more.vectors.subarray(0, 128)).toEqual(first.vectors.subarray(0, 128))
    const [file] = readdirSync(join(out, 'vectors')).filter((f) => f.endsWith('.npy'))
    expect(file).toMatch(/^dlib-[0-9a-f]{12}\.npy$/)
    expect(readVectors(join(out, 'vectors', file))).toMatchObject({ dim: 128, labels: ['al', 'al', 'bea', ''] })
  }, 60_000)

  test('is asked with one photo: its own face lies at distance 0', async () => {
    const { vectors, dim } = await embedFolder(dir, { out, detector, model: dlib, runtime, faces: 'largest' })
    const [face] = await embedPhoto(join(dir, 'al/one.jpg'), { detector, model: dlib, faces: 'largest' })
    expect(face.crop).toMatchObject({ width: 150, height: 150 })
    const distance = Math.hypot(...face.vector.map((v, i) => v - vectors[i]))
    expect(distance).toBeLessThan(0.01) // the kept landmarks are rounded to hundredths of a pixel
    expect(dim).toBe(128)
  })

  test('a photo is the same by path, file: URL and bytes, for its faces and their vectors', async () => {
    const path = join(dir, 'al/one.jpg')
    const bytes = Uint8Array.from(readFileSync(path))
    const wanted = await embedPhoto(path, { detector, model: dlib })
    const faces = await findFaces(await decodeImage(path), detector)
    expect([wanted.length, faces.length]).toEqual([3, 3])
    for (const source of [pathToFileURL(path), bytes, bytes.buffer]) {
      expect(await embedPhoto(source, { detector, model: dlib })).toEqual(wanted)
      expect(await findFaces(source, detector)).toEqual(faces)
    }
    expect(await findFaces(path, detector)).toEqual(faces)
    await expect(findFaces(new Uint8Array(0), detector)).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('cut again from the photos gives the vectors of the saved crops', async () => {
    const { records, vectors } = await embedFolder(dir, { out, detector, model: dlib, runtime, faces: 'largest' })
    const again = await embedRecords(join(root, 'elsewhere'), records, dlib, { photos: dir })
    expect(again.embedded).toBe(4)
    for (let i = 0; i < vectors.length; i++) expect(Math.abs(again.vectors[i] - vectors[i])).toBeLessThan(0.01)
  })

  test('stopped at once, it says so and keeps what it has', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(embedFolder(dir, { out, detector, model: dlib, runtime, signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  test('a model opened for another detector is refused for a photo', async () => {
    const other = { ...dlib, recipe: { ...dlib.recipe, detector: 'ssd:x' } }
    await expect(embedPhoto(samplePath(1), { detector, model: other })).rejects.toMatchObject({ code: 'mismatch' })
  })
})

describe('models by name', () => {
  test('pixels: 1,024 numbers of length 1 and mean 0, no network', async () => {
    const model = await openFaceModel('pixels', { runtime, detector })
    const crop = new Uint8Array(await sharp(samplePath(1)).resize(150, 150, { fit: 'fill' }).removeAlpha().raw().toBuffer())
    const v = await model.embed(crop)
    expect(v.length).toBe(1024)
    expect(Math.hypot(...v)).toBeCloseTo(1, 5)
    expect(v.reduce((s, x) => s + x, 0)).toBeCloseTo(0, 4)
    const darker = await model.embed(crop.map((b) => Math.round(b / 2)))
    expect(v.reduce((s, x, i) => s + x * darker[i], 0)).toBeGreaterThan(0.999)
    expect(await model.embed(new Uint8Array(150 * 150 * 3).fill(7))).toEqual(new Float32Array(1024))
  })

  test('an ONNX file with its recipe beside it, or a recipe that names its file', async () => {
    const path = join(root, 'mean.onnx')
    writeFileSync(path, encodeModel(toOnnx({ vector: mean(input('x', ['N', 3, 8, 8]), { axes: [2, 3] }) })))
    const recipe = { size: 8, channels: 'RGB', mean: 0, scale: 1, output: 'vector' }
    writeFileSync(join(root, 'mean.json'), JSON.stringify(recipe))
    mkdirSync(join(root, 'recipes'))
    symlinkSync(path, join(root, 'recipes', 'link.onnx'))
    writeFileSync(join(root, 'recipes', 'mine.json'), JSON.stringify({ ...recipe, file: '../mean.onnx', name: 'mine' }))
    const crop = new Uint8Array(8 * 8 * 3).fill(9)
    for (const name of [path, join(root, 'recipes', 'mine.json')]) {
      const model = await openFaceModel(name, { runtime, detector })
      expect([...(await model.embed(crop, { side: 8 }))]).toEqual([9, 9, 9])
      await model.dispose()
    }
    await expect(openFaceModel(join(root, 'recipes', 'link.onnx'), { runtime, detector })).rejects.toThrow('link.json must exist')
    await expect(openFaceModel(join(root, 'mean.json'), { runtime, detector })).rejects.toThrow('in the field "file"')
  })

  test('what is wrong is said with what is meant', async () => {
    const open = (name: string, more = {}) => openFaceModel(name, { runtime, detector, ...more })
    await expect(open('dlip')).rejects.toThrow('Did you mean dlib?')
    await expect(open('vggface')).rejects.toThrow('Did you mean vgg-face?')
    await expect(open('nowhere.onnx')).rejects.toMatchObject({ code: 'not-found' })
    await expect(open('vgg-face', { weights: join(root, 'none.h5') })).rejects.toThrow('none.h5 must exist')
    await expect(open('dlib', { layer: 'fc7' })).rejects.toThrow('layer is for vgg-face and vgg16')
    await expect(open('vgg-face', { weights: samplePath(1), layer: 'fc9' })).rejects.toThrow('Did you mean "fc7"?')
    await expect(open('vgg-face', { weights: samplePath(1) })).rejects.toMatchObject({ name: 'KindredError' })
    expect(readFileSync(samplePath(1)).length).toBeGreaterThan(1000)
  })
})
