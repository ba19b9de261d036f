/** @file Training out of parts of one's own: losses with weights, functions, samplers, sources that are not in memory. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tinyNetwork, tinyTraining } from '../../test/support/tiny-training.ts'
import { sha256Pieces } from '../base/index.ts'
import { inMemory, type Dataset, type ImageSource } from '../dataset/index.ts'
import { cosine, euclidean } from '../distances/index.ts'
import { folderStore } from '../files/index.ts'
import {
  contrastiveLoss,
  crossEntropy,
  l2OfEmbeddings,
  meanActiveReducer,
  softNegativeTripletLoss,
  sumReducer,
  tripletMarginLoss,
  type Loss,
} from '../losses/index.ts'
import { allPairs, batchHard, easyPositive, semiHard } from '../miners/index.ts'
import { load } from '../models/index.ts'
import { colourPixels, constantValue, dense, flatten, normalWith, relu, sequential, type Layer } from '../nn/index.ts'
import { decodeModel } from '../onnx/index.ts'
import { balanced, mPerClass, randomTriplets, shuffledBatches, type SamplerFunction } from '../samplers/index.ts'
import { add, cast, gather, input, mean, mul, neg, relu as ramp, reshape, slice, sub, sum } from '../tensor/index.ts'
import { BatchFeed } from './batches.ts'
import {
  memoryStore,
  objective,
  sumOfObjectives,
  trainEmbedder,
  type EpochRecord,
  type Objective,
  type TrainEmbedderOptions,
  type TrainEmbedderResult,
} from './index.ts'

let tiny: TrainEmbedderOptions & { source: Dataset; validation: Dataset }
beforeAll(async () => {
  tiny = await tinyTraining()
})

const bytesOf = (weights: ReadonlyMap<string, Float32Array>) =>
  Buffer.concat([...weights].flatMap(([name, a]) => [Buffer.from(name), Buffer.from(a.buffer, a.byteOffset, a.byteLength)]))
const timeless = (history: readonly EpochRecord[]) => history.map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest)
function expectSame(a: TrainEmbedderResult, b: TrainEmbedderResult): void {
  expect(timeless(a.history)).toEqual(timeless(b.history))
  expect(bytesOf(a.weights).equals(bytesOf(b.weights))).toBe(true)
}

/** Trains whole, and in two pieces with a stop in the middle of an epoch: both must end in the same bytes. */
async function brokenAndWhole(options: TrainEmbedderOptions): Promise<TrainEmbedderResult> {
  const whole = await trainEmbedder(options)
  const store = memoryStore()
  const controller = new AbortController()
  const progress = {
    start: () => ({ update: (done: number) => void (done >= 8 && controller.abort('enough')), end() {} }),
    log() {},
    warn() {},
  }
  await expect(trainEmbedder({ ...options, store, progress, signal: controller.signal })).rejects.toMatchObject({
    code: 'interrupted',
    cause: 'enough',
    message: expect.stringContaining('after step 8, saved in memory'),
  })
  expectSame(await trainEmbedder({ ...options, store, resume: true }), whole)
  return whole
}

/** One proxy a class, as Proxy-NCA has them (Movshovitz-Attias et al. 2017): weights of the loss's own. */
const proxies: Loss = {
  name: 'proxies',
  needs: 'labels',
  build({ embeddings, labels, scope }) {
    const points = scope.parameter('proxies', [10, 4], normalWith(1))
    return crossEntropy().build({ embeddings: neg(euclidean.pairwise(embeddings, points)), labels, tuples: undefined, scope })
  },
}

/** A triplet loss whose margin is learned, with a pull towards 0.5. */
const learnedMargin = (): Loss => ({
  name: 'learned margin',
  needs: 'triplets',
  build({ embeddings, tuples, scope }) {
    const margin = scope.parameter('margin', [1], constantValue(0.2))
    const { anchor, positive, negative } = tuples as { anchor: never; positive: never; negative: never }
    const [a, p, n] = [anchor, positive, negative].map((rows) => gather(embeddings, rows))
    const pull = sum(mul(sub(margin, 0.5), sub(margin, 0.5)))
    return { each: add(ramp(add(sub(euclidean.paired(a, p), euclidean.paired(a, n)), margin)), pull), figures: { margin: sum(margin) } }
  },
})

