/** @file Readers of what training and calibration leave behind: heads, rejection rules, detectors, checkpoints, thresholds. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError, rng } from '../../../src/base/index.ts'
import { readJson } from '../../../src/jobs/train-folder.ts'
import { runFile } from '../../../src/jobs/train-digits.ts'
import { inMemory, type Dataset } from '../../../src/dataset/index.ts'
import { sha256 } from '../../../src/base/index.ts'
import { checkpointName, folderStore, previousName } from '../../../src/files/index.ts'
import { softNegativeTripletLoss } from '../../../src/losses/index.ts'
import { dense, flatten, greyPixels, sequential } from '../../../src/nn/index.ts'
import {
  classMeanDistance,
  conformalPromise,
  detector,
  detectorFromJson,
  knnDistance,
  logitScorer,
  mahalanobis,
  outlierOdds,
  type Detector,
} from '../../../src/openset/index.ts'
import { encodePng } from '../../../src/images/index.ts'
import { oddsAt } from '../../../src/people/suggest-pairs.ts'
import {
  oddsOfHistogram,
  radiusLine,
  readThreshold,
  saveThreshold,
  strangersLine,
  thresholdLine,
  type SavedThreshold,
} from '../../../src/people/index.ts'
import { judgeScores, movedImages, rejectionFromJson, rejectionToJson, smallMoves } from '../../../src/stories/index.ts'
import { nodeRuntime, type Runtime } from '../../../src/runtime/index.ts'
import { mPerClass } from '../../../src/samplers/index.ts'
import {
  encodeCheckpoint,
  headFromJson,
  headLogits,
  loadCheckpoint,
  objective,
  trainEmbedder,
  type Checkpoint,
  type TrainEmbedderOptions,
} from '../../../src/train/index.ts'
import { embedder, embedderFiles } from './models.ts'
import { json, must, mustBeFinite, mustBeTexts, mustRead, once, part, text, type Files, type Reader } from './reader.ts'

const rows = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7) + (i % 3))
const labels = Int32Array.from({ length: 20 }, (_, i) => i % 2)

const headReader: Reader = {
  name: 'head',
  seeds: () => [{ ...embedderFiles() }],
  mutable: /^head/,
  read(input) {
    const head = headFromJson(new TextDecoder().decode(input.bytes('head.json')), 'head.json', { hash: sha256(embedder()) })
    must(Number.isInteger(head.dim) && head.dim > 0, `rows of ${head.dim} numbers`)
    mustBeTexts(head.classes, 'classes')
    must(head.classes.length >= 2, `${head.classes.length} classes`)
    must(
      head.weight.length === head.dim * head.classes.length && head.bias.length === head.classes.length,
      'weights do not fill their shape',
    )
    mustBeFinite(head.weight, 'weight')
    mustBeFinite(head.bias, 'bias')
    must(Number.isFinite(head.temperature) && head.temperature > 0, `temperature ${head.temperature}`)
    mustBeFinite(headLogits(head, rows.subarray(0, 2 * head.dim)), 'logits')
  },
  command(input) {
    const picture = join(input.folder, 'p.png')
    writeFileSync(
      picture,
      encodePng(
        Uint8Array.from({ length: 1600 }, (_, i) => (Math.abs((i % 40) - 20) < 3 && i > 320 && i < 1280 ? 0 : 255)),
        { width: 40, height: 40, channels: 1 },
      ),
    )
    return ['classify', input.path('model.onnx'), picture]
  },
}

const detectors = once((): Detector[] => [
  detector(knnDistance(rows, 3, { k: 3 }), { threshold: 1.5, rejectWhen: 'above' }),
  detector(classMeanDistance(rows, 3, labels), { threshold: 1, rejectWhen: 'above' }),
  detector(mahalanobis(rows, 3, labels, { relative: true }), { threshold: 4, rejectWhen: 'above' }),
  detector(logitScorer('energy', 3, { temperature: 2 }), { threshold: -1, rejectWhen: 'below' }),
  detector(outlierOdds(rows.slice(0, 12), rows.slice(20, 24), 3)),
])

function checkDetector(d: Detector): void {
  const { width } = d.scorer
  must(Number.isInteger(width) && width > 0, `rows of ${width} numbers`)
  must(width <= 1e6, `rows of ${width} numbers`)
  const some = Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(i) / 2)
  mustBeFinite(d.scores(some), 'scores')
  if (d.rule === undefined) return
  must(['above', 'below'].includes(d.rule.rejectWhen), `rejectWhen ${d.rule.rejectWhen}`)
  must(Number.isFinite(d.rule.threshold), `threshold ${d.rule.threshold}`)
  for (const answer of d.predict(some)) must(answer === 1 || answer === -1, `answer ${answer}`)
}

const detectorReader: Reader = {
  name: 'detector',
  weight: 1.2,
  seeds: () => detectors().map((d) => ({ 'detector.json': json(d.toJSON()) })),
  called: ['detector'],
  read(input) {
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder().decode(input.bytes()))
    } catch {
      value = null // whoever calls has parsed it
    }
    checkDetector(detectorFromJson(value))
  },
}

/** Of the second detector and later ones with a promise, of the third with moves too; one of the first version. */
function rejectionText(d: Detector, i: number): string {
  const scores = Float64Array.from({ length: 40 }, (_, k) => Math.sin(k) * 3)
  const { rule, promise } = conformalPromise(scores, 0.9, d.rule!.rejectWhen, { of: '40 numbers' })
  const written = rejectionToJson({
    model: sha256(embedder()),
    input: i === 3 ? 'logits' : 'embedding',
    moves: i === 2 ? smallMoves(2, 7) : undefined,
    detector: i === 0 ? d : d.withRule(rule),
    promise: i === 0 ? undefined : promise,
  })
  return i === 0 ? written.replace('kindred-rejection-2', 'kindred-rejection-1') : written
}

