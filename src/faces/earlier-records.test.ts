import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { cropFolder } from './crop-folder.ts'

let dir: string
let out: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'earlier-'))
  out = mkdtempSync(join(tmpdir(), 'earlier-out-'))
})
afterEach(() => [dir, out].forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const put = async (name: string, width: number, height: number, background: string): Promise<void> =>
  writeFileSync(
    join(dir, name),
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  )

test('records of one look stand, but for photos without a face, large and long ones', async () => {
  await put('plain.png', 80, 80, '#a64')
  await put('nobody.png', 81, 80, '#000')
  await put('long.png', 300, 80, '#a64')
  await put('large.png', 1700, 1200, '#a64')
  const first = await cropFolder(dir, out, { detector: fakeDetector(), looks: 'first' })
  expect(first.summary.photos).toMatchObject({ total: 4, withFace: 3, processed: 4 })
  const all = await cropFolder(dir, out, { detector: fakeDetector() })
  expect(all.summary.photos.processed).toBe(3)
  const record = (result: typeof all) => result.faces.find((face) => face.source === 'plain.png')!
  expect({ ...record(all), settings: '' }).toEqual({ ...record(first), settings: '' })
  expect((await cropFolder(dir, out, { detector: fakeDetector() })).summary.photos.processed).toBe(0)
})