/** Pulls towards a memory of the last batch's embeddings: a buffer that each step renews. */
const memory = (size: number): Loss => ({
  name: 'memory',
  needs: 'labels',
  build({ embeddings, scope }) {
    const bank = scope.buffer('bank', [size, 4], normalWith(1))
    scope.update('bank', slice(embeddings, 0, 0, size))
    return { each: mean(euclidean.pairwise(embeddings, bank), { axes: 1 }) }
  },
})

describe('a loss with weights of its own', () => {
  test('trains, is kept in checkpoints, goes on to the same bytes, and is no part of the model', async () => {
    const options = {
      ...tiny,
      objective: objective({ loss: proxies }),
      batches: shuffledBatches({ batchSize: 50 }),
      averageDecay: 0.5,
      epochs: 3,
      stepsPerEpoch: 12,
    }
    const trained = await brokenAndWhole(options)
    const { history, weights } = trained
    expect(history[2].trainLoss).toBeLessThan(0.8 * history[0].trainLoss)
    expect(history[2].validationLoss).toBeLessThan(history[0].validationLoss)
    expect(history[2].figures!.accuracy).toBeGreaterThan(history[0].figures!.accuracy)
    expect([...weights.keys()].filter((name) => name.includes('prox'))).toEqual([])
    const model = decodeModel(trained.bytes(), 'model')
    expect(Object.keys(model.initializers).filter((name) => name.includes('prox'))).toEqual([])
    expect(Object.keys(model.initializers)).toContain('embedding.weight')
  })

  test('a margin that is learned moves', async () => {
    const { history } = await brokenAndWhole({
      ...tiny,
      objective: objective({ loss: learnedMargin(), miner: semiHard() }),
      averageDecay: undefined,
      epochs: 2,
    })
    expect(history[1].figures!.margin).not.toBe(history[0].figures!.margin)
    expect(history[1].figures!.margin).toBeGreaterThan(0.05)
  })

  test('a memory that each step renews goes on, too', async () => {
    await brokenAndWhole({ ...tiny, objective: objective({ loss: memory(30) }), epochs: 2 })
  })

  test('its weights are apart from the network: a part called loss is refused', async () => {
    const network: Layer = sequential({ flatten: (x, scope) => flatten()(tinyPixels(x), scope), loss: dense(4) })
    await expect(trainEmbedder({ ...tiny, network })).rejects.toThrow('no part of the network may be called loss')
  })
})
const tinyPixels = (x: Parameters<Layer>[0]) => mul(cast(x, 'float32'), 1 / 255)

