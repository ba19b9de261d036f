/** @file The chapters on the embedding itself: training, neighbours, head, baselines, map, margin sweep. */
import { whole } from '../../report/index.ts'
import { percent } from '../../base/index.ts'
import { join } from 'node:path'
import { subset, type Dataset } from '../../dataset/index.ts'
import { folderStore, writeFileAtomic } from '../../files/index.ts'
import { accuracy, calibration, confusionMatrix, negativeLogLikelihood } from '../../metrics/index.ts'
import { softmax } from '../../openset/index.ts'
import {
  barComparison,
  confusionMatrix as confusionFigure,
  embeddingMap,
  lossCurve,
  reliabilityDiagram,
  sweepCurves,
  sweepPanels,
  toPng,
} from '../../plots/index.ts'
import { project } from '../../projection/index.ts'
import { mPerClass } from '../../samplers/index.ts'
import {
  headLogits,
  headToJson,
  objective,
  predictions,
  trainEmbedder,
  type SoftmaxHead,
  type TrainEmbedderResult,
} from '../../train/index.ts'
import { preset } from '../../digits/index.ts'
import { tripletMarginLoss } from '../../losses/index.ts'
import { allTriplets } from '../../miners/index.ts'
import { digitNetwork } from '../../nn/index.ts'
import { adam, constantRate } from '../../optim/index.ts'
import { sweep, writeSweep, type SweepResult } from '../sweep/sweep.ts'
import { beginEarlyMap, firstLook } from './early-map.ts'
import { embedderOf, embedSet } from './embed-sets.ts'
import { fitHead } from './fit-head.ts'
import { judgeEmbedding, pixelVectors } from './judge.ts'
import { captionedPicture, neighbourPicture, pick } from './pictures.ts'
import type { NeighbourFigures } from './digits-report.ts'
import { card, type Judged, type Run, type Story } from './run.ts'

/** Trains the network and draws its curves, with quick maps of the space on the way. */
export async function trainNetwork(run: Run): Promise<Pick<TrainEmbedderResult, 'weights' | 'history'>> {
  const { story, apart: runtime, progress, preset: p, seed, train, validation, options } = run
  const { epochs, stepsPerEpoch } = p.training
  let early = Promise.resolve()
  const drawEarly = async (step: number, tools: Parameters<typeof beginEarlyMap>[2]): Promise<void> => {
    await early // one after the other, so that the latest stays
    early = (await beginEarlyMap(run, step, tools)).drawn
    early.catch(() => {}) // told when the training has ended
  }
  const result = await story.stage('Training', 'training', () =>
    trainEmbedder({
      ...p.training,
      network: p.network,
      source: train,
      validation,
      seed,
      runtime,
      progress,
      store: folderStore(join(options.out, 'training')),
      resume: options.resume ?? false,
      signal: options.signal,
      looks: { at: [firstLook(epochs * stepsPerEpoch)], look: drawEarly },
      onEpoch: async (record, tools) => {
        const history = [...story.current.history.filter((h) => h.epoch < record.epoch), record]
        story.addFigure('loss', lossCurve(history))
        story.update({ history, now: `training, epoch ${record.epoch} of ${epochs}` })
        if (record.epoch < epochs) await drawEarly(record.step, tools)
      },
    }),
  )
  await early
  if (result.collapse !== undefined) story.warn(result.collapse)
  const curve = lossCurve(result.history, { bestEpoch: result.bestEpoch })
  story.addFigure('loss', curve)
  story.update({ history: result.history, bestEpoch: result.bestEpoch })
  writeFileAtomic(join(options.out, 'loss.svg'), curve)
  writeFileAtomic(join(options.out, 'loss.png'), await toPng(curve))
  return result
}

