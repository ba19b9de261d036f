/** @file Verb `reject` as it is called: each model finds its own files, a promise is said, one's own digits are calibrated on, drift is told. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bold } from '../../test/support/bold.ts'
import { silent } from '../base/index.ts'
import { imageAt, take, type Dataset } from '../dataset/index.ts'
import { loadMnist, preset } from '../digits/index.ts'
import { exportEmbedder, load, type TrainedEmbedder } from '../models/index.ts'
import { initialWeights, Scope } from '../nn/index.ts'
import { conformalPromise, detector, knnDistance } from '../openset/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { rejectionToJson, scoreImages, smallMoves } from '../stories/index.ts'
import { headToJson } from '../train/index.ts'
import { input } from '../tensor/index.ts'
import { loadVerb, runVerb } from './index.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-reject-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const run = join(home, 'run')
let runtime: Runtime
const hashes: Record<string, string> = {}

/** An untrained network of a seed, with its head and its rule, under names of their own. */
async function writeModel(suffix: string, seed: number, digits: Dataset): Promise<void> {
  const { network } = preset('student')
  const scope = new Scope()
  network(input('images', ['N', 28, 28], 'uint8'), scope)
  const card = {
    labels: digits.classes,
    preprocessing: { range: '0..255', frame: 'mnist' },
    metric: 'euclidean',
    recipe: {},
    seed,
  } as const
  const bytes = exportEmbedder({
    network,
    weights: initialWeights(scope.weights, seed),
    size: [28, 28],
    card: { ...card, datasetHash: '', versions: {} },
  })
  const path = join(run, `model${suffix}.onnx`)
  writeFileSync(path, bytes)
  await using model: TrainedEmbedder = await load(path, { runtime })
  hashes[suffix] = model.hash
  const known = await model.embed(digits.images.subarray(0, 200 * 784))
  const bare = detector(knnDistance(known, model.dim, { k: 3 }))
  const look = { detector: bare, input: 'embedding', moves: smallMoves(2, seed) } as const
  const scores = await scoreImages(look, model, digits.images.subarray(200 * 784), () => expect.unreachable())
  const { rule, promise } = conformalPromise(scores, 0.95, 'above', { of: '300 digits of a test' })
  writeFileSync(join(run, `reject${suffix}.json`), rejectionToJson({ ...look, model: model.hash, detector: bare.withRule(rule), promise }))
  const { dim } = model
  const head = { dim, classes: digits.classes, weight: new Float32Array(10 * dim).fill(seed), bias: new Float32Array(10), temperature: 1 }
  writeFileSync(join(run, `head${suffix}.json`), headToJson(head, model))
}

async function writePictures(folder: string, { images }: { images: Uint8Array }): Promise<string> {
  const path = join(home, folder)
  mkdirSync(path, { recursive: true })
  for (let i = 0; i < images.length / 784; i++)
    await sharp(images.subarray(i * 784, (i + 1) * 784), { raw: { width: 28, height: 28, channels: 1 } })
      .png()
      .toFile(join(path, `${i}.png`))
  return path
}

let [mnist, thick, few] = ['', '', '']
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 })
  mkdirSync(run)
  const digits = take(await loadMnist({ split: 'test' }), 640, { seed: 3 })
  const start = take(digits, 500)
  for (const [i, suffix] of ['', '-invented', '-outliers'].entries()) await writeModel(suffix, i + 1, start)
  mnist = await writePictures('mnist', { images: digits.images.subarray(500 * 784, 560 * 784) })
  thick = await writePictures('thick', { images: bold(digits.images.subarray(560 * 784)) })
  few = await writePictures('few', { images: imageAt(digits, 0) })
}, 60_000)

const model = (suffix = '') => join(run, `model${suffix}.onnx`)
const said = async (result: unknown): Promise<string> =>
  ((await (await loadVerb('reject')).render!(result, {} as never)) as string[]).join('\n')

