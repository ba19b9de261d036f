/** @file The loop: that it learns, that it repeats itself to the byte, that it can be stopped and resumed anywhere, and how it fails. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tinyNetwork, tinyTraining } from '../../test/support/tiny-training.ts'
import { subset, take, type Dataset } from '../dataset/index.ts'
import { minedObjective, minings, pseudoOutliers, type Mining } from '../digits/index.ts'
import { checkpointName, folderStore } from '../files/index.ts'
import { adam, constantRate, cosine, sgd } from '../optim/index.ts'
import { mPerClass, randomTriplets } from '../samplers/index.ts'
import { decodeCheckpoint, trainEmbedder, type EpochRecord, type TrainEmbedderOptions, type TrainEmbedderResult } from './index.ts'

let tiny: TrainEmbedderOptions & { source: Dataset; validation: Dataset }
beforeAll(async () => {
  tiny = await tinyTraining()
})

const folder = () => mkdtempSync(join(tmpdir(), 'kindred-train-'))
const bytesOf = (weights: ReadonlyMap<string, Float32Array>) =>
  Buffer.concat([...weights].flatMap(([name, a]) => [Buffer.from(name), Buffer.from(a.buffer, a.byteOffset, a.byteLength)]))
const timeless = (history: readonly EpochRecord[]) => history.map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest)
function expectSame(a: TrainEmbedderResult, b: TrainEmbedderResult): void {
  expect(timeless(a.history)).toEqual(timeless(b.history))
  expect(bytesOf(a.weights).equals(bytesOf(b.weights))).toBe(true)
  expect(a.bestEpoch).toBe(b.bestEpoch)
}

/** A training of a mining's name. */
const mined = (
  mining: Mining,
  { triplets = 40, classes = 8, perClass = 6, margin = 0.4 } = {},
): Pick<TrainEmbedderOptions, 'objective' | 'batches'> => ({
  objective: minedObjective(mining, margin),
  batches: mining === 'random' ? randomTriplets({ triplets }) : mPerClass({ classes, perClass }),
})

