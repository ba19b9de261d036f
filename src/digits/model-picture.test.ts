import sharp from 'sharp'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDigitImage, modelPicture, type PictureModel } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-model-picture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const picture = join(folder, 'stroke.png')
beforeAll(async () => {
  const white = { create: { width: 60, height: 60, channels: 3, background: '#ffffff' } } as const
  const stroke = { input: { create: { width: 8, height: 40, channels: 3, background: '#c00000' } }, left: 10, top: 10 } as const
  await sharp(white).composite([stroke]).png().toFile(picture)
})
const model = (frame: string, size: [number, number], channels: 1 | 3 | 4 = 1): PictureModel => ({
  size,
  channels,
  card: { preprocessing: { frame } },
})

test('a picture comes to a model in the frame, size and channels that its card names', async () => {
  expect(await modelPicture(picture, model('mnist', [28, 28]))).toEqual((await loadDigitImage(picture)).pixels)
  const colour = await modelPicture(picture, model('as given', [30, 20], 3))
  expect(colour.length).toBe(30 * 20 * 3)
  expect([...colour.subarray(0, 3)]).toEqual([255, 255, 255])
  expect([...colour.subarray((15 * 20 + 4) * 3, (15 * 20 + 4) * 3 + 2)].map((v) => Math.round(v / 32))).toEqual([6, 0])
  expect((await modelPicture(picture, model('as given', [16, 16]))).length).toBe(256)
  expect((await modelPicture(picture, model('as given', [2, 2], 4)))[3]).toBe(255)
})

test('a model that no picture can be brought to is refused, with the reason', async () => {
  const refused = (m: PictureModel) => expect(modelPicture(picture, m)).rejects
  await refused(model('mnist', [16, 16])).toThrow("got 16x16 pixels in MNIST's frame. Train it again")
  await refused(model('mnist', [28, 28], 3)).toThrow("got 28x28x3 pixels in MNIST's frame")
  await refused(model('arcface', [112, 112], 3)).toMatchObject({ code: 'unsupported', got: '"arcface"' })
})
