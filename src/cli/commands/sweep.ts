/** @file `kindred sweep`: the same training once for each margin, side by side. */
import { versions } from '../../jobs/index.ts'
import { join } from 'node:path'
import type { PresetName } from '../../digits/index.ts'
import { marginSweep } from '../../stories/index.ts'
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
  const runtime = await given.runtime()
  const result = await marginSweep({
    out,
    preset: options.preset,
    margins,
    steps,
    dim,
    seed,
    images,
    data: { from },
    runtime,
    progress,
    signal,
    command: given.command,
    versions: versions(runtime),
  })
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
