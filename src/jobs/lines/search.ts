/** @file The answers of verb `search` as lines. */
import type { FaceRecipe } from '../../faces/index.ts'
import {
  answerLine,
  hereLine,
  publishedLine,
  strangersLine,
  thresholdLine,
  type DistanceHere,
  type FaceAnswer,
  type PublishedDistance,
  type SavedThreshold,
  type UsedThreshold,
} from '../../people/index.ts'
import { columns } from '../columns.ts'

/** What verb `search` finds. */
export interface SearchResult {
  readonly query: string
  readonly place: string
  readonly facesKnown: number
  /** null: none, so nobody can say who is known. The figures of a calibrated one stand in it, too. */
  readonly threshold: (UsedThreshold & Partial<Pick<SavedThreshold, 'far' | 'farInterval' | 'strangers'>>) | null
  /** What the model's author publishes, from other people's photos; null: nothing. */
  readonly published: PublishedDistance | null
  /** What the threshold does on the known faces that have labels; without a threshold, what the published distance would do. */
  readonly here: DistanceHere | null
  readonly recipe: FaceRecipe
  /** The file of the picture, where one was asked for. */
  readonly picture: string | undefined
  readonly faces: readonly Omit<FaceAnswer, 'crop'>[]
}

/** A line and a table for each face, and what the threshold is worth. */
export function searchLines({ query, facesKnown, threshold: used, published, here, faces: answers, picture }: SearchResult): string[] {
  const threshold = used ?? undefined
  let lines: string[] = []
  for (const answer of answers) {
    lines.push(
      `${answers.length === 1 ? query : `${query}, face ${answer.face + 1} of ${answers.length} (at ${answer.box.slice(0, 2).map(Math.round).join(', ')})`}: ` +
        `${answerLine(answer, threshold)}`,
    )
    const rows = answer.neighbours.map(
      (n) =>
        [
          `  ${n.rank === 0 ? '=' : n.rank}`,
          n.person ?? '-',
          n.distance,
          (n.face > 0 ? `${n.photo} face ${n.face + 1}` : n.photo) +
            (n.rank === 0 ? ' (the photo itself)' : '') +
            (n.gone === true ? ' (no longer there)' : '') +
            (n.within === false ? ' (beyond the threshold)' : ''),
        ] as const,
    )
    if (rows.length > 0) lines = lines.concat(columns(rows), '')
  }
  lines.push(
    threshold === undefined
      ? `No threshold, so no verdict: calibrate one on labelled photos (kindred verify --calibrate DIR --save FILE), or give --threshold.`
      : thresholdLine(threshold),
  )
  if (threshold === undefined && published !== null) lines.push(publishedLine(published))
  if (here !== null || threshold !== undefined)
    lines.push(hereLine(here ?? undefined, threshold === undefined ? `${here!.distance}` : 'the threshold'))
  if (threshold?.calibration !== undefined) lines.push(strangersLine(threshold.calibration))
  lines.push(`${facesKnown} known faces${picture === undefined ? '' : `; picture: ${picture}`}`)
  return lines
}