describe('every composition', () => {
  const mine: SamplerFunction = (labels, { seed = 0, state, fit }) => {
    const size = fit ? Math.min(40, labels.length) : 40
    let at = (state as { at: number } | undefined)?.at ?? seed
    return {
      size,
      stepsPerEpoch: 6,
      next: () => Int32Array.from({ length: size }, (_, i) => (at++ * 7 + i) % labels.length),
      state: () => ({ at }),
    }
  }
  const compositions: [string, () => Partial<TrainEmbedderOptions>][] = [
    ['contrastive loss over all pairs', () => ({ objective: objective({ loss: contrastiveLoss() }) })],
    [
      'easy positives by cosine, mean of the active',
      () => ({
        objective: objective({
          loss: tripletMarginLoss({ distance: cosine, margin: 0.3 }),
          miner: easyPositive({ distance: cosine }),
          reducer: meanActiveReducer(),
        }),
      }),
    ],
    [
      'all triplets, soft margin, length held down',
      () => ({
        objective: objective({ loss: tripletMarginLoss({ soft: true }), regularisers: [l2OfEmbeddings()] }),
        batches: mPerClass({ classes: 5, perClass: 4 }),
      }),
    ],
    [
      'balanced batches, batch-hard, sum',
      () => ({
        objective: objective({ loss: tripletMarginLoss(), miner: batchHard(), reducer: sumReducer() }),
        batches: balanced({ batchSize: 30 }),
        schedule: undefined,
      }),
    ],
    ['a loss as a function', () => ({ objective: objective({ loss: (e, labels) => contrastiveOf(e, labels) }) })],
    [
      'a loss, a miner, a reducer and a regulariser as functions',
      () => ({
        objective: objective({
          loss: contrastiveLoss(),
          miner: (e, labels) => allPairs().mine(e, labels),
          reducer: (each) => mean(each),
          regularisers: [({ embeddings }) => mul(mean(mul(embeddings, embeddings)), 0.01)],
        }),
      }),
    ],
    [
      'two losses at once',
      () => ({
        objective: sumOfObjectives([
          { objective: objective({ loss: softNegativeTripletLoss() }) },
          { objective: objective({ loss: proxies }), weight: 0.5 },
        ]),
      }),
    ],
    ['a sampler as a function', () => ({ batches: mine })],
  ]
  test.each(compositions)('%s: learns, stops and goes on to the same bytes', async (_, changes) => {
    const { history } = await brokenAndWhole({ ...tiny, ...changes(), epochs: 3 })
    expect(history[2].trainLoss).toBeLessThan(history[0].trainLoss)
    for (const { activeTriplets, emptyBatches } of history) {
      expect(activeTriplets).toBeGreaterThan(0)
      expect(activeTriplets).toBeLessThanOrEqual(1)
      expect(emptyBatches).toBe(0)
    }
  })

  function contrastiveOf(e: Parameters<Layer>[0], labels: Parameters<Layer>[0]) {
    const tuples = allPairs().mine(e, labels)
    return contrastiveLoss().build({ embeddings: e, labels, tuples, scope: undefined as never }).each
  }

  test('what a run was made of is compared on resuming, by name, whatever its parts', async () => {
    const store = memoryStore()
    const options = { ...tiny, objective: objective({ loss: tripletMarginLoss(), miner: semiHard() }), store, epochs: 1, stepsPerEpoch: 2 }
    await trainEmbedder(options)
    const again = (changes: Partial<TrainEmbedderOptions>) => trainEmbedder({ ...options, resume: true, ...changes })
    const wrong: [Partial<TrainEmbedderOptions>, string][] = [
      [
        { objective: objective({ loss: tripletMarginLoss({ margin: 0.1 }), miner: semiHard() }) },
        'loss margin must be that of the run, 0.4, got 0.1',
      ],
      [
        { objective: objective({ loss: tripletMarginLoss(), miner: batchHard() }) },
        'miner must be that of the run, semi-hard, got batch-hard',
      ],
      [
        { objective: objective({ loss: tripletMarginLoss(), miner: semiHard({ distance: cosine }) }) },
        'miner distance must be that of the run, euclidean, got cosine',
      ],
      [
        { objective: objective({ loss: tripletMarginLoss(), miner: semiHard(), reducer: sumReducer() }) },
        'reducer must be that of the run, mean, got sum',
      ],
      [
        { objective: objective({ loss: tripletMarginLoss(), miner: semiHard(), regularisers: [l2OfEmbeddings()] }) },
        'regulariser 1 must be that of the run, nothing, got l2 of embeddings',
      ],
      [{ batches: mPerClass({ classes: 8, perClass: 5 }) }, 'batches perClass must be that of the run, 6, got 5'],
      [
        {
          objective: objective({
            loss: { ...tripletMarginLoss(), build: (batch) => ({ each: mul(tripletMarginLoss().build(batch).each, 2) }) },
            miner: semiHard(),
          }),
        },
        'step graph must be that of the run',
      ],
    ]
    for (const [changes, words] of wrong) await expect(again(changes), words).rejects.toThrow(words)
    await expect(again({})).resolves.toBeDefined()
  })

  test('parts that do not fit each other are told', () => {
    const build = (given: Objective) =>
      given.build({ embeddings: input('e', [6, 2]), labels: input('l', [6], 'int64'), scope: undefined as never })
    expect(() => objective({ loss: softNegativeTripletLoss(), miner: semiHard() })).toThrow(
      'soft-negative triplet takes the whole batch, so there must be no miner, got "semi-hard"',
    )
    expect(() => objective({ loss: contrastiveLoss(), miner: semiHard() })).toThrow('the miner must give pairs, as contrastive needs')
    expect(() => build(objective({ loss: contrastiveLoss(), miner: (e, l) => semiHard().mine(e, l) }))).toThrow('the miner must give pairs')
    expect(() => build(objective({ loss: tripletMarginLoss(), miner: () => ({}) as never }))).toThrow('neither triplets nor pairs')
    expect(() => objective({ loss: 7 as never })).toThrow('loss must be { name, needs, build } or a function')
    expect(() => objective({ loss: { name: 'x', needs: 'quads', build: () => ({}) } as never })).toThrow(
      'x must need labels, pairs or triplets',
    )
    expect(() => objective({ loss: tripletMarginLoss(), miner: {} as never })).toThrow('miner must be')
    expect(() => objective({ loss: tripletMarginLoss(), reducer: {} as never })).toThrow('reducer must be')
    expect(() => objective({ loss: tripletMarginLoss(), regularisers: [{} as never] })).toThrow('a regulariser must be')
    expect(() => build(objective({ loss: () => undefined as never }))).toThrow(
      'loss own: it must give float32 numbers, one in all or one a row or tuple, got nothing',
    )
    expect(() => build(objective({ loss: (e) => e }))).toThrow('it must give float32 numbers')
    expect(() => build(objective({ loss: (_, labels) => labels }))).toThrow('it must give float32 numbers')
    expect(() =>
      build(
        objective({
          loss: {
            name: 'odd',
            needs: 'labels',
            build: ({ embeddings }) => ({ each: sum(embeddings, { axes: 1 }), exists: reshape(slice(embeddings, 1, 0, 1), [6, 1]) }),
          },
        }),
      ),
    ).toThrow('exists must be of the shape of each')
    expect(() => sumOfObjectives([])).toThrow('at least one term')
    expect(() => sumOfObjectives([{ objective: objective({ loss: contrastiveLoss() }), weight: Number.NaN }])).toThrow(
      'weights must be numbers',
    )
  })

  test('a sampler that gives other sizes, other rows or no state is told', async () => {
    const odd =
      (changes: object): SamplerFunction =>
      (labels, from) => ({ ...mine(labels, from), ...changes })
    await expect(trainEmbedder({ ...tiny, batches: odd({ next: () => new Int32Array(7) }) })).rejects.toThrow('40 images')
    await expect(trainEmbedder({ ...tiny, batches: odd({ size: undefined }) })).rejects.toThrow('must say the size of its batches')
    const far: SamplerFunction = (labels, from) => ({
      ...mine(labels, from),
      ...(from.fit ? {} : { next: () => new Int32Array(40).fill(400) }),
    })
    await expect(trainEmbedder({ ...tiny, batches: far })).rejects.toThrow('far must give rows in 0..399, got 400')
    await expect(trainEmbedder({ ...tiny, batches: odd({ state: () => undefined }), store: memoryStore() })).rejects.toThrow(
      'must tell its state',
    )
    await expect(trainEmbedder({ ...tiny, batches: {} as never })).rejects.toThrow('batches must be a sampler')
  })
})

