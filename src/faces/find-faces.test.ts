/** @file Boxes, scores and landmarks beside @vladmandic/face-api's own runtime; filters, order, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goldenPhotos } from '../../test/support/face-photos.ts'
import { relu6, Scope } from '../nn/index.ts'
import { toOnnx } from '../onnx/index.ts'
import { floats, nodeRuntime } from '../runtime/index.ts'
import { input, minimum, relu } from '../tensor/index.ts'
import { clipped } from './image-network.ts'
import { faceApiWeights, findFaces, findFacesIn, openDetector, readTfjsWeights, type Face, type FaceDetector } from './index.ts'
import { squareInput, type Photo } from '../images/index.ts'

let photos: Awaited<ReturnType<typeof goldenPhotos>>
const detectors = {} as Record<'ssd' | 'tiny' | 'haar', FaceDetector>
beforeAll(async () => {
  photos = await goldenPhotos()
  const runtime = await nodeRuntime({ threads: 1 })
  for (const name of ['ssd', 'tiny', 'haar'] as const) detectors[name] = await openDetector(name, { runtime })
}, 300_000)
afterAll(async () => {
  for (const d of Object.values(detectors)) await d.dispose()
})

const byScore = (faces: Face[]) => [...faces].sort((a, b) => b.score - a.score)
const sides = ({ box }: Face) => [box.x, box.y, box.width, box.height]
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => Math.abs(v - b[i])).reduce((m, v) => Math.max(m, v), 0)

describe('the same faces as face-api', () => {
  test('ssd: boxes to 0.01 pixel, scores to 1e-4, landmarks to 0.01 pixel', async () => {
    const found = await findFacesIn(
      photos.map((p) => p.photo),
      detectors.ssd,
      { minSize: 1, minScore: 0.5, looks: 'first' },
    )
    let faces = 0
    photos.forEach(({ name, golden }, i) => {
      expect(found[i].length, name).toBe(golden.ssd.length)
      byScore(found[i]).forEach((face, k) => {
        expect(worst(sides(face), golden.ssd[k].box), name).toBeLessThan(0.01)
        expect(Math.abs(face.score - golden.ssd[k].score), name).toBeLessThan(1e-4)
        expect(worst(face.landmarks, golden.ssd[k].landmarks), name).toBeLessThan(0.01)
        faces++
      })
    })
    expect(faces).toBeGreaterThanOrEqual(22)
  }, 300_000)

  test('tiny: boxes to 0.01 pixel, scores to 1e-4', async () => {
    for (const { name, photo, golden } of photos) {
      const found = byScore(await findFaces(photo, detectors.tiny, { minSize: 1, minScore: 0.5, looks: 'first' }))
      expect(found.length, name).toBe(golden.tiny.length)
      found.forEach((face, k) => {
        expect(worst(sides(face), golden.tiny[k].box), name).toBeLessThan(0.01)
        expect(Math.abs(face.score - golden.tiny[k].score), name).toBeLessThan(1e-4)
      })
    }
  }, 300_000)

  test('haar finds most of them too, with landmarks in place', async () => {
    const { photo, golden } = photos[2]
    const found = await findFaces(photo, detectors.haar)
    const nose = (points: ArrayLike<number>) => [points[60], points[61]]
    const near = golden.ssd.filter((g) => found.some((face) => worst(nose(face.landmarks), nose(g.landmarks)) < face.box.width / 10))
    expect(near.length).toBeGreaterThanOrEqual(2)
  }, 300_000)
})

test('faces come largest first, numbered; filters hold', async () => {
  const { photo } = photos[4]
  const all = await findFaces(photo, detectors.ssd)
  expect(all.map((f) => f.index)).toEqual(all.map((_, i) => i))
  const areas = all.map((f) => f.box.width * f.box.height)
  expect(areas).toEqual([...areas].sort((a, b) => b - a))
  expect(await findFaces(photo, detectors.ssd, { faces: 'largest' })).toEqual([all[0]])
  const limit = all[2].box.width - 1
  expect(await findFaces(photo, detectors.ssd, { minSize: limit })).toEqual(all.filter((f) => Math.min(f.box.width, f.box.height) >= limit))
  const sharp = Math.max(...all.map((f) => f.sharpness))
  expect(await findFaces(photo, detectors.ssd, { minSharpness: sharp, faces: 'largest' })).toEqual([
    { ...all.find((f) => f.sharpness === sharp)!, index: 0 },
  ])
  expect(await findFaces(photo, detectors.ssd, { minScore: 0.999999 })).toEqual([])
  const best = all.reduce((a, b) => (a.score > b.score ? a : b))
  expect(await findFaces(photo, detectors.ssd, { minScore: 0.999999, fallbackScore: 0.4 })).toEqual([{ ...best, index: 0 }])
}, 300_000)

test('a blurred face is less sharp', async () => {
  const { photo } = photos[0]
  const sharp = await import('sharp')
  const pixels = await sharp
    .default(photo.pixels, { raw: { width: photo.width, height: photo.height, channels: 3 } })
    .blur(12)
    .raw()
    .toBuffer()
  const [clear] = await findFaces(photo, detectors.ssd)
  const [blurred] = await findFaces({ ...photo, pixels }, detectors.ssd)
  expect(blurred.sharpness).toBeLessThan(clear.sharpness / 5)
}, 300_000)

test('nothing in a photo without a face, or in no photo', async () => {
  const grey: Photo = { pixels: new Uint8Array(90 * 60 * 3).fill(127), height: 60, width: 90 }
  for (const d of Object.values(detectors)) expect(await findFaces(grey, d)).toEqual([])
  expect(await findFacesIn([], detectors.ssd)).toEqual([])
})

test('what is refused', async () => {
  await expect(openDetector('sdd' as never)).rejects.toThrow('Did you mean "ssd"')
  await expect(findFaces(photos[0].photo, detectors.ssd, { minSzie: 1 } as never)).rejects.toThrow('minSize')
  await expect(findFaces(photos[0].photo, detectors.ssd, { faces: 'one' as never })).rejects.toThrow('largest, all')
  for (const minSharpness of [-3, NaN])
    await expect(findFaces(photos[0].photo, detectors.ssd, { minSharpness })).rejects.toThrow('minSharpness must be a number >= 0')
  expect(() => faceApiWeights('face_recognition', '/nowhere')).toThrow('must exist')
})

test('squareInput by hand: padding, positions, region', () => {
  const photo: Photo = { width: 2, height: 1, pixels: Uint8Array.of(10, 20, 30, 50, 60, 70) }
  const out = new Float32Array(3 * 16)
  squareInput(photo, { size: 4, centred: false }, out)
  // rows 0, 0.5 (half of row 0, half of the zeros below), 1, 1.5; columns 0, 0.5, 1, 1.5 (the last repeated)
  expect([...out.subarray(0, 16)]).toEqual([10, 30, 50, 50, 5, 15, 25, 25, 0, 0, 0, 0, 0, 0, 0, 0])
  squareInput(photo, { size: 1, centred: true, region: { x: 1, y: 0, width: 1, height: 1 } }, out.subarray(0, 3))
  expect([...out.subarray(0, 3)]).toEqual([50, 60, 70])
  const tall: Photo = { width: 1, height: 4, pixels: new Uint8Array(12).fill(8) }
  squareInput(tall, { size: 4, centred: true }, out) // three columns missing: one before, two after
  expect([...out.subarray(0, 4)]).toEqual([0, 8, 0, 0])
})

test('a Clip gives what Relu and Min give', async () => {
  const runtime = await nodeRuntime({ threads: 1 })
  const [a, b] = [input('x', [5]), input('v', [5])]
  const model = toOnnx({ y: relu6()(a, new Scope()), z: minimum(relu(b), a) })
  const fused = clipped(model)
  expect(fused.nodes.map((n) => n.opType)).toEqual(['Clip', 'Relu', 'Min'])
  const x = floats([-2, 0.5, 3, 6, 9])
  const program = await runtime.load(fused)
  expect([...((await program.run({ x, v: x })).y.data as Float32Array)]).toEqual([0, 0.5, 3, 6, 6])
  await program.dispose()
})

test('weight manifests: floats, codes, and files that do not fit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-tfjs-'))
  try {
    const manifest = join(folder, 'm.json')
    const weights = [
      { name: 'a', shape: [2], dtype: 'float32' },
      { name: 'b', shape: [1, 3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
      { name: 'c', shape: [], dtype: 'int32', quantization: { dtype: 'uint8', scale: 1, min: 3 } },
    ]
    writeFileSync(manifest, JSON.stringify([{ paths: ['1.bin', '2.bin'], weights }]))
    writeFileSync(join(folder, '1.bin'), new Uint8Array(Float32Array.of(1.5, -2).buffer))
    writeFileSync(join(folder, '2.bin'), Uint8Array.of(0, 1, 255, 7))
    const read = readTfjsWeights(manifest)
    expect([...read.keys()]).toEqual(['a', 'b'])
    expect([...read.get('a')!.data]).toEqual([1.5, -2])
    expect([...read.get('b')!.data]).toEqual([-1, -0.5, 126.5])
    writeFileSync(join(folder, '2.bin'), Uint8Array.of(0, 1))
    expect(() => readTfjsWeights(manifest)).toThrow('up to byte 11')
    writeFileSync(join(folder, '2.bin'), Uint8Array.of(0, 1, 2, 3, 4))
    expect(() => readTfjsWeights(manifest)).toThrow('must hold 12 bytes')
    writeFileSync(manifest, '{"x": 1}')
    expect(() => readTfjsWeights(manifest)).toThrow('expected array')
    writeFileSync(manifest, 'x')
    expect(() => readTfjsWeights(manifest)).toThrow('it must hold JSON')
    writeFileSync(join(folder, '2.bin'), Uint8Array.of(0, 1, 255, 7))
    const [a, b, c] = weights
    const wrong: [unknown, string][] = [
      [null, 'expected array'],
      [{ weightsManifest: null }, 'expected array'],
      [[{ paths: ['1.bin', '2.bin'] }], '[0].weights'],
      [[{ paths: ['1.bin', '../2.bin'], weights }], '[0].paths[1]'],
      ...['..', '2\0.bin', '2'.repeat(300)].map((path): [unknown, string] => [[{ paths: ['1.bin', path], weights }], '[0].paths[1]']),
      [[{ paths: ['1.bin', '1.bin', '2.bin'], weights }], '1.bin twice'],
      [[{ paths: ['1.bin', '2.bin'], weights: [{ ...a, shape: [-2] }, b, c] }], '[0].weights[0].shape[0]'],
      [[{ paths: ['1.bin', '2.bin'], weights: [{ ...a, shape: [2 ** 40, 2 ** 40] }, b, c] }], 'tensorElements'],
      [[{ paths: ['1.bin', '2.bin'], weights: [a, { ...b, quantization: { ...b.quantization, scale: null } }, c] }], 'quantization.scale'],
      [
        [{ paths: ['1.bin', '2.bin'], weights: [a, { ...b, quantization: { ...b.quantization, scale: 1e300 } }, c] }],
        'b must hold finite numbers, got Infinity as number 2',
      ],
      [
        [{ paths: ['1.bin', '2.bin'], weights: [a, { ...b, quantization: { ...b.quantization, dtype: 'float16' } }, c] }],
        'element types must be',
      ],
      [[{ paths: ['1.bin', '2.bin'], weights: [a, { ...b, name: 'a' }, c] }], 'a twice'],
      [[{ paths: ['1.bin', '2.bin'], weights: [{ ...a, dtype: 'toString' }, b, c] }], 'element types must be'],
    ]
    for (const [content, words] of wrong) {
      writeFileSync(manifest, JSON.stringify(content))
      expect(() => readTfjsWeights(manifest), words).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/corrupt|limit|unsupported/), message: expect.stringContaining(words) }),
      )
    }
    writeFileSync(manifest, JSON.stringify([{ paths: ['1.bin', '2.bin'], weights }]))
    writeFileSync(join(folder, '1.bin'), new Uint8Array(Float32Array.of(1.5, NaN).buffer))
    expect(() => readTfjsWeights(manifest)).toThrow('a must hold finite numbers, got NaN as number 2')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
