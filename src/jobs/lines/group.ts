/** @file The groups of verb `group` as lines. */
import { join } from 'node:path'
import { counted } from '../../base/index.ts'
import {
  groupTitles,
  hereLine,
  radiusLine,
  type FaceGroup,
  type FaceGroups,
  type RowPair,
  type SuggestedSide,
  type TwiceInPhoto,
} from '../../people/index.ts'
import { columns } from '../columns.ts'

/** Two faces, named by photo and place in it, and their Euclidean distance. */
interface NamedPair {
  readonly a: string
  readonly b: string
  readonly distance: number
}

/** What verb `group` finds. Faces are named by photo and place in it: `party.jpg#0`. */
export interface GroupResult extends Pick<
  FaceGroups,
  | 'out'
  | 'radius'
  | 'reach'
  | 'minPoints'
  | 'distances'
  | 'here'
  | 'suggestions'
  | 'gone'
  | 'changed'
  | 'otherwise'
  | 'twoNames'
  | 'sidecars'
  | 'judged'
  | 'recipe'
> {
  readonly faces: number
  readonly groups: readonly (Pick<FaceGroup, 'name' | 'picture'> & {
    readonly faces: readonly string[]
    readonly found: readonly string[]
  })[]
  readonly alone: readonly string[]
  /** What does not fit, in sentences, and in full. */
  readonly warnings: readonly string[]
  readonly contradictions: {
    /** Faces of two people within the radius, nearest first, the first hundred; and how many there are. */
    readonly near: readonly NamedPair[]
    readonly nearCount: number
    /** Faces beyond the reach of all others of their person, with the nearest of these, farthest first. */
    readonly far: readonly NamedPair[]
    readonly farCount: number
    readonly compared: FaceGroups['contradictions']['compared']
    /** Groups (places in `groups`) with faces of several folders. */
    readonly mixed: FaceGroups['contradictions']['mixed']
    readonly twice: readonly (Pick<TwiceInPhoto, 'name' | 'by' | 'distance'> & {
      readonly photo: string
      readonly faces: readonly string[]
    })[]
    /** Links that were not followed, as they would have put two faces of `photo` into one group; nearest first. */
    readonly apart: readonly (NamedPair & { readonly photo: string })[]
    readonly apartCount: number
  }
}

/** What was found, faces by their keys instead of rows. */
export function groupResult(found: FaceGroups, warnings: readonly string[]): GroupResult {
  const { out, records, groups, alone, contradictions, ...rest } = found
  const { near, far, apart, twice, ...counts } = contradictions
  const key = (i: number): string => `${records[i].source}#${records[i].face}`
  const pairs = (list: readonly RowPair[]): NamedPair[] => list.map(({ a, b, distance }) => ({ a: key(a), b: key(b), distance }))
  return {
    out,
    faces: records.length,
    groups: groups.map(({ name, rows, found: near, picture }) => ({ name, faces: rows.map(key), found: near.map(key), picture })),
    alone: alone.map(key),
    ...rest,
    warnings,
    contradictions: {
      near: pairs(near),
      far: pairs(far),
      apart: apart.map(({ a, b, distance, photo }) => ({ a: key(a), b: key(b), distance, photo })),
      twice: twice.map(({ name, by, distance, rows }) => ({ name, by, distance, photo: records[rows[0]].source, faces: rows.map(key) })),
      ...counts,
    },
  }
}

/** Groups that are listed; the file holds all. */
const listed = 20
/** Suggestions that are told; their file holds all. */
const told = 3

/** How many there are, the largest of them, and how they agree with folders of persons. */
export function groupLines(result: GroupResult): string[] {
  const { out, faces: count, groups, alone, radius, reach, minPoints, distances, here, suggestions, judged } = result
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
            `${counted(faces.length + found.length, 'face')}${found.length === 0 ? '' : `, ${found.length} not confirmed`}`,
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
  lines.push(radiusLine(distances), hereLine(here?.radius, 'the radius'))
  if (suggestions.length > 0) {
    lines.push(
      `${suggestions.length} ${suggestions.length === 1 ? 'pair' : 'pairs'} may be one person (${join(out, 'suggestions.png')}, suggestions.jsonl):`,
    )
    const side = ({ name, faces = 1, face }: SuggestedSide): string => {
      const photo = `${(face.photo ?? '').split('/').at(-1)!}${(face.face ?? 0) > 0 ? `, face ${face.face! + 1}` : ''}`
      return `${faces > 1 ? `${name ?? 'the group'} with` : name === null || name === undefined ? '' : `${name} in`} ${photo}`.trim()
    }
    for (const { a, b, why } of suggestions.slice(0, told)) lines.push(`  ${side(a)} and ${side(b)}: ${why}`)
    lines.push('  if so, give both one name in groups.jsonl; if not, two names, or "answer":"different" in their line')
  }
  if (result.sidecars !== undefined) {
    const { written, unchanged, refused } = result.sidecars
    const not = refused.length === 0 ? '' : `, ${refused.length} refused (${refused[0].photo}: ${refused[0].reason})`
    lines.push(`XMP sidecars: ${written} written, ${unchanged} as they were${not}`)
  }
  lines.push(`all groups: ${join(out, 'groups.png')}; name, merge and split them in ${join(out, 'groups.jsonl')}, then run this again`)
  return lines
}
