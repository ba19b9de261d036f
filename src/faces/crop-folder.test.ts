/** @file A folder with everything that goes wrong: names in many scripts, rotation, alpha, grey, damage; and running again. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { samplePath } from '../../test/support/face-photos.ts'
import { sha256 } from '../base/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { cropFolder, openDetector, readCropRecords, readCrops, type CropRecord, type FaceDetector } from './index.ts'

let detector: FaceDetector
let dir: string
let out: string
const root = mkdtempSync(join(tmpdir(), 'kindred-crops-'))
/** A small photo with four faces. */
let small: Buffer
let runs = 0
beforeAll(async () => {
  detector = await openDetector('ssd', { runtime: await nodeRuntime({ threads: 1 }) })
  small = await sharp(samplePath(4)).resize(480).jpeg({ quality: 92 }).toBuffer()
}, 300_000)
afterAll(async () => {
  rmSync(root, { recursive: true })
  await detector.dispose()
})
beforeEach(() => {
  dir = join(root, `in${++runs}`)
  out = join(root, `out${runs}`)
  mkdirSync(dir)
})
const put = (name: string, bytes: Uint8Array | string) => {
  mkdirSync(join(dir, name, '..'), { recursive: true })
  writeFileSync(join(dir, name), bytes)
}
/** The same picture in a file of its own: what follows the end of a JPEG is not looked at. */
const another = (i: number) => Buffer.concat([small, Buffer.from([i])])
const run = (options = {}) => cropFolder(dir, out, { detector, ...options })

test('crops mirror the source; damage goes to quarantine with its reason; the run goes on', async () => {
  const grey = await sharp(small).grayscale().toBuffer()
  const alpha = await sharp(small).ensureAlpha(0.9).png().toBuffer()
  const tag = 'é'.normalize('NFD')
  put('Zo\u00eb/四 人.jpg', small)
  put(`Ren${tag}/photo.png`, alpha)
  put('Анна/серый 😀.jpeg', grey)
  put('top.jpg', small)
  put(`long/${'ü'.repeat(120)}.jpg`, small)
  put('Zo\u00eb/empty.jpg', '')
  put('Zo\u00eb/text.jpg', 'no image at all')
  put('Zo\u00eb/cut.jpg', small.subarray(0, small.length >> 1))
  put(
    'Zo\u00eb/sky.png',
    await sharp({ create: { width: 90, height: 60, channels: 3, background: '#88f' } })
      .png()
      .toBuffer(),
  )
  put('notes.txt', 'ignored')
  put('.hidden.jpg', small)
  const { summary, faces, quarantine } = await run()
  expect(summary).toEqual({
    photos: { total: 9, withFace: 5, withoutFace: 1, quarantined: 3, processed: 9, ignored: 1 },
    faces: faces.length,
    looks: { whole: faces.length, border: 0, tiles: 0, turned: 0 },
  })
  expect(faces.length).toBeGreaterThanOrEqual(10)
  expect(Object.fromEntries(quarantine.map((q) => [q.source, q.kind]))).toEqual({
    'Zo\u00eb/cut.jpg': 'corrupt',
    'Zo\u00eb/empty.jpg': 'empty',
    'Zo\u00eb/sky.png': 'no-face',
    'Zo\u00eb/text.jpg': 'not-an-image',
  })
  expect(readCropRecords(out)).toEqual({ faces, quarantine })
  const top = faces.filter((f) => f.source === 'top.jpg')
  expect(top.map((f) => [f.face, f.crop, f.label])).toEqual(top.map((_, i) => [i, `crops/top.jpg.${i}.png`, null]))
  expect(new Set(faces.map((f) => f.label))).toEqual(new Set([null, 'Zo\u00eb', 'Ren\u00e9', 'Анна', 'long']))
  for (const f of faces) {
    const png = readFileSync(join(out, f.crop))
    expect(sha256(png)).toBe(f.cropHash)
    expect(f.sourceHash).toBe(sha256(readFileSync(join(dir, f.source))))
    expect(await sharp(png).metadata()).toMatchObject({ width: 150, height: 150, channels: 3 })
    expect(f.landmarks).toHaveLength(136)
  }
  const pixels = await readCrops(out, faces)
  expect(pixels.length).toBe(faces.length * 150 * 150 * 3)
  writeFileSync(join(out, faces[0].crop), small)
  await expect(readCrops(out, faces)).rejects.toThrow('must be the file the manifest tells of')
}, 300_000)

test('EXIF orientation is honoured: the turned photo gives the same faces', async () => {
  const upright = await sharp(small).png().toBuffer()
  put('a.png', upright)
  put('b.png', await sharp(upright).rotate(90).withMetadata({ orientation: 8 }).png().toBuffer())
  const { faces } = await run()
  const of = (source: string) => faces.filter((f) => f.source === source)
  expect(of('a.png').length).toBeGreaterThan(2)
  expect(of('b.png').map((f) => f.box)).toEqual(of('a.png').map((f) => f.box))
  expect(of('b.png').map((f) => f.cropHash)).toEqual(of('a.png').map((f) => f.cropHash))
}, 300_000)

