/** @file Damaged and hostile HDF5 files: the library's own text never reaches a message. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { damaged, readOrRefused } from '../../../test/support/damage.ts'
import { setLimits } from '../../base/index.ts'
import { openWeights, readLayer, vggFile } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-h5-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const golden = (name: string): Buffer => gunzipSync(readFileSync(new URL(`../../../test/golden/vgg/${name}.gz`, import.meta.url)))

/** Opens a file of any kind and reads its first two layers. */
async function firstNumbers(path: string): Promise<number> {
  const file = await openWeights(path)
  try {
    const { layers } = vggFile(file, { classes: 26, width: 4 })
    return ['conv1_1', 'conv5_3'].reduce((n, name) => n + readLayer(file, layers.get(name)!).weight.length, 0)
  } finally {
    file.close()
  }
}

test('a file that sends the library round in a ring is refused in time, and the next one is read', async () => {
  const path = join(folder, 'ring.h5')
  const bytes = golden('keras-vggface-notop.h5')
  bytes[2056] = 255
  bytes[2057] = 127
  writeFileSync(path, bytes)
  const started = performance.now()
  await expect(openWeights(path)).rejects.toThrow(
    expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('round in a ring') }),
  )
  expect(performance.now() - started).toBeLessThan(10_000)
  writeFileSync(path, golden('keras-vggface-notop.h5'))
  expect(await firstNumbers(path)).toBeGreaterThan(0)
}, 30_000)

test.each(['keras-vggface-notop.h5', 'keras3.weights.h5'])(
  '%s, damaged where its structure lies: only our errors',
  async (name) => {
    const bytes = golden(name)
    const path = join(folder, name)
    writeFileSync(path, bytes)
    await readOrRefused(() => firstNumbers(path))
    const head = bytes.subarray(0, 20_000) // superblock, groups, attributes
    await fc.assert(
      fc.asyncProperty(damaged(head), async (broken) => {
        writeFileSync(path, Buffer.concat([broken, bytes.subarray(20_000)]))
        await readOrRefused(() => firstNumbers(path))
      }),
      { numRuns: 40, seed: 7 },
    )
  },
  120_000,
)

test('weights that are no numbers are refused, naming the layer', async () => {
  const bytes = golden('keras-vggface-notop.h5')
  const path = join(folder, 'nan.h5')
  writeFileSync(path, bytes)
  const file = await openWeights(path)
  const { kernel } = file.layers[1]
  const first = Buffer.from(kernel.read().slice(0, 4).buffer)
  file.close()
  const at = bytes.indexOf(first)
  expect(at).toBeGreaterThan(0)
  for (const wrong of [NaN, Infinity, -Infinity]) {
    bytes.writeFloatLE(wrong, at)
    writeFileSync(path, bytes)
    const open = await openWeights(path)
    const layer = vggFile(open, { classes: 26, width: 4 }).layers.get('conv1_2')!
    expect(() => readLayer(open, layer)).toThrow(
      expect.objectContaining({
        code: 'corrupt',
        message: expect.stringMatching(/the weights of layer conv1_2 \(.*\) must be finite numbers, got (NaN|-?Infinity)/),
      }),
    )
    open.close()
  }
})

test('a dataset above the limit is refused before it is read', async () => {
  const path = join(folder, 'large.h5')
  writeFileSync(path, golden('keras-vggface-notop.h5'))
  const undo = setLimits({ tensorElements: 100 })
  try {
    await expect(openWeights(path)).rejects.toThrow(expect.objectContaining({ code: 'limit' }))
  } finally {
    undo()
  }
})

test('a pipe is refused at once', async () => {
  if (process.platform === 'win32') return
  const path = join(folder, 'pipe.h5')
  execFileSync('mkfifo', [path])
  await expect(openWeights(path)).rejects.toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('a pipe') }),
  )
})
