/** @file What verb `train` does: from images of digits to a run folder with a model in it. */
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError, type Progress } from '../base/index.ts'
import {
  frameOf,
  inventedCharacters,
  lettersFrom,
  loadMnist,
  outlierTraining,
  preset,
  pseudoOutliers,
  renderedLetters,
} from '../digits/index.ts'
import { take, trainingSplit, type Dataset } from '../dataset/index.ts'
import { folderStore, writeFileAtomic } from '../files/index.ts'
import { knnAccuracy } from '../metrics/index.ts'
import { load, saveEmbedder } from '../models/index.ts'
import { openRunFolder } from '../report/index.ts'
import { headToJson, trainEmbedder, trainSoftmaxHead, type TrainEmbedderResult } from '../train/index.ts'
import type { JobContext } from './context.ts'
import { mnistFrom } from './mnist-from.ts'
import { checkFree, readJson, writeCurves, writeJson } from './train-folder.ts'
import { trainFields } from './train-fields.ts'
import { versions } from './version.ts'

/** What decides the run; kept in run.json so that `resume` needs nothing else. */
type TrainWords = z.infer<z.ZodObject<typeof trainFields>>

/** As much of run.json as `resume` reads. */
export const runFile = z.object({ options: z.object(trainFields) })

/** What is trained; see the verb. */
export interface TrainDigitsInput extends TrainWords {
  readonly out?: string
  readonly resume?: boolean
  readonly overwrite?: boolean
  readonly test: boolean
}

/** The run folder, and how the kept epoch does. */
export interface TrainDigitsResult extends Pick<TrainEmbedderResult, 'bestEpoch' | 'stopped' | 'steps' | 'collapse' | 'history'> {
  readonly model: string
  readonly folder: string
  readonly validation: { readonly loss: number; readonly knnAccuracy: number }
  /** On the test images, unless left out. */
  readonly test?: { readonly knnAccuracy: number }
}

const kept = Object.keys(trainFields) as (keyof TrainWords)[]

/**
 * Trains an embedder on MNIST and writes a run folder: model, softmax head, curves, history, checkpoint.
 *
 * @throws KindredError `usage` where the folder holds another run; `interrupted` when the signal fires: what was done is kept, and `resume` goes on
 */
export async function trainDigits(options: TrainDigitsInput, context: JobContext): Promise<TrainDigitsResult> {
  const { signal, progress } = context
  const out = options.out ?? join('runs', `mnist-${options.preset ?? 'default'}`)
  checkFree(out, options)
  openRunFolder(out, ['run.json', 'model.onnx', 'head.json', 'history.json', 'loss.svg', 'loss.png'])
  const said = Object.fromEntries(kept.filter((k) => options[k] !== undefined).map((k) => [k, options[k]])) as TrainWords
  const words: TrainWords = { ...(options.resume ? readJson(out, 'run.json', runFile).options : {}), ...said }
  const seed = words.seed ?? 0
  const recipe = preset(words.preset ?? 'default', picked(words, ['dim', 'margin', 'epochs', 'mining']))
  const data = await loadData(words, seed, progress, signal)
  if (words.outliers !== undefined) checkOutlierFrame(data.train)
  const outliers = words.outliers === undefined ? undefined : await loadOutliers(words.outliers, data.train, seed, progress)
  const against = outlierTraining(recipe, data.train.classes.length)
  const plan = outliers === undefined ? recipe.training : { ...against, epochs: words.epochs ?? against.epochs }
  const training = {
    ...plan,
    stepsPerEpoch: words.steps ?? plan.stepsPerEpoch,
    earlyStopping: words.patience === undefined ? undefined : { patience: words.patience },
    outliers,
  }
  const runtime = await context.runtime()
  writeJson(out, 'run.json', { command: 'train mnist', options: words, versions: versions(runtime) })
  const result = await trainEmbedder({
    source: data.train,
    validation: data.validation,
    ...training,
    network: recipe.network,
    seed,
    runtime,
    store: folderStore(out),
    resume: options.resume ?? false,
    progress,
    signal,
  })
  await writeCurves(out, result.history, result.bestEpoch)
  const path = join(out, 'model.onnx')
  saveEmbedder(path, {
    network: recipe.network,
    weights: result.weights,
    size: [data.train.height, data.train.width],
    card: {
      labels: data.train.classes,
      preprocessing: { range: '0..255', frame: frameOf(data.train), channels: data.train.channels },
      metric: 'euclidean',
      recipe: {
        command: 'train mnist',
        ...words,
        preset: recipe.name,
        architecture: recipe.architecture,
        margin: recipe.margin,
        mining: outliers === undefined ? recipe.mining : 'soft-negative',
        epochs: training.epochs,
        stepsPerEpoch: training.stepsPerEpoch,
      },
      seed,
      datasetHash: data.train.hash,
      versions: versions(runtime),
    },
  })
  await trainHead(path, out, data.train, seed, context)
  const test = options.test ? await judge(path, words, data.train, context) : undefined
  const { history, bestEpoch, collapse, stopped, steps } = result
  const best = history[bestEpoch - 1]
  return {
    model: path,
    folder: out,
    bestEpoch,
    stopped,
    steps,
    collapse,
    validation: { loss: best.validationLoss, knnAccuracy: best.knnAccuracy },
    test: test === undefined ? undefined : { knnAccuracy: test },
    history,
  }
}

