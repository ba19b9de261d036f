/** @file However the run of a story ends, its report and its folder end with it, the same way for all four. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from '../../test/support/command.ts'
import { writePeople } from '../../test/support/face-people.ts'
import { writeMiniMnist } from '../../test/support/mini-mnist.ts'
import { stories, type StoryName } from '../../test/support/run-story.ts'
import { openRunFolder, type ReportState } from '../report/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import type { CompareReport } from './compare/compare-report.ts'
import type { SweepRunReport } from './sweep/sweep-page.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-life-'))
let runtime: Runtime
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 })
  await writeMiniMnist(join(home, 'mnist'), { train: 3600, test: 60 })
  await writePeople(join(home, 'photos'), { names: ['anna', 'bea', 'ella'], each: 3 })
}, 120_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const imagesOf = (name: StoryName): string => join(home, name === 'digits' || name === 'sweep' ? 'mnist' : 'photos')
const read = (out: string, file: string): string => readFileSync(join(out, file), 'utf8')
const json = <T extends ReportState = ReportState>(out: string): T => JSON.parse(read(out, 'report.json')) as T
/** The page's words, entities resolved. */
const words = (out: string): string => read(out, 'report.html').replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')

/** Nothing of a run that goes on is left: no lock, no half-written file, no page that reloads. */
function expectEnded(out: string, stopped?: string | RegExp): void {
  const { complete, now, running, stopped: said } = json(out)
  expect({ complete, now, running }).toEqual({ complete: true, now: undefined, running: undefined })
  for (const gone of ['Still running', 'http-equiv="refresh"', '<script', 'computing…', '(running)']) expect(words(out)).not.toContain(gone)
  expect(readdirSync(out, { recursive: true }).filter((name) => /\.part$|lock$/.test(String(name)))).toEqual([])
  if (stopped === undefined) {
    expect(said).toBeUndefined()
    return expect(words(out)).not.toContain('The run ended early.')
  }
  expect(said).toMatch(stopped)
  expect(words(out)).toContain('The run ended early.')
  expect(words(out)).toMatch(stopped)
}

/** Stops or changes something as soon as the report is there. */
const whenItGrows = (act: () => void) => ({
  log: (message: string) => void (message.startsWith('The report grows') && act()),
  warn: () => {},
  start: () => ({ update: () => {}, end: () => {} }),
})

describe.each(['digits', 'sweep', 'faces', 'compare'] as const)('%s', (name) => {
  test('failed: closed with what was thrown', async () => {
    const out = join(home, `${name}-failed`)
    const broken: Runtime = { ...runtime, load: () => Promise.reject(new Error("no kernel for 'planted'")) }
    await expect(stories[name](imagesOf(name), { out, runtime: broken })).rejects.toThrow("no kernel for 'planted'")
    expectEnded(out, "unexpected: no kernel for 'planted'")
  })

  test('aborted: closed; the error is an interruption whose cause is the signal’s reason', async () => {
    const out = join(home, `${name}-aborted`)
    const controller = new AbortController()
    const reason = new Error('the user went home')
    const progress = whenItGrows(() => controller.abort(reason))
    const error = await stories[name](imagesOf(name), { out, runtime, signal: controller.signal, progress }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'interrupted' })
    expect((error as Error).cause).toBe(reason)
    expectEnded(out, /got a stop before/)
  })

  test('killed: closed by whoever opens the folder next, and its lock keeps nobody out', { timeout: 120_000 }, async () => {
    const out = join(home, `${name}-killed`)
    const program = fileURLToPath(new URL('../../test/support/run-story.ts', import.meta.url))
    const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
    const child = start(process.execPath, ['--import', loader, program, name, imagesOf(name), out], { seconds: 90 })
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(json(out)).toMatchObject({ complete: false, running: { pid: child.child.pid } })
    openRunFolder(out)
    const closed = /^The run was killed, .* last sign of life is of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/
    expect(json(out).stopped).toMatch(closed)
    expect(words(out)).not.toMatch(/Still running|<script|http-equiv="refresh"/)
    const broken: Runtime = { ...runtime, load: () => Promise.reject(new Error('again')) }
    await expect(stories[name](imagesOf(name), { out, runtime: broken })).rejects.toThrow('again')
    expectEnded(out, 'unexpected: again')
  })

  test('a second run does not write into the folder of the first', async () => {
    const out = join(home, `${name}-twice`)
    let second: Promise<unknown> | undefined
    const first: Runtime = { ...runtime, load: () => second!.then(() => Promise.reject(new Error('enough'))) }
    const progress = whenItGrows(() => {
      second = stories[name](imagesOf(name), { out, runtime }).catch((error: unknown) => error)
    })
    await expect(stories[name](imagesOf(name), { out, runtime: first, progress })).rejects.toThrow('enough')
    expect(await second).toMatchObject({ code: 'mismatch', message: expect.stringContaining('this process, which has it open already') })
    expectEnded(out, 'unexpected: enough')
  })
})

