/** @file `kindred faces`: the whole faces story, from a folder of photos to one report. */
import { join } from 'node:path'
import type { DetectorName } from '../../faces/index.ts'
import { faces } from '../../stories/index.ts'
import { samplePhotos } from '../../people/index.ts'
import type { Context } from '../context.ts'
import { versions } from '../../jobs/index.ts'

interface Options {
  readonly out: string
  readonly detector: DetectorName
  readonly model: string
  readonly weights?: string
  readonly layer?: string
  readonly faces?: 'largest' | 'all'
  readonly minScore?: number
  readonly minSize?: number
  readonly minSharpness?: number
  readonly gallery?: string
  readonly seed: number
}

export async function tell(options: Options, given: Context, folder?: string): Promise<void> {
  const { out, detector, model, weights, layer, faces: which, minScore, minSize, minSharpness, gallery, seed } = options
  const dir = folder ?? samplePhotos()
  const runtime = await given.runtime()
  const report = await faces(dir, {
    out,
    detector,
    model,
    seed,
    ...(weights === undefined ? {} : { weights }),
    ...(layer === undefined ? {} : { layer }),
    ...(which !== undefined ? { faces: which } : folder === undefined ? { faces: 'all' as const } : {}),
    ...(minScore === undefined ? {} : { minScore }),
    ...(minSize === undefined ? {} : { minSize }),
    ...(minSharpness === undefined ? {} : { minSharpness }),
    ...(gallery === undefined ? {} : { gallery }),
    runtime,
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(runtime),
  })
  const { photos, retrieval } = report
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`
  given.result(
    { report: join(out, 'report.html'), ...report },
    [
      `${report.faces} faces in ${photos.withFace} of ${photos.total} photos${photos.withoutFace === 0 ? '' : `, ${photos.withoutFace} without a face`}${photos.quarantined === 0 ? '' : `, ${photos.quarantined} unreadable (see ${join(out, 'quarantine.jsonl')})`}`,
      retrieval === undefined
        ? (report.noRetrieval ?? '')
        : `nearest neighbour right ${percent(retrieval.knnAccuracy)}, mAP ${percent(retrieval.map)}  (${retrieval.queries} faces, leave-one-out)`,
      ...(report.gallery === undefined ? [] : [`gallery: ${report.gallery.added} added, ${report.gallery.skipped} there already`]),
      ...(report.warnings ?? []),
      `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s${report.photosPerSecond === null ? ', nothing new' : `, ${report.photosPerSecond} photos/s from file to vectors`})`,
    ].filter((line) => line !== ''),
  )
}
