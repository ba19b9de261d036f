/** @file `kindred compare`: the same faces by two models. */
import { join } from 'node:path'
import type { DetectorName } from '../../faces/index.ts'
import { compare } from '../../stories/index.ts'
import type { Context } from '../context.ts'
import { versions } from '../../jobs/index.ts'

interface Options {
  readonly models: string
  readonly out: string
  readonly detector: DetectorName
  readonly layer?: string
  readonly faces?: 'largest' | 'all'
  readonly seed: number
}

export async function tell(options: Options, given: Context, dir: string): Promise<void> {
  const { out, models, detector, layer, faces, seed } = options
  const runtime = await given.runtime()
  const report = await compare(dir, {
    out,
    detector,
    seed,
    models: models
      .split(',')
      .map((m) => m.trim())
      .filter((m) => m !== ''),
    ...(layer === undefined ? {} : { layer }),
    ...(faces === undefined ? {} : { faces }),
    runtime,
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(runtime),
  })
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`
  const points = (x: number) => `${x < 0 ? '' : '+'}${(100 * x).toFixed(1)}`
  const { difference: d } = report
  given.result({ report: join(out, 'report.html'), ...report }, [
    `${report.faces} faces in ${report.photos.withFace} of ${report.photos.total} photos`,
    ...report.models.map(({ model, dim, retrieval: r }) =>
      r === undefined
        ? `${model}: ${dim} numbers`
        : `${model}: nearest neighbour right ${percent(r.knnAccuracy)}, mAP ${percent(r.map)}, silhouette ${(r.silhouette ?? 0).toFixed(3)}`,
    ),
    ...(d === undefined
      ? report.noRetrieval === undefined
        ? []
        : [report.noRetrieval]
      : [
          `nearest neighbour: ${points(d.knnAccuracy.value)} points (${points(d.knnAccuracy.low)} to ${points(d.knnAccuracy.high)}); only the first right ${d.knnAccuracy.onlyFirst}, only the second ${d.knnAccuracy.onlySecond}, p = ${d.knnAccuracy.pValue.toPrecision(2)}: ${d.knnAccuracy.verdict}`,
          `mAP: ${points(d.map.value)} points (${points(d.map.low)} to ${points(d.map.high)}): ${d.map.verdict}`,
        ]),
    ...(report.warnings ?? []),
    `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s)`,
  ])
}