describe('a batch without a tuple', () => {
  /** Batches of one class each, and every third of all. */
  const poor: SamplerFunction = (labels, { state, fit }) => {
    let at = (state as { at: number } | undefined)?.at ?? 0
    const threes = Array.from(labels).flatMap((label, i) => (label === 3 ? [i] : []))
    return {
      size: 12,
      stepsPerEpoch: 6,
      state: () => ({ at }),
      next: () =>
        Int32Array.from({ length: 12 }, (_, i) => (!fit && at++ % 36 < 24 ? threes[i % threes.length] : (i * 5 + at) % labels.length)),
    }
  }
  const losses: [string, () => Objective][] = [
    ['triplets', () => objective({ loss: tripletMarginLoss(), miner: batchHard() })],
    ['soft negatives', () => objective({ loss: softNegativeTripletLoss() })],
    [
      'two objectives',
      () =>
        sumOfObjectives([
          { objective: objective({ loss: tripletMarginLoss(), miner: semiHard() }) },
          { objective: objective({ loss: softNegativeTripletLoss() }) },
        ]),
    ],
  ]
  test.each(losses)('costs nothing, moves nothing, and is counted and said: %s', async (_, made) => {
    const warnings: string[] = []
    const progress = { start: () => ({ update() {}, end() {} }), log() {}, warn: (m: string) => void warnings.push(m) }
    const { history } = await trainEmbedder({
      ...tiny,
      objective: made(),
      batches: poor,
      averageDecay: undefined,
      augmentation: undefined,
      epochs: 2,
      stepsPerEpoch: 3,
      progress,
    })
    expect(history.map((h) => h.emptyBatches)).toEqual([2, 2])
    expect(warnings.filter((w) => w.includes('2 of 3 batches held no image with both a positive and a negative'))).toHaveLength(1)
  })

  test('weights stay where they are', async () => {
    const threes = tiny.source.labels.indexOf(3)
    const alone: SamplerFunction = (labels, { fit, ...from }) =>
      fit
        ? mPerClass({ perClass: 4 }).over(labels, { ...from, fit } as never)
        : { size: 8, stepsPerEpoch: 1, state: () => ({}), next: () => new Int32Array(8).fill(threes) }
    const weights = new Map((await trainEmbedder({ ...tiny, epochs: 1, averageDecay: undefined })).weights)
    const after = await trainEmbedder({
      ...tiny,
      objective: objective({ loss: tripletMarginLoss(), miner: semiHard() }),
      optimizer: undefined,
      batches: alone,
      weights,
      averageDecay: undefined,
      epochs: 1,
      stepsPerEpoch: 3,
      keep: 'last',
    })
    expect(after.history[0]).toMatchObject({ trainLoss: 0, activeTriplets: 0, emptyBatches: 3 })
    expect(bytesOf(after.weights).equals(bytesOf(weights))).toBe(true)
  })
})

