/** @file VGG as a face model, with Keras-written files of a sixteenth of the width. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import type { Progress } from '../base/index.ts'
import { loadVgg, type VggModel } from '../models/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { vggModel } from './vgg-model.ts'

const golden = new URL('../../test/golden/vgg/', import.meta.url)
const { cases } = JSON.parse(readFileSync(new URL('vgg.json', golden), 'utf8')) as {
  cases: Record<string, { model: VggModel; classes?: number; outputs: Record<string, unknown> }>
}
const folder = mkdtempSync(join(tmpdir(), 'kindred-vgg-face-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('vectors are those of loadVgg with length 1; the recipe carries file, cut, means and order; the licence is told', async () => {
  const [name, { classes }] = Object.entries(cases).find(
    ([file, c]) => c.model === 'vgg-face' && file.endsWith('.h5') && 'fc7/relu' in c.outputs,
  )!
  const path = join(folder, name)
  writeFileSync(path, gunzipSync(readFileSync(new URL(`${name}.gz`, golden))))
  const runtime = await nodeRuntime({ threads: 1 })
  const said: string[] = []
  const progress: Progress = { start: () => ({ update() {}, end() {} }), log: (m) => void said.push(m), warn: (m) => void said.push(m) }
  const own = { width: 4, classes }
  const model = await vggModel('vgg-face', { runtime, detector: 'ssd:x', weights: path, progress, ...own })
  expect(model).toMatchObject({ name: 'vgg-face fc7/relu', dim: 256, template: { name: 'similarity', size: 224, padding: 0.4 } })
  expect(model.recipe).toMatchObject({
    detector: 'ssd:x',
    preprocessing: { size: 224, output: 'fc7/relu', normalise: true, pooling: 'none', flip: false },
  })
  expect(model.recipe.model.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(said.some((line) => line.includes('research only'))).toBe(true)

  const crops = Uint8Array.from({ length: 2 * 224 * 224 * 3 }, (_, i) => (i * 7 + (i >> 9)) & 255)
  const vgg = await loadVgg(path, { model: 'vgg-face', runtime, normalise: true, ...own })
  const vectors = await model.embed(crops)
  expect(vectors).toEqual(await vgg.embed(crops))
  expect(Math.hypot(...vectors.subarray(0, 256))).toBeCloseTo(1, 4)
  expect((await model.embed(new Uint8Array(150 * 150 * 3).fill(90), { side: 150 })).length).toBe(256)
  await expect(model.embed(new Uint8Array(0))).rejects.toThrow('at least one')
  await vgg.dispose()
  await model.dispose()
  const raw = await vggModel('vgg-face', { runtime, detector: 'ssd:x', weights: path, layer: 'fc7', ...own })
  expect(raw.name).toBe('vgg-face fc7')
  await raw.dispose()
})
