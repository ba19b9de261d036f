/** @file `kindred digits`: the whole digits story, from MNIST to one report. */
import { join } from 'node:path'
import { KindredError } from '../../base/index.ts'
import { digits } from '../../stories/index.ts'
import type { PresetName } from '../../digits/index.ts'
import type { Context } from '../context.ts'
import { mnistFrom } from '../mnist-from.ts'
import { versions } from '../../jobs/index.ts'

interface Options {
  readonly out: string
  readonly preset: PresetName
  readonly epochs?: number
  readonly dim: number
  readonly margin: number
  readonly seed: number
  readonly data?: string
  readonly download?: boolean
  readonly letters?: string
  readonly outliers: boolean
  readonly sweepSteps: number
  readonly images?: number
  readonly resume?: boolean
}

export async function tell(options: Options, given: Context): Promise<void> {
  const { out, preset, epochs, dim, margin, seed, letters, outliers, sweepSteps, images, resume } = options
  if (sweepSteps > 0 && sweepSteps < 5)
    throw new KindredError('usage', 'digits', '--sweep-steps must be 0 or at least 5', String(sweepSteps))
  const runtime = await given.runtime()
  const report = await digits({
    out,
    preset,
    dim,
    margin,
    seed,
    outliers,
    sweepSteps,
    ...(epochs === undefined ? {} : { epochs }),
    ...(letters === undefined ? {} : { letters }),
    images,
    ...(resume === undefined ? {} : { resume }),
    data: { from: mnistFrom('digits', options) },
    runtime,
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(runtime),
  })
  const percent = (x: number | undefined) => (x === undefined ? '-' : `${(100 * x).toFixed(2)} %`)
  given.result({ report: join(out, 'report.html'), ...report }, [
    `kNN accuracy ${percent(report.knn?.accuracy)}, MAP@R ${percent(report.knn?.mapAtR)}, softmax head ${percent(report.head?.accuracy)}  (raw pixels ${percent(report.baselines?.rawPixels?.accuracy)}, ${percent(report.baselines?.rawPixels?.mapAtR)})`,
    ...(report.warnings ?? []),
    `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s)`,
  ])
}