test('a sweep to its end: the report holds what sweep.json holds, for each margin a panel', { timeout: 120_000 }, async () => {
  const out = join(home, 'sweep-done')
  await stories.sweep(imagesOf('sweep'), { out, runtime })
  expectEnded(out)
  const found = JSON.parse(read(out, 'sweep.json')) as {
    sweep: { margin: number; knnAccuracy: number; within: number; between: number }[]
    best: { margin: number }
  }
  expect(json<SweepRunReport>(out)).toMatchObject({ margins: [0, 0.4], sweep: found.sweep, best: found.best, steps: 4, seeds: 1 })
  expect(found).toMatchObject({ seeds: 1, steps: 4, dim: 10, presetMargin: 0.4, judged: 60, findings: expect.any(Array) })
  for (const row of found.sweep)
    expect(row).toMatchObject({
      steps: 4,
      network: expect.stringContaining('student: conv 32'),
      batch: '128 random triplets (384 images)',
      spread: expect.any(Number),
      intraDistance: row.within,
      interDistance: row.between,
      runs: [{ seed: 0, within: row.within, knnAccuracy: row.knnAccuracy }],
    })
  expect(found.sweep.map(({ margin }) => margin)).toEqual([0, 0.4])
  for (const { knnAccuracy } of found.sweep) expect(knnAccuracy).toBeGreaterThan(0.2) // 60 images by 4,000 of ten classes
  expect(found).not.toHaveProperty('complete')
  expect(read(out, 'sweep.svg')).toBe(read(out, 'figures/sweepPanels.svg'))
  expect(read(out, 'sweep-curves.svg')).toBe(read(out, 'figures/sweepCurves.svg'))
  expect(words(out)).toContain('One training each tells no margin best')
  expect((await sharp(join(out, 'sweep.png')).metadata()).width).toBeGreaterThan(300)
})

test('a comparison to its end: two maps of the same faces, and figures that its own vectors give', { timeout: 120_000 }, async () => {
  const out = join(home, 'compare-done')
  await stories.compare(imagesOf('compare'), { out, runtime })
  expectEnded(out)
  const report = json<CompareReport>(out)
  expect(report).toMatchObject({ photos: { total: 9 }, names: ['pixels', 'dlib'], detector: 'tiny' })
  const [pixels, dlib] = report.models
  expect(dlib.dim).toBe(128)
  expect(pixels.map.points.map(({ photo, face }) => `${photo} ${face}`)).toEqual(
    dlib.map.points.map(({ photo, face }) => `${photo} ${face}`),
  )
  expect(pixels.map.points).toHaveLength(report.faces)
  expect(readdirSync(join(out, 'crops'), { recursive: true }).filter((f) => String(f).endsWith('.png'))).toHaveLength(report.faces)
  expect(dlib.retrieval!.map).toBeGreaterThan(0.9) // renderings of one photo each
  expect(report.difference!.map.value).toBeCloseTo(dlib.retrieval!.map - pixels.retrieval!.map, 10)
  expect(report.difference!.knnAccuracy.value).toBeCloseTo(dlib.retrieval!.knnAccuracy - pixels.retrieval!.knnAccuracy, 10)
  expect(read(out, 'map.svg')).toBe(read(out, 'figures/maps.svg'))
  for (const name of ['precisionFirst', 'precisionSecond']) expect(existsSync(join(out, 'figures', `${name}.svg`)), name).toBe(true)
})
