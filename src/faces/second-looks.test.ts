import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import sharp, { type Sharp } from 'sharp'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { samplePath } from '../../test/support/face-photos.ts'
import { decodeImage, iou, type Box, type Photo } from '../images/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { allTurns, boxInPhoto, boxInView, pointsInPhoto, renderView, turned, viewOf, type Turns } from './face-view.ts'
import { findFaces, openDetector, type Face, type FaceDetector } from './find-faces.ts'
import { mergeSights, sameFace, type Sight } from './sight.ts'
import { squaresOver } from './tiles.ts'

const noise = (width: number, height: number): Photo => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 3) * 104_729) % 251),
})

describe('views', () => {
  test('a view as large as the photo, turned four times by a quarter, is the photo', () => {
    const photo = noise(7, 5)
    for (const turns of allTurns)
      expect(turned(renderView(photo, viewOf({ x: 0, y: 0, width: 7, height: 5 }, turns, 512)), ((4 - turns) % 4) as Turns)).toEqual(photo)
  })

  test('boxes and points come back to the pixels they were seen at', () => {
    const photo = noise(40, 30)
    const region = { x: -10, y: 4, width: 60, height: 20 }
    for (const turns of allTurns) {
      const view = viewOf(region, turns, 512)
      const picture = renderView(photo, view)
      const box = { x: 3, y: 6, width: 11, height: 9 }
      const back = boxInView(boxInPhoto(box, view), view)
      for (const key of ['x', 'y', 'width', 'height'] as const) expect(back[key]).toBeCloseTo(box[key])
      for (let y = 0; y < picture.height; y++)
        for (let x = 0; x < picture.width; x++) {
          const [px, py] = pointsInPhoto(Float32Array.of(x, y), view)
          if (px < 0 || px >= 40) continue
          expect(picture.pixels[(y * picture.width + x) * 3]).toBe(photo.pixels[(py * 40 + px) * 3])
        }
    }
  })

  test('beyond the photo lies its mean colour; scaled down, pixels are means', () => {
    const photo: Photo = {
      width: 8,
      height: 8,
      pixels: Uint8Array.from({ length: 192 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 100 : 200)),
    }
    const { pixels, width } = renderView(photo, viewOf({ x: -8, y: -8, width: 24, height: 24 }, 0, 12))
    expect(width).toBe(12)
    expect([pixels[0], pixels[(5 * 12 + 5) * 3]]).toEqual([150, 150])
  })
})

test('tiles cover all of a region and overlap their neighbours by a third', () => {
  for (const [width, height, side] of [
    [1000, 600, 600],
    [16_000, 1200, 1200],
    [700, 9000, 700],
    [500, 400, 900],
  ]) {
    const tiles = squaresOver({ x: 0, y: 0, width, height }, side)
    const columns = [...new Set(tiles.map((t) => t.x))].sort((a, b) => a - b)
    expect(Math.max(...tiles.map((t) => t.x + t.width))).toBe(width)
    expect(Math.max(...tiles.map((t) => t.y + t.height))).toBe(height)
    for (let i = 1; i < columns.length; i++) expect(columns[i] - columns[i - 1]).toBeLessThanOrEqual(Math.ceil((side * 2) / 3))
  }
})

test('what was known stays, what overlaps it is left out, the rest comes with the better score first', () => {
  const sight = (x: number, width: number, score: number): Sight => ({
    box: { x, y: 0, width, height: width },
    score,
    landmarks: new Float32Array(136),
    sharpness: 0,
    misfit: 0.1,
    look: 'tiles',
    turns: 0,
  })
  expect(sameFace(sight(0, 100, 1).box, sight(20, 30, 1).box)).toBe(true) // within
  expect(sameFace(sight(0, 100, 1).box, sight(90, 100, 1).box)).toBe(false)
  const known = sight(0, 100, 0.5)
  const [better, worse, other] = [sight(200, 50, 0.9), sight(205, 50, 0.6), sight(10, 90, 0.99)]
  expect(mergeSights([known], [worse, other, better])).toEqual([known, better])
})