const rejectionReader: Reader = {
  name: 'rejection',
  weight: 1.2,
  seeds: () =>
    detectors()
      .filter((d) => d.rule !== undefined)
      .map((d, i) => ({ ...embedderFiles(), 'reject.json': text(rejectionText(d, i), 'json') })),
  mutable: /^reject/,
  read(input) {
    const rule = rejectionFromJson(new TextDecoder().decode(input.bytes('reject.json')), 'reject.json', { hash: sha256(embedder()) })
    must(['embedding', 'unit features', 'logits'].includes(rule.input), `input ${String(rule.input)}`)
    checkDetector(rule.detector)
    must(rule.detector.rule !== undefined, 'a rejection file without a rule')
    const { promise, moves } = rule
    if (moves !== undefined) must([...movedImages(new Uint8Array(784), moves)].length === moves.count, 'moves that cannot be made')
    if (promise === undefined) return
    must(promise.keep > 0 && promise.keep < 1 && promise.interval.low <= promise.interval.high, 'a promise of no share')
    must(promise.scores.length > 0 && !promise.scores.some(Number.isNaN), 'a promise without scores')
    for (const { p } of judgeScores(rule, Float64Array.of(-1, 0, 1))) must(p! > 0 && p! <= 1, `p ${String(p)}`)
  },
  command: (input) => ['reject', ...headReader.command!(input).slice(1)],
}

const header = z.object({ step: z.int(), note: z.string() })
type Header = z.infer<typeof header>
const checkpointOf = (step: number): Checkpoint<Header> => ({
  header: { step, note: 'ü' },
  arrays: new Map([
    ['state/weight', Float32Array.from({ length: 7 }, (_, i) => Math.cos(i + step))],
    ['best/weight', Float32Array.of(step)],
    ['empty', new Float32Array(0)],
  ]),
})
const now = once(() => encodeCheckpoint(checkpointOf(12)))
const before = once(() => encodeCheckpoint(checkpointOf(6)))