describe('training', () => {
  test.each(minings)('with %s mining lowers both losses and beats a constant answer', async (mining) => {
    const { history, bestEpoch, weights, steps, stopped } = await trainEmbedder({
      ...tiny,
      ...mined(mining, { classes: 10, perClass: 5 }),
      augmentation: undefined,
      schedule: (total) => cosine(0.003, total),
      epochs: 4,
      stepsPerEpoch: 8,
    })
    expect(history.map((h) => h.epoch)).toEqual([1, 2, 3, 4])
    expect(history[3].trainLoss).toBeLessThan(history[0].trainLoss)
    expect(history[3].validationLoss).toBeLessThan(history[0].validationLoss)
    expect(history[bestEpoch - 1].knnAccuracy).toBe(Math.max(...history.map((h) => h.knnAccuracy)))
    expect(history[bestEpoch - 1].knnAccuracy).toBeGreaterThan(mining === 'batch-hard' ? 0.3 : 0.5)
    for (const h of history) {
      expect(h.activeTriplets).toBeGreaterThan(0)
      expect(h.activeTriplets).toBeLessThanOrEqual(1)
      expect(h.spread).toBeGreaterThan(0.02 * h.length)
    }
    expect(history[3].learningRate).toBe(0)
    expect(weights.get('embedding.weight')!.length).toBe(4 * 24)
    expect([steps, stopped]).toEqual([32, 'finished'])
  })

  test('the same seed twice gives the same bytes, another seed others', async () => {
    const first = await trainEmbedder(tiny)
    expectSame(await trainEmbedder(tiny), first)
    expect(bytesOf((await trainEmbedder({ ...tiny, seed: 6 })).weights).equals(bytesOf(first.weights))).toBe(false)
  })

  test('outliers change the training and are in its batches as negatives', async () => {
    const outliers = pseudoOutliers(tiny.source, { count: 200, seed: 1 })
    const plain = await trainEmbedder({ ...tiny, epochs: 1 })
    for (const mining of minings) {
      const { history } = await trainEmbedder({ ...tiny, ...mined(mining, { triplets: 16 }), outliers, outliersPerBatch: 24, epochs: 1 })
      expect(Number.isFinite(history[0].validationLoss)).toBe(true)
      if (mining === 'soft-negative') expect(history[0].trainLoss).toBeGreaterThan(plain.history[0].trainLoss) // more negatives, a lower soft minimum
    }
  })

  test('the weights given to onEpoch are those that were judged, and the best of them are returned', async () => {
    const seen: { record: EpochRecord; weights: Buffer; first: number[] }[] = []
    const result = await trainEmbedder({
      ...tiny,
      onEpoch: async (record, { weights, embed, dim }) => {
        const embedded = await embed(take(tiny.validation, 3))
        expect(embedded.length).toBe(3 * dim)
        seen.push({ record, weights: bytesOf(weights), first: [...embedded.subarray(0, dim)] })
      },
    })
    expect(seen.map((s) => s.record)).toEqual(result.history)
    expect(bytesOf(result.weights).equals(seen[result.bestEpoch - 1].weights)).toBe(true)
    expect(seen[0].first).not.toEqual(seen[1].first)
  })

  test('latest-near-best keeps a later epoch that is as good, never one that is clearly worse', async () => {
    const quiet = { ...tiny, epochs: 3, optimizer: sgd(), averageDecay: undefined, augmentation: undefined, stepsPerEpoch: 8 }
    const still = { ...quiet, schedule: (total: number) => (step: number) => (step <= total / 3 ? 0.05 : 0) }
    expect((await trainEmbedder(still)).bestEpoch).toBe(1)
    expect((await trainEmbedder({ ...still, keep: 'latest-near-best' })).bestEpoch).toBe(3)
    const wrecked = { ...quiet, schedule: (total: number) => (step: number) => (step <= (2 * total) / 3 ? 0.05 : 3) }
    const { bestEpoch, history } = await trainEmbedder({ ...wrecked, keep: 'latest-near-best' })
    expect(history[2].knnAccuracy).toBeLessThan(history[bestEpoch - 1].knnAccuracy - 0.2)
    expect(bestEpoch).toBeLessThan(3)
    expect((await trainEmbedder({ ...wrecked, keep: 'last' })).bestEpoch).toBe(3)
  })

  test('early stopping ends the run after so many epochs without a better kNN accuracy', async () => {
    // a rate so small that kNN accuracy stands still
    const { stopped, history } = await trainEmbedder({
      ...tiny,
      schedule: () => constantRate(1e-9),
      epochs: 9,
      stepsPerEpoch: 1,
      earlyStopping: { patience: 2 },
      averageDecay: undefined,
    })
    expect(stopped).toBe('early')
    expect(history.length).toBeLessThan(9)
  })
})