/** Training and validation images. */
async function loadData(
  words: TrainWords,
  seed: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ train: Dataset; validation: Dataset }> {
  const all = await loadMnist({ from: mnistFrom(words), split: 'train', progress, signal })
  return trainingSplit(all, { validation: words.validation ?? Math.min(5000, Math.ceil(all.count / 10)), images: words.images, seed })
}

/** Throws where the outliers, which are drawn in MNIST's frame, would be no images like those that are trained on. */
function checkOutlierFrame(train: Dataset): void {
  if (frameOf(train) === 'mnist') return
  const got = `${train.height}x${train.width}x${train.channels} in ${train.source}`
  throw new KindredError('usage', 'train', 'outliers are 28x28x1, so the training images must be', got, 'Train without outliers.', {
    option: 'outliers',
  })
}

async function loadOutliers(what: string, train: Dataset, seed: number, progress: Progress): Promise<Dataset> {
  if (what === 'invented') return inventedCharacters({ count: 30_000, seed })
  if (what === 'pseudo') return pseudoOutliers(train, { count: 30_000, seed })
  if (what === 'letters') return renderedLetters({ fonts: 'train', perLetter: 200, seed })
  return lettersFrom(what, { progress })
}

/** Trains a softmax head on the embeddings of up to 10,000 training images and writes it beside the model, for verb `classify`. */
async function trainHead(path: string, out: string, train: Dataset, seed: number, context: JobContext): Promise<void> {
  const runtime = await context.runtime()
  const known = take(train, Math.min(10_000, train.count), { seed })
  const model = await load(path, { runtime })
  try {
    const vectors = await model.embed(known.images)
    const head = await trainSoftmaxHead({
      vectors,
      dim: model.dim,
      labels: known.labels,
      classes: known.classes,
      seed,
      runtime,
      progress: context.progress,
    })
    writeFileAtomic(join(out, 'head.json'), headToJson(head, model))
  } finally {
    await model.dispose()
  }
}

/** kNN accuracy of the written model file on all test images, asked of 5000 training images. */
async function judge(path: string, words: TrainWords, train: Dataset, context: JobContext): Promise<number> {
  const test = await loadMnist({ from: mnistFrom(words), split: 'test', progress: context.progress, signal: context.signal })
  const references = take(train, Math.min(5000, train.count), { seed: words.seed ?? 0 })
  const model = await load(path, { runtime: await context.runtime() })
  try {
    const known = await model.embed(references.images)
    return knnAccuracy(known, references.labels, model.dim, {
      k: Math.min(5, references.count),
      queries: await model.embed(test.images),
      queryLabels: test.labels,
    })
  } finally {
    await model.dispose()
  }
}

function picked<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((k) => from[k] !== undefined).map((k) => [k, from[k]])) as Pick<T, K>
}
