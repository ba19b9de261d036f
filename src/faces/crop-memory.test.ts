/**
 * @file Memory of a run over photos: pixels are counted until the faces are cut, nobody waits for ever, and what is too large is set aside with the limit's
 * name.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { flatPng } from '../../test/support/png.ts'
import { setLimits } from '../base/index.ts'
import { pixelBudget } from '../images/index.ts'
import { cropFolder, type CropOptions, type FaceDetector } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-memory-'))
let [dir, out] = ['', '']
let runs = 0
let restore = (): void => {}
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => restore())
beforeEach(() => {
  dir = join(root, `in${++runs}`)
  out = join(root, `out${runs}`)
  mkdirSync(dir)
})
const run = (options: CropOptions = {}) => cropFolder(dir, out, { detector: fakeDetector(), ...options })
const reasons = (list: readonly { source: string; kind: string; reason: string }[]) =>
  Object.fromEntries(list.map((q) => [q.source, `${q.kind}: ${q.reason}`]))

test('the pixels under way stay within the budget while networks look at them, whatever the sizes, and no photo waits for ever', async () => {
  const sizes = [300, 400, 120, 390, 60, 410, 395, 90, 400, 405, 300, 64, 400, 400]
  for (const [i, side] of sizes.entries())
    writeFileSync(
      join(dir, `${String(i).padStart(2, '0')}.jpg`),
      await sharp({ create: { width: side, height: side, channels: 3, background: '#a64' } })
        .jpeg()
        .toBuffer(),
    )
  const most = 700_000 // one of the largest with what its decoder needs, and little beside it
  restore = setLimits({ pixelBytesInFlight: most })
  const held: { own: number; all: number }[] = []
  const fake = fakeDetector()
  const detector: FaceDetector = {
    ...fake,
    finder: {
      ...fake.finder,
      find: (photos, least) => (held.push({ own: photos[0].pixels.length, all: pixelBudget.taken }), fake.finder.find(photos, least)),
    },
  }
  const { summary } = await run({ detector })
  expect(summary.photos).toMatchObject({ total: 14, withFace: 14 })
  expect(held.map((h) => h.own).sort()).toEqual(sizes.map((side) => side ** 2 * 3).sort())
  for (const { own, all } of held) {
    expect(all).toBeGreaterThanOrEqual(own) // counted while it is looked at
    expect(all).toBeLessThanOrEqual(most)
  }
  expect(pixelBudget.taken).toBe(0)
})

test('an error in the middle gives all pixels back', async () => {
  for (let i = 0; i < 9; i++)
    writeFileSync(
      join(dir, `${i}.png`),
      await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a64' } })
        .png()
        .toBuffer(),
    )
  let runsOfNetwork = 0
  const detector = fakeDetector(() => {
    if (++runsOfNetwork === 3) throw new Error('no network')
  })
  await expect(run({ detector })).rejects.toThrow('no network')
  expect(pixelBudget.taken).toBe(0)
  expect((await run()).summary.photos).toMatchObject({ total: 9, withFace: 9 })
})

test('photos above a limit are set aside with its name, and looked at again once it is raised', async () => {
  const huge = flatPng(16_383, 16_383, { depth: 1, colour: 0, data: Buffer.from('789c030000000001', 'hex') })
  for (let i = 0; i < 8; i++) writeFileSync(join(dir, `huge${i}.png`), huge)
  writeFileSync(join(dir, 'sparse.jpg'), Buffer.from('ffd8ffe0', 'hex'))
  truncateSync(join(dir, 'sparse.jpg'), 900_000_000)
  writeFileSync(
    join(dir, 'middle.png'),
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#a64' } })
      .png()
      .toBuffer(),
  )
  restore = setLimits({ imagePixels: 50_000 })
  const first = await run()
  const said = reasons(first.quarantine)
  expect(said['huge0.png']).toMatch(
    /^too-large: .*at most 50,000 pixels \(limit imagePixels\), got 268,402,689\. .*raise the limit: `imagePixels`/,
  )
  expect(said['sparse.jpg']).toMatch(/^too-large: .*limit imageFileBytes\), got 900,000,000/)
  expect(first.summary.photos).toMatchObject({ total: 10, withFace: 0, quarantined: 10 })
  restore()
  const second = await run()
  expect(second.summary.photos).toMatchObject({ withFace: 1, quarantined: 9 })
  expect(second.faces[0].source).toBe('middle.png')
  expect(reasons(second.quarantine)['huge0.png']).toContain('limit imagePixels')
})

test('formats that are not read: by name they are passed over, by content set aside, each with a way out', async () => {
  for (const name of ['a.jxl', 'b.svg', 'c.tga']) writeFileSync(join(dir, name), '')
  writeFileSync(join(dir, 'drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>')
  writeFileSync(join(dir, 'text.jpg'), 'no image at all')
  writeFileSync(join(dir, 'empty.jpg'), '')
  const { skipped, quarantine, summary } = await run()
  expect(skipped).toEqual(
    [
      ['a.jxl', 'JPEG XL pictures'],
      ['b.svg', 'SVG drawings'],
      ['c.tga', 'TGA pictures'],
    ].map(([path, what]) => ({ path, reason: `${what} are not read: save it as JPEG or PNG` })),
  )
  expect(reasons(quarantine)).toEqual({
    'drawing.png': 'unsupported: an SVG drawing: not a format that is read. Save it as JPEG or PNG.',
    'text.jpg': 'not-an-image: the content is no image of a known kind, whatever its name says',
    'empty.jpg': 'empty: the file is empty',
  })
  for (const q of quarantine) expect(q.sourceHash).toMatch(/^[0-9a-f]{64}$/)
  expect(summary.photos).toMatchObject({ total: 3, quarantined: 3, ignored: 0 })
  expect((await run()).summary.photos.processed).toBe(1) // the drawing: what a part may read by now is looked at again
})