describe('a stopped run', () => {
  /** Stops after `after` steps by a signal that fires inside the run, through the progress it reports. */
  async function stopAfter(after: number, runFolder: string, resume = false): Promise<unknown> {
    const controller = new AbortController()
    const progress = {
      start: () => ({ update: (done: number) => void (done >= after && controller.abort()), end() {} }),
      log() {},
      warn() {},
    }
    return trainEmbedder({ ...tiny, store: folderStore(runFolder), resume, progress, signal: controller.signal }).catch(
      (error: unknown) => error,
    )
  }

  test('goes on to the same bytes, from the middle of an epoch and from its end, twice in a row', async () => {
    const whole = await trainEmbedder({ ...tiny, store: folderStore(folder()) })
    const broken = folder()
    expect(await stopAfter(2, broken)).toMatchObject({ code: 'interrupted' })
    expect(await stopAfter(9, broken, true)).toMatchObject({ code: 'interrupted' })
    expect(await stopAfter(12, broken, true)).toMatchObject({ code: 'interrupted', message: expect.stringContaining('step 12') })
    expectSame(await trainEmbedder({ ...tiny, store: folderStore(broken), resume: true }), whole)
    const history = JSON.parse(readFileSync(join(broken, 'history.json'), 'utf8')) as EpochRecord[]
    expect(timeless(history)).toEqual(timeless(whole.history))
  })

  test('claims to have saved what it has saved, and nothing before the first step', async () => {
    const runFolder = folder()
    const error = (await trainEmbedder({ ...tiny, store: folderStore(runFolder), signal: AbortSignal.abort('lunch') }).catch(
      (e: unknown) => e,
    )) as Error
    expect(error).toMatchObject({
      code: 'interrupted',
      cause: 'lunch',
      message: 'training: the run must not be stopped before its end, got a stop before the first step.',
    })
    expect(existsSync(join(runFolder, 'checkpoint.kindred'))).toBe(false)
    expect(await stopAfter(2, runFolder)).toMatchObject({
      message: expect.stringContaining(`a stop after step 2, saved in ${runFolder}. Go on with \`resume\`.`),
    })
    expect(existsSync(join(runFolder, 'checkpoint.kindred'))).toBe(true)
  })

  test('with outliers and random triplets, too', async () => {
    const outliers = pseudoOutliers(tiny.source, { count: 100, seed: 1 })
    const options = { ...tiny, ...mined('random', { triplets: 20 }), outliers, outliersPerBatch: 30, epochs: 2, stepsPerEpoch: 4 }
    const whole = await trainEmbedder(options)
    const runFolder = folder()
    const controller = new AbortController()
    const progress = { start: () => ({ update: (done: number) => void (done >= 3 && controller.abort()), end() {} }), log() {}, warn() {} }
    await expect(trainEmbedder({ ...options, store: folderStore(runFolder), progress, signal: controller.signal })).rejects.toThrow(
      'a stop after step 3',
    )
    expectSame(await trainEmbedder({ ...options, store: folderStore(runFolder), resume: true }), whole)
  })

  test('that was finished gives its result again; with more epochs and a constant rate it goes on', async () => {
    const runFolder = folder()
    const options = { ...tiny, schedule: () => constantRate(0.01) }
    const first = await trainEmbedder({ ...options, store: folderStore(runFolder), epochs: 2 })
    expectSame(await trainEmbedder({ ...options, store: folderStore(runFolder), epochs: 2, resume: true }), first)
    expectSame(
      await trainEmbedder({ ...options, store: folderStore(runFolder), epochs: 3, resume: true }),
      await trainEmbedder({ ...options, epochs: 3 }),
    )
  })

  test('is refused with other options, and the message names which', async () => {
    const runFolder = folder()
    await trainEmbedder({ ...tiny, store: folderStore(runFolder), epochs: 1, stepsPerEpoch: 2 })
    const again = (changes: Partial<TrainEmbedderOptions>) =>
      trainEmbedder({ ...tiny, epochs: 1, stepsPerEpoch: 2, store: folderStore(runFolder), resume: true, ...changes })
    await expect(again(mined('soft-negative', { margin: 0.3 }))).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('loss margin must be that of the run, 0.4, got 0.3'),
    })
    await expect(again({ seed: 1 })).rejects.toThrow('seed must be')
    await expect(again({ network: tinyNetwork(5) })).rejects.toThrow('network must be')
    await expect(again({ optimizer: adam() })).rejects.toThrow('optimizer must be')
    await expect(again({ source: take(tiny.source, 390) })).rejects.toThrow('training images must be')
    await expect(again({ schedule: () => constantRate(0.1) })).rejects.toThrow('learning-rate schedule')
    await expect(again({})).resolves.toBeDefined()
  })

  test('with a damaged checkpoint goes on from the one before, and says so', async () => {
    const runFolder = folder()
    const whole = await trainEmbedder({ ...tiny, store: folderStore(runFolder) })
    const path = join(runFolder, checkpointName)
    writeFileSync(path, readFileSync(path).subarray(0, 5000))
    expect(() => decodeCheckpoint(readFileSync(path), path)).toThrow('SHA-256')
    const warnings: string[] = []
    const progress = { start: () => ({ update() {}, end() {} }), log() {}, warn: (m: string) => void warnings.push(m) }
    expectSame(await trainEmbedder({ ...tiny, store: folderStore(runFolder), resume: true, progress }), whole)
    expect(warnings.join()).toContain('Going on from the checkpoint before it')
  })
})