const checkpointReader: Reader = {
  name: 'checkpoint',
  weight: 1.2,
  seeds: (): Files[] => [
    { [checkpointName]: part('checkpoint', now()) },
    { [checkpointName]: part('checkpoint', now()), [previousName]: part('checkpoint', before()) },
  ],
  called: [checkpointName, previousName],
  async read(input) {
    const loaded = await loadCheckpoint(folderStore(input.folder), header)
    const { arrays, warning } = loaded
    must(Number.isInteger(loaded.header.step) && typeof loaded.header.note === 'string', 'the header is none')
    for (const [name, a] of arrays) {
      must(typeof name === 'string', 'a name that is no text')
      mustBeFinite(a, name)
    }
    if (loaded.name.endsWith(previousName)) must(warning !== undefined, 'the checkpoint before is taken without a word')
    if (input.resealed) return
    const then = loaded.header.step === 12 ? checkpointOf(12) : checkpointOf(6)
    must(JSON.stringify(loaded.header) === JSON.stringify(then.header), 'another header than the hash stands for')
    for (const [name, a] of then.arrays)
      must(Buffer.from(a.buffer).equals(Buffer.from((arrays.get(name) ?? new Float32Array(0)).buffer)), `other numbers in ${name}`)
  },
}

const interval = { low: 0.001, high: 0.02 }
export const faceRecipe = {
  model: { name: 'dlib', hash: 'cd'.repeat(32) },
  preprocessing: {
    size: 150,
    layout: 'NCHW',
    channels: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    output: 'output',
    pooling: 'none',
    normalise: false,
    flip: false,
  },
  alignment: { name: 'similarity', size: 150, padding: 0.25 },
  detector: 'ssd:0123456789abcdef+landmarks68:0123456789abcdef',
} as const
const threshold: SavedThreshold = {
  kindred: 'face threshold',
  threshold: 0.5321,
  farAsked: 0.001,
  far: 0.0009,
  tar: 0.93,
  farInterval: interval,
  tarInterval: { low: 0.9, high: 0.95 },
  intervalsBy: 'people',
  genuine: 300,
  impostors: 9000,
  strangers: { asked: 120, accepted: 3, interval },
  people: 12,
  faces: 120,
  folder: 'photos',
  recipe: faceRecipe,
  heldOut: { far: 0.0011, farInterval: interval, tar: 0.92, folds: 10 },
  grouping: {
    radius: 0.45,
    reach: 0.5321,
    minPoints: 3,
    f1: 0.98,
    range: [0.42, 0.52],
    people: 24,
    faces: 240,
    heldOut: { splits: 20, f1: 0.97, best: 0.98 },
  },
  histogram: { step: 0.05, same: [0, 3, 40, 20], different: [0, 0, 2, 90] },
}

const thresholdReader: Reader = {
  name: 'threshold',
  seeds: () => [{ 'threshold.json': text(`${JSON.stringify(threshold, null, 2)}\n`, 'json') }],
  read(input) {
    const saved = readThreshold(input.path())
    must(Number.isFinite(saved.threshold) && saved.threshold >= 0, `threshold ${saved.threshold}`)
    mustRead(strangersLine(saved))
    mustRead(thresholdLine({ value: saved.threshold, from: 'calibrated', file: 'threshold.json', calibration: saved }))
    const { radius = 1, reach = 1 } = saved.grouping ?? {}
    must(radius > 0 && reach >= radius, `radius ${radius} and reach ${reach}`)
    mustRead(radiusLine({ radius, reach, from: 'calibrated', calibration: saved, chosen: saved.grouping !== undefined }))
    if (saved.histogram !== undefined) mustBeFinite([oddsAt([oddsOfHistogram(saved.histogram)], 0.5)?.of ?? 0], 'odds')
    const again = join(input.folder, 'again.json')
    saveThreshold(again, saved)
    must(JSON.stringify(readThreshold(again)) === JSON.stringify(saved), 'another threshold after writing and reading again')
  },
}