test('running again does only what is new or changed, and removes what is gone', async () => {
  put('x/1.jpg', small)
  put('x/2.jpg', another(2))
  put('x/bad.jpg', 'x')
  const first = await run({ faces: 'largest' })
  expect(first.summary.photos.processed).toBe(3)
  expect(first.faces).toHaveLength(2)
  const again = await run({ faces: 'largest' })
  expect(again.summary.photos).toEqual({ ...first.summary.photos, processed: 0 })
  expect(again.faces).toEqual(first.faces)

  put('x/3.jpg', another(3))
  put('x/bad.jpg', another(4)) // mended
  rmSync(join(dir, 'x/1.jpg'))
  rmSync(join(out, first.faces[1].crop)) // a crop was lost
  const third = await run({ faces: 'largest' })
  expect(third.summary.photos).toEqual({ total: 3, withFace: 3, withoutFace: 0, quarantined: 0, processed: 3, ignored: 0 })
  expect(third.faces.map((f) => f.source)).toEqual(['x/2.jpg', 'x/3.jpg', 'x/bad.jpg'])
  expect(third.quarantine).toEqual([])
  expect(existsSync(join(out, first.faces[0].crop))).toBe(false)
  expect(existsSync(join(out, first.faces[1].crop))).toBe(true)

  const all = await run({ faces: 'all' }) // other settings: done anew
  expect(all.summary.photos.processed).toBe(3)
  expect(all.faces.length).toBeGreaterThan(6)
  const few = await run({ faces: 'largest' })
  expect(few.faces).toHaveLength(3)
  expect(existsSync(join(out, all.faces[1].crop))).toBe(false)
}, 300_000)

test('a stop keeps what was done, and the next run goes on from there', async () => {
  for (let i = 0; i < 4; i++) put(`${i}.jpg`, another(i))
  const stop = new AbortController()
  const progress = { start: () => ({ update: (done: number) => (done === 2 ? stop.abort() : undefined), end() {} }), log() {}, warn() {} }
  await expect(run({ batch: 1, signal: stop.signal, progress })).rejects.toMatchObject({
    code: 'interrupted',
    got: 'a stop after 2 of 4 photos',
  })
  expect(new Set(readCropRecords(out).faces.map((f) => f.source))).toEqual(new Set(['0.jpg', '1.jpg']))
  const { summary } = await run()
  expect(summary.photos).toMatchObject({ total: 4, withFace: 4, processed: 2 })
}, 300_000)

test('the output folder inside the source is left out; missing folders and bad options are told', async () => {
  put('a/1.jpg', small)
  const inner = join(dir, 'result')
  const result = await cropFolder(dir, inner, { detector, faces: 'largest' })
  copyFileSync(join(inner, result.faces[0].crop), join(inner, 'copy.png'))
  expect((await cropFolder(dir, inner, { detector, faces: 'largest' })).summary.photos).toMatchObject({ total: 1, processed: 0 })
  await expect(cropFolder(join(dir, 'none'), out)).rejects.toThrow('must exist')
  await expect(cropFolder(join(dir, 'a/1.jpg'), out)).rejects.toThrow('a file')
  await expect(run({ face: 'all' })).rejects.toThrow('Did you mean "faces"?')
  await expect(run({ batch: 0 })).rejects.toThrow('batch')
}, 300_000)

test('photos that are renamed, moved, copied or swapped are followed: nobody is looked for again', async () => {
  put('x/1.jpg', another(1))
  put('x/2.jpg', another(2))
  put('x/3.jpg', another(3))
  put(
    'x/sky.png',
    await sharp({ create: { width: 90, height: 60, channels: 3, background: '#88f' } })
      .png()
      .toBuffer(),
  )
  const first = await run({ faces: 'largest' })
  const crops = first.faces.map((f) => readFileSync(join(out, f.crop)))
  renameSync(join(dir, 'x'), join(dir, 'renamed'))
  copyFileSync(join(dir, 'renamed/1.jpg'), join(dir, 'copy.jpg'))
  renameSync(join(dir, 'renamed/2.jpg'), join(dir, 'renamed/t'))
  renameSync(join(dir, 'renamed/3.jpg'), join(dir, 'renamed/2.jpg'))
  renameSync(join(dir, 'renamed/t'), join(dir, 'renamed/3.jpg'))
  const moved: string[] = []
  const second = await run({ faces: 'largest', onPhotos: (_: unknown, faces: CropRecord[]) => moved.push(...faces.map((f) => f.source)) })
  expect(second.summary.photos).toEqual({ total: 5, withFace: 4, withoutFace: 1, quarantined: 0, processed: 0, ignored: 0 })
  expect(moved.sort()).toEqual(['copy.jpg', 'renamed/1.jpg', 'renamed/2.jpg', 'renamed/3.jpg'])
  const [one, two, three] = first.faces
  const at = (record: CropRecord, source: string, label: string | null) => ({ ...record, source, label, crop: `crops/${source}.0.png` })
  expect(second.faces).toEqual([
    at(one, 'copy.jpg', null),
    at(one, 'renamed/1.jpg', 'renamed'),
    at(three, 'renamed/2.jpg', 'renamed'),
    at(two, 'renamed/3.jpg', 'renamed'),
  ])
  expect(second.faces.map((f) => readFileSync(join(out, f.crop)))).toEqual([crops[0], crops[0], crops[2], crops[1]])
  expect(second.quarantine).toMatchObject([{ source: 'renamed/sky.png', label: 'renamed', kind: 'no-face' }])
  expect(readCropRecords(out)).toEqual({ faces: second.faces, quarantine: second.quarantine })
  expect(existsSync(join(out, 'crops/x'))).toBe(false)

  copyFileSync(join(dir, 'copy.jpg'), join(dir, 'later.jpg')) // nothing is gone: it is known when its turn comes
  expect((await run({ faces: 'largest' })).summary.photos).toMatchObject({ total: 6, processed: 0 })
  expect((await run({ faces: 'all' })).summary.photos).toMatchObject({ total: 6, processed: 6 })
}, 300_000)
