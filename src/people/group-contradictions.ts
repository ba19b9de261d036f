/** @file Where what people have said of faces (folders' names, names of groups, one photo) contradicts the distances by which they are grouped. */
import { counted, squaredDistance } from '../base/index.ts'
import type { NamedClusters } from '../clusters/index.ts'
import type { CropRecord } from '../faces/index.ts'
import type { FaceGroup } from './group.ts'
import { mostListed, type LabelledPairs, type RowPair } from './labelled-pairs.ts'
import { photoName, some } from './pictures.ts'

/** One person more than once in one photo: only a collage or a mirror shows that. */
export interface TwiceInPhoto {
  readonly name: string
  /** The faces, at least two, all of one photo (or of copies of it). */
  readonly rows: readonly number[]
  /** Given in groups.jsonl; or the folder's name goes to one face, and another is as near to this person's others as the radius. */
  readonly by: 'name' | 'folder'
  /** By folder: how near. */
  readonly distance?: number
}

/** A group whose faces lie in folders of several people. */
export interface MixedGroup {
  /** Its place among the groups. */
  readonly group: number
  /** Most faces first. */
  readonly people: readonly { readonly name: string; readonly faces: number }[]
}

/** Everything that does not fit. */
export interface Contradictions {
  /** Faces of two people within the radius, nearest first; the first hundred. */
  readonly near: readonly RowPair[]
  readonly nearCount: number
  /** Faces beyond the reach of all others of their person, with the nearest of these, farthest first; the first hundred. */
  readonly far: readonly RowPair[]
  readonly farCount: number
  /** Faces with names that were compared; true: drawn from more, so that `near` and `far` are of these alone. */
  readonly compared: { readonly faces: number; readonly sampled: boolean }
  readonly mixed: readonly MixedGroup[]
  readonly twice: readonly TwiceInPhoto[]
  /** The shortest links that were not followed, as they would have put two faces of one photo (`photo`) into one group; nearest first. */
  readonly apart: readonly (RowPair & { readonly photo: string })[]
  readonly apartCount: number
}

/** Who is named how. */
export interface Named {
  readonly records: readonly CropRecord[]
  readonly vectors: Float32Array
  readonly dim: number
  readonly labels: Int32Array
  readonly people: readonly string[]
  /** One a face: the number of a given name, -1 none, -2 nobody's. */
  readonly names: Int32Array
  /** The names by number. */
  readonly given: readonly string[]
}

/** One a face: the number of its photo, where that shows several; else -1. Copies of a photo are photos of their own, as they show the same people. */
export function photoNumbers(records: readonly CropRecord[]): Int32Array {
  const faces = new Map<string, number>()
  for (const { source } of records) faces.set(source, (faces.get(source) ?? 0) + 1)
  const numbers = new Map([...faces].filter(([, n]) => n > 1).map(([source], at) => [source, at]))
  return Int32Array.from(records, ({ source }) => numbers.get(source) ?? -1)
}

/** Collects them. @param pairs of the labelled faces */
export function contradictions(
  named: Named,
  groups: readonly FaceGroup[],
  pairs: LabelledPairs,
  { radius, conflicts, conflictCount }: { radius: number } & Pick<NamedClusters, 'conflicts' | 'conflictCount'>,
): Contradictions {
  const { near, nearCount, far, farCount } = pairs
  const { records } = named
  const photos = new Map([...photoNumbers(records)].map((number, i) => [number, records[i].source]))
  photos.delete(-1)
  // The others were kept apart by an answer, which is no contradiction.
  const byPhoto = conflicts.filter(({ apart }) => photos.has(apart))
  return {
    near,
    nearCount,
    far,
    farCount,
    compared: { faces: pairs.faces, sampled: pairs.sampled },
    mixed: mixedGroups(named, groups),
    twice: [...twiceByName(named), ...twiceByFolder(named, radius)],
    apart: byPhoto.slice(0, mostListed).map(({ a, b, distance, apart }) => ({ a, b, distance, photo: photos.get(apart)! })),
    apartCount: conflictCount - (conflicts.length - byPhoto.length),
  }
}

/** Groups with faces of several folders, but for those that a person has put together by name. */
function mixedGroups({ labels, people, names }: Named, groups: readonly FaceGroup[]): MixedGroup[] {
  return groups.flatMap(({ name, rows, found }, group) => {
    if (name === '-') return []
    const confirmed = new Set(rows.filter((i) => names[i] >= 0).map((i) => labels[i]))
    const counts = new Map<number, number>()
    for (const i of [...rows, ...found]) if (labels[i] >= 0) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1)
    if (counts.size < 2 || [...counts.keys()].every((label) => confirmed.has(label))) return []
    const sorted = [...counts].sort(([p, a], [q, b]) => b - a || p - q)
    return [{ group, people: sorted.map(([label, faces]) => ({ name: people[label], faces })) }]
  })
}

function twiceByName({ records, names, given }: Named): TwiceInPhoto[] {
  const byPhoto = new Map<string, number[]>()
  for (const [i, name] of names.entries()) {
    if (name < 0) continue
    const key = `${name} ${records[i].source}`
    byPhoto.set(key, [...(byPhoto.get(key) ?? []), i])
  }
  return [...byPhoto.values()].filter((rows) => rows.length > 1).map((rows) => ({ name: given[names[rows[0]]], rows, by: 'name' }))
}

