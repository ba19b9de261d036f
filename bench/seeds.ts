/**
 * @file A preset trained from several seeds and judged as the digits story judges: what its figures are, and how far they spread.
 *
 * Seconds are those of the training with its evaluations; processor seconds say more where the machine does other work too. Ctrl-C stops after the running
 * step, and the seeds that are done are told all the same.
 */
import { parseArgs } from 'node:util'
import { KindredError } from '../src/base/index.ts'
import { interruptible } from '../src/cli/interrupt.ts'
import { trainingSplit, type Dataset } from '../src/dataset/index.ts'
import { loadMnist, preset, presetNames, trainingInWords, type Preset } from '../src/digits/index.ts'
import { accuracy } from '../src/metrics/index.ts'
import { defaultRuntime, nodeRuntime, type Runtime } from '../src/runtime/index.ts'
import { embedderOf } from '../src/stories/digits/embed-sets.ts'
import { judgeEmbedding } from '../src/stories/digits/judge.ts'
import { headLogits, predictions, trainEmbedder, trainSoftmaxHead } from '../src/train/index.ts'
import { machine, table, timed, wholeNumber, type Benchmark } from './peer.ts'

const usage = '--preset default --seeds 5 --first 0 --threads N --steps N --epochs N --images N'

interface Options {
  readonly preset: Preset
  readonly seeds: number
  readonly first: number
  readonly threads: number | undefined
  readonly images: number | undefined
}

/** What one seed came to; shares are 0..1. */
interface SeedFigures {
  readonly seed: number
  readonly knn: number
  readonly mapAtR: number
  readonly head: number
  readonly seconds: number
  readonly processorSeconds: number
}

function readOptions(argv: string[]): Options {
  try {
    const text = { type: 'string' as const }
    const { values } = parseArgs({
      args: argv,
      options: { preset: text, seeds: text, first: text, threads: text, steps: text, epochs: text, images: text },
    })
    const whole = (name: keyof typeof values, least = 1): number | undefined => {
      const value = values[name]
      return value === undefined ? undefined : wholeNumber(name, value, least)
    }
    const { preset: name = 'default' } = values
    if (!presetNames.some((known) => known === name)) throw new Error(`--preset must be one of ${presetNames.join(', ')}, got ${name}`)
    const named = preset(name, { epochs: whole('epochs') })
    return {
      preset: { ...named, training: { ...named.training, stepsPerEpoch: whole('steps') ?? named.training.stepsPerEpoch } },
      seeds: whole('seeds') ?? 5,
      first: whole('first', 0) ?? 0,
      threads: whole('threads'),
      images: whole('images'),
    }
  } catch (error) {
    throw new KindredError('usage', 'seeds', `options must be among ${usage}`, (error as Error).message)
  }
}

/** Runs the benchmark; options as in `usage` (--steps: those of an epoch; --images: training images). */
export const run: Benchmark = async (argv) => {
  const { preset: p, seeds, first, threads, images } = readOptions(argv)
  const runtime = threads === undefined ? await defaultRuntime() : await nodeRuntime({ threads })
  const all = await loadMnist({ split: 'train' })
  const test = await loadMnist({ split: 'test' })
  const done: SeedFigures[] = []
  const work = async (signal: AbortSignal) => {
    for (let seed = first; seed < first + seeds; seed++) done.push(await trainAndJudge({ p, seed, runtime, all, test, images, signal }))
  }
  try {
    await interruptible(work, { say: (message) => console.error(message), onSignal: () => (process.exitCode = 130) })
  } catch (error) {
    if (!(error instanceof KindredError && error.code === 'interrupted') || done.length === 0) throw error
  }
  show(done)
  const of = (name: keyof SeedFigures) => done.map((figures) => figures[name])
  return {
    ratio: Number.NaN,
    preset: p.name,
    seeds: of('seed'),
    knn: of('knn'),
    mapAtR: of('mapAtR'),
    head: of('head'),
    seconds: of('seconds'),
    processorSeconds: of('processorSeconds'),
    training: trainingInWords(p.training),
    runtime: runtime.name,
    threads: runtime.threads,
    ...machine(),
  }
}

/** One training, and what the story would say of it: neighbours among all training images, the head on the frozen embedding. */
async function trainAndJudge({
  p,
  seed,
  runtime,
  all,
  test,
  images,
  signal,
}: {
  p: Preset
  seed: number
  runtime: Runtime
  all: Dataset
  test: Dataset
  images: number | undefined
  signal: AbortSignal
}): Promise<SeedFigures> {
  const { train, validation } = trainingSplit(all, { validation: Math.round(all.count / 12), images, seed })
  const { wall, cpu, result } = await timed(() =>
    trainEmbedder({
      ...p.training,
      network: p.network,
      source: train,
      validation,
      seed,
      runtime,
      signal,
      onEpoch: ({ epoch, trainLoss, knnAccuracy, imagesPerSecond }) =>
        console.error(
          `seed ${seed}, epoch ${epoch} of ${p.training.epochs}: loss ${trainLoss.toPrecision(3)}, validation kNN ${(100 * knnAccuracy).toFixed(2)} %, ` +
            `${Math.round(imagesPerSecond)} images/s`,
        ),
    }),
  )
  await result.dispose()
  const { model } = await embedderOf(
    runtime,
    p.network,
    {
      labels: train.classes,
      preprocessing: { range: '0..255', frame: 'mnist' },
      metric: 'euclidean',
      recipe: {},
      seed,
      datasetHash: train.hash,
      versions: {},
    },
    result.weights,
  )
  try {
    const [known, asked] = [await model.embed(train.images), await model.embed(test.images)]
    const judged = await judgeEmbedding(
      runtime,
      model.dim,
      { vectors: known, labels: train.labels },
      { vectors: asked, labels: test.labels },
    )
    const { dim } = model
    const head = await trainSoftmaxHead({ vectors: known, dim, labels: train.labels, classes: train.classes, seed, runtime, signal })
    return {
      seed,
      knn: judged.accuracy,
      mapAtR: judged.mapAtR,
      head: accuracy(test.labels, predictions(headLogits(head, asked), train.classes.length)),
      seconds: wall,
      processorSeconds: cpu,
    }
  } finally {
    await model.dispose()
  }
}

/** For people: each seed, and below them mean, standard deviation over seeds, least and most. */
function show(done: readonly SeedFigures[]): void {
  const row = (seed: string, of: (name: keyof SeedFigures) => number) => ({
    seed,
    'kNN %': (100 * of('knn')).toFixed(2),
    'MAP@R %': (100 * of('mapAtR')).toFixed(2),
    'head %': (100 * of('head')).toFixed(2),
    seconds: of('seconds').toFixed(0),
    'processor s': of('processorSeconds').toFixed(0),
  })
  const over = (summary: (values: number[]) => number) => (name: keyof SeedFigures) => summary(done.map((figures) => figures[name]))
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
  const deviation = (values: number[]) => Math.sqrt(values.reduce((s, v) => s + (v - mean(values)) ** 2, 0) / (values.length - 1))
  table([
    ...done.map((figures) => row(String(figures.seed), (name) => figures[name])),
    row('mean', over(mean)),
    ...(done.length > 1 ? [row('deviation', over(deviation))] : []),
    row(
      'least',
      over((v) => Math.min(...v)),
    ),
    row(
      'most',
      over((v) => Math.max(...v)),
    ),
  ])
}