/** Writes the model file, embeds everything, and (for the main model) tells kNN accuracy and MAP@R. */
export async function judge(
  run: Run,
  weights: ReadonlyMap<string, Float32Array>,
  file: string,
  what: string,
  tell: boolean,
): Promise<Judged> {
  const { story, runtime, preset: p, train, validation, test, options } = run
  const { model, bytes } = await embedderOf(runtime, p.network, card(run, what), weights)
  writeFileAtomic(join(options.out, file), bytes)
  const embed = (dataset: Dataset, moves = 4) => embedSet(model, dataset, { moves, seed: run.seed })
  return story.stage(tell ? 'Embedding and neighbours' : 'Embedding again', 'embedding all digits', async () => {
    const judged: Judged = {
      weights,
      train: await embed(train, 0),
      validation: await embed(validation),
      test: await embed(test),
      dim: model.dim,
      embed,
      hash: model.hash,
    }
    if (tell) {
      const found = await judgeEmbedding(
        runtime,
        model.dim,
        { vectors: judged.train.embedding, labels: train.labels },
        { vectors: judged.test.embedding, labels: test.labels },
        { progress: run.progress, signal: options.signal },
      )
      story.addFigure('neighbours', neighbourPicture(train, test, found.neighbours, found.votes))
      story.update({ knn: { accuracy: found.accuracy, mapAtR: found.mapAtR, k: 5 } })
      drawBaselines(story)
    }
    return judged
  })
}

export async function classify(run: Run, judged: Judged): Promise<SoftmaxHead> {
  const { story, train, test, options } = run
  return story.stage('Softmax head', 'training the softmax head', async () => {
    const classes = train.classes
    const head = await fitHead(run, judged)
    writeFileAtomic(join(options.out, 'head.json'), headToJson(head, judged))
    const logits = headLogits(head, judged.test.embedding)
    const probabilities = softmax(logits, classes.length)
    const guesses = predictions(logits, classes.length)
    const calibrated = calibration(probabilities, classes.length, test.labels)
    story.addFigure('confusion', confusionFigure(confusionMatrix(test.labels, guesses).counts, classes))
    story.addFigure('reliability', reliabilityDiagram(calibrated.bins, calibrated.ece))
    const wrong = [...test.labels.keys()].filter((i) => guesses[i] !== test.labels[i])
    const errors = captionedPicture(
      pick(test, wrong),
      wrong.map((i) => `${classes[test.labels[i]]} read ${classes[guesses[i]]}`),
      'Digits that the head misread',
      `${whole(wrong.length)} of ${whole(test.count)}; what it shows, and what the head said.`,
    )
    if (errors !== undefined) story.addFigure('errors', errors)
    story.update({
      head: {
        accuracy: accuracy(test.labels, guesses),
        ece: calibrated.ece,
        nll: negativeLogLikelihood(probabilities, classes.length, test.labels),
        temperature: head.temperature,
      },
    })
    return head
  })
}

export async function baselines(run: Run): Promise<void> {
  const { story, runtime, preset: p, train, test } = run
  await story.stage('Baselines', 'judging raw pixels and the untrained network', async () => {
    const { model } = await embedderOf(runtime, p.network, card(run, 'untrained'))
    const judgeVectors = (dim: number, references: Float32Array, queries: Float32Array) =>
      judgeEmbedding(
        runtime,
        dim,
        { vectors: references, labels: train.labels },
        { vectors: queries, labels: test.labels },
        { progress: run.progress, signal: run.options.signal },
      )
    const untrained = await judgeVectors(model.dim, await model.embed(train.images), await model.embed(test.images))
    story.update({ baselines: { untrained: { accuracy: untrained.accuracy, mapAtR: untrained.mapAtR } } })
    const raw = await judgeVectors(784, pixelVectors(train.images), pixelVectors(test.images))
    const rawPixels = { accuracy: raw.accuracy, mapAtR: raw.mapAtR }
    story.update({ baselines: { untrained: { accuracy: untrained.accuracy, mapAtR: untrained.mapAtR }, rawPixels } })
    drawBaselines(story)
    await model.dispose()
  })
}

/** Draws them beside the trained network, as far as they are known. */
function drawBaselines(story: Story): void {
  const { knn, baselines: { rawPixels, untrained } = {}, embedding } = story.current
  if (rawPixels === undefined || untrained === undefined) return
  const bar = (name: string, dim: number, { accuracy: knnAccuracy, mapAtR }: NeighbourFigures, main?: boolean) => ({
    name,
    note: `${dim} numbers`,
    knnAccuracy,
    mapAtR,
    main,
  })
  story.addFigure(
    'baselines',
    barComparison([
      bar('Raw pixels', 784, rawPixels),
      bar('Untrained network', embedding.dim, untrained),
      ...(knn === undefined ? [] : [bar('Trained network', embedding.dim, knn, true)]),
    ]),
  )
  story.update({})
}

