/** @file `kindred search`: who is on this photo, among faces that are known. */
import { KindredError } from '../../base/index.ts'
import { writeFileAtomic } from '../../files/index.ts'
import { toPng } from '../../plots/index.ts'
import { answerLine, searchFaces, searchStrip, strangersLine, thresholdLine, type FaceSearch } from '../../people/index.ts'
import type { Context } from '../context.ts'
import { columns, networkChoice, type NetworkOptions } from '../face-options.ts'

interface Options extends NetworkOptions {
  readonly k: number
  readonly threshold?: number
  readonly calibration?: string
  readonly person?: string
  readonly out?: string
  readonly keep?: string
  readonly faces?: 'largest' | 'all'
}

export async function search(options: Options, given: Context, place: string, query: string): Promise<void> {
  const { k, threshold, calibration, person, out, keep, faces } = options
  if (out !== undefined && !/\.(png|svg)$/i.test(out)) throw new KindredError('usage', 'search', '--out must end in .png or .svg', out)
  const found = await searchFaces(place, query, {
    k,
    ...networkChoice(options),
    ...(threshold === undefined ? {} : { threshold }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(person === undefined ? {} : { person }),
    ...(keep === undefined ? {} : { keep }),
    ...(faces === undefined ? {} : { queryFaces: faces }),
    runtime: await given.runtime(),
    progress: given.progress,
    signal: given.signal,
  })
  if (out !== undefined) {
    const svg = await searchStrip(found)
    writeFileAtomic(out, /\.svg$/i.test(out) ? svg : await toPng(svg))
  }
  given.result(asJson(found, out), asLines(found, out))
}

function asJson({ query, place, count, recipe, threshold, answers }: FaceSearch, picture: string | undefined): unknown {
  const plain =
    threshold === undefined
      ? null
      : {
          value: threshold.value,
          from: threshold.from,
          ...(threshold.file === undefined ? {} : { file: threshold.file }),
          ...(threshold.calibration === undefined
            ? {}
            : {
                far: threshold.calibration.far,
                farInterval: threshold.calibration.farInterval,
                strangers: threshold.calibration.strangers,
              }),
        }
  return {
    query,
    place,
    facesKnown: count,
    threshold: plain,
    recipe,
    ...(picture === undefined ? {} : { picture }),
    faces: answers.map(({ crop: _, ...answer }) => answer),
  }
}

function asLines({ query, count, threshold, answers }: FaceSearch, picture: string | undefined): string[] {
  let lines: string[] = []
  for (const answer of answers) {
    lines.push(
      `${answers.length === 1 ? query : `${query}, face ${answer.face + 1} of ${answers.length} (at ${answer.box.slice(0, 2).map(Math.round).join(', ')})`}: ${answerLine(answer, threshold)}`,
    )
    const rows = answer.neighbours.map(
      (n) =>
        [
          `  ${n.rank === 0 ? '=' : n.rank}`,
          n.person ?? '-',
          n.distance,
          `${n.photo}${n.face > 0 ? ` face ${n.face + 1}` : ''}${n.rank === 0 ? ' (the photo itself)' : ''}${n.within === false ? ' (beyond the threshold)' : ''}`,
        ] as const,
    )
    if (rows.length > 0) lines = lines.concat(columns(rows), '')
  }
  lines.push(
    threshold === undefined
      ? `No threshold, so no verdict: calibrate one on labelled photos (kindred verify --calibrate DIR --save FILE), or give --threshold.`
      : thresholdLine(threshold),
  )
  if (threshold?.calibration !== undefined) lines.push(strangersLine(threshold.calibration))
  lines.push(`${count} known faces${picture === undefined ? '' : `; picture: ${picture}`}`)
  return lines
}
