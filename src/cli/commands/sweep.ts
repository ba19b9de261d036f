/** @file `kindred sweep`: the same training once for each margin, side by side. */
import { join } from 'node:path'
import { loadMnist } from '../../digits/index.ts'
import { trainingSplit } from '../../dataset/index.ts'
import { ensureNoForeignFiles, openRunFolder } from '../../report/index.ts'
import { preset, type PresetName } from '../../digits/index.ts'
import { sweep, writeSweep } from '../../stories/index.ts'
import type { Context } from '../context.ts'
import { mnistFrom } from '../mnist-from.ts'

interface Options {
  readonly out: string
  readonly preset: PresetName
  readonly margins?: readonly number[]
  readonly steps: number
  readonly dim: number
  readonly seed: number
  readonly images?: number
  readonly data?: string
  readonly download?: boolean
}

export async function run(options: Options, given: Context): Promise<void> {
  const { out, margins, steps, dim, seed, images } = options
  const { progress, signal } = given
  const from = mnistFrom('sweep', options)
  ensureNoForeignFiles(out, ['sweep.json', 'sweep.svg', 'sweep.png', 'sweep-curves.svg', 'sweep-curves.png'])
  openRunFolder(out)
  const all = await loadMnist({ from, split: 'train', progress, signal })
  const { train, validation } = trainingSplit(all, { validation: Math.min(2000, Math.ceil(all.count / 10)), images, seed })
  const recipe = preset(options.preset, { dim })
  const result = await sweep({
    train,
    validation,
    test: await loadMnist({ from, split: 'test', progress, signal }),
    network: recipe.network,
    training: (margin) => preset(options.preset, { dim, margin }).training,
    steps,
    seed,
    runtime: await given.runtime(),
    progress,
    signal,
    ...(margins === undefined ? {} : { margins }),
    onMargin: (sofar) => writeSweep(out, sofar),
  })
  await writeSweep(out, result)
  const { report } = result
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`.padStart(7)
  given.result(report, [
    'margin    loss  active     kNN    head  silhouette  intra  inter',
    ...report.sweep.map(
      (e) =>
        `${e.margin.toFixed(1).padStart(6)}  ${e.loss.toFixed(4)} ${percent(e.activeTriplets)} ${percent(e.knnAccuracy)} ${percent(e.headAccuracy)}  ${e.silhouette.toFixed(3).padStart(10)}  ${e.intraDistance.toFixed(2).padStart(5)}  ${e.interDistance.toFixed(2).padStart(5)}${e.collapsed ? '  collapsed' : ''}`,
    ),
    `best margin: ${report.best.margin} (${report.best.why})`,
    `figure: ${join(out, 'sweep.svg')}`,
  ])
}