describe('images from anywhere', () => {
  /** The same images, read as late as a disk would. */
  const slow = ({ images: _, ...set }: Dataset): ImageSource => ({
    ...set,
    hash: set.hash,
    read: async (indices, out) => {
      await new Promise((resolve) => setImmediate(resolve))
      set.read(indices, out)
    },
  })

  test('a source that is not in memory trains to the same bytes', async () => {
    const whole = await trainEmbedder({ ...tiny, outliers: tiny.validation, outliersPerBatch: 20 })
    const late = await trainEmbedder({
      ...tiny,
      source: slow(tiny.source),
      validation: slow(tiny.validation),
      outliers: slow(tiny.validation),
      outliersPerBatch: 20,
    })
    expectSame(late, whole)
  })

  test('colour images are warped and learned from', async () => {
    const coloured = ({ images, labels, ...set }: Dataset): Dataset =>
      inMemory({
        ...set,
        labels,
        channels: 3,
        images: Uint8Array.from({ length: images.length * 3 }, (_, i) =>
          labels[Math.floor(i / 3 / 784)] % 3 === i % 3 ? images[Math.floor(i / 3)] : 0,
        ),
      })
    const network = sequential({
      flat: (x, scope) => flatten()(tinyPixels(x), scope),
      hidden: dense(16),
      relu: relu(),
      embedding: dense(4),
    })
    const source = coloured(tiny.source)
    const { history } = await trainEmbedder({ ...tiny, source, validation: coloured(tiny.validation), network })
    expect(history[2].validationLoss).toBeLessThan(history[0].validationLoss)
    const feed = (augmentation: TrainEmbedderOptions['augmentation']) =>
      new BatchFeed({
        source,
        sampler: mPerClass({ classes: 8, perClass: 2 }),
        outliers: undefined,
        outliersPerBatch: 0,
        augmentation,
        seed: 1,
      }).next()
    const [warped, plain] = [(await feed({ rotate: 20 })).images, (await feed(undefined)).images]
    expect(warped.shape).toEqual([16, 28, 28, 3])
    expect(warped.data).not.toEqual(plain.data)
    // a channel that was black stays black: channels do not run into each other
    const lit = (data: ArrayLike<unknown>) =>
      Array.from({ length: 48 }, (_, k) =>
        Array.from({ length: 784 }, (__, i) => Number(data[(Math.floor(k / 3) * 784 + i) * 3 + (k % 3)])).some((v) => v > 0),
      )
    expect(lit(warped.data)).toEqual(lit(plain.data))
  })

  test('batches of a seed are these, whatever the sampler is called from', async () => {
    const hashes = { random: '7b65371192c81782', 'm per class': '888108fc460de45e' }
    const augmentation = { rotate: 15, scale: 0.15, shear: 0.25, translate: 1.5, elastic: 1 }
    for (const [name, sampler] of [
      ['random', randomTriplets({ triplets: 20 })],
      ['m per class', mPerClass({ classes: 8, perClass: 6 })],
    ] as const) {
      const outliers = { source: tiny.validation, rows: Int32Array.from({ length: 120 }, (_, i) => i) }
      const feed = new BatchFeed({ source: tiny.source, sampler, outliers, outliersPerBatch: 30, augmentation, seed: 5 })
      const hash = sha256Pieces()
      for (let i = 0; i < 5; i++) hash.update((await feed.next()).images.data as Uint8Array)
      expect(hash.hex().slice(0, 16)).toBe(hashes[name])
    }
  })
})

