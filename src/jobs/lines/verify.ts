/** @file The verdicts of verb `verify` as lines. */
import { counted } from '../../base/index.ts'
import { publishedLine, strangersLine, thresholdLine, type FaceVerification, type SavedThreshold } from '../../people/index.ts'
import { columns } from '../columns.ts'

/** What verb `verify` says: of the photos, where two were given, and of the calibration, where one was made. */
export type VerifyResult = Partial<FaceVerification> & {
  readonly calibration: SavedThreshold | undefined
  /** The file in which it was kept. */
  readonly saved: string | undefined
}

/** What is said of the two photos, of the calibration, and where that is kept. */
export function verifyLines({ calibration, saved, ...verdict }: VerifyResult): string[] {
  return [
    ...(verdict.pairs === undefined ? [] : verdicts(verdict as FaceVerification)),
    ...(calibration === undefined ? [] : calibrationLines(calibration)),
    ...(saved === undefined ? [] : [`kept in ${saved}`]),
  ]
}

function verdicts({ a, b, faces, pairs, threshold, published }: FaceVerification): string[] {
  const says = (same: boolean | null): string => (same === null ? 'no verdict' : same ? 'the same person' : 'two people')
  let lines: string[] = []
  if (pairs.length === 1) lines.push(`${says(pairs[0].same)}: distance ${pairs[0].distance.toFixed(4)}`)
  else {
    lines.push(
      `${counted(faces[0], 'face')} in ${a}, ${faces[1]} in ${b}: each pair has its own answer (--faces largest ` +
        `compares the largest alone)`,
    )
    lines = lines.concat(columns(pairs.map((p) => [`  face ${p.a + 1} and face ${p.b + 1}`, p.distance, says(p.same)])))
  }
  if (threshold === undefined) {
    if (published !== undefined) lines.push(publishedLine(published))
    lines.push('No threshold, so no verdict: calibrate one on labelled photos (--calibrate DIR), or give --threshold.')
  } else if (threshold.from === 'given' || threshold.file !== undefined) lines.push(thresholdLine(threshold))
  return lines
}

function calibrationLines(c: SavedThreshold): string[] {
  return [
    thresholdLine({ value: c.threshold, from: 'calibrated', calibration: c }),
    `measured on ${c.impostors} pairs of two people and ${c.genuine} pairs of one (${c.faces} faces); the interval ` +
      (c.intervalsBy !== 'people'
        ? 'takes pairs as independent, which they are not: it is too narrow'
        : `resamples people${c.people < 10 ? `, of whom ${c.people} are few: it is rough` : ''}`),
    strangersLine(c),
  ]
}
