/**
 * @file Photos that are deleted: their vectors and every picture of them go, whatever happens to the run that notices; the vectors of others are never lost.
 */
import * as fs from 'node:fs'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { readVectors } from '../vectors/index.ts'
import type { FaceModel } from '../faces/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { embedFolder } from './embed-folder.ts'
import { pixelsModel } from './pixels-model.ts'

let onWrite: (call: string) => void = () => {}
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const watched = (['writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'ftruncateSync'] as const).map((call) => [
    call,
    (...args: never[]) => {
      if (!String(args[0]).includes('lock')) onWrite(call) // locks have tests of their own
      return (real[call] as (...a: never[]) => unknown)(...args)
    },
  ])
  return { ...real, ...Object.fromEntries(watched) }
})

const root = mkdtempSync(join(tmpdir(), 'kindred-forget-'))
const detector = fakeDetector()
const pixels = pixelsModel(detector.id)
const runtime = {} as Runtime // no network is opened
let [dir, out] = ['', '']
let runs = 0
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(async () => {
  onWrite = () => {}
  dir = join(root, `in${++runs}`)
  out = join(root, `out${runs}`)
  mkdirSync(join(dir, 'a'), { recursive: true })
  for (const [i, name] of ['a/1.png', 'a/2.png', '3.png'].entries()) writeFileSync(join(dir, name), await photo(i))
})
/** Noise of its own. */
const photo = (seed: number) =>
  sharp(
    Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => 1 + (((i + 1) * (seed + 7) * 2654435761) >>> 25)),
    { raw: { width: 64, height: 48, channels: 3 } },
  )
    .png()
    .toBuffer()
const counted = () => {
  let faces = 0
  const model: FaceModel = { ...pixels, embed: (crops, side) => ((faces += crops.length / (150 * 150 * 3)), pixels.embed(crops, side)) }
  return { model, faces: () => faces }
}
/** A copy of the output folder as it stands; the lock of this living process is not in it. */
const copyTo = (to: string) => cpSync(out, to, { recursive: true, filter: (path) => !/[.](kindred-)?lock/.test(path) })
const run = (options: { model?: FaceModel; signal?: AbortSignal } = {}, to = out) =>
  embedFolder(dir, { out: to, detector, model: pixels, runtime, faces: 'all', ...options })
const vectorFiles = (to = out) =>
  readdirSync(join(to, 'vectors'))
    .filter((name) => !name.endsWith('recipe.json'))
    .sort()
const kept = (to = out) => {
  const [name] = vectorFiles(to).filter((n) => n.endsWith('.npy'))
  return name === undefined ? [] : readVectors(join(to, 'vectors', name)).ids!.map((id) => id.split('#')[0])
}

describe('a photo that is deleted', () => {
  const pictures = [
    'map.svg',
    'map.png',
    'groups.png',
    'groups/001.png',
    'figures/crops.svg',
    'figures/wrong.png',
    'figures/secondWrong.svg',
    'report.html',
  ]
  const others = ['report.json', 'groups.jsonl', 'figures/own.png', 'figures/precision.svg']
  const draw = () => {
    for (const name of [...pictures, ...others]) {
      mkdirSync(join(out, name, '..'), { recursive: true })
      writeFileSync(join(out, name), '<image href="data:image/jpeg;base64,AAAA"/>')
    }
  }

  test('takes its vector and all pictures along, in files of every model, even if nothing else is to be done', async () => {
    await run()
    await run({ model: { ...pixels, recipe: { ...pixels.recipe, model: { name: 'other', hash: 'x' } } } })
    draw()
    await run()
    for (const name of [...pictures, ...others]) expect(existsSync(join(out, name)), name).toBe(true) // nobody is gone
    rmSync(join(dir, 'a/1.png'))
    const { embedded, vectors, dim } = await run()
    expect([embedded, vectors.length / dim]).toEqual([0, 2])
    const files = vectorFiles().filter((n) => n.endsWith('.npy'))
    expect(files).toHaveLength(2)
    for (const name of files)
      expect(readVectors(join(out, 'vectors', name)).ids!.map((id) => id.split('#')[0])).toEqual(['3.png', 'a/2.png'])
    for (const name of pictures) expect(existsSync(join(out, name)), name).toBe(false)
    for (const name of others) expect(existsSync(join(out, name)), name).toBe(true)
  })

  test('and so does one whose content has changed', async () => {
    await run()
    draw()
    writeFileSync(join(dir, 'a/1.png'), await photo(99))
    expect((await run()).embedded).toBe(1)
    expect(kept()).toEqual(['3.png', 'a/1.png', 'a/2.png'])
    for (const name of pictures) expect(existsSync(join(out, name)), name).toBe(false)
  })

  test('the last one leaves nothing', async () => {
    await run()
    draw()
    rmSync(dir, { recursive: true })
    mkdirSync(dir)
    await run()
    expect([vectorFiles(), existsSync(join(out, 'crops')), existsSync(join(out, 'map.png'))]).toEqual([[], false, false])
  })

  test('is forgotten by a run that is stopped before its first photo, and after a kill at any write of that run', async () => {
    await run()
    draw()
    rmSync(join(dir, 'a/1.png'))
    const stages: string[] = []
    onWrite = () => {
      onWrite = () => {}
      const copy = join(root, `killed${runs}-${stages.length}`)
      stages.push(copy)
      copyTo(copy)
      onWrite = again
    }
    const again = onWrite
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
    onWrite = () => {}
    expect(stages.length).toBeGreaterThan(20)
    for (const place of [out, ...stages]) {
      await expect(run({ signal: AbortSignal.abort() }, place)).rejects.toMatchObject({ code: 'interrupted' })
      expect(kept(place)).toEqual(['3.png', 'a/2.png'])
      expect(existsSync(join(place, 'crops/a/1.png.0.png'))).toBe(false)
      for (const name of pictures) expect(existsSync(join(place, name)), name).toBe(false)
    }
  })
})

