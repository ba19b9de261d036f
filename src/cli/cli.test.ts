/** @file The command line: wrong words, a whole run from training to classification, Ctrl-C and --resume. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { kindred } from '../../test/support/kindred.ts'
import { imageAt, indicesByClass } from '../dataset/index.ts'
import { loadMnist } from '../digits/index.ts'
import { readVectors } from '../vectors/index.ts'
import { detector, knnDistance } from '../openset/index.ts'
import { rejectionToJson } from '../stories/index.ts'
import { folderStore } from '../files/index.ts'
import { loadCheckpoint } from '../train/index.ts'
import { run } from './run.ts'

describe('wrong words', () => {
  test.each([
    [['trian', 'mnist'], 'Did you mean train?'],
    [['train', 'mnits'], 'Did you mean "mnist"?'],
    [['train', 'mnist', '--epoch', '3'], 'Did you mean --epochs?'],
    [['train', 'mnist', '--margin', '-1'], "option '--margin <m>' argument '-1' is invalid. It must be a number >= 0."],
    [['train', 'mnist', '--margin', ''], 'It must be a number >= 0.'],
    [['train', 'mnist', '--epochs', 'x'], "argument 'x' is invalid. It must be a whole number >= 1."],
    [['train', 'mnist', '--epochs', '1.5'], 'It must be a whole number >= 1.'],
    [['train', 'mnist', '--seed', '-3'], 'It must be a whole number >= 0.'],
    [['train', 'mnist', '--threads', '0'], 'It must be a whole number from 1 to 1024.'],
    [['train', 'mnist', '--preset', 'studnet'], 'Did you mean student?'],
    [['train', 'mnist', '--mining', 'batchhard'], 'Did you mean batch-hard?'],
    [['train'], "missing required argument 'what'"],
    [['train', 'mnist', '--data', 'a', '--download', '--out', '/tmp/kindred-none'], '--data and --download'],
    [['map', 'a.npy', '--out', 'map.png'], 'must end in .svg'],
    [['embed', 'model.onnx'], "missing required argument 'pictures'"],
    [
      ['classify', 'seven.png'],
      "missing required argument 'pictures': kindred classify takes <model> <pictures...>. " +
        'model: model.onnx of a run. pictures: image files, or folders of them',
    ],
  ])('%j is answered with what is meant, on standard error, and exit 2', async (words, message) => {
    const { code, out, err } = await kindred(...words)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).toMatch(/^error: /)
    expect(err).not.toContain('    at ')
  })

  test('what is missing is exit 1, and with --json errors are JSON, too', async () => {
    expect(await kindred('map', '/nowhere/v.npy')).toMatchObject({ code: 1, err: expect.stringContaining('no such file') })
    expect(await kindred('train', 'mnist', '--resume', '--out', '/nowhere')).toMatchObject({
      code: 1,
      err: expect.stringContaining('must hold a run to resume'),
    })
    const missing = await kindred('map', '/nowhere/v.npy', '--json')
    expect(JSON.parse(missing.err)).toMatchObject({ event: 'error', error: { code: 'not-found' } })
    const typo = await kindred('--json', 'map', '--methd', 'pca')
    expect(typo.code).toBe(2)
    expect(JSON.parse(typo.err).error.message).toContain('Did you mean --method?')
  })

  test('help and version are results', async () => {
    expect(await kindred('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
    const help = await kindred('train', '--help')
    expect(help).toMatchObject({ code: 0, err: '' })
    for (const word of ['Examples:', '--resume', '--json', '--threads']) expect(help.out).toContain(word)
  })
})

describe('one run', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-cli-'))
  const out = join(folder, 'run')
  const model = join(out, 'model.onnx')
  const pictures = join(folder, 'pictures')
  const quick = [
    'train',
    'mnist',
    '--images',
    '1500',
    '--validation',
    '300',
    '--epochs',
    '2',
    '--steps',
    '6',
    '--no-test',
    '--threads',
    '2',
    '--quiet',
  ]

  beforeAll(async () => {
    expect(await kindred(...quick, '--out', out)).toMatchObject({ code: 0, err: '' })
    const test = await loadMnist({ split: 'test' })
    const lists = indicesByClass(test)
    for (const digit of [0, 1, 7]) {
      mkdirSync(join(pictures, String(digit)), { recursive: true })
      for (const i of lists[digit].slice(0, 3))
        await sharp(imageAt(test, i), { raw: { width: 28, height: 28, channels: 1 } })
          .png()
          .toFile(join(pictures, String(digit), `${i}.png`))
    }
    writeFileSync(join(pictures, '7', 'broken.png'), 'no picture')
  }, 240_000)

  test('leaves a folder with model, head, curves, history and checkpoint', () => {
    for (const name of ['model.onnx', 'head.json', 'loss.svg', 'loss.png', 'history.json', 'run.json', 'checkpoint.kindred'])
      expect(existsSync(join(out, name)), name).toBe(true)
    expect(JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')).length).toBe(2)
  })

  test('is not begun again over itself, and resumed without a word gives the same model', async () => {
    expect(await kindred(...quick, '--out', out)).toMatchObject({ code: 2, err: expect.stringContaining('Pass --resume to go on') })
    const before = readFileSync(model)
    const { code, out: result } = await kindred(
      'train',
      'mnist',
      '--resume',
      '--out',
      out,
      '--no-test',
      '--threads',
      '2',
      '--json',
      '--quiet',
    )
    expect(code).toBe(0)
    expect(JSON.parse(result)).toMatchObject({ model, stopped: 'finished', steps: 12 })
    expect(readFileSync(model).equals(before)).toBe(true)
    expect(await kindred('train', 'mnist', '--resume', '--out', out, '--margin', '0.2', '--quiet')).toMatchObject({
      code: 1,
      err: expect.stringContaining('margin must be that of the run, 0.4, got 0.2'),
    })
    const words = readFileSync(join(out, 'run.json'))
    for (const [text, place] of [
      ['null', 'run.json: its content'],
      ['{}', 'run.json: options must be'],
      ['{"options":{"margin":"much"}}', 'run.json: options.margin'],
      ['{"options":{"margin":1e999}}', 'run.json: options.margin'],
      ['{"options":{"preset":"larger"}}', 'run.json: options.preset'],
      ['{', 'run.json: it must hold JSON'],
    ]) {
      writeFileSync(join(out, 'run.json'), text)
      expect(await kindred('train', 'mnist', '--resume', '--out', out, '--quiet'), text).toMatchObject({
        code: 1,
        err: expect.stringContaining(place),
      })
    }
    writeFileSync(join(out, 'run.json'), words)
  })

  test('its model embeds, maps and classifies pictures, and says which it could not read', async () => {
    const vectors = join(folder, 'v.csv')
    const embedded = await kindred('embed', model, pictures, '--out', vectors, '--json')
    expect(JSON.parse(embedded.out)).toMatchObject({
      count: 9,
      dim: 10,
      labelled: true,
      skipped: [{ path: join(pictures, '7', 'broken.png'), reason: expect.stringContaining('must hold an image') }],
    })
    expect(embedded.err).toContain('broken.png')
    expect(readVectors(vectors)).toMatchObject({ dim: 10, labels: ['0', '0', '0', '1', '1', '1', '7', '7', '7'] })
    const figure = join(folder, 'map.svg')
    expect((await kindred('map', vectors, '--out', figure, '--iterations', '50')).code).toBe(0)
    expect(readFileSync(figure, 'utf8')).toContain('<svg')
    expect(readVectors(join(folder, 'map.csv'))).toMatchObject({ dim: 2, labels: expect.arrayContaining(['7']) })
    expect((await kindred('map', model, pictures, '--out', figure, '--method', 'pca')).code).toBe(0)
    const same = join(folder, 'same.csv')
    writeFileSync(same, `a,b\n${'0.1,0.2\n'.repeat(40)}`)
    expect(await kindred('map', same, '--out', join(folder, 'same-map.svg'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('the vectors must differ, got 40 vectors that are all the same'),
    })
    expect(existsSync(join(folder, 'same.svg'))).toBe(false)
    const classified = JSON.parse((await kindred('classify', model, pictures, '--json')).out) as {
      accuracy: number
      pictures: { class: string; probability: number }[]
    }
    expect(classified.pictures.length).toBe(9)
    expect(classified.accuracy).toBeGreaterThan(0.5)
    for (const p of classified.pictures) expect(p.probability).toBeLessThanOrEqual(1)
  })

  test('a rejection rule beside the model rejects what lies far from what it knows', async () => {
    const vectors = join(folder, 'known.npy')
    await kindred('embed', model, join(pictures, '0'), '--out', vectors, '--quiet')
    const known = readVectors(vectors)
    const { model: hash } = JSON.parse(readFileSync(join(out, 'head.json'), 'utf8')) as { model: string }
    const rule = detector(knnDistance(known.vectors, known.dim, { k: 1 })).withRule({ threshold: 1e-3, rejectWhen: 'above' })
    writeFileSync(join(out, 'reject.json'), rejectionToJson({ model: hash, input: 'embedding', detector: rule }))
    const answer = JSON.parse((await kindred('reject', model, pictures, '--json')).out) as {
      rejected: number
      pictures: { picture: string; rejected: boolean; kept: boolean }[]
    }
    expect(answer.rejected).toBe(6)
    for (const p of answer.pictures) {
      expect(p).toMatchObject({ kept: p.picture.includes('/0/'), rejected: !p.kept, threshold: 1e-3, rejectWhen: 'above' })
      expect(p).not.toHaveProperty('promise')
    }
    const { out: said } = await kindred('reject', model, pictures)
    expect(said).toContain('6 of 9 refused: kNN distance, above 0.001000')
    expect(said).toContain('no promise: the rule was written by an older version')
  })

  test('a head of another model is refused; a missing head or rule says where it comes from', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    cpSync(model, join(other, 'model.onnx'))
    expect(await kindred('classify', join(other, 'model.onnx'), pictures)).toMatchObject({
      code: 1,
      err: expect.stringContaining('kindred train and kindred digits write one'),
    })
    expect(await kindred('reject', join(other, 'model.onnx'), pictures)).toMatchObject({
      code: 1,
      err: expect.stringContaining('kindred digits chooses one'),
    })
    const head = JSON.parse(readFileSync(join(out, 'head.json'), 'utf8')) as { model: string }
    writeFileSync(join(other, 'head.json'), JSON.stringify({ ...head, model: 'f'.repeat(64) }))
    expect(await kindred('classify', join(other, 'model.onnx'), pictures)).toMatchObject({
      code: 1,
      err: expect.stringContaining('the head must belong to the model'),
    })
  })
})

test.skipIf(process.platform === 'win32')(
  'Ctrl-C ends with 130 after saving, and --resume goes on from there',
  { timeout: 240_000 },
  async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'kindred-stop-')), 'run')
    const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
    const words = [
      'train',
      'mnist',
      '--images',
      '1000',
      '--validation',
      '200',
      '--epochs',
      '2',
      '--steps',
      '100',
      '--out',
      out,
      '--json',
      '--threads',
      '1',
      '--no-test',
    ]
    const child = spawn(process.execPath, ['--import', loader, new URL('./main.ts', import.meta.url).pathname, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [err, stopped] = ['', false]
    child.stderr.on('data', (d: Buffer) => {
      err += d.toString()
      if (!stopped && err.includes('"event":"progress"')) stopped = child.kill('SIGINT')
    })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    expect(code).toBe(130)
    expect(err).toContain('"code":"interrupted"')
    const { header } = await loadCheckpoint<{ step: number }>(folderStore(out))
    expect(header.step).toBeGreaterThan(0)
    expect(header.step).toBeLessThan(200)
    const resumed = await kindred('train', 'mnist', '--resume', '--out', out, '--json', '--threads', '1', '--no-test', '--quiet')
    expect(resumed.code).toBe(0)
    expect(JSON.parse(resumed.out)).toMatchObject({ steps: 200 })
  },
)

test('with --json a flag that is refused is named as code names it', async () => {
  const errors: string[] = []
  const streams = { out: { write: () => true }, err: { write: (text: string) => errors.push(text) } }
  expect(await run(['faces', '--min-sharpness', 'x', '--json'], streams as never)).toBe(2)
  expect(JSON.parse(errors[0]).error).toMatchObject({ code: 'usage', option: 'minSharpness' })
})
