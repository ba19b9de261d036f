/** @file Figures in documents are those that the commands print: `docs/figures.json` is compared with the documents, and with a run where the data is there. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { nodeRuntime } from '../src/runtime/index.ts'
import { compare } from '../src/stories/index.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const figures = JSON.parse(read('docs/figures.json')) as {
  photos: number
  withFace: number
  models: Record<string, { oneNN: number; map: number }>
}
/** As documents write a share: .771, 1.000. */
const written = (share: number) => share.toFixed(3).replace(/^0/, '')

test('documents state the figures on record', () => {
  const rows = { dlib: 'dlib, 128', 'mobilenet-v2': 'MobileNetV2 (ImageNet), 1,280', pixels: 'pixels, ' }
  for (const path of ['docs/benchmarks.md', 'docs/decisions/0013-face-story.md'])
    for (const [model, { oneNN, map }] of Object.entries(figures.models)) {
      const line = read(path)
        .split('\n')
        .find((l) => l.startsWith(`| ${rows[model as keyof typeof rows]}`))
      expect(line, `${path}, ${model}`).toContain(`| ${written(oneNN)} [`)
      expect(line, `${path}, ${model}`).toContain(`| ${written(map)} [`)
    }
  const { photos, withFace, models } = figures
  expect(read('docs/benchmarks.md')).toContain(`| ${withFace} of ${photos} |`)
  const right = Math.round(models.dlib.oneNN * withFace)
  expect(read('README.md')).toContain(`${(100 * models.dlib.oneNN).toFixed(0)} % (${right} of ${photos})`)
})

const data = join(root, '../shared/data')
const home = mkdtempSync(join(tmpdir(), 'kindred-figures-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe.skipIf(!existsSync(join(data, 'celeb5')) || !existsSync(join(data, 'mobilenet-v2')))('the record (needs ../shared/data)', () => {
  test('is what the commands print', { timeout: 240_000 }, async () => {
    const file = join(data, 'mobilenet-v2/mobilenet_v2_1.0_224.onnx')
    const recipe = join(home, 'mobilenet-v2.json')
    writeFileSync(recipe, JSON.stringify({ file, size: 224, channels: 'RGB', mean: 127.5, scale: 1 / 127.5, output: 'v99' }))
    const runtime = await nodeRuntime()
    const models: Record<string, { oneNN: number; map: number }> = {}
    for (const other of [recipe, 'pixels']) {
      const told = await compare(join(data, 'celeb5'), { out: join(home, 'out'), models: [other, 'dlib'], runtime })
      expect(told.photos).toMatchObject({ total: figures.photos, withFace: figures.withFace })
      for (const { model, retrieval } of told.models)
        models[model === recipe ? 'mobilenet-v2' : model] = { oneNN: retrieval!.knnAccuracy, map: retrieval!.map }
    }
    for (const [model, { oneNN, map }] of Object.entries(figures.models)) {
      expect(models[model].oneNN, model).toBeCloseTo(oneNN, 3)
      expect(models[model].map, model).toBeCloseTo(map, 3)
    }
  })
})