describe('vectors that were made', () => {
  test('survive a kill at any write: what a block had finished is never made again', async () => {
    const before = await run()
    const first = join(root, `before${runs}`)
    copyTo(first)
    writeFileSync(join(dir, 'new.png'), await photo(50))
    const stages: string[] = []
    let made = false
    const model: FaceModel = { ...pixels, embed: async (crops, side) => ((made = true), pixels.embed(crops, side)) }
    const snapshot = () => {
      if (!made) return
      onWrite = () => {}
      const copy = join(root, `kill${runs}-${stages.length}`)
      stages.push(copy)
      copyTo(copy)
      onWrite = snapshot
    }
    onWrite = snapshot
    const after = await run({ model })
    onWrite = () => {}
    expect(after.embedded).toBe(1)
    expect(stages.length).toBeGreaterThan(10)
    for (const [i, copy] of stages.entries()) {
      const { model: again, faces } = counted()
      const found = await run({ model: again }, copy)
      expect([i, faces()]).toEqual([i, i <= 1 ? 1 : 0]) // before its journal line is on the disk the new one is made again, the old ones never
      expect(found.vectors).toEqual(after.vectors)
      expect(vectorFiles(copy)).toEqual(vectorFiles(out))
    }
    expect(before.vectors.length).toBe(3 * before.dim)
  })

  test('at every write that is refused in turn: an error, and the next run makes it whole', async () => {
    const whole = await run()
    for (let at = 1; ; at++) {
      const to = join(root, `full${runs}-${at}`)
      let calls = 0
      onWrite = () => {
        if (++calls === at) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      }
      const result = await run({}, to).catch((error: unknown) => error)
      onWrite = () => {}
      if (calls < at) break
      if (result instanceof Error) expect(result).toMatchObject({ code: 'io' })
      const found = await run({}, to)
      expect(found.vectors).toEqual(whole.vectors)
      expect(vectorFiles(to)).toEqual(vectorFiles())
      expect(readdirSync(to).sort()).toEqual(readdirSync(out).sort())
    }
  })

  test('are written once: a stopped run appends, and numbers that were damaged there are made again', async () => {
    await expect(run({ model: { ...pixels, embed: async () => Promise.reject(new Error('no')) } })).rejects.toThrow('no')
    expect(existsSync(join(out, 'vectors'))).toBe(false)
    await run()
    const [name] = vectorFiles()
    const journal = join(out, 'vectors', name.replace(/npy$/, 'journal'))
    const { vectors, ids, dim } = readVectors(join(out, 'vectors', name))
    const line = (id: string, v: Float32Array) => `${JSON.stringify({ id, vector: Buffer.from(v.slice().buffer).toString('base64') })}\n`
    for (const file of vectorFiles()) rmSync(join(out, 'vectors', file))
    writeFileSync(
      journal,
      line(ids![0], vectors.subarray(0, dim)) +
        line(ids![1], vectors.subarray(0, dim - 1)) +
        line(ids![2], new Float32Array(dim).fill(NaN)) +
        '{"id":"',
    )
    const { model, faces } = counted()
    expect((await run({ model })).vectors).toEqual(vectors)
    expect(faces()).toBe(2)
    expect(vectorFiles()).toEqual([name, `${name}.ids.json`])
  })
})