export async function drawMap(run: Run, judged: Judged, head: SoftmaxHead): Promise<void> {
  const { story, test, options, seed, progress } = run
  await story.stage('Map', 'drawing the map', async () => {
    const n = Math.min(options.mapPoints ?? 5000, test.count)
    const points = judged.test.embedding.subarray(0, n * judged.dim)
    const { positions, neighbourPreservation } = await project(points, judged.dim, {
      seed,
      preservationOf: Math.min(10, n - 1),
      progress,
      signal: options.signal,
    })
    const labels = test.labels.subarray(0, n)
    const predicted = predictions(headLogits(head, points), test.classes.length)
    story.addFigure('map', embeddingMap(positions, labels, test.classes, { predicted, title: mapTitle(n, labels, predicted) }))
    story.addFigure(
      'mapImages',
      embeddingMap(positions, labels, test.classes, {
        title: `${percent(neighbourPreservation!)} of each digit’s 10 nearest are still among the nearest on the map`,
        subtitle: 'The same map, drawn with the digits themselves.',
        images: { pixels: test.images.subarray(0, n * 784), height: 28, width: 28 },
      }),
    )
    story.update({
      earlyMap: undefined,
      map: {
        neighbourPreservation: neighbourPreservation!,
        points: n,
        neighbours: 10,
        method: 't-SNE',
      },
    })
  })
}

/**
 * The margin sweep of the story: the default network without its scaling to length 1, which would hide what the margin does to sizes, and all triplets of
 * small batches, so that a few hundred steps tell.
 */
export async function shortSweep(run: Run): Promise<SweepResult | undefined> {
  const { story, options, runtime, seed, train, validation, test, progress } = run
  const { sweepSteps = 200, margins = storyMargins } = options
  if (sweepSteps === 0) return undefined
  return story.stage('Margin sweep', 'sweeping the margin', async () => {
    const dim = options.dim ?? 10
    const { architecture, margin: presetMargin } = preset('default', { dim })
    const show = ({ report, panels }: SweepResult): void => {
      const best = report.best.measurable ? report.best.margin : undefined
      story.addFigure('sweepPanels', sweepPanels(panels, train.classes, { best }))
      if (panels.length > 1) story.addFigure('sweepCurves', sweepCurves(report.sweep, { best }))
      story.update({ sweep: [...report.sweep], now: `sweeping the margin, ${panels.length} of ${margins.length}` })
    }
    const result = await sweep({
      train,
      validation: subset(
        validation,
        Array.from({ length: Math.min(1000, validation.count) }, (_, i) => i),
      ),
      test,
      network: digitNetwork({ dim, normalise: false }),
      networkName: `the default network without scaling to unit length: ${architecture.replace(/, unit length$/, '')}`,
      training: (margin) => ({
        objective: objective({ loss: tripletMarginLoss({ margin }), miner: allTriplets() }),
        batches: mPerClass({ classes: Math.min(10, train.classes.length), perClass: 8 }),
        optimizer: adam(),
        schedule: () => constantRate(2e-3),
        knnReferences: 1000,
      }),
      margins,
      steps: sweepSteps,
      seed,
      presetMargin,
      runtime,
      progress,
      signal: options.signal,
      onMargin: show,
    })
    show(result)
    await writeSweep(options.out, result)
    return result
  })
}

const storyMargins: readonly number[] = [0, 0.1, 0.2, 0.4, 0.9]

/** How many the head reads rightly, of those on the map. */
function mapTitle(n: number, labels: ArrayLike<number>, predicted: ArrayLike<number>): string {
  const right = Array.from(labels).filter((l, i) => l === predicted[i]).length
  return `${n.toLocaleString('en')} test digits by likeness: ${percent(right / n)} are read rightly`
}
