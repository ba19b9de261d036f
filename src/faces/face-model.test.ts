/** @file Alignment and embedding: beside face-api's descriptors, by hand, and the figures on celeb5; recipes that must agree. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { celeb5, goldenPhotos } from '../../test/support/face-photos.ts'
import { rng } from '../base/index.ts'
import { decodeImage } from '../images/index.ts'
import { dlibResnet } from '../nn/index.ts'
import { decodeModel, encodeModel, toOnnx } from '../onnx/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { add, input, mean, mul, transpose } from '../tensor/index.ts'
import {
  alignFace,
  cropToPhoto,
  dlibTemplate,
  faceApiWeights,
  faceModel,
  findFacesIn,
  fitSimilarity,
  imageNetwork,
  onnxModel,
  openDetector,
  uprightBox,
  warp,
  type FaceModel,
  type OnnxRecipe,
} from './index.ts'
import { assertSameRecipe, describeRecipe } from '../recipe/index.ts'
import { squareInput } from '../images/index.ts'

let runtime: Runtime
let dlib: FaceModel
let photos: Awaited<ReturnType<typeof goldenPhotos>>
const folder = mkdtempSync(join(tmpdir(), 'kindred-model-'))
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 }) // no waiting for one another on a busy machine
  dlib = await faceModel('dlib', { runtime, detector: 'ssd:test' })
  photos = await goldenPhotos()
}, 300_000)
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await dlib.dispose()
})

describe('beside face-api', () => {
  test('descriptors of aligned crops to 1e-4', async () => {
    const network = await imageNetwork(runtime, dlibResnet(), faceApiWeights('face_recognition').weights, 150)
    let faces = 0
    for (const { name, photo, golden } of photos) {
      for (const {
        aligned: [x, y, w, h],
        descriptor,
      } of golden.ssd) {
        const planes = new Float32Array(3 * 150 * 150)
        squareInput(
          photo,
          { size: 150, centred: true, region: { x, y, width: Math.min(w, photo.width - x), height: Math.min(h, photo.height - y) } },
          planes,
        )
        const vector = await network.run(planes, 1)
        const worst = descriptor.reduce((m, v, i) => Math.max(m, Math.abs(v - vector[i])), 0)
        expect(worst, name).toBeLessThan(1e-4)
        faces++
      }
    }
    expect(faces).toBeGreaterThanOrEqual(22)
    await network.dispose()
  }, 300_000)

  test('the upright square from its landmarks', () => {
    for (const { golden } of photos) {
      for (const { landmarks, aligned } of golden.ssd) {
        const { x, y, width } = uprightBox(Float32Array.from(landmarks))
        expect([x, y].every((v, i) => Math.abs(v - aligned[i]) <= 1)).toBe(true) // floors of rounded numbers
        expect(Math.abs(width - aligned[2])).toBeLessThanOrEqual(1)
      }
    }
  })
})

test('a similarity is found again from its points, and the nearest one from noisy points', () => {
  const r = rng(1)
  const truth = { a: 1.3, b: -0.7, tx: 12, ty: -5 }
  const from = Array.from({ length: 40 }, () => r.normal() * 30)
  const move = (s: typeof truth, p: number[]) =>
    p.map((_, i) => (i % 2 === 0 ? s.a * p[i] - s.b * p[i + 1] + s.tx : s.b * p[i - 1] + s.a * p[i] + s.ty))
  const found = fitSimilarity(from, move(truth, from))
  for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(found[key]).toBeCloseTo(truth[key], 8)
  const noisy = move(truth, from).map((v) => v + r.normal())
  const best = fitSimilarity(from, noisy)
  const error = (s: typeof truth) => move(s, from).reduce((e, v, i) => e + (v - noisy[i]) ** 2, 0)
  for (const key of ['a', 'b', 'tx', 'ty'] as const)
    for (const h of [-1e-3, 1e-3]) expect(error({ ...best, [key]: best[key] + h })).toBeGreaterThan(error(best))
  expect(() => fitSimilarity([1, 1, 1, 1], [0, 0, 2, 2])).toThrow('must not all be one')
})

test('warping by hand: identity, shift, mean of a reduction, repeated border', () => {
  const pixels = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => i * 5)
  const photo = { pixels, width: 4, height: 4 }
  expect(warp(photo, { a: 1, b: 0, tx: 0, ty: 0 }, 4)).toEqual(pixels)
  expect([...warp(photo, { a: 1, b: 0, tx: 1, ty: 2 }, 1)]).toEqual([...pixels.subarray((2 * 4 + 1) * 3, (2 * 4 + 1) * 3 + 3)])
  expect([...warp(photo, { a: 1, b: 0, tx: -9, ty: 99 }, 1)]).toEqual([...pixels.subarray(3 * 4 * 3, 3 * 4 * 3 + 3)])
  const half = warp(photo, { a: 2, b: 0, tx: 0.5, ty: 0.5 }, 2) // 2x2 blocks
  expect(half[0]).toBe(Math.round((pixels[0] + pixels[3] + pixels[12] + pixels[15]) / 4))
})

test('a face turned with its photo gives the same crop; landmarks fall on the template', async () => {
  const { photo, golden } = photos[0]
  const points = Float32Array.from(golden.ssd[0].landmarks)
  const crop = alignFace(photo, { landmarks: points })
  const turned = new Uint8Array(photo.pixels.length)
  for (let y = 0; y < photo.height; y++)
    for (let x = 0; x < photo.width; x++)
      for (let c = 0; c < 3; c++) turned[(x * photo.height + photo.height - 1 - y) * 3 + c] = photo.pixels[(y * photo.width + x) * 3 + c]
  const quarter = points.map((_, i) => (i % 2 === 0 ? photo.height - 1 - points[i + 1] : points[i - 1]))
  const again = alignFace({ pixels: turned, width: photo.height, height: photo.width }, { landmarks: quarter })
  const differences = crop.map((v, i) => Math.abs(v - again[i]))
  expect(Math.max(...differences)).toBeLessThanOrEqual(2)
  expect(new Set(crop).size).toBeGreaterThan(100)
  const { a, b, tx, ty } = cropToPhoto(points, dlibTemplate)
  const eye = [((0.25 + 0.2235) / 1.5) * 150, ((0.25 + 0.2117) / 1.5) * 150] // middle of points 36..41 in the mean face
  const mid = (axis: number) => [36, 37, 38, 39, 40, 41].reduce((s, i) => s + points[i * 2 + axis], 0) / 6
  expect(Math.hypot(a * eye[0] - b * eye[1] + tx - mid(0), b * eye[0] + a * eye[1] + ty - mid(1))).toBeLessThan(0.06 * golden.ssd[0].box[2])
})

describe('any ONNX model', () => {
  /** out = (mean over height and width of each channel) + 1, channels in the order fed. */
  const save = (name: string, layout: 'NCHW' | 'NHWC') => {
    const x = input('pixels', layout === 'NCHW' ? ['N', 3, 8, 8] : ['N', 8, 8, 3])
    const map = layout === 'NCHW' ? x : transpose(x, [0, 3, 1, 2])
    const path = join(folder, `${name}.onnx`)
    writeFileSync(path, encodeModel(toOnnx({ vector: add(mean(map, { axes: [2, 3] }), 1), map: mul(x, 2) })))
    return path
  }
  const crop = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => [10, 20, 30][i % 3] + (Math.floor(i / 3) % 8))
  const base: OnnxRecipe = { size: 8, channels: 'RGB', mean: 1, scale: 0.5, output: 'vector' }

  test('layouts, channel order, means, pooling and length', async () => {
    for (const layout of ['NCHW', 'NHWC'] as const) {
      const path = save(layout, layout)
      const embed = async (more: Partial<OnnxRecipe>) => {
        const m = await onnxModel(path, { ...base, layout, ...more }, { runtime })
        const v = await m.embed(crop, { side: 8 })
        await m.dispose()
        return [...v].map((x) => Math.round(x * 1e4) / 1e4)
      }
      expect(await embed({})).toEqual([7.25, 12.25, 17.25]) // (13.5 - 1) / 2 + 1
      expect(await embed({ channels: 'BGR' })).toEqual([17.25, 12.25, 7.25])
      expect(await embed({ mean: [3.5, 13.5, 23.5], scale: [1, 0.1, 2] })).toEqual([11, 2, 21])
      expect(await embed({ output: 'map', pooling: 'mean' })).toEqual([12.5, 22.5, 32.5])
      expect(await embed({ output: 'map', pooling: 'max' })).toEqual([16, 26, 36])
      expect((await embed({ output: 'map' })).length).toBe(192)
      expect(Math.hypot(...(await embed({ normalise: true })))).toBeCloseTo(1, 4)
      const [first] = await embed({ output: 'map', flip: true })
      expect(first).toBe(12.5) // mean of the ends of a row
    }
  })

  test('a recipe beside the file; what is refused', async () => {
    const path = save('beside', 'NCHW')
    await expect(onnxModel(path, undefined, { runtime })).rejects.toThrow('beside.json must exist')
    writeFileSync(path.replace('.onnx', '.json'), JSON.stringify(base))
    const m = await onnxModel(path, undefined, { runtime })
    expect(m.dim).toBe(3)
    expect(m.template).toEqual({ name: 'similarity', size: 8, padding: 0.25 })
    await expect(m.embed(new Uint8Array(5))).rejects.toThrow('8x8x3')
    await m.dispose()
    const refused = (recipe: object) => onnxModel(path, recipe as OnnxRecipe, { runtime })
    await expect(refused({ ...base, output: 'vectr' })).rejects.toThrow(/beside\.onnx, its recipe: .*Did you mean vector\?/)
    await expect(refused({ ...base, output: undefined })).rejects.toThrow('one of vector, map')
    await expect(refused({ ...base, chanels: 'RGB' })).rejects.toThrow('Did you mean "channels"?')
    await expect(refused({ ...base, mean: [1, 2] })).rejects.toThrow('mean must be a number or three numbers')
    await expect(refused({ ...base, channels: 'rgb' })).rejects.toThrow('RGB')
    await expect(refused({ ...base, size: 1e9 })).rejects.toThrow('limit imagePixels')
    await expect(refused({ ...base, name: 7 })).rejects.toThrow('name must be a text, got 7')
    for (const [text, code] of [
      ['null', 'corrupt'],
      ['[]', 'corrupt'],
      ['{', 'corrupt'],
      ['{"size":null}', 'usage'],
      [JSON.stringify(base).replace(/"scale":[^,}]+/, '"scale":1e999'), 'usage'],
    ]) {
      writeFileSync(path.replace('.onnx', '.json'), text)
      await expect(onnxModel(path, undefined, { runtime }), text).rejects.toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('beside.json') }),
      )
    }
    writeFileSync(path.replace('.onnx', '.json'), JSON.stringify(base))
    const bytes = readFileSync(path)
    await expect(refused({ ...base, size: 9 })).rejects.toThrow(expect.objectContaining({ code: 'corrupt', where: path })) // it takes 8 x 8
    writeFileSync(path, bytes.subarray(0, bytes.length - 20))
    await expect(onnxModel(path, undefined, { runtime })).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('beside.onnx') }),
    )
    const decoded = decodeModel(bytes)
    writeFileSync(
      path,
      encodeModel({
        ...decoded,
        initializers: { ...decoded.initializers, bomb: { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 33n) } },
        nodes: [...decoded.nodes, { opType: 'ConstantOfShape', inputs: ['bomb'], outputs: ['boom'], attributes: {} }],
      }),
    )
    await expect(onnxModel(path, undefined, { runtime })).rejects.toThrow(
      /beside\.onnx, ConstantOfShape boom: its result \[8589934592\] must have at most .* \(limit tensorElements\)/,
    )
  })
})

