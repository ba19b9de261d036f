/** @file The groups of verb `group` as lines. */
import { join } from 'node:path'
import { groupTitles, type FaceGroup, type FaceGroups } from '../../people/index.ts'
import { columns } from '../columns.ts'

/** What verb `group` finds. Faces are named by photo and place in it: `party.jpg#0`. */
export interface GroupResult extends Pick<FaceGroups, 'out' | 'radius' | 'reach' | 'minPoints' | 'gone' | 'judged' | 'recipe'> {
  readonly faces: number
  readonly groups: readonly (Pick<FaceGroup, 'name' | 'picture'> & {
    readonly faces: readonly string[]
    readonly found: readonly string[]
  })[]
  readonly alone: readonly string[]
}

const faceCount = (n: number): string => `${n} ${n === 1 ? 'face' : 'faces'}`
/** Groups that are listed; the file holds all. */
const listed = 20

/** How many there are, the largest of them, and how they agree with folders of persons. */
export function groupLines(result: GroupResult): string[] {
  const { out, faces: count, groups, alone, radius, reach, minPoints, judged } = result
  const titled = groupTitles(groups)
  let lines = [
    `${groups.filter((g) => g.name !== '-').length} groups among ${count} faces, ${alone.length} in none (radius ` +
      `${Number(radius.toPrecision(4))}, reach ${Number(reach.toPrecision(4))}, ${minPoints} faces make a core)`,
  ]
  if (groups.length > 0)
    lines = lines.concat(
      columns(
        groups
          .slice(0, listed)
          .map(({ faces, found, picture }, i) => [
            `  ${titled[i]}`,
            `${faceCount(faces.length + found.length)}${found.length === 0 ? '' : `, ${found.length} not confirmed`}`,
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
      `B-cubed against the folders of ${judged.people} people (${judged.faces} faces): ` +
        `${figures(judged.groups)}${changed ? `; density alone: ${figures(judged.densityAlone)}` : ''}`,
    )
  }
  lines.push(`all groups: ${join(out, 'groups.png')}; name, merge and split them in ${join(out, 'groups.jsonl')}, then run this again`)
  return lines
}
