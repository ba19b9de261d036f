/** @file `kindred group`: who belongs together, found by density and kept as a person names it. */
import { join } from 'node:path'
import { groupFaces, groupFileHelp, groupTitles, type FaceGroups } from '../../recipes/index.ts'
import { oneOf, real, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { columns, networkChoice, withNetworkOptions, type NetworkOptions } from '../face-options.ts'

interface Options extends NetworkOptions {
  readonly out?: string
  readonly radius?: number
  readonly reach?: number
  readonly minPoints: number
  readonly faces?: 'largest' | 'all'
}

export const groupCommand: Register = (program, act) => {
  const command = program
    .command('group')
    .description('Groups faces nobody has named, by density; you name, merge and split them in a text file, and running again keeps that.')
    .argument('<dir>', 'a folder of photos, or the OUT of kindred faces')
    .option('--out <dir>', 'folder for groups.jsonl, groups.png, groups/ and the faces (default: DIR where it is an OUT, else runs/faces-NAME-HASH)')
    .option('--radius <d>', 'core faces are joined at this distance or less (default: 0.5 for dlib; smaller for large collections)', real({ min: 0 }))
    .option('--reach <d>', 'a straggler joins its nearest core face up to here (default: 1.2 x radius)', real({ min: 0 }))
    .option('--min-points <n>', 'faces within the radius, itself included, that make a core face', whole({ min: 1 }), 3)
    .option('--faces <which>', 'of a photo: largest or all (default: all)', oneOf(['largest', 'all']))
  withNetworkOptions(command)
    .addHelpText('after', `
Examples:
  kindred group photos/ --out runs/family
  kindred group runs/family --radius 0.45

${groupFileHelp}

A collection of many people wants a smaller radius: one chain of look-alikes is enough to join two groups. Where photos lie in folders of persons, the groups
are judged against them (B-cubed).`)
    .action(act(group))
}

async function group(options: Options, given: Context, dir: string): Promise<void> {
  const { out, radius, reach, minPoints, faces } = options
  const result = await groupFaces(dir, {
    minPoints, ...networkChoice(options), ...(out === undefined ? {} : { out }), ...(radius === undefined ? {} : { radius }), ...(reach === undefined ? {} : { reach }), ...(faces === undefined ? {} : { faces }),
    runtime: await given.runtime(), progress: given.progress, signal: given.signal,
  })
  for (const face of result.gone) given.progress.warn(`${face} is no longer among the photos; it stays in groups.jsonl`)
  given.result(asJson(result), asLines(result))
}

function asJson({ out, records, groups, alone, recipe, radius, reach, minPoints, gone, judged }: FaceGroups): unknown {
  const keys = (rows: readonly number[]) => rows.map((i) => `${records[i].source}#${records[i].face}`)
  return { out, faces: records.length, groups: groups.map(({ name, rows, found, picture }) => ({ name, faces: keys(rows), found: keys(found), ...(picture === undefined ? {} : { picture }) })), alone: keys(alone), radius, reach, minPoints, gone, ...(judged === undefined ? {} : { judged }), recipe }
}

const faceCount = (n: number): string => `${n} ${n === 1 ? 'face' : 'faces'}`
/** Groups that are listed; the file holds all. */
const listed = 20

function asLines({ out, records, groups, alone, radius, reach, minPoints, judged }: FaceGroups): string[] {
  const titled = groupTitles(groups)
  let lines = [`${groups.filter((g) => g.name !== '-').length} groups among ${records.length} faces, ${alone.length} in none (radius ${Number(radius.toPrecision(4))}, reach ${Number(reach.toPrecision(4))}, ${minPoints} faces make a core)`]
  if (groups.length > 0) lines = lines.concat(columns(groups.slice(0, listed).map(({ rows, found, picture }, i) => [`  ${titled[i]}`, `${faceCount(rows.length + found.length)}${found.length === 0 ? '' : `, ${found.length} not confirmed`}`, picture === undefined ? '' : join(out, picture)])))
  if (groups.length > listed) lines.push(`  and ${groups.length - listed} more`)
  if (judged !== undefined) {
    const figures = ({ precision, recall, f1 }: { precision: number; recall: number; f1: number }) => `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}, F ${f1.toFixed(3)}`
    const changed = judged.groups.f1 !== judged.densityAlone.f1
    lines.push(`B-cubed against the folders of ${judged.people} people (${judged.faces} faces): ${figures(judged.groups)}${changed ? `; density alone: ${figures(judged.densityAlone)}` : ''}`)
  }
  lines.push(`all groups: ${join(out, 'groups.png')}; name, merge and split them in ${join(out, 'groups.jsonl')}, then run this again`)
  return lines
}