test('a recipe names the model by its hash, and with it crops and detector', async () => {
  await using other = await faceModel('dlib', { runtime, detector: 'tiny:test', template: { ...dlibTemplate, padding: 0.3 } })
  assertSameRecipe(dlib.recipe, JSON.parse(JSON.stringify({ ...dlib.recipe, model: { ...dlib.recipe.model, name: 'mine' } })))
  expect(() => assertSameRecipe(dlib.recipe, other.recipe)).toThrow('which differs in alignment.padding, detector')
  expect(describeRecipe(dlib.recipe)).toMatch(
    /^model dlib@b413e420d684; preprocessing size 150, layout NCHW, .*; alignment .*; detector .* \([0-9a-f]{12}\)$/,
  )
  expect(() => assertSameRecipe(dlib.recipe, { ...dlib.recipe, model: { name: 'dlib', hash: 'x' } })).toThrow('differs in model.hash')
})

const mobilenet = fileURLToPath(new URL('../../../shared/data/mobilenet-v2/mobilenet_v2_1.0_224.onnx', import.meta.url))

describe.skipIf(celeb5 === undefined)('figures on celeb5 (needs ../shared/data/celeb5)', () => {
  test('every face found; leave-one-out 1-NN at least .98, mAP at least .975; a general model far below', async () => {
    const detector = await openDetector('ssd', { runtime })
    const paths = ['train', 'val'].flatMap((split) =>
      readdirSync(join(celeb5!, split)).flatMap((person) =>
        readdirSync(join(celeb5!, split, person)).map((file) => ({ split, person, path: join(celeb5!, split, person, file) })),
      ),
    )
    const crops: Uint8Array[] = []
    for (let i = 0; i < paths.length; i += 8) {
      const batch = await Promise.all(paths.slice(i, i + 8).map((p) => decodeImage(p.path)))
      const found = await findFacesIn(batch, detector, { faces: 'largest' })
      found.forEach((faces, k) => {
        expect(faces.length, paths[i + k].path).toBe(1)
        crops.push(alignFace(batch[k], faces[0]))
      })
    }
    await detector.dispose()
    const all = new Uint8Array(Buffer.concat(crops))
    const face = figures(await dlib.embed(all), dlib.dim, paths)
    expect(face.knn).toBeGreaterThanOrEqual(0.98)
    expect(face.map).toBeGreaterThanOrEqual(0.975)
    expect(face.val).toBe(1)
    if (!existsSync(mobilenet)) return
    const general = await onnxModel(mobilenet, { size: 224, channels: 'RGB', mean: 127.5, scale: 1 / 127.5, output: 'v99' }, { runtime })
    const other = figures(await general.embed(all, { side: 150 }), general.dim, paths)
    await general.dispose()
    console.log(
      `celeb5, 118 photos: dlib 1-NN ${face.knn.toFixed(3)} mAP ${face.map.toFixed(3)} train->val ${face.val.toFixed(2)}; ` +
        `MobileNetV2 1-NN ${other.knn.toFixed(3)} mAP ${other.map.toFixed(3)}`,
    )
    expect(other.knn).toBeLessThan(face.knn - 0.1)
    expect(other.map).toBeLessThan(face.map - 0.3)
  }, 300_000)
})

