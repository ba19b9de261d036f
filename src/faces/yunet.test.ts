/** @file YuNet: its outputs by hand, its input, a model with known answers, and where its weights come from. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { kindred } from '../../test/support/kindred.ts'
import { tinyYunet } from '../../test/support/tiny-yunet.ts'
import { sha256 } from '../base/index.ts'
import type { Photo } from '../images/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { findFaces, openDetector } from './find-faces.ts'
import { yunetFaces, yunetHeads, type YunetHead } from './yunet-boxes.ts'
import { yunetFile, yunetWeights } from './yunet-weights.ts'
import { yunetFinder, yunetInput } from './yunet.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-yunet-'))
let runtime: Runtime
beforeAll(async () => {
  process.env.KINDRED_CACHE = join(root, 'cache')
  runtime = await nodeRuntime({ threads: 1 })
})
afterEach(() => void vi.unstubAllGlobals())
afterAll(() => {
  delete process.env.KINDRED_CACHE
  rmSync(root, { recursive: true })
})

/** Black but for blue rectangles. */
function blue(width: number, height: number, ...spots: readonly [x: number, y: number, size: number][]): Photo {
  const pixels = new Uint8Array(width * height * 3)
  for (const [left, top, size] of spots)
    for (let y = top; y < top + size; y++) for (let x = left; x < left + size; x++) pixels[(y * width + x) * 3 + 2] = 255
  return { width, height, pixels }
}

describe('outputs', () => {
  /** Outputs for a side of 64 pixels: zeros but for what is said. */
  const outputs = (cells: readonly { stride: number; cell: number; cls: number; obj: number; bbox: number[]; kps?: number[] }[]) => {
    const all = new Map<string, Float32Array>()
    const at = (head: YunetHead, stride: number) => {
      const key = `${head}_${stride}`
      if (!all.has(key)) all.set(key, new Float32Array(yunetHeads[head] * (64 / stride) ** 2))
      return all.get(key)!
    }
    for (const { stride, cell, cls, obj, bbox, kps = [] } of cells) {
      at('cls', stride)[cell] = cls
      at('obj', stride)[cell] = obj
      at('bbox', stride).set(bbox, 4 * cell)
      at('kps', stride).set(kps, 10 * cell)
    }
    return at
  }

  test('box, score and points of one cell', () => {
    // Stride 16: 4 cells a row, so cell 6 is column 2, row 1.
    const kps = [-0.5, -0.25, 0.5, -0.25, 0, 0, -0.5, 0.5, 0.5, 0.5]
    const at = outputs([{ stride: 16, cell: 6, cls: 0.81, obj: 0.64, bbox: [0.25, -0.5, Math.log(2), Math.log(3)], kps }])
    const [face, ...others] = yunetFaces(at, 64, 0.6)
    expect(others).toEqual([])
    expect(face.score).toBeCloseTo(0.72, 6) // sqrt(.81 * .64)
    // Centre (2.25 * 16, .5 * 16) = (36, 8), size 32 x 48.
    expect(face.box.x).toBeCloseTo(20, 4)
    expect(face.box.y).toBeCloseTo(-16, 4)
    expect(face.box.width).toBeCloseTo(32, 4)
    expect(face.box.height).toBeCloseTo(48, 4)
    expect([...face.points]).toEqual([24, 12, 40, 12, 32, 16, 24, 24, 40, 24])
    expect(yunetFaces(at, 64, 0.73)).toEqual([])
  })

  test('probabilities are held within 0..1, and what is no number is no face', () => {
    const bbox = [0, 0, 0, 0]
    const scores = (cls: number, obj: number) => yunetFaces(outputs([{ stride: 32, cell: 1, cls, obj, bbox }]), 64, 0.1).map((f) => f.score)
    expect(scores(4, 1)).toEqual([1])
    expect(scores(-1, -1)).toEqual([])
    expect(scores(NaN, 1)).toEqual([])
    expect(yunetFaces(outputs([{ stride: 8, cell: 0, cls: 1, obj: 1, bbox: [0, 0, 1000, 0] }]), 64, 0.1)).toEqual([])
  })

  test('of boxes that share more than .3 of their union the best stays, across strides', () => {
    const [cls, obj] = [1, 1]
    const twenty = Math.log(20 / 8)
    // Squares of 20 pixels with centres at x = 16, 24 and 32: neighbours share 12 * 20 / (800 - 240) = .43, the outer two 4 * 20 / 720 = .11.
    const row = [2, 3, 4].map((c, i) => ({ stride: 8, cell: 3 * 8 + c, cls: [0.9, 0.8, 0.7][i], obj, bbox: [0, 0, twenty, twenty] }))
    expect(yunetFaces(outputs(row), 64, 0.5).map((f) => Math.round(f.box.x + 10))).toEqual([16, 32])
    const same = { stride: 16, cell: 1 * 4 + 1, cls, obj, bbox: [0, 0.5, Math.log(20 / 16), Math.log(20 / 16)] }
    expect(yunetFaces(outputs([row[0], same]), 64, 0.5).map((f) => f.score)).toEqual([1])
  })
})

