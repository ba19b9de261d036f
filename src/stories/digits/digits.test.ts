/** @file The whole digits story on a small budget: its files do what the report says of them. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeMiniMnist } from '../../../test/support/mini-mnist.ts'
import { stratifiedSplit, type Dataset } from '../../dataset/index.ts'
import { loadMnist, renderedLetters } from '../../digits/index.ts'
import { accuracy, knnAccuracy } from '../../metrics/index.ts'
import { load, type TrainedEmbedder } from '../../models/index.ts'
import { nodeRuntime, type Runtime } from '../../runtime/index.ts'
import { headFromJson, headLogits, predictions } from '../../train/index.ts'
import type { DigitsReport } from './digits-report.ts'
import { digits } from './digits.ts'
import { rejectImages } from './reject.ts'
import { rejectionFromJson } from './rejection-file.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-digits-'))
const [data, out] = [join(home, 'mnist'), join(home, 'out')]
let runtime: Runtime
let report: DigitsReport
let [train, asked] = [] as unknown as [Dataset, Dataset]
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 })
  await writeMiniMnist(data, { train: 3000, test: 300 })
  train = stratifiedSplit(await loadMnist({ from: data, split: 'train' }), { fraction: 1 / 12, seed: 0 }).train
  asked = await loadMnist({ from: data, split: 'test' })
  const budget = { images: 2750, epochs: 1, steps: 30, sweepSteps: 5, margins: [0, 0.4], mapPoints: 120 }
  report = await digits({ out, data: { from: data }, runtime, command: 'kindred digits', versions: { kindred: '0' }, ...budget })
}, 300_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const text = (name: string): string => readFileSync(join(out, name), 'utf8')
async function opened<T>(file: string, use: (model: TrainedEmbedder) => Promise<T>): Promise<T> {
  const model = await load(join(out, file), { runtime })
  try {
    return await use(model)
  } finally {
    await model.dispose()
  }
}
const nearestRight = (model: TrainedEmbedder): Promise<number> =>
  Promise.all([model.embed(train.images), model.embed(asked.images)]).then(([known, queries]) =>
    knnAccuracy(known, train.labels, model.dim, { k: 5, queries, queryLabels: asked.labels }),
  )

describe('a digits story with outliers, controls and sweep', () => {
  test('ends whole: what it returns is what lies in the folder, and the page waits for nothing', () => {
    expect(JSON.parse(text('report.json'))).toEqual(JSON.parse(JSON.stringify(report)))
    expect(report).toMatchObject({ complete: true, dataset: { train: 2750, validation: 250, test: 300 }, embedding: { dim: 10 } })
    for (const unfinished of ['stopped', 'running', 'now']) expect(JSON.parse(text('report.json'))).not.toHaveProperty(unfinished)
    expect(report.history.map(({ epoch }) => epoch)).toEqual([1])
    expect(report.stages!.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'Training',
        'Margin sweep',
        "The student's rule",
        'Rejection after invented characters',
        'Rejection after letters',
      ]),
    )
    const page = text('report.html')
    expect(page).not.toMatch(/computing…|\(running\)|http-equiv="refresh"|<p class="running"/)
    const left = readdirSync(out, { recursive: true }).filter((name) => /part|lock/i.test(String(name)))
    expect(left).toEqual([])
  })

  test('every figure stands on the page as it lies in the folder; every PNG is its SVG', async () => {
    const page = text('report.html')
    const figures = readdirSync(join(out, 'figures'))
    const drawn = figures.filter((name) => name.endsWith('.svg')).map((name) => name.slice(0, -4))
    const open = ['lettersAccepted', 'lettersRejected', 'rejectionCurve', 'rejectionHistogram', 'rejectionHistogramStudent']
    const closed = ['baselines', 'confusion', 'errors', 'loss', 'map', 'mapImages', 'neighbours', 'reliability', 'triplets']
    expect(drawn.sort()).toEqual([...open, ...closed, 'sweepCurves', 'sweepPanels'].sort())
    for (const name of drawn) {
      const placed = new RegExp(`<figure class="figure[^"]*" id="figure-${name}">.*?</figure>`, 's').exec(page)?.[0]
      const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map(([, word]) => word)
      expect(words(placed!), name).toEqual(words(text(`figures/${name}.svg`)))
      expect(words(placed!).length, name).toBeGreaterThan(0)
    }
    for (const name of ['loss', 'map', 'confusion', 'rejectionHistogram', 'rejectionCurve', 'sweepPanels', 'sweepCurves']) {
      const { width, height } = await sharp(join(out, 'figures', `${name}.png`)).metadata()
      const [, w, h] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(text(`figures/${name}.svg`))!
      expect(width / height, name).toBeCloseTo(Number(w) / Number(h), 1)
    }
    expect(text('figures/mapImages.svg').match(/<image /g)?.length).toBeGreaterThan(0)
    expect(report.map).toMatchObject({ points: 120, method: 't-SNE' })
  })

  test('model.onnx embeds as well as the report says, better than untrained; head.json reads as well', async () => {
    await opened('model.onnx', async (model) => {
      expect(await nearestRight(model)).toBeCloseTo(report.knn!.accuracy, 10)
      const head = headFromJson(text('head.json'), 'head.json', model)
      const read = predictions(headLogits(head, await model.embed(asked.images)), 10)
      expect(accuracy(asked.labels, read)).toBe(report.head!.accuracy)
    })
    expect(report.knn!.accuracy).toBeGreaterThan(report.baselines!.untrained!.accuracy + 0.05)
    expect(report.head!.accuracy).toBeGreaterThan(0.6)
    const raw = Float32Array.from(train.images, (v) => v / 255)
    const queries = Float32Array.from(asked.images, (v) => v / 255)
    const pixels = knnAccuracy(raw, train.labels, 784, { k: 5, queries, queryLabels: asked.labels })
    expect(report.baselines!.rawPixels!.accuracy).toBeCloseTo(pixels, 10)
  })

  test.each([
    ['none', 'model.onnx', 'reject.json'],
    ['invented', 'model-invented.onnx', 'reject-invented.json'],
    ['letters', 'model-outliers.onnx', 'reject-outliers.json'],
  ] as const)('after training against %s: %s and %s reject what the report says', async (seen, file, rule) => {
    await opened(file, async (model) => {
      if (seen !== 'none') expect(await nearestRight(model)).toBeCloseTo(report.after![seen]!.knn.accuracy, 10)
      const kept = rejectionFromJson(text(rule), rule, model)
      const head = headFromJson(text(rule.replace('reject', 'head')), 'head', model)
      expect(head.temperature).not.toBe(1)
      const rejected = async ({ images }: Dataset): Promise<number> => {
        const all = await rejectImages(kept, model, images, () => head)
        return all.filter((answer) => answer.rejected).length / all.length
      }
      const leading = report.rejection!.filter((r) => r.strangers === seen && r.leads)
      expect(leading).toHaveLength(1)
      const [row] = leading
      const { rule: decides, scorer } = kept.detector
      expect(row).toMatchObject({
        ...decides,
        at: '95 % of digits kept',
        score: kept.moves === undefined ? scorer.name : `${scorer.name}-moved`,
      })
      expect(kept.promise).toMatchObject(row.promise!)
      expect(row.promise).toMatchObject({ keep: 0.95, of: '250 validation digits of MNIST' })
      expect(1 - (await rejected(asked))).toBeCloseTo(row.digitsKept!, 10)
      const letters = renderedLetters({ fonts: 'test', perLetter: 40, seed: 0 })
      expect(letters.count).toBe(report.dataset.letters)
      expect(await rejected(letters)).toBeCloseTo(row.lettersRejected, 10)
    })
  })

  test('after training against outliers more letters are rejected; controls say what of it is the pen', () => {
    const best = (seen: string) => Math.max(...report.rejection!.filter((r) => r.strangers === seen).map((r) => r.auroc))
    expect(best('letters')).toBeGreaterThan(best('none') + 0.05)
    expect(report.rejection!.filter((r) => r.preferred === true).map((r) => r.strangers)).toEqual(
      ['none', 'none', 'invented', 'invented', 'letters', 'letters'], // two working points each
    )
    expect(report.digitControls!.map(({ count }) => count)).toEqual([300, 300, 100 * 10])
    for (const { rejected } of report.digitControls!) expect(Object.keys(rejected)).toEqual(['none', 'invented', 'letters'])
    const [own] = report.digitControls!
    for (const share of Object.values(own.rejected)) expect(share).toBeLessThan(0.15) // 95 % of the validation digits are kept
    expect(report.rejection!.filter((r) => r.rule === 'student').length).toBeGreaterThan(1)
  })

  test('the table of outliers holds every network at both points, and agrees with the rows and controls beside it', () => {
    const { rows, scripts } = report.outlierTable!
    expect(rows.map(({ name, kind, images }) => [name, kind, images])).toEqual([
      ['letters in unseen fonts', 'letters', 2080],
      ['drawn shapes', 'outliers', 300],
      ['noise', 'outliers', 300],
      ['two digits side by side', 'outliers', 300],
      ...report.digitControls!.map(({ digits: name, count }) => [name, 'digits', count]),
    ])
    expect(scripts).toBeUndefined()
    for (const seen of ['none', 'invented', 'letters'] as const) {
      for (const { figures, kind } of rows) {
        for (const point of [figures[seen]!.kept95, figures[seen]!.kept84]) expect(point.unlike !== undefined).toBe(kind === 'letters')
      }
      const leading = report.rejection!.find((r) => r.strangers === seen && r.preferred === true && r.at === '95 % of digits kept')!
      const { kept95 } = rows[0].figures[seen]!
      expect(1 - kept95.kept / kept95.of).toBeCloseTo(leading.lettersRejected, 10)
      expect(1 - kept95.unlike!.kept / kept95.unlike!.of).toBeCloseTo(leading.lettersRejectedUnlike!, 10)
      const [own] = rows.filter(({ kind }) => kind === 'digits')
      expect(1 - own.figures[seen]!.kept95.kept / own.images).toBeCloseTo(report.digitControls![0].rejected[seen]!, 10)
    }
    expect(text('report.html')).toContain('id="judged-95"')
  })

  test('the sweep in the report is that of sweep.json, one entry and one panel a margin', () => {
    const { sweep, steps } = JSON.parse(text('sweep.json')) as { sweep: { margin: number }[]; steps: number }
    expect(steps).toBe(5)
    expect(sweep.map(({ margin }) => margin)).toEqual([0, 0.4])
    expect(JSON.parse(text('report.json')).sweep).toEqual(sweep)
    expect(text('sweep.svg')).toBe(text('figures/sweepPanels.svg'))
    expect(text('sweep-curves.svg')).toBe(text('figures/sweepCurves.svg'))
    expect(existsSync(join(out, 'sweep.png'))).toBe(true)
  })
})