/** Leave-one-out 1-NN accuracy, mean average precision, and accuracy of val photos by their nearest train photo. */
function figures(v: Float32Array, dim: number, items: { split: string; person: string }[]) {
  let [hits, map, val, vals] = [0, 0, 0, 0]
  items.forEach((item, i) => {
    const order = items
      .map((other, j) => ({
        other,
        d: j === i ? Infinity : v.subarray(i * dim, (i + 1) * dim).reduce((s, x, k) => s + (x - v[j * dim + k]) ** 2, 0),
      }))
      .sort((a, b) => a.d - b.d)
      .slice(0, -1)
    if (order[0].other.person === item.person) hits++
    let [right, precision] = [0, 0]
    order.forEach(({ other }, rank) => {
      if (other.person === item.person) precision += ++right / (rank + 1)
    })
    map += precision / right
    if (item.split === 'val') {
      vals++
      if (order.find(({ other }) => other.split === 'train')!.other.person === item.person) val++
    }
  })
  return { knn: hits / items.length, map: map / items.length, val: val / vals }
}

test('the cascade that ships has its licence in it', () => {
  const xml = readFileSync(new URL('../../assets/haarcascade_frontalface_alt2.xml', import.meta.url), 'utf8')
  expect(xml).toContain('Intel License Agreement')
})
