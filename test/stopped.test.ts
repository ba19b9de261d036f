/** @file Work is stopped the same way everywhere: code `interrupted`, how far it was, and the signal's reason as the cause. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silent } from '../src/base/index.ts'
import { imageFolder } from '../src/data/index.ts'
import { inMemoryOf } from '../src/dataset/index.ts'
import { cropFolder, type CropRecord } from '../src/faces/index.ts'
import { download } from '../src/files/index.ts'
import { Gallery } from '../src/gallery/index.ts'
import { engineSearch } from '../src/neighbours/index.ts'
import { embedFolder, embedRecords, openFaceModel } from '../src/people/index.ts'
import { project } from '../src/projection/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { trainEmbedder, trainSoftmaxHead } from '../src/train/index.ts'
import { fakeDetector } from './support/fake-detector.ts'
import { tinyTraining } from './support/tiny-training.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-stopped-'))
const photos = join(root, 'photos')
beforeAll(async () => {
  for (const name of ['a', 'b']) {
    mkdirSync(join(photos, name), { recursive: true })
    const png = sharp({ create: { width: 16, height: 16, channels: 3, background: name === 'a' ? '#222' : '#ccc' } }).png()
    writeFileSync(join(photos, name, '1.png'), await png.toBuffer())
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const runtime = await nodeRuntime({ threads: 1 })
const detector = fakeDetector()
const pixels = () => openFaceModel('pixels', { runtime, detector })
const points = Float32Array.from({ length: 40 * 4 }, (_, i) => Math.sin(i * i))
const record = { source: 'a/1.png', face: 0, sourceHash: 'ff', landmarks: [1, 2], crop: 'none.png' } as unknown as CropRecord

const works: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  project: (signal) => project(points, 4, { iterations: 20, perplexity: 5, signal }),
  engineSearch: async (signal) => {
    await using search = engineSearch(runtime, points, 4, { queries: 10 })
    await search.nearest(points, 3, { signal })
  },
  trainEmbedder: async (signal) => trainEmbedder({ ...(await tinyTraining()), signal }),
  trainSoftmaxHead: (signal) =>
    trainSoftmaxHead({
      vectors: points,
      dim: 4,
      labels: Int32Array.from({ length: 40 }, (_, i) => i % 2),
      classes: ['a', 'b'],
      runtime,
      signal,
    }),
  download: (signal) =>
    download([{ name: 'x', urls: ['http://127.0.0.1:9/x'], sha256: '0'.repeat(64) }], join(root, 'downloads'), { tries: 1, signal }),
  imageFolder: (signal) => imageFolder(photos, { size: [8, 8], signal }),
  'a source': async (signal) => inMemoryOf(await imageFolder(photos, { size: [8, 8] }), { signal }),
  cropFolder: (signal) => cropFolder(photos, join(root, 'crops'), { detector, signal }),
  embedFolder: async (signal) => embedFolder(photos, { out: join(root, 'embedded'), detector, model: await pixels(), runtime, signal }),
  embedRecords: async (signal) => embedRecords(join(root, 'records'), [record], await pixels(), { signal }),
  'gallery.add': (signal) => {
    const gallery = new Gallery('x', {} as never, { recipe: null, hash: null, dim: null, unitNorm: false }, 0, silent)
    return gallery.add([{ id: 'a', source: 'a', vector: Float32Array.of(1) }], { signal })
  },
}

test.each(Object.entries(works))('%s', async (_, work) => {
  const reason = new Error('enough')
  const stop = new AbortController()
  stop.abort(reason)
  await expect(work(stop.signal)).rejects.toMatchObject({
    name: 'KindredError',
    code: 'interrupted',
    expected: 'the run must not be stopped before its end',
    got: expect.stringMatching(/^a stop (before|after) /),
    cause: reason,
  })
})
