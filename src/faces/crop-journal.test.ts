/** @file What a run leaves behind when it is killed, stopped, or refused by the disk at any moment, and that the next run makes it whole. */
import * as fs from 'node:fs'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeDetector } from '../../test/support/fake-detector.ts'
import { silent, type Progress } from '../base/index.ts'
import { journalName } from '../files/index.ts'
import { cropFolder, readCropRecords, type CropOptions, type FaceDetector } from './index.ts'

/** Called before each write, with the system call's name; may throw. */
let onWrite: (call: string) => void = () => {}
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const watched = (['writeSync', 'fsyncSync', 'renameSync', 'ftruncateSync'] as const).map((call) => [
    call,
    (...args: never[]) => {
      if (!String(args[0]).includes('lock')) onWrite(call) // locks have tests of their own
      return (real[call] as (...a: never[]) => unknown)(...args)
    },
  ])
  return { ...real, ...Object.fromEntries(watched) }
})

const root = mkdtempSync(join(tmpdir(), 'kindred-journal-'))
let [dir, out] = ['', '']
let runs = 0
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(() => {
  onWrite = () => {}
  dir = join(root, `in${++runs}`)
  out = join(root, `out${runs}`)
})

/** A photo of its own colour; black ones show no face. */
const photo = (shade: number) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: { r: shade, g: 90, b: 200 } } })
    .png()
    .toBuffer()
const put = async (...names: string[]) => {
  for (const [i, name] of names.entries()) {
    mkdirSync(join(dir, name, '..'), { recursive: true })
    writeFileSync(join(dir, name), name.includes('bad') ? 'x' : await photo(name.includes('empty') ? 0 : 10 + i))
  }
}
const detector = fakeDetector()
const run = (options: CropOptions = {}, to = out) => cropFolder(dir, to, { detector, batch: 1, ...options })
/** Calls back after each batch of photos. */
const after = (call: (done: number) => void): Progress => ({ ...silent, start: () => ({ update: (done: number) => call(done), end() {} }) })
/** All files below a folder, relative. */
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => !e.isDirectory())
    .map((e) => join(e.parentPath, e.name).slice(folder.length + 1))
    .sort()
const crops = (folder = out) => below(join(folder, 'crops'))
const named = (folder = out) =>
  readCropRecords(folder)
    .faces.map((f) => f.crop.slice('crops/'.length))
    .sort()
/** A copy of the output folder as it stands; the lock of this living process is not in it. */
const copyTo = (to: string) => cpSync(out, to, { recursive: true, filter: (path) => !/[.](kindred-)?lock/.test(path) })
const lists = (folder = out) => ['manifest.jsonl', 'quarantine.jsonl'].map((name) => readFileSync(join(folder, name), 'utf8'))

/** Runs and returns copies of the output folder as it stood after each photo: what a kill would have left then. */
async function killedAfterEach(options: CropOptions = {}): Promise<string[]> {
  const copies: string[] = []
  await run({ ...options, progress: after((done) => copyTo((copies[done] = join(root, `killed${runs}-${done}`)))) })
  return copies
}