describe('the result', () => {
  test('embeds bytes and sources, becomes a model file that embeds the same, and is freed', async () => {
    let embedded: Float32Array
    const path = join(mkdtempSync(join(tmpdir(), 'kindred-model-')), 'model.onnx')
    {
      await using trained = await trainEmbedder({ ...tiny, epochs: 1 })
      embedded = await trained.embed(tiny.validation.images)
      expect(embedded.length).toBe(tiny.validation.count * trained.dim)
      expect(await trained.embed(tiny.validation)).toEqual(embedded)
      await expect(trained.embed(new Uint8Array(5))).rejects.toThrow('whole images of 784 bytes')
      await expect(trained.embed({ ...tiny.validation, width: 56 })).rejects.toThrow('images must be 28x28x1')
      trained.save(path, { seed: 12 })
      expect(Buffer.from(trained.bytes({ seed: 12 })).equals(readFileSync(path))).toBe(true)
    }
    await using model = await load(path, { runtime: tiny.runtime }).then((m) =>
      Object.assign(m, { [Symbol.asyncDispose]: () => m.dispose() }),
    )
    const again = await model.embed(tiny.validation.images)
    again.forEach((v, i) => expect(Math.abs(v - embedded[i])).toBeLessThan(1e-5))
    expect(model.card).toMatchObject({
      seed: 12,
      labels: tiny.source.classes,
      metric: 'euclidean',
      datasetHash: tiny.source.hash,
      recipe: { loss: 'soft-negative triplet', 'loss margin': '0.4' },
    })
  })

  test('a folder keeps checkpoint and history, and what was kept in it goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-run-'))
    const { history } = await trainEmbedder({ ...tiny, network: tinyNetwork(), store: folderStore(folder) })
    expect(timeless(JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8')) as EpochRecord[])).toEqual(
      timeless(history).map((h) => JSON.parse(JSON.stringify(h)) as never),
    )
  })
})

describe('parts that do not fit are named', () => {
  const train = async (changed: object) => trainEmbedder({ ...(await tinyTraining()), ...changed })
  const withLoss = async (loss: unknown) => train({ objective: objective({ loss: loss as Loss }) })

  test.each([
    ['a loss in place of an objective', () => train({ objective: () => 0 }), 'Pass objective({ loss })'],
    ['a network by its name', () => train({ network: 'student' }), 'network must be a layer'],
    ['a loss that gives a number', () => withLoss(() => 3), 'it must give float32 numbers'],
    [
      'a number a row where there are tuples',
      () =>
        withLoss({
          name: 'mine',
          needs: 'triplets',
          build: ({ embeddings }: { embeddings: never }) => ({ each: mean(embeddings, { axes: 1 }) }),
        }),
      'loss mine: exists must be of the shape of each',
    ],
    [
      'a layer for colours on grey images',
      () => train({ network: sequential({ pixels: colourPixels(), flatten: flatten(), out: dense(4) }) }),
      'colourPixels: images must be [n, height, width, channels]',
    ],
  ])('%s', async (_name, run, said) => {
    await expect(run()).rejects.toMatchObject({ name: 'KindredError', message: expect.stringContaining(said) })
  })
})
