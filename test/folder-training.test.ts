/** @file Training on a folder of pictures, decoded when they are read. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rng } from '../src/base/index.ts'
import { imageFolder, inMemoryOf, stratifiedSplit, type ImageSource } from '../src/data/index.ts'
import { tripletMarginLoss } from '../src/losses/index.ts'
import { batchHard } from '../src/miners/index.ts'
import { load } from '../src/models/index.ts'
import { colourPixels, dense, flatten, sequential } from '../src/nn/index.ts'
import { mPerClass } from '../src/samplers/index.ts'
import { objective, trainEmbedder } from '../src/train/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-folder-training-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Flat colours with noise, of many sizes: a class a colour. */
beforeAll(async () => {
  const random = rng(1)
  for (const [name, colour] of Object.entries({ red: [220, 40, 40], green: [40, 200, 40], blue: [40, 40, 220] })) {
    mkdirSync(join(folder, name))
    for (let i = 0; i < 20; i++) {
      const [width, height] = [12 + random.integer(30), 12 + random.integer(30)]
      const pixels = Uint8Array.from({ length: width * height * 3 }, (_, k) => colour[k % 3] + random.integer(36))
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toFile(join(folder, name, `${i}.jpg`))
    }
  }
})

test('ends in the same weights as training on the same pixels in memory, and embeds a folder', { timeout: 60_000 }, async () => {
  const source = await imageFolder(folder, { size: [10, 14], cacheBytes: 0 })
  const train = (images: ImageSource) =>
    trainEmbedder({
      ...(({ train: part, validation }) => ({ source: part, validation }))(stratifiedSplit(images, { fraction: 0.2, seed: 0 })),
      network: sequential({ pixels: colourPixels(), flat: flatten(), embedding: dense(4) }),
      objective: objective({ loss: tripletMarginLoss({ margin: 0.4 }), miner: batchHard() }),
      batches: mPerClass({ classes: 3, perClass: 4 }),
      epochs: 2,
      seed: 0,
    })
  await using lazy = await train(source)
  await using eager = await train(await inMemoryOf(source))
  expect([...lazy.weights]).toEqual([...eager.weights])
  expect(lazy.history.at(-1)!.knnAccuracy).toBe(1)
  const path = join(folder, 'model.onnx')
  lazy.save(path)
  await using model = await load(path)
  expect([model.size, model.channels, model.card.labels]).toEqual([[10, 14], 3, ['blue', 'green', 'red']])
  const whole = await inMemoryOf(source)
  const [a, b] = [await model.embed(whole.images), await lazy.embed(source)]
  expect(a.length).toBe(60 * 4)
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i], 4))
})