describe('killed', () => {
  test('what was done is kept and the lists come out the same, wherever the kill came', async () => {
    await put('a/1.png', 'a/bad.png', 'b/2.png', 'b/empty.png', '3.png')
    const copies = await killedAfterEach()
    const whole = lists()
    expect([crops().length, below(out).filter((f) => f.includes('journal'))]).toEqual([3, []])
    for (const [done, copy] of copies.entries()) {
      if (copy === undefined) continue
      expect(existsSync(join(copy, journalName))).toBe(true)
      expect(crops(copy)).toEqual(named(copy)) // other commands read the unfinished folder
      const { summary } = await run({}, copy)
      expect(summary.photos).toMatchObject({ total: 5, processed: 5 - done })
      expect(lists(copy)).toEqual(whole)
      expect(below(copy)).toEqual(below(out))
    }
  })

  test('the crop of a photo that is deleted then is gone after the next run, though no list but the journal named it, and so is its folder', async () => {
    await put('a/1.png', 'a/2.png', 'b/3.png', 'b/4.png')
    const [, , , copy] = await killedAfterEach()
    expect(readFileSync(join(copy, 'manifest.jsonl'), 'utf8')).toBe('')
    expect(crops(copy)).toEqual(['a/1.png.0.png', 'a/2.png.0.png', 'b/3.png.0.png'])
    rmSync(join(dir, 'b'), { recursive: true })
    rmSync(join(dir, 'a/1.png'))
    // even if that run is stopped before it looks at any photo
    const seen: string[][] = []
    await expect(
      run({ signal: AbortSignal.abort(), onPhotos: (photos) => seen.push([...photos], crops(copy)) }, copy),
    ).rejects.toMatchObject({ code: 'interrupted' })
    expect(seen).toEqual([['a/2.png'], ['a/1.png.0.png', 'a/2.png.0.png', 'b/3.png.0.png']])
    expect([crops(copy), named(copy), readdirSync(join(copy, 'crops'))]).toEqual([['a/2.png.0.png'], ['a/2.png.0.png'], ['a']])
  })

  test('crops that no list ever named are removed, other files stay', async () => {
    await put('a/1.png')
    await run()
    const long = `${'ü'.repeat(40)}~0123456789abcdef.12.png`
    for (const name of ['a/0.JPEG.3.png', 'gone/x.webp.0.png', long, 'a/.1.png.0.png.77.0123abcd.part']) {
      mkdirSync(join(out, 'crops', name, '..'), { recursive: true })
      writeFileSync(join(out, 'crops', name), '')
    }
    for (const name of ['a/notes.txt', 'a/my.png', 'a/1.png']) writeFileSync(join(out, 'crops', name), '')
    writeFileSync(join(root, 'outside.jpg.0.png'), '')
    symlinkSync(root, join(out, 'crops/link'))
    await run()
    expect(crops()).toEqual(['a/1.png', 'a/1.png.0.png', 'a/my.png', 'a/notes.txt', 'link'].sort())
    expect(existsSync(join(root, 'outside.jpg.0.png'))).toBe(true)
    rmSync(join(out, 'crops/link'))
  })

  test('in the middle of a line: the torn one is dropped, one that is damaged elsewhere is done again, and the rest is not', async () => {
    await put('1.png', '2.png', '3.png', '4.png')
    const [, , , copy] = await killedAfterEach()
    const whole = lists()
    const journal = join(copy, journalName)
    const lines = readFileSync(journal, 'utf8').split('\n')
    expect(lines).toHaveLength(4)
    const cousins = [
      [lines[0], lines[1], lines[2].slice(0, 700)].join('\n'),
      [lines[0], lines[1].replace('"face":0', '"face":-1'), lines[2], ''].join('\n'),
      [lines[0], lines[1].replace('"score":0.9', '"score":1e999'), lines[2], ''].join('\n'),
      [lines[0], lines[1].replace('crops/2.png', 'crops/../../x'), lines[2], ''].join('\n'),
      [lines[0], '\0'.repeat(300), lines[2], ''].join('\n'),
      [lines[0], 'null', '{}', '', lines[2], ''].join('\n'),
      Buffer.concat([Buffer.from(`${lines[0]}\n${lines[2]}\n`), Buffer.of(0xff, 0xfe, 10)]),
    ]
    for (const [i, content] of cousins.entries()) {
      const to = join(root, `torn${runs}-${i}`)
      cpSync(copy, to, { recursive: true })
      writeFileSync(join(to, journalName), content)
      const warnings: string[] = []
      const { summary } = await run({ progress: { ...silent, warn: (text) => warnings.push(text) } }, to)
      expect([i, summary.photos.processed]).toEqual([i, 2])
      expect(warnings.map((w) => /damaged lines?; those photos/.test(w))).toEqual(i === 0 ? [] : [true])
      expect(lists(to)).toEqual(whole)
    }
  })

  test('a run that goes on after a torn line appends whole ones', async () => {
    await put('1.png', '2.png')
    const [, copy] = await killedAfterEach()
    appendFileSync(join(copy, journalName), '{"source":"2.p')
    await expect(run({ signal: AbortSignal.abort() }, copy)).rejects.toMatchObject({ code: 'interrupted' })
    appendFileSync(join(copy, journalName), '{"source":"2.p')
    await run({}, copy)
    expect(named(copy)).toEqual(['1.png.0.png', '2.png.0.png'])
  })
})

test('nothing is written twice: the lists stand still while the journal grows by the photos in hand', async () => {
  await put(...Array.from({ length: 40 }, (_, i) => `${i}.png`))
  const inode = () => statSync(join(out, 'manifest.jsonl')).ino
  const [sizes, lists] = [[] as number[], new Set<number>()]
  await run({ batch: 2, progress: after(() => (sizes.push(statSync(join(out, journalName)).size), lists.add(inode()))) })
  expect(lists.size).toBe(1)
  const steps = sizes.slice(1).map((size, i) => size - sizes[i])
  expect(sizes).toHaveLength(20)
  for (const step of steps) expect(Math.abs(step - sizes[0])).toBeLessThan(0.1 * sizes[0])
})

test('a photo that shows fewer faces than before, or another one, leaves no crop of before', async () => {
  await put('1.png', '2.png')
  await run()
  writeFileSync(join(dir, '1.png'), await photo(0))
  writeFileSync(join(dir, '2.png'), await photo(250))
  const before = readFileSync(join(out, 'crops/2.png.0.png'))
  const { faces } = await run()
  expect(faces.map((f) => f.source)).toEqual(['2.png'])
  expect(crops()).toEqual(['2.png.0.png'])
  expect(readFileSync(join(out, 'crops/2.png.0.png')).equals(before)).toBe(false)
  rmSync(dir, { recursive: true })
  mkdirSync(dir)
  expect((await run()).summary.photos.total).toBe(0)
  expect(existsSync(join(out, 'crops'))).toBe(false)
})

