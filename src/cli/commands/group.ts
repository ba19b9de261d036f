/** @file `kindred group`: who belongs together, found by density and kept as a person names it. */
import { join } from 'node:path'
import { groupFaces, groupTitles, type FaceGroups } from '../../people/index.ts'
import type { Context } from '../context.ts'
import { columns, networkChoice, type NetworkOptions } from '../face-options.ts'

interface Options extends NetworkOptions {
  readonly out?: string
  readonly radius?: number
  readonly reach?: number
  readonly minPoints: number
  readonly faces?: 'largest' | 'all'
}

export async function group(options: Options, given: Context, dir: string): Promise<void> {
  const { out, radius, reach, minPoints, faces } = options
  const result = await groupFaces(dir, {
    minPoints,
    ...networkChoice(options),
    ...(out === undefined ? {} : { out }),
    ...(radius === undefined ? {} : { radius }),
    ...(reach === undefined ? {} : { reach }),
    ...(faces === undefined ? {} : { faces }),
    runtime: await given.runtime(),
    progress: given.progress,
    signal: given.signal,
  })
  for (const face of result.gone) given.progress.warn(`${face} is no longer among the photos; it stays in groups.jsonl`)
  given.result(asJson(result), asLines(result))
}

function asJson({ out, records, groups, alone, recipe, radius, reach, minPoints, gone, judged }: FaceGroups): unknown {
  const keys = (rows: readonly number[]) => rows.map((i) => `${records[i].source}#${records[i].face}`)
  return {
    out,
    faces: records.length,
    groups: groups.map(({ name, rows, found, picture }) => ({
      name,
      faces: keys(rows),
      found: keys(found),
      ...(picture === undefined ? {} : { picture }),
    })),
    alone: keys(alone),
    radius,
    reach,
    minPoints,
    gone,
    ...(judged === undefined ? {} : { judged }),
    recipe,
  }
}

const faceCount = (n: number): string => `${n} ${n === 1 ? 'face' : 'faces'}`
/** Groups that are listed; the file holds all. */
const listed = 20

function asLines({ out, records, groups, alone, radius, reach, minPoints, judged }: FaceGroups): string[] {
  const titled = groupTitles(groups)
  let lines = [
    `${groups.filter((g) => g.name !== '-').length} groups among ${records.length} faces, ${alone.length} in none (radius ${Number(radius.toPrecision(4))}, reach ${Number(reach.toPrecision(4))}, ${minPoints} faces make a core)`,
  ]
  if (groups.length > 0)
    lines = lines.concat(
      columns(
        groups
          .slice(0, listed)
          .map(({ rows, found, picture }, i) => [
            `  ${titled[i]}`,
            `${faceCount(rows.length + found.length)}${found.length === 0 ? '' : `, ${found.length} not confirmed`}`,
            picture === undefined ? '' : join(out, picture),
          ]),
      ),
    )
  if (groups.length > listed) lines.push(`  and ${groups.length - listed} more`)
  if (judged !== undefined) {
    const figures = ({ precision, recall, f1 }: { precision: number; recall: number; f1: number }) =>
      `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}, F ${f1.toFixed(3)}`
    const changed = judged.groups.f1 !== judged.densityAlone.f1
    lines.push(
      `B-cubed against the folders of ${judged.people} people (${judged.faces} faces): ${figures(judged.groups)}${changed ? `; density alone: ${figures(judged.densityAlone)}` : ''}`,
    )
  }
  lines.push(`all groups: ${join(out, 'groups.png')}; name, merge and split them in ${join(out, 'groups.jsonl')}, then run this again`)
  return lines
}
