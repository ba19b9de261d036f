/**
 * @file `kindred digits`: the whole first story. Load MNIST, train a triplet network, draw its curves, judge it against honest baselines,
 * map it, classify with it, let it say "that is no digit", and write one report.
 */
import { KindredError, silent } from '../../base/index.ts'
import { frameOf, loadMnist, preset } from '../../digits/index.ts'
import { trainingSplit } from '../../dataset/index.ts'
import { needParts } from '../../files/index.ts'
import { digitsPage } from './digits-page.ts'
import { growReport } from '../../report/index.ts'
import { together } from '../together.ts'
import type { DigitsReport } from './digits-report.ts'
import { countParameters } from './embed-sets.ts'
import { tripletPicture } from './pictures.ts'
import { beginChapters } from './order.ts'
import type { DigitsOptions, Story } from './run.ts'

/** The three models of a run, each with its head and its rule. */
const modelFiles = ['', '-invented', '-outliers'].flatMap((own) => [`model${own}.onnx`, `head${own}.json`, `reject${own}.json`])

/** Tells the whole story; returns what `report.json` holds. */
export async function digits(options: DigitsOptions): Promise<DigitsReport> {
  const { out, runtime, progress = silent, signal, seed = 0 } = options
  needParts('digits', (options.data?.from ?? 'package') === 'package' ? ['mnist', 'letters'] : ['letters']) // now, not minutes later
  const named = preset(options.preset ?? 'default', options)
  const chosen = { ...named, training: { ...named.training, stepsPerEpoch: options.steps ?? named.training.stepsPerEpoch } }
  const all = await loadMnist({ ...options.data, split: 'train' })
  if (frameOf(all) !== 'mnist') {
    const got = `${all.height}x${all.width}x${all.channels} in ${all.source}`
    const must = 'images must be 28x28x1, as the other characters are that the story compares them with'
    throw new KindredError('unsupported', 'digits', must, got, 'A network can be trained on images of any size.')
  }
  const { images } = options
  const { train, validation } = trainingSplit(all, {
    validation: Math.round(Math.min(all.count / 12, (images ?? Infinity) / 11)),
    images,
    seed,
  })
  const test = await loadMnist({ ...options.data, split: 'test' })
  const report: DigitsReport = {
    complete: false,
    seconds: 0,
    history: [],
    seed,
    command: options.command,
    dataset: {
      name: 'MNIST',
      train: train.count,
      validation: validation.count,
      test: test.count,
      sha256: { 'training images and labels': all.hash, 'test images and labels': test.hash },
    },
    embedding: {
      dim: chosen.dim,
      architecture: chosen.architecture,
      parameters: countParameters(chosen.network),
      margin: chosen.margin,
      miner: chosen.mining,
      normalised: chosen.normalised,
    },
    training: {
      objective: chosen.training.objective.words,
      augmented: chosen.training.augmentation !== undefined,
      averaged: chosen.training.averageDecay !== undefined,
    },
    environment: { ...options.versions, runtime: `${runtime.name}, ${runtime.threads} threads` },
  }
  const png = ['loss', 'map', 'sweepPanels', 'sweepCurves', 'confusion', 'rejectionHistogram', 'rejectionCurve'] as const
  return growReport(
    out,
    report,
    digitsPage,
    { png, signal, progress, files: [...modelFiles, 'loss.svg', 'loss.png', 'training'] },
    async (story: Story) => {
      story.addFigure('triplets', tripletPicture(train, seed))
      const { apart } = runtime
      const parts = { story, runtime, apart: apart?.() ?? runtime, progress: story.progress, preset: chosen, seed, train, validation, test }
      await together(({ begin, signal }) => beginChapters({ ...parts, options: { ...options, signal } }, begin), {
        signal: options.signal,
        inTurn: apart === undefined,
      })
    },
  )
}
