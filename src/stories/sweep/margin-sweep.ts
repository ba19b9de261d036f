/** @file `kindred sweep`: the same training once for each margin and seed, side by side, in one report that grows training by training. */
import { checkOptions, silent, type Progress } from '../../base/index.ts'
import { trainingSplit } from '../../dataset/index.ts'
import { loadMnist, preset, type MnistOptions } from '../../digits/index.ts'
import { sweepCurves, sweepPanels } from '../../plots/index.ts'
import { environmentOf, growReport } from '../../report/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { sweepPage, type SweepFigure, type SweepRunReport } from './sweep-page.ts'
import { checkMargins, defaultMargins, sweep, writeSweep, type SweepResult } from './sweep.ts'

/** Options of {@link marginSweep}. */
export interface MarginSweepOptions {
  /** Folder for everything the run writes. */
  readonly out: string
  /** Default `student`. */
  readonly preset?: string
  /** Default 0, 0.1, ... 0.9. */
  readonly margins?: readonly number[]
  /** For each margin. Default 200. */
  readonly steps?: number
  /** Length of the embedding. Default 10, drawn along its two widest axes; with 2 it is trained in the plane and drawn as it is. */
  readonly dim?: number
  /** The first seed. Default 0. */
  readonly seed?: number
  /** How many seeds: each margin is trained once with each, so that differences can be told from chance. Default 3. */
  readonly seeds?: number
  /** Use so many training images. Default all. */
  readonly images?: number
  /** Where MNIST comes from; see `loadMnist`. */
  readonly data?: Pick<MnistOptions, 'from' | 'cache'>
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** The command and versions, for the report. */
  readonly command?: string
  readonly versions?: Readonly<Record<string, string>>
}

/**
 * Trains once for each seed and margin and writes `report.html`, `report.json`, `sweep.json`, and the figures as `sweep.svg` and `sweep-curves.svg`, each
 * with its PNG.
 *
 * @returns what `sweep.json` holds, panels and weights
 * @throws KindredError `usage` for margins that are none; and as `growReport` and `trainEmbedder` do
 */
export async function marginSweep(options: MarginSweepOptions): Promise<SweepResult> {
  const known = [
    'out',
    'preset',
    'margins',
    'steps',
    'dim',
    'seed',
    'seeds',
    'images',
    'data',
    'runtime',
    'progress',
    'signal',
    'command',
    'versions',
  ]
  checkOptions('sweep', options, known)
  const {
    out,
    margins = defaultMargins,
    steps = 200,
    dim = 10,
    seed = 0,
    seeds = 3,
    images,
    data,
    runtime,
    progress = silent,
    signal,
  } = options
  const { preset: name = 'student', command, versions } = options
  checkMargins(margins)
  const { network, architecture, margin: presetMargin } = preset(name, { dim })
  const all = await loadMnist({ ...data, split: 'train', progress, signal })
  const { train, validation } = trainingSplit(all, { validation: Math.min(2000, Math.ceil(all.count / 10)), images, seed })
  const test = await loadMnist({ ...data, split: 'test', progress, signal })
  const networkName = `${name}: ${architecture}`
  const report: SweepRunReport = {
    complete: false,
    seconds: 0,
    seed,
    command,
    seeds,
    steps,
    dim,
    network: networkName,
    presetMargin,
    margins,
    dataset: {
      name: 'MNIST',
      train: train.count,
      validation: validation.count,
      test: test.count,
      sha256: { 'training images and labels': all.hash, 'test images and labels': test.hash },
    },
    environment: environmentOf(runtime, versions),
  }
  const files = ['sweep.json', 'sweep.svg', 'sweep.png', 'sweep-curves.svg', 'sweep-curves.png']
  let result: SweepResult | undefined
  await growReport<SweepRunReport, SweepFigure>(out, report, sweepPage, { signal, progress, files }, async (story) => {
    const show = async (sofar: SweepResult): Promise<void> => {
      const { panels, classes, report: found } = sofar
      const best = found.best.measurable ? found.best.margin : undefined
      story.addFigure('sweepPanels', sweepPanels(panels, classes, { best }))
      if (panels.length > 1) story.addFigure('sweepCurves', sweepCurves(found.sweep, { best }))
      const done = found.sweep.reduce((sum, { runs }) => sum + runs.length, 0)
      story.update({ sweep: [...found.sweep], best: found.best, findings: found.findings, batch: found.batch, judged: found.judged })
      story.showNow(`${done} of ${margins.length * seeds} trainings done`)
      await writeSweep(out, sofar)
    }
    result = await story.stage('Margins', 'training with the first margin', () =>
      sweep({
        train,
        validation,
        test,
        network,
        networkName,
        training: (margin) => preset(name, { dim, margin }).training,
        margins,
        steps,
        seed,
        seeds,
        presetMargin,
        runtime,
        progress: story.progress,
        signal,
        onMargin: show,
      }),
    )
    await show(result)
  })
  return result!
}
