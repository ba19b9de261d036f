/** @file The cascade detector beside OpenCV 4.12: boxes, grouping, scaling, and what it refuses. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { groupRectangles } from './group-rectangles.ts'
import { rgbToGray } from '../images/gray.ts'
import { belowInFloat32 } from './haar-cascade.ts'
import { haarDetector } from './haar.ts'
import { resizeExact } from '../images/resize-exact.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const golden = JSON.parse(readFileSync(at('test/golden/haar.json'), 'utf8')) as {
  settings: { scaleFactor: number; minNeighbors: number; minSize: number }[]
  photos: Record<string, { gray: string; alt2: number[][][]; default: number[][][] }>
}
const xml = {
  alt2: readFileSync(at('assets/haarcascade_frontalface_alt2.xml'), 'utf8'),
  default: gunzipSync(readFileSync(at('test/golden/haarcascade_frontalface_default.xml.gz'))).toString(),
}
const celeb5 = at('../shared/data/celeb5')
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** Pixels as OpenCV reads them: colour profile ignored, alpha dropped. */
async function grayOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const rgb = info.channels === 3 ? data : Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)])
  return { gray: rgbToGray(rgb), height: info.height, width: info.width }
}

describe.skipIf(!existsSync(celeb5))('boxes equal OpenCV 4.12 (needs ../shared/data/celeb5)', () => {
  test('on every photo, for two cascades and two settings', async () => {
    const detectors = { alt2: haarDetector(xml.alt2), default: haarDetector(xml.default) }
    let boxes = 0
    let photos = 0
    for (const entry of readdirSync(celeb5, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const bytes = readFileSync(`${entry.parentPath}/${entry.name}`)
      const known = golden.photos[sha(bytes)]
      const { gray, height, width } = await grayOf(bytes)
      expect(sha(gray), `grey pixels of ${entry.name}`).toBe(known.gray)
      photos++
      for (const name of ['alt2', 'default'] as const) {
        golden.settings.forEach((settings, i) => {
          const found = detectors[name].detect(gray, height, width, settings).map((b) => [b.x, b.y, b.width, b.height])
          expect(sorted(found), `${name} ${JSON.stringify(settings)} ${entry.name}`).toEqual(sorted(known[name][i]))
          boxes += found.length
        })
      }
    }
    expect(photos).toBe(Object.keys(golden.photos).length)
    expect(boxes).toBeGreaterThan(400)
  }, 120_000)
})

const sorted = (boxes: number[][]) => [...boxes].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])

test('four windows at once and one at a time find the same, for both kinds of trees', async () => {
  const sample = (i: number) => fileURLToPath(new URL(`../../node_modules/@vladmandic/face-api/demo/sample${i}.jpg`, import.meta.url))
  for (const [i, text] of [
    [1, xml.alt2],
    [5, xml.default],
  ] as const) {
    const { data, info } = await sharp(sample(i)).removeAlpha().resize(301).raw().toBuffer({ resolveWithObject: true })
    const gray = rgbToGray(data)
    const [fast, plain] = [true, false].map((vectors) =>
      haarDetector(text, { vectors }).detect(gray, info.height, info.width, { minNeighbors: 0 }),
    )
    expect(fast.length).toBeGreaterThan(20)
    expect(fast).toEqual(plain)
  }
})

test('nothing in a flat picture or in one smaller than the window', () => {
  const detector = haarDetector(xml.alt2)
  expect(detector.window).toEqual({ width: 20, height: 20 })
  expect(detector.detect(new Uint8Array(64 * 48), 64, 48)).toEqual([])
  expect(detector.detect(new Uint8Array(10 * 10), 10, 10)).toEqual([])
})

test('a threshold in float64 decides as the float32 comparison does', () => {
  const r = rng(3)
  for (let i = 0; i < 2000; i++) {
    const t = Math.fround((r.uniform() - 0.5) * 10 ** (r.integer(8) - 6))
    const limit = belowInFloat32(t)
    for (const x of [t, limit, t * (1 + (r.uniform() - 0.5) * 3e-7), t + (limit - t) * 0.999999999, -t])
      expect(x < limit, `${x} < ${t}`).toBe(Math.fround(x) < t)
  }
  for (const x of [0, -1e-50, -1e-46, 1e-46, -1.4e-45]) expect(x < belowInFloat32(0)).toBe(Math.fround(x) < 0)
})

test('scaling by hand: weights of 8 bits, ends repeated', () => {
  const out = new Uint8Array(3)
  resizeExact(Uint8Array.of(10, 20, 40, 80, 160, 255), 1, 6, out, 1, 3)
  expect([...out]).toEqual([15, 60, 208]) // midpoints of pairs: 15, 60, 207.5
  const up = new Uint8Array(4)
  resizeExact(Uint8Array.of(0, 255), 1, 2, up, 1, 4)
  expect([...up]).toEqual([0, 64, 191, 255])
})

test('groups: transitive neighbours are averaged, a small box inside a strong one is dropped', () => {
  const box = (x: number, y: number, side: number) => ({ x, y, width: side, height: side })
  const chain = [box(0, 0, 100), box(15, 0, 100), box(30, 0, 100)]
  expect(groupRectangles(chain, 2)).toEqual([{ ...box(15, 0, 100), neighbours: 3 }])
  expect(groupRectangles(chain, 3)).toEqual([])
  const strong = Array.from({ length: 5 }, (_, i) => box(i, i, 100))
  const weak = [box(30, 30, 30), box(31, 30, 30)]
  expect(groupRectangles([...weak, ...strong], 1)).toEqual([{ ...box(2, 2, 100), neighbours: 5 }])
  expect(groupRectangles(weak, 0)).toHaveLength(2)
})

test('what it refuses', () => {
  expect(() => haarDetector('<html></html>')).toThrow('must be an OpenCV cascade')
  expect(() => haarDetector('<opencv_storage><c type_id="opencv-haar-classifier"></c></opencv_storage>')).toThrow('old format')
  expect(() => haarDetector(xml.alt2.replace('<featureType>HAAR', '<featureType>LBP'))).toThrow('Haar rectangles')
  expect(() => haarDetector(xml.alt2.replace(/<features>[\s\S]*/, ''))).toThrow('<cascade> must end, got the end of the file')
  const detector = haarDetector(xml.alt2)
  expect(() => detector.detect(new Uint8Array(5), 2, 2)).toThrow('2 x 2 bytes')
  expect(() => detector.detect(new Uint8Array(4), 2, 2, { scaleFactor: 1 })).toThrow('above 1')
  expect(() => detector.detect(new Uint8Array(4), 2, 2, { minNeighbours: 1 } as never)).toThrow('minNeighbors')
})