describe('refused by the disk', () => {
  test(
    'at every write in turn: the error says so, nothing is half-written, and the next run makes it whole',
    { timeout: 60_000 },
    async () => {
      await put('a/1.png', 'a/2.png', 'b/bad.png', 'b/3.png')
      await run({ batch: 2 })
      const [whole, files] = [lists(), below(out)]
      let failures = 0
      for (let at = 1; ; at++) {
        const to = join(root, `full${runs}-${at}`)
        let calls = 0
        onWrite = (call) => {
          if (++calls === at) throw Object.assign(new Error(`${call} fails`), { code: at % 2 === 0 ? 'ENOSPC' : 'EIO' })
        }
        const result = await run({ batch: 2 }, to).catch((error: unknown) => error)
        onWrite = () => {}
        if (calls < at) break
        failures++
        if (result instanceof Error)
          expect(result).toMatchObject({ code: 'io', message: expect.stringMatching(/disk must answer|room on the disk/) })
        else expect(lists(to)).toEqual(whole) // only the clean-up after an error was refused
        if (existsSync(to)) {
          expect(below(to).filter((f) => f.endsWith('.part'))).toEqual([])
          const { faces } = readCropRecords(to)
          for (const face of faces) expect(existsSync(join(to, face.crop))).toBe(true)
        }
        await run({ batch: 2 }, to)
        expect(lists(to)).toEqual(whole)
        expect(below(to)).toEqual(files)
      }
      expect(failures).toBeGreaterThan(15)
    },
  )

  test('for good: the first reason is told, what was done before is kept', async () => {
    await put('1.png', '2.png', '3.png', '4.png')
    let full = false
    onWrite = () => {
      if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    }
    await expect(run({ progress: after((done) => (full = done >= 2)) })).rejects.toMatchObject({
      code: 'io',
      got: 'a full disk (ENOSPC)',
      message: expect.stringContaining('3.png'),
    })
    onWrite = () => {}
    expect(named()).toEqual(['1.png.0.png', '2.png.0.png'])
    expect((await run()).summary.photos.processed).toBe(2)
  })
})

test('one run at a time: another is refused while the first lives, and leaves its crops alone', async () => {
  await put('1.png', '2.png')
  let refused: Promise<unknown> | undefined
  const slow: FaceDetector = {
    ...detector,
    finder: {
      ...detector.finder,
      find: async (photos, least) => (await (refused ??= run().catch((error: unknown) => error)), detector.finder.find(photos, least)),
    },
  }
  await run({ detector: slow })
  expect(await refused).toMatchObject({
    code: 'mismatch',
    message: expect.stringMatching(/one process at a time, got this process, .* or choose another folder for the results/),
  })
  expect(crops()).toEqual(named())
  expect(below(out)).toEqual(['crops/1.png.0.png', 'crops/2.png.0.png', 'manifest.jsonl', 'quarantine.jsonl'])
})

test('who has lost the lock writes no more', async () => {
  await put('1.png', '2.png', '3.png')
  await expect(
    run({ progress: after((done) => done === 1 && rmSync(join(out, '.kindred-lock'), { recursive: true })) }),
  ).rejects.toMatchObject({ code: 'mismatch' })
})

test('lists that are not what they should be are told with file and line, and their crops stay', async () => {
  await put('1.png', '2.png')
  await run()
  const path = join(out, 'manifest.jsonl')
  const [good] = lists()
  for (const [from, to, where] of [
    [/"landmarks":\[[^,]+/, '"landmarks":[null', 'landmarks[0]'],
    ['"sharpness":', '"sharpness":1e999,"x":', 'sharpness'],
    ['"crop":"crops/', '"crop":"crops/../../', 'crop'],
    ['"source":"1.png"', '"source":"/etc/passwd"', 'source'],
    ['"sourceHash":"', '"sourceHash":"x', 'sourceHash'],
    ['{', '', 'it must hold JSON'],
  ] as const) {
    writeFileSync(path, good.replace(from, to))
    await expect(run()).rejects.toMatchObject({ code: 'corrupt', where: `${path}, line 1`, message: expect.stringContaining(where) })
    expect(crops()).toHaveLength(2)
  }
  writeFileSync(path, good)
  expect((await run()).summary.photos.processed).toBe(0)
})

test('crops do not go among files of somebody else', async () => {
  await put('1.png')
  mkdirSync(join(out, 'crops'), { recursive: true })
  writeFileSync(join(out, 'crops/mine.jpg.0.png'), '')
  await expect(run()).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('must be empty or hold crops of an earlier run'),
  })
  expect(below(out)).toEqual(['crops/mine.jpg.0.png'])
})