/** Faces of a person that another face is compared with at most. */
const mostOfOne = 300

/** Photos of a person's folder in which a second face is as near to the person's other photos as the radius. */
function twiceByFolder({ records, vectors, dim, labels, people, names }: Named, radius: number): TwiceInPhoto[] {
  const place = new Map(people.map((name, at) => [name, at]))
  const others = [...records.keys()].filter((i) => labels[i] < 0 && names[i] === -1 && records[i].label !== null)
  if (others.length === 0) return []
  const faces = new Map<number, number[]>()
  for (const [i, label] of labels.entries()) if (label >= 0) faces.set(label, [...(faces.get(label) ?? []), i])
  for (const [label, rows] of faces)
    faces.set(
      label,
      some(rows.length, mostOfOne, 0).map((at) => rows[at]),
    )
  const first = new Map([...records.keys()].filter((i) => labels[i] >= 0).map((i) => [records[i].source, i]))
  const found: TwiceInPhoto[] = []
  for (const i of others) {
    const { label, source, sourceHash } = records[i]
    const named = first.get(source)
    const person = place.get(label!)
    if (named === undefined || person === undefined) continue
    let least = Infinity
    for (const j of faces.get(person) ?? [])
      if (records[j].sourceHash !== sourceHash) least = Math.min(least, squaredDistance(vectors, i * dim, vectors, j * dim, dim))
    const distance = Math.sqrt(least)
    if (distance <= radius) found.push({ name: label!, rows: [named, i], by: 'folder', distance })
  }
  return found.sort((x, y) => x.distance! - y.distance!)
}

/** Examples in a sentence. */
const shown = 3

/** Each kind of contradiction in a sentence, with what to do; none where all fits. @param titles of the groups */
export function contradictionLines(
  c: Contradictions,
  { records }: Pick<Named, 'records'>,
  { radius, reach, titles }: { radius: number; reach: number; titles: readonly string[] },
): string[] {
  const lines: string[] = []
  const among = c.compared.sampled ? `Among ${c.compared.faces} faces with names that were drawn, ` : ''
  const face = (i: number): string => (records[i].label === null ? photoName(records[i]) : `${records[i].label}/${photoName(records[i])}`)
  const pair = ({ a, b, distance }: RowPair): string => `${face(a)} and ${face(b)} at ${distance.toFixed(3)}`
  const some = <T>(list: readonly T[], count: number, words: (one: T) => string): string =>
    `${list.slice(0, shown).map(words).join('; ')}${count > shown ? `; … and ${count - Math.min(shown, list.length)} more` : ''}`
  const short = (d: number): string => String(Number(d.toPrecision(4)))
  if (c.nearCount > 0)
    lines.push(
      `${among}${counted(c.nearCount, 'pair')} of faces with two names ${c.nearCount === 1 ? 'lies' : 'lie'} within the radius ${short(radius)}: ` +
        `${some(c.near, c.nearCount, pair)}. Take a smaller radius, or calibrate it on labelled photos; where both show one person, name them alike.`,
    )
  for (const { group, people } of c.mixed.slice(0, shown))
    lines.push(
      `${titles[group].replace(', no name yet', '')} holds faces of ${counted(people.length, 'folder')}: ` +
        `${some(people, people.length, (p) => `${p.name} (${p.faces})`)}. Take a smaller radius, or name a few faces of each to keep them apart.`,
    )
  if (c.mixed.length > shown) lines.push(`${c.mixed.length - shown} more groups hold faces of several folders.`)
  if (c.farCount > 0)
    lines.push(
      `${among}${counted(c.farCount, 'face')} ${c.farCount === 1 ? 'lies' : 'lie'} beyond the reach ${short(reach)} of all others of the same name: ` +
        `${some(c.far, c.farCount, pair)}. Look whether they show that person.`,
    )
  const twice = (t: TwiceInPhoto): string =>
    `${t.name} in ${records[t.rows[0]].source} (${t.rows.map((i) => `face ${records[i].face + 1}`).join(', ')})`
  const [byName, byFolder] = (['name', 'folder'] as const).map((by) => c.twice.filter((t) => t.by === by))
  if (byName.length > 0)
    lines.push(
      `One person is named twice in one photo: ${some(byName, byName.length, twice)}. Only a collage or a mirror shows that; if it is none, move one of ` +
        `the faces to another line of groups.jsonl.`,
    )
  if (byFolder.length > 0)
    lines.push(
      `A second face looks like the person of its photo’s folder: ${some(byFolder, byFolder.length, twice)}. The folder’s name goes to the largest face ` +
        `alone; in a collage or a mirror, name both faces in groups.jsonl.`,
    )
  if (c.apartCount > 0)
    lines.push(
      `${c.apartCount === 1 ? 'One link was' : `${c.apartCount} links were`} not followed, as two faces of one photo would have come into one group: ` +
        `${some(c.apart, c.apartCount, (p) => `${pair(p)}${records[p.a].source === p.photo ? '' : ` (both in ${p.photo})`}`)}. A collage or a mirror shows ` +
        `one person twice: name both alike to join them.`,
    )
  return lines
}