describe('files beside a model', () => {
  test.each(['', '-invented', '-outliers'])('model%s.onnx finds its own', async (suffix) => {
    const { promise, pictures } = await runVerb('reject', { model: model(suffix), pictures: [few] }, { runtime })
    expect(promise).toMatchObject({ keep: 0.95, n: 300, of: '300 digits of a test' })
    expect(pictures).toHaveLength(1)
    expect((await runVerb('classify', { model: model(suffix), pictures: [few] }, { runtime })).pictures).toHaveLength(1)
  })

  test('a model that was renamed finds them by its hash, also under the plain names', async () => {
    copyFileSync(model('-outliers'), join(run, 'mine.onnx'))
    copyFileSync(model(), join(run, 'model-first.onnx'))
    const ask = (name: string) => runVerb('reject', { model: join(run, name), pictures: [few] }, { runtime })
    const threshold = async (name: string) => (await ask(name)).rule.threshold
    expect(await threshold('mine.onnx')).toBe(await threshold('model-outliers.onnx'))
    expect(await threshold('model-first.onnx')).toBe(await threshold('model.onnx'))
    expect(await threshold('mine.onnx')).not.toBe(await threshold('model.onnx'))
  })

  test('where none fits, what was looked for is said; a damaged one is not passed over', async () => {
    const other = join(home, 'other')
    mkdirSync(other)
    copyFileSync(model('-outliers'), join(other, 'model-outliers.onnx'))
    const ask = () => runVerb('reject', { model: join(other, 'model-outliers.onnx'), pictures: [few] }, { runtime })
    await expect(ask()).rejects.toMatchObject({
      code: 'not-found',
      option: 'rule',
      message: expect.stringContaining('reject-outliers.json or '),
    })
    copyFileSync(join(run, 'reject.json'), join(other, 'reject.json'))
    await expect(ask()).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining(`must belong to the model ${hashes['-outliers'].slice(0, 12)}`),
    })
    writeFileSync(join(other, 'reject-outliers.json'), '{')
    await expect(ask()).rejects.toMatchObject({ code: 'corrupt' })
    copyFileSync(join(run, 'reject-outliers.json'), join(other, 'reject-outliers.json'))
    await ask()
    renameSync(join(other, 'reject-outliers.json'), join(other, 'reject-old.json'))
    await ask()
  })
})

describe('what is said', () => {
  test('of each picture: kept or refused, score, threshold and direction, p and promise; then the promise as a sentence', async () => {
    const result = await runVerb('reject', { model: model(), pictures: [mnist] }, { runtime })
    expect(result.pictures).toHaveLength(60)
    for (const p of result.pictures) {
      expect(p).toMatchObject({ ...result.rule, kept: p.score! <= p.threshold, rejected: p.score! > p.threshold, rejectWhen: 'above' })
      expect(Object.keys(p.promise!)).toEqual(['keep', 'interval', 'of'])
      expect(p.p! > 0 && p.p! <= 1).toBe(true)
    }
    expect(result.drift).toMatchObject({ n: 60, drifted: false })
    const lines = await said(result)
    expect(lines).toMatch(/^kept {5}0\.\d+ <= 0\.\d+ {2,}p 0\.\d{4} {2}\S+0\.png$/m)
    expect(lines).toContain(`${result.rejected} of 60 refused: kNN distance, mean over 3 looks, above `)
    expect(lines).toMatch(/^p: the share of the digits below that score as high or higher$/m)
    expect(lines).toContain(
      'promise: of further digits like these (300 digits of a test), at least 95 % are kept, on average over calibrations; ',
    )
    expect(lines).toMatch(/with these 300, between 9\d\.\d % and 9\d\.\d % \(95 % interval\)/)
  })

  test('digits of another source: a warning with the figures of the test; fewer than twenty are not tested', async () => {
    const warnings: string[] = []
    const progress = { ...silent, warn: (line: string) => void warnings.push(line) }
    const result = await runVerb('reject', { model: model(), pictures: [thick] }, { runtime, progress })
    expect(result.drift).toMatchObject({ drifted: true, towards: 'outliers', n: 80 })
    expect(warnings.join('\n')).toMatch(
      /these 80 pictures score unlike the digits that the promise is made for \(300 digits of a test\): KS D = 0\.\d\d, p < 0\.0001; the 95 % does not hold/,
    )
    expect((await runVerb('reject', { model: model(), pictures: [few] }, { runtime })).drift).toBeUndefined()
  })
})

