/** @file Whose face each face is, by what is said: names of folders, names that other programs wrote, names given in groups. */
import { counted } from '../base/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { faceKey, groupNames } from './group-file.ts'
import { matchRegions, readRegions, type NamedRegion } from './named-regions.ts'

/** One face of one photo that lies, byte for byte, in the folders of several people. */
export interface ContestedPhoto {
  readonly photos: readonly string[]
  readonly names: readonly string[]
}

/** A face that another program names otherwise than its folder. */
export interface Disagreement {
  /** `PHOTO#INDEX` */
  readonly face: string
  readonly folder: string
  readonly region: string
}

/** What other programs say of the faces of a folder. */
export interface RegionFindings {
  /** Faces that they name. */
  readonly names: number
  /** Named boxes in which no face was found. */
  readonly unmatched: readonly NamedRegion[]
  readonly disagree: readonly Disagreement[]
}

/** What {@link peopleOf} finds. */
export interface People {
  /** The names in use, sorted. */
  readonly people: string[]
  /** One a record: an index into `people`, or -1. */
  readonly labels: Int32Array
  readonly contested: readonly ContestedPhoto[]
  readonly disagree: readonly Disagreement[]
}

/**
 * Names, and for each record which of them it bears (-1: none).
 *
 * A name that another program wrote for a face counts most: somebody looked at this face. A folder's name goes to the photo's largest face alone, unless
 * another face of the photo bears it already: whoever else is in the picture must not be taken for that person. One face with several names, as in copies
 * of a photo in the folders of two people, has none: nobody can say whose it is.
 * @param regions one a record: the name that another program gave it, or null; default none
 */
export function peopleOf(records: readonly CropRecord[], regions: readonly (string | null)[] = []): People {
  const claimed = new Set(records.flatMap((r, i) => (regions[i] != null ? [`${regions[i]} ${r.source}`] : [])))
  const folderOf = (r: CropRecord): string | null =>
    r.label === null || r.face > 0 || claimed.has(`${r.label} ${r.source}`) ? null : r.label
  const names = records.map((r, i) => regions[i] ?? folderOf(r))
  const copies = new Map<string, number[]>()
  for (const [i, name] of names.entries()) {
    if (name === null) continue
    const face = `${records[i].sourceHash} ${records[i].face}`
    copies.set(face, [...(copies.get(face) ?? []), i])
  }
  const contested: ContestedPhoto[] = []
  for (const rows of copies.values()) {
    if (rows.every((i) => names[i] === names[rows[0]])) continue
    contested.push({ photos: rows.map((i) => records[i].source), names: [...new Set(rows.map((i) => names[i]!))] })
    for (const i of rows) names[i] = null
  }
  const folders = records.flatMap((r) => (r.label === null ? [] : [r.label]))
  const people = [...new Set([...folders, ...names.filter((name) => name !== null)])].sort()
  const place = new Map(people.map((name, i) => [name, i]))
  return {
    people,
    labels: Int32Array.from(names, (name) => (name === null ? -1 : place.get(name)!)),
    contested,
    disagree: records.flatMap((r, i) =>
      r.face === 0 && r.label !== null && regions[i] != null && regions[i] !== r.label && !claimed.has(`${r.label} ${r.source}`)
        ? [{ face: faceKey(r), folder: r.label, region: regions[i] }]
        : [],
    ),
  }
}

/**
 * The name of each record, or null: what a person said in `OUT/groups.jsonl` (also that a face is nobody's), else the label, else the group that it was found
 * near.
 */
export function personsOf(
  out: string,
  records: readonly CropRecord[],
  { people, labels }: Pick<People, 'people' | 'labels'>,
): (string | null)[] {
  const { said, found } = groupNames(out, records)
  return records.map((_, i) => (said[i] === '-' ? null : (said[i] ?? (labels[i] >= 0 ? people[labels[i]] : found[i]))))
}

/** {@link peopleOf} by what an output folder knows of other programs' names. */
export const peopleIn = (out: string, records: readonly CropRecord[]): People =>
  peopleOf(records, matchRegions(readRegions(out), records).names)

/** Sentences on names that do not fit together. */
export function nameWarnings({ contested, disagree }: Pick<People, 'contested' | 'disagree'>): string[] {
  const warnings: string[] = []
  if (contested.length > 0) {
    const shown = contested.slice(0, 3).map(({ photos, names }) => `${photos.join(' = ')} with ${names.join(' and ')}`)
    warnings.push(
      `${contested.length === 1 ? 'One photo lies' : `${contested.length} photos lie`} in the folders of several people, byte for byte ` +
        `(${shown.join('; ')}${contested.length > 3 ? '; …' : ''}): whom it shows nobody can say, so it counts as nobody's in all figures. ` +
        'Delete it from all folders but that of the person who is largest in it.',
    )
  }
  if (disagree.length > 0) {
    const shown = disagree
      .slice(0, 3)
      .map(({ face, folder, region }) => `${face}: ${folder} by its folder, ${region} by the name written for it`)
    warnings.push(
      `${counted(disagree.length, 'face')} ${disagree.length === 1 ? 'has' : 'have'} another name than the folder, written by another program, which counts ` +
        `(${shown.join('; ')}${disagree.length > 3 ? '; …' : ''}).`,
    )
  }
  return warnings
}

/** A sentence on named boxes without a face; undefined where there is none. */
export function unmatchedLine(unmatched: readonly NamedRegion[]): string | undefined {
  if (unmatched.length === 0) return undefined
  const shown = unmatched.slice(0, 3).map(({ source, name }) => `${source}: ${name}`)
  return (
    `${counted(unmatched.length, 'face')} named by another program ${unmatched.length === 1 ? 'was' : 'were'} not found ` +
    `(${shown.join('; ')}${unmatched.length > 3 ? '; …' : ''}).`
  )
}