describe('failures in words', () => {
  test('a batch that cannot be filled, one class, no options to speak of', async () => {
    await expect(trainEmbedder({ ...tiny, batches: mPerClass({ classes: 10, perClass: 200 }) })).rejects.toThrow(
      'the batch must not be larger than the dataset',
    )
    await expect(trainEmbedder({ ...tiny, ...mined('random', { triplets: 1000 }) })).rejects.toThrow(
      'the batch must not be larger than the dataset',
    )
    const threes = (d: Dataset) =>
      subset(
        d,
        [...d.labels.keys()].filter((i) => d.labels[i] === 3),
      )
    await expect(trainEmbedder({ ...tiny, source: threes(tiny.source) })).rejects.toThrow('one class only')
    await expect(trainEmbedder({ ...tiny, validation: threes(tiny.validation) })).rejects.toThrow(
      'validation images must be of at least two classes',
    )
    await expect(trainEmbedder({ ...tiny, batch: 7 } as never)).rejects.toThrow('Did you mean "batches"?')
    await expect(trainEmbedder({ ...tiny, keep: 'bst' as never })).rejects.toThrow('Did you mean "best"?')
    await expect(trainEmbedder({ ...tiny, objective: undefined as never })).rejects.toThrow('objective must be given')
    await expect(trainEmbedder({ ...tiny, outliersPerBatch: 5 })).rejects.toThrow('outliersPerBatch needs outliers')
    await expect(trainEmbedder({ ...tiny, resume: true })).rejects.toThrow('resume needs a store')
    await expect(trainEmbedder({ ...tiny, validation: { ...tiny.validation, width: 14 } })).rejects.toThrow(
      'validation images must be 28x28x1',
    )
  })

  test('a loss that is no number any more', async () => {
    const run = trainEmbedder({ ...tiny, optimizer: sgd(), schedule: () => constantRate(1e30) })
    await expect(run).rejects.toMatchObject({ code: 'collapsed', message: expect.stringContaining('Lower the learning rate') })
  })

  test('a collapse: all embeddings at one point', async () => {
    // The weights shrink to nothing by decay alone: every image gets the bias.
    const { collapse, history } = await trainEmbedder({
      ...tiny,
      ...mined('batch-hard'),
      optimizer: sgd({ weightDecay: 0.999 }),
      schedule: () => constantRate(1),
      averageDecay: undefined,
      epochs: 1,
    })
    expect(collapse).toContain('all embeddings lie at nearly one point')
    expect(collapse).toContain('try soft-negative')
    expect(history[0].spread).toBeLessThan(1e-3)
    const warnings: string[] = []
    const progress = { start: () => ({ update() {}, end() {} }), log() {}, warn: (m: string) => void warnings.push(m) }
    const zero = await trainEmbedder({
      ...tiny,
      ...mined('random', { margin: 0 }),
      optimizer: sgd({ weightDecay: 0.999 }),
      schedule: () => constantRate(1),
      averageDecay: undefined,
      epochs: 1,
      progress,
    })
    expect(zero.collapse).toContain('trivial solution')
    expect(warnings[0]).toContain('Margin 0')
    expect((await trainEmbedder({ ...tiny, epochs: 1 })).collapse).toBeUndefined()
  })
})