test('pixels come as B, G, R: as they are where the photo fits, else scaled', () => {
  const out = new Float32Array(3 * 16).fill(7)
  expect(yunetInput({ width: 2, height: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 4, out)).toEqual({ x: 1, y: 1 })
  const plane = (a: number, b: number) => [a, b, ...Array.from({ length: 14 }, () => 0)]
  expect([...out]).toEqual([...plane(3, 6), ...plane(2, 5), ...plane(1, 4)])
  const wide = { width: 8, height: 4, pixels: Uint8Array.from({ length: 96 }, (_, i) => [10, 20, 30][i % 3]) }
  expect(yunetInput(wide, 4, out)).toEqual({ x: 2, y: 2 })
  expect([0, 7, 8, 15, 16, 23, 24, 32, 39, 40].map((i) => out[i])).toEqual([30, 30, 0, 0, 20, 20, 0, 10, 10, 0])
})

describe('a model with known answers', () => {
  const file = join(root, 'tiny.onnx')
  writeFileSync(file, tinyYunet())

  test('boxes lie where the blue cells are, in pixels of photos of any size', async () => {
    await using detector = await openDetector('yunet', { runtime, detectorWeights: file })
    expect(detector.id).toBe(`yunet:${sha256(readFileSync(file)).slice(0, 16)}+landmarks68:4611ef65c87d836d`)
    const find = async (photo: Photo) =>
      (await detector.finder.find([photo], 0.6))[0].map(({ box, score }) => [box.x, box.y, box.width, box.height, score].map(Math.round))
    expect(await find(blue(300, 200, [40, 80, 8], [160, 16, 8]))).toEqual([
      [152, 8, 24, 24, 1],
      [32, 72, 24, 24, 1],
    ])
    expect(await find(blue(1280, 640, [80, 160, 16]))).toEqual([[64, 144, 48, 48, 1]])
    expect(await find(blue(1, 1))).toEqual([])
    const faces = await findFaces(blue(300, 200, [40, 80, 8]), detector, { looks: 'first' })
    expect(faces.map(({ box, look }) => [Math.round(box.x), look])).toEqual([[32, 'whole']])
  })

  test('second looks ask it as they ask the others', async () => {
    await using opened = await openDetector('yunet', { runtime, detectorWeights: file })
    const detector = { ...opened, landmarks: fakeDetector().landmarks }
    const photo = blue(2560, 1280, [1000, 600, 12]) // 3 pixels of a cell's 8 by the first look
    expect(await findFaces(photo, detector, { looks: 'first' })).toEqual([])
    const faces = await findFaces(photo, detector, { looks: 'all' })
    expect(faces.length).toBeGreaterThan(0)
    for (const { look, box } of faces) {
      expect(look).toBe('tiles')
      expect(Math.abs(box.x + box.width / 2 - 1006)).toBeLessThan(20)
      expect(Math.abs(box.y + box.height / 2 - 606)).toBeLessThan(20)
    }
  })

  test('an input of another side, or of none', async () => {
    for (const bytes of [tinyYunet(64), tinyYunet(640, { open: true })]) {
      const finder = await yunetFinder(runtime, { bytes, hash: 'x', what: 'x' })
      const [[{ box }]] = await finder.find([blue(64, 64, [16, 24, 8])], 0.6)
      expect([box.x, box.y].map(Math.round)).toEqual([8, 16])
      await finder.dispose()
    }
  })

  test('what is not YuNet is refused before it runs', async () => {
    const open = (bytes: Uint8Array) => yunetFinder(runtime, { bytes, hash: 'x', what: 'other.onnx' })
    await expect(open(tinyYunet(48))).rejects.toThrow('other.onnx: it must have one input of floats [1, 3, side, side]')
    await expect(open(tinyYunet(64, { without: 'kps_16' }))).rejects.toThrow('other.onnx: its output kps_16 must hold 160 floats')
    await expect(open(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'corrupt' })
    const half = tinyYunet(64).subarray(0, 3000)
    await expect(open(half)).rejects.toMatchObject({ code: 'corrupt' })
  })
})

describe('weights', () => {
  const content = Buffer.from(tinyYunet(64))
  let [server, base, ranges, cut]: [Server | undefined, string, (string | undefined)[], number] = [undefined, '', [], 0]
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { range } = request.headers
      ranges.push(range)
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
      const left = { 'content-length': content.length - from }
      if (from > 0) response.writeHead(206, { ...left, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` })
      else response.writeHead(200, left)
      if (cut > 0) response.write(content.subarray(0, cut), () => setTimeout(() => response.destroy(), 30))
      else response.end(content.subarray(from))
      cut = 0
    })
    await new Promise<void>((ready) => server!.listen(0, '127.0.0.1', ready))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server!.closeAllConnections()
    await new Promise((done) => server!.close(done))
  })
  const published = (more: object = {}) => ({
    name: 'yunet.onnx',
    urls: [`${base}/yunet.onnx`],
    sha256: sha256(content),
    size: content.length,
    ...more,
  })

  test('are fetched once, and resumed where the connection broke', async () => {
    cut = 1000
    ranges = []
    const [folder, file] = [join(root, 'fetched'), published()]
    for (let i = 0; i < 2; i++) {
      const { bytes, hash, what } = await yunetWeights({ folder, file, backoff: 5 })
      expect([hash, bytes.length, what]).toEqual([sha256(content), content.length, join(folder, 'yunet.onnx')])
    }
    expect(ranges).toEqual([undefined, 'bytes=1000-'])
  })

  test('another file than the published one is refused, unless it is named', async () => {
    const file = published({ sha256: '0'.repeat(64) })
    await expect(yunetWeights({ folder: join(root, 'wrong'), file, backoff: 5 })).rejects.toMatchObject({
      code: 'corrupt',
      got: expect.stringContaining(`sha256 must be ${'0'.repeat(64)}, got ${sha256(content)}`),
    })
    const path = join(root, 'mine.onnx')
    writeFileSync(path, content)
    expect((await yunetWeights({ path })).hash).toBe(sha256(content))
    await expect(yunetWeights({ path: join(root, 'nowhere.onnx') })).rejects.toMatchObject({ code: 'not-found' })
    await expect(openDetector('ssd', { runtime, detectorWeights: path })).rejects.toThrow('detectorWeights is for the detector yunet')
  })

  test('without a network the command says what to do', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url)
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('no address'), { code: 'ENOTFOUND' }) })
    })
    const photos = join(root, 'photos')
    rmSync(photos, { recursive: true, force: true })
    const { mkdirSync } = await import('node:fs')
    mkdirSync(photos)
    const sharp = (await import('sharp')).default
    const { pixels, width, height } = blue(300, 200, [40, 80, 8])
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(photos, 'a.png'))
    const words = ['faces', photos, '--detector', 'yunet', '--model', 'pixels', '--threads', '1', '--quiet']
    const { code, err } = await kindred(...words, '--out', join(root, 'out'))
    expect(code).not.toBe(0)
    expect(new Set(asked)).toEqual(new Set(yunetFile.urls))
    expect(err).toContain('ENOTFOUND')
    expect(err).toContain(`fetch ${yunetFile.urls[0]} by hand and pass it as --detector-weights`)
    const named = await kindred(...words, '--detector-weights', join(root, 'tiny.onnx'), '--out', join(root, 'named'), '--looks', 'first')
    expect(named.err).toBe('')
    expect(named.code).toBe(0)
    expect(named.out).toContain('1 face')
    expect((await kindred(...words, '--detector-weights', join(root, 'none.onnx'), '--out', join(root, 'none'))).err).toContain(
      'none.onnx must exist',
    )
  }, 60_000)
})