describe('samples of the face-api package', () => {
  let detector: FaceDetector
  let photo: Photo
  let first: Face[]
  const open = ({ pixels, width, height }: Photo) => sharp(pixels, { raw: { width, height, channels: 3 } })
  const pixelsOf = async (image: Sharp): Promise<Photo> => {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
    return { pixels: new Uint8Array(data), width: info.width, height: info.height }
  }
  beforeAll(async () => {
    detector = await openDetector('ssd', { runtime: await nodeRuntime({ threads: 1 }) })
    photo = await decodeImage(samplePath(1))
    first = await findFaces(photo, detector, { looks: 'first' })
  }, 60_000)
  afterAll(() => detector.dispose())

  test('faces of the first look stay as they are, number for number', async () => {
    const all = await findFaces(photo, detector)
    for (const face of first)
      expect(all.some((f) => JSON.stringify({ ...f, index: 0 }) === JSON.stringify({ ...face, index: 0 }))).toBe(true)
    expect(first.every((face) => face.look === 'whole')).toBe(true)
  }, 60_000)

  test('a face that fills its photo is found with a border, in grey at 92 x 112, too', async () => {
    let found = 0
    for (const i of [2, 3, 4, 5, 6]) {
      const sample = await decodeImage(samplePath(i))
      const [face] = await findFaces(sample, detector, { looks: 'first', faces: 'largest' })
      const { x, y, width, height } = face.box
      const region = {
        left: Math.max(0, Math.round(x)),
        top: Math.max(0, Math.round(y)),
        width: Math.floor(width),
        height: Math.floor(height),
      }
      const { data } = await open(sample)
        .extract(region)
        .resize(92, 112, { fit: 'fill' })
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true })
      const grey: Photo = { width: 92, height: 112, pixels: Uint8Array.from({ length: 92 * 112 * 3 }, (_, k) => data[Math.floor(k / 3)]) }
      expect(await findFaces(grey, detector, { looks: 'first' })).toEqual([])
      const faces = await findFaces(grey, detector)
      if (faces.length === 1 && faces[0].look === 'border' && faces[0].landmarks[72] < 46 && faces[0].landmarks[90] > 46) found++
    }
    expect(found).toBeGreaterThanOrEqual(4)
  }, 60_000)

  test('a turned photo gives the same faces, upright, in its own pixels', async () => {
    for (const turns of [1, 2, 3] as const) {
      const view = viewOf({ x: 0, y: 0, width: photo.width, height: photo.height }, turns, 1e5)
      const [face] = await findFaces(turned(photo, turns), detector, { faces: 'largest' })
      expect(face.look).toBe('turned')
      const back: Box = boxInPhoto(face.box, view)
      expect(Math.max(...first.map((f) => iou(f.box, back)))).toBeGreaterThan(0.6)
      const landmarks = pointsInPhoto(face.landmarks, view)
      const same = first.toSorted((a, b) => iou(b.box, back) - iou(a.box, back))[0]
      const off = Math.hypot(landmarks[60] - same.landmarks[60], landmarks[61] - same.landmarks[61]) // tip of the nose
      expect(off).toBeLessThan(same.box.width / 8)
    }
  }, 120_000)

  test('small faces on a long strip are found in tiles', async () => {
    const cell = await open(photo).resize({ height: 300 }).png().toBuffer()
    const strip = await pixelsOf(
      sharp({ create: { width: 3000, height: 400, channels: 3, background: '#88a' } })
        .composite([100, 1200, 2300].map((left) => ({ input: cell, left, top: 80 })))
        .removeAlpha(),
    )
    const found = await findFaces(strip, detector)
    expect(found.length).toBeGreaterThanOrEqual(3 * first.filter((f) => f.box.width * (300 / photo.height) > 40).length)
    expect(found.some((f) => f.look === 'tiles')).toBe(true)
    const stop = new AbortController()
    stop.abort()
    await expect(findFaces(strip, detector, { signal: stop.signal })).rejects.toMatchObject({ code: 'interrupted' })
  }, 120_000)

  test('nobody is found in noise and in lines, whatever the looks', async () => {
    for (const picture of [noise(300, 200), noise(64, 64)]) expect(await findFaces(picture, detector)).toEqual([])
  }, 60_000)
})

test('minScore and minSize hold for second looks', async () => {
  const seen: number[] = []
  const fake = fakeDetector()
  const finder: FaceDetector['finder'] = {
    ...fake.finder,
    find: async (photos) =>
      photos.map(
        ({ width }) => (
          seen.push(width),
          seen.length === 1 ? [] : [{ box: { x: width / 4, y: width / 4, width: width / 2, height: width / 2 }, score: 0.8 }]
        ),
      ),
  }
  const photo = noise(80, 80)
  const look = (options: object) => ((seen.length = 0), findFaces(photo, { ...fake, finder }, options))
  expect(await look({ looks: 'first' })).toEqual([])
  expect(await look({ minScore: 0.9 })).toEqual([])
  expect(await look({ minSize: 500 })).toEqual([])
  expect((await look({})).length).toBe(1)
})