describe('calibrated on one’s own digits', () => {
  test('alone, kept in a file, and used from there: they are kept, and the promise names them', async () => {
    const rule = join(home, 'mine.json')
    writeFileSync(rule, '{"mine":1}')
    await expect(runVerb('reject', { model: model(), calibrate: thick, save: rule }, { runtime })).rejects.toThrow(
      'must be an earlier rule',
    )
    expect(readFileSync(rule, 'utf8')).toBe('{"mine":1}')
    rmSync(rule)
    const made = await runVerb('reject', { model: model(), calibrate: thick, save: rule }, { runtime })
    expect(made).toMatchObject({
      pictures: [],
      saved: rule,
      calibration: { pictures: 80, copies: 0, skipped: [], drift: { drifted: true } },
    })
    expect(made.calibration!.keptBefore).toBeLessThan(70)
    const lines = await said(made)
    expect(lines).toContain(
      `promise: of further digits like these (80 pictures of ${thick}), at least 95 % are kept, on average over calibrations`,
    )
    expect(lines).toMatch(
      /calibrated on 80 pictures of .*: the rule before keeps \d+ of them; they score unlike 300 digits of a test \(KS D = /,
    )
    const used = await runVerb('reject', { model: model(), pictures: [thick], rule }, { runtime })
    expect(used).toMatchObject({ rule: made.rule, rejected: 3, drift: { drifted: false } }) // floor(.05 x 81) = 4: the fourth is kept
    expect(JSON.parse(readFileSync(rule, 'utf8'))).toMatchObject({ format: 'kindred-rejection-2', promise: { keep: 0.95, n: 80 } })
    const both = await runVerb('reject', { model: model(), pictures: [mnist], calibrate: thick, keep: 0.9 }, { runtime })
    expect(both).toMatchObject({ promise: { keep: 0.9, n: 80 }, drift: { drifted: true, towards: 'the ordinary' } })
  })

  test('copies count once, what cannot be read is told, sub-folders do not matter; too few are refused', async () => {
    const mixed = join(home, 'mixed')
    mkdirSync(join(mixed, 'sevens'), { recursive: true })
    for (let i = 0; i < 30; i++) copyFileSync(join(thick, `${i}.png`), join(mixed, i % 2 === 0 ? 'sevens' : '', `${i}.png`))
    copyFileSync(join(thick, '0.png'), join(mixed, 'again.png'))
    writeFileSync(join(mixed, 'broken.png'), 'no picture')
    const { calibration } = await runVerb('reject', { model: model(), calibrate: mixed }, { runtime })
    expect(calibration).toMatchObject({ pictures: 30, copies: 1, skipped: [{ path: join(mixed, 'broken.png') }] })
    rmSync(join(mixed, '29.png'))
    await expect(runVerb('reject', { model: model(), calibrate: mixed }, { runtime })).rejects.toMatchObject({
      code: 'usage',
      option: 'calibrate',
      message: expect.stringContaining('there must be 30 digits or more to promise that 95 % are kept, got 29'),
    })
    await expect(runVerb('reject', { model: model(), calibrate: thick, keep: 0.99 }, { runtime })).rejects.toThrow(
      'there must be 99 digits or more',
    )
  })

  test('a picture in which no digit is found is a digit refused: it counts, as the most outlying; too many, and nothing can be promised', async () => {
    const blank = await writePictures('blank', { images: new Uint8Array(4 * 784).fill(200) })
    const some = join(home, 'some')
    cpSync(thick, some, { recursive: true })
    const alone = await runVerb('reject', { model: model(), calibrate: some }, { runtime })
    copyFileSync(join(blank, '0.png'), join(some, 'blank.png'))
    const { calibration, promise, rule } = await runVerb('reject', { model: model(), calibrate: some, pictures: [blank] }, { runtime })
    expect(calibration).toMatchObject({ pictures: 81, noDigit: 1, copies: 0, skipped: [] })
    expect(promise!.n).toBe(81)
    expect(rule.threshold).toBeGreaterThan(alone.rule.threshold) // the fourth greatest of 81, the infinite one among them
    for (const i of [1, 2, 3]) copyFileSync(join(blank, `${i}.png`), join(some, `blank${i}.png`))
    await expect(runVerb('reject', { model: model(), calibrate: some }, { runtime })).rejects.toThrow(
      'at least 81 of 84 calibration points must have a finite score, got 80',
    )
    const batch = await runVerb('reject', { model: model(), pictures: Array.from({ length: 25 }, () => join(blank, '0.png')) }, { runtime })
    expect(batch).toMatchObject({ rejected: 25, drift: { drifted: true, n: 25, towards: 'outliers' } })
    expect(batch.pictures[0]).toMatchObject({ kept: false, score: null, reason: expect.any(String) })
    // beside digits, before and after them, the lines stay one table
    for (const pictures of [
      [join(blank, '0.png'), few],
      [few, join(blank, '0.png')],
    ]) {
      const lines = await said(await runVerb('reject', { model: model(), pictures }, { runtime }))
      expect(lines).toMatch(/^refused {2}no digit {2,}\S+0\.png: \S.+$/m)
      expect(lines).toMatch(/^\S+ +\d\.\d+ [<>]=? +0\.\d+ {2}p 0\.\d{4} {2}\S+0\.png$/m)
    }
  })

  test('another share without other digits, by the scores that the rule carries', async () => {
    const [usual, stricter] = [
      await runVerb('reject', { model: model(), pictures: [mnist] }, { runtime }),
      await runVerb('reject', { model: model(), pictures: [mnist], keep: 0.84 }, { runtime }),
    ]
    expect(stricter.promise).toMatchObject({ keep: 0.84, of: '300 digits of a test' })
    expect(stricter.rule.threshold).toBeLessThan(usual.rule.threshold)
  })

  test('what does not go together is refused', async () => {
    await expect(runVerb('reject', { model: model() }, { runtime })).rejects.toThrow('pictures, or `calibrate`, must be given, got neither')
    await expect(runVerb('reject', { model: model(), pictures: [few], save: 'x.json' }, { runtime })).rejects.toThrow(
      '`save` must come with',
    )
  })
})
