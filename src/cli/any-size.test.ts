/** @file Sets that are no MNIST on the command line: 16 x 16 pixels, four classes with labels from 1, under EMNIST's names. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kindred } from '../../test/support/kindred.ts'
import { rng } from '../base/index.ts'
import { formatIdx, idx } from '../data/index.ts'
import { load } from '../models/index.ts'
import { readVectors } from '../vectors/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-any-size-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = join(folder, 'emnist')
const out = join(folder, 'run')
const model = join(out, 'model.onnx')
const pictures = join(folder, 'pictures')

/** A bar in the upper, lower, left or right half, by its label from 1 on. */
function bars(count: number, seed: number): { pixels: Uint8Array; labels: Uint8Array } {
  const random = rng(seed)
  const labels = Uint8Array.from({ length: count }, (_, i) => 1 + (i % 4))
  const pixels = Uint8Array.from({ length: count * 256 }, (_, k) => {
    const [x, y, label] = [k % 16, (k >> 4) % 16, labels[k >> 8]]
    const inside = [y < 8, y >= 8, x < 8, x >= 8][label - 1]
    return (inside ? 180 : 20) + random.integer(40)
  })
  return { pixels, labels }
}

describe('a set of 16 x 16 pixels', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    mkdirSync(data)
    for (const [split, count] of [
      ['train', 400],
      ['test', 40],
    ] as const) {
      const { pixels, labels } = bars(count, count)
      writeFileSync(join(data, `emnist-bars-${split}-images-idx3-ubyte`), formatIdx([count, 16, 16], pixels))
      writeFileSync(join(data, `emnist-bars-${split}-labels-idx1-ubyte`), formatIdx([count], labels))
    }
    const shown = idx(join(data, 'emnist-bars-test-images-idx3-ubyte'), join(data, 'emnist-bars-test-labels-idx1-ubyte'), {
      transpose: true,
    })
    for (let i = 0; i < 8; i++) {
      const name = shown.classes[shown.labels[i]]
      mkdirSync(join(pictures, name), { recursive: true })
      // a photo of it is larger and in colour
      await sharp(shown.images.subarray(i * 256, (i + 1) * 256), { raw: { width: 16, height: 16, channels: 1 } })
        .resize(64, 64, { kernel: 'nearest' })
        .toColourspace('srgb')
        .jpeg()
        .toFile(join(pictures, name, `${i}.jpg`))
    }
    const words = ['--preset', 'student', '--epochs', '1', '--steps', '40', '--images', '300', '--validation', '40']
    expect(await kindred('train', 'mnist', '--data', data, '--out', out, ...words, '--quiet')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/test kNN accuracy (9\d|100)\.\d\d %/),
    })
  }, 240_000)

  test('gives a model that knows its size, its classes and how pictures come to it', async () => {
    await using opened = await load(model)
    expect(opened.size).toEqual([16, 16])
    expect(opened.card.labels).toEqual(['1', '2', '3', '4'])
    expect(opened.card.preprocessing.frame).toBe('as given')
  })

  test('which classifies, embeds and maps pictures of any size', async () => {
    const classified = JSON.parse((await kindred('classify', model, pictures, '--json', '--quiet')).out) as { accuracy: number }
    expect(classified.accuracy).toBe(1)
    const vectors = join(folder, 'vectors.csv')
    expect(await kindred('embed', model, pictures, '--out', vectors)).toMatchObject({ code: 0 })
    expect(readVectors(vectors)).toMatchObject({ dim: 10, labels: ['1', '1', '2', '2', '3', '3', '4', '4'] })
    const map = join(folder, 'map.svg')
    expect(await kindred('map', model, pictures, '--method', 'pca', '--out', map)).toMatchObject({ code: 0 })
    expect(existsSync(map)).toBe(true)
  })

  test('is refused at once where letters in the frame of MNIST would be compared with it', async () => {
    const fresh = join(folder, 'fresh')
    const digits = await kindred('digits', '--data', data, '--out', fresh, '--quiet')
    expect(digits).toMatchObject({ code: 1, err: expect.stringContaining('images must be 28x28x1') })
    expect(digits.err).toContain('16x16x1 in EMNIST bars train')
    const outliers = await kindred('train', 'mnist', '--data', data, '--out', fresh, '--outliers', 'invented', '--quiet')
    expect(outliers).toMatchObject({ code: 2, err: expect.stringContaining('outliers are 28x28x1') })
  })

  test('and more images than there are are refused by every verb alike', async () => {
    for (const verb of [['train', 'mnist', '--validation', '40'], ['sweep']]) {
      const { code, err } = await kindred(...verb, '--data', data, '--images', '390', '--out', join(folder, 'fresh'), '--quiet')
      expect([verb[0], code]).toEqual([verb[0], 2])
      expect(err).toContain('images must be a whole number in 1..360, the training images of EMNIST bars train beside 40')
    }
    const mnist = await kindred('digits', '--images', '55001', '--out', join(folder, 'fresh'), '--quiet')
    expect(mnist).toMatchObject({ code: 2, err: expect.stringContaining('in 1..55000, the training images of MNIST train beside 5000') })
  })
})
