/** @file `kindred verify`: one person or two, and the threshold that says so. */
import { KindredError } from '../../base/index.ts'
import {
  calibrateThreshold,
  saveThreshold,
  strangersLine,
  thresholdLine,
  verifyPhotos,
  type FaceVerification,
  type SavedThreshold,
} from '../../people/index.ts'
import type { Context } from '../context.ts'
import { columns, networkChoice, type NetworkOptions } from '../face-options.ts'

interface Options extends NetworkOptions {
  readonly threshold?: number
  readonly calibration?: string
  readonly calibrate?: string
  readonly far?: number
  readonly save?: string
  readonly keep?: string
  readonly faces?: 'largest' | 'all'
}

export async function verify(options: Options, given: Context, a?: string, b?: string): Promise<void> {
  const { threshold, calibration, calibrate, far, save, keep, faces } = options
  const wrong = (expected: string, got?: string): never => {
    throw new KindredError('usage', 'verify', expected, got)
  }
  if ((a === undefined) !== (b === undefined)) wrong('two photos must be given', 'one')
  if (a === undefined && calibrate === undefined) wrong('two photos, or --calibrate, must be given', 'neither')
  if ([threshold, calibration, calibrate].filter((x) => x !== undefined).length > 1)
    wrong('only one of --threshold, --calibration and --calibrate may be given')
  if (calibrate === undefined && (far !== undefined || save !== undefined || keep !== undefined))
    wrong(`${far !== undefined ? '--far' : save !== undefined ? '--save' : '--keep'} must come with --calibrate`)
  const runtime = await given.runtime()
  const choice = networkChoice(options)
  const calibrated =
    calibrate === undefined
      ? undefined
      : await calibrateThreshold(calibrate, {
          ...choice,
          ...(far === undefined ? {} : { far }),
          ...(keep === undefined ? {} : { keep }),
          runtime,
          progress: given.progress,
          signal: given.signal,
        })
  if (calibrated !== undefined && save !== undefined) saveThreshold(save, calibrated)
  const result =
    a === undefined || b === undefined
      ? undefined
      : await verifyPhotos(a, b, {
          ...choice,
          ...(threshold === undefined ? {} : { threshold }),
          ...(calibration === undefined ? {} : { calibration }),
          ...(calibrated === undefined ? {} : { calibrated }),
          ...(faces === undefined ? {} : { faces }),
          runtime,
        })
  given.result(
    { ...result, ...(calibrated === undefined ? {} : { calibration: calibrated }), ...(save === undefined ? {} : { saved: save }) },
    [
      ...(result === undefined ? [] : verdicts(result)),
      ...(calibrated === undefined ? [] : calibrationLines(calibrated)),
      ...(save === undefined ? [] : [`kept in ${save}`]),
    ],
  )
}

function verdicts({ a, b, faces, pairs, threshold, published }: FaceVerification): string[] {
  const says = (same: boolean | null): string => (same === null ? 'no verdict' : same ? 'the same person' : 'two people')
  let lines: string[] = []
  if (pairs.length === 1) lines.push(`${says(pairs[0].same)}: distance ${pairs[0].distance.toFixed(4)}`)
  else {
    lines.push(
      `${faces[0]} ${faces[0] === 1 ? 'face' : 'faces'} in ${a}, ${faces[1]} in ${b}: each pair has its own answer (--faces largest compares the largest alone)`,
    )
    lines = lines.concat(columns(pairs.map((p) => [`  face ${p.a + 1} and face ${p.b + 1}`, p.distance, says(p.same)])))
  }
  if (threshold === undefined) {
    if (published !== undefined) lines.push(`${published.threshold} is published by ${published.by}; it was not calibrated on your photos`)
    lines.push('No threshold, so no verdict: calibrate one on labelled photos (--calibrate DIR), or give --threshold.')
  } else if (threshold.from === 'given' || threshold.file !== undefined) lines.push(thresholdLine(threshold))
  return lines
}

function calibrationLines(c: SavedThreshold): string[] {
  return [
    thresholdLine({ value: c.threshold, from: 'calibrated', calibration: c }),
    `measured on ${c.impostors} pairs of two people and ${c.genuine} pairs of one (${c.faces} faces); the interval ${c.intervalsBy === 'people' ? `resamples people${c.people < 10 ? `, of whom ${c.people} are few: it is rough` : ''}` : 'takes pairs as independent, which they are not: it is too narrow'}`,
    strangersLine(c),
  ]
}