const run = {
  command: 'train mnist',
  options: { preset: 'student', epochs: 1, steps: 2, images: 60, validation: 40, seed: 3, margin: 0.4, dim: 4, mining: 'semi-hard' },
  versions: { kindred: '0.1.0', node: 'v20' },
}

const runReader: Reader = {
  name: 'run-json',
  seeds: () => [{ 'run.json': text(`${JSON.stringify(run, null, 2)}\n`, 'json') }],
  read(input) {
    const { options } = readJson(input.folder, 'run.json', runFile)
    must(options !== null && typeof options === 'object', 'options that are no object')
  },
}

const drawn = (count: number, seed: number): Dataset => {
  const r = rng(seed)
  const classes = ['a', 'b', 'c']
  const of = Uint8Array.from({ length: count }, (_, i) => i % 3)
  return inMemory({
    images: Uint8Array.from({ length: count * 16 }, (_, i) => (of[i >> 4] * 60 + r.integer(60)) & 255),
    labels: of,
    height: 4,
    width: 4,
    classes,
    source: 'drawn',
  })
}

const training = (folder: string, runtime: Runtime): TrainEmbedderOptions => ({
  source: drawn(24, 1),
  validation: drawn(12, 2),
  network: sequential({ pixels: greyPixels(), flatten: flatten(), embedding: dense(3) }),
  objective: objective({ loss: softNegativeTripletLoss() }),
  batches: mPerClass({ classes: 3, perClass: 4 }),
  epochs: 3,
  stepsPerEpoch: 2,
  averageDecay: 0.8,
  seed: 5,
  store: folderStore(folder),
  runtime,
})

/** What a training run of two epochs leaves when it is stopped. */
const stopped = once(async (): Promise<Files> => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-run-'))
  const controller = new AbortController()
  await trainEmbedder({
    ...training(folder, await nodeRuntime({ threads: 1 })),
    signal: controller.signal,
    onEpoch: ({ epoch }) => (epoch === 2 ? controller.abort() : undefined),
  }).catch((error: unknown) => {
    if (!(error instanceof KindredError) || error.code !== 'interrupted') throw error
  })
  const files = { [checkpointName]: part('checkpoint', new Uint8Array(readFileSync(join(folder, checkpointName)))) }
  rmSync(folder, { recursive: true })
  return files
})

const resumeReader: Reader = {
  name: 'resume',
  weight: 0.5,
  seeds: async () => [await stopped()],
  called: [checkpointName, 'resume', 'training'],
  codes: ['collapsed'], // odd numbers in the state may lead there
  async read(input) {
    const { weights, history, steps, bestEpoch, dim } = await trainEmbedder({
      ...training(input.folder, await input.runtime()),
      resume: true,
    })
    must(steps === 6 && history.length === 3 && dim === 3, `${history.length} epochs of ${steps} steps`)
    history.forEach((record, i) => {
      must(record.epoch === i + 1, `epoch ${String(record.epoch)} in place ${i + 1}`)
      mustBeFinite(
        [record.trainLoss, record.validationLoss, record.knnAccuracy, record.activeTriplets, record.learningRate, record.step],
        `epoch ${i + 1}`,
      )
    })
    must(Number.isInteger(bestEpoch) && bestEpoch >= 1 && bestEpoch <= 3, `best epoch ${String(bestEpoch)}`)
    must(weights.size === 2, `${weights.size} weights`)
    for (const [name, w] of weights) mustBeFinite(w, name)
  },
}

export const ruleReaders: readonly Reader[] = [
  headReader,
  detectorReader,
  rejectionReader,
  checkpointReader,
  thresholdReader,
  runReader,
  resumeReader,
]
