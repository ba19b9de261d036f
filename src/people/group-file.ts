/**
 * @file `groups.jsonl`: one group a line, written by `kindred group` and edited by its user. What a person has named stays as named; the rest is found anew.
 *
 * ```
 * {"name":"Anna","faces":["party.jpg#0","lake.jpg#1"],"found":["new.jpg#0"]}
 * {"name":null,"faces":["a.jpg#0","b.jpg#0","c.jpg#2"]}
 * {"name":"-","faces":["poster.jpg#0"]}
 * ```
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { checkOptions, KindredError, parseJsonAs, show } from '../base/index.ts'
import { iou } from '../images/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { readJson, readText, writeFileAtomic } from '../files/index.ts'

/** A line. Faces are written `PHOTO#INDEX`. */
export interface GroupLine {
  /** null: nobody has said; `-`: these faces are nobody's and stay out of all groups. */
  readonly name: string | null
  /** Of a named group: those a person has put there. Of one without a name: those found. */
  readonly faces: readonly string[]
  /** Of a named group: faces that were found near, to be confirmed (moved into `faces`) or moved elsewhere. */
  readonly found?: readonly string[]
  /** The contact sheet, relative to the folder. */
  readonly picture?: string
}

const nameOfFile = 'groups.jsonl'

/** How a face is written. */
export const faceKey = ({ source, face }: Pick<CropRecord, 'source' | 'face'>): string => `${source}#${face}`

/**
 * Reads the groups of a folder; lines of one name are joined.
 *
 * @throws KindredError `corrupt` naming the line: no JSON, a misspelt field, a face in two groups
 */
export function readGroups(out: string): GroupLine[] {
  const path = join(out, nameOfFile)
  if (!existsSync(path)) return []
  const lines: GroupLine[] = []
  const seen = new Map<string, { line: number; name: string | null }>()
  for (const [i, text] of readText(path, 'groups').split('\n').entries()) {
    if (text.trim() === '') continue
    const line = parseLine(text, `${path} line ${i + 1}`)
    for (const face of [...line.faces, ...(line.found ?? [])]) {
      const before = seen.get(face)
      if (before !== undefined && !(before.name !== null && before.name === line.name))
        throw new KindredError(
          'corrupt',
          `${path} line ${i + 1}`,
          'a face must stand in one group',
          `${face} here and in line ${before.line}`,
          'Delete it from one of them.',
        )
      seen.set(face, { line: i + 1, name: line.name })
    }
    lines.push(line)
  }
  return joined(lines)
}

const mend = 'Mend the line, or delete it to have its faces grouped anew.'

function parseLine(text: string, where: string): GroupLine {
  const fail = (expected: string, got: unknown): never => {
    throw new KindredError('corrupt', where, expected, show(got), mend)
  }
  const value = parseJsonAs(text, where, z.unknown(), mend)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return fail('it must be an object', value)
  try {
    checkOptions(where, value, ['name', 'faces', 'found', 'picture'])
  } catch (error) {
    throw new KindredError(
      'corrupt',
      where,
      'fields must be among name, faces, found, picture',
      (error as KindredError).got,
      (error as KindredError).fix,
      { cause: error },
    )
  }
  const { name = null, faces, found, picture } = value as Partial<GroupLine>
  if (name !== null && (typeof name !== 'string' || name.trim() === '')) fail('name must be a text, "-" for nobody, or null', name)
  if (picture !== undefined && typeof picture !== 'string') fail('picture must be a path', picture)
  const list = (field: string, given: unknown): readonly string[] =>
    Array.isArray(given) && given.every((f) => typeof f === 'string' && /#\d+$/.test(f))
      ? given
      : fail(`${field} must be a list of faces such as "photo.jpg#0"`, given ?? null)
  return {
    name: name === null ? null : name.trim().normalize('NFC'),
    faces: list('faces', faces),
    found: found === undefined ? undefined : list('found', found),
    picture,
  }
}

function joined(lines: readonly GroupLine[]): GroupLine[] {
  const named = new Map<string, { faces: Set<string>; found: Set<string> }>()
  for (const { name, faces, found = [] } of lines) {
    if (name === null) continue
    const entry = named.get(name) ?? { faces: new Set(), found: new Set() }
    named.set(name, entry)
    for (const f of faces) entry.faces.add(f)
    for (const f of found) entry.found.add(f)
  }
  return [
    ...[...named].map(([name, { faces, found }]) => ({ name, faces: [...faces], found: [...found].filter((f) => !faces.has(f)) })),
    ...lines.filter((l) => l.name === null),
  ]
}

/** Writes groups, and beside them where each face that a person has placed lies in its photo, so that it is known again when faces are counted anew. */
export function writeGroups(out: string, lines: readonly GroupLine[], records: readonly CropRecord[], earlier: Places = {}): void {
  const at = new Map(records.map((r) => [faceKey(r), r]))
  const places: Record<string, readonly number[]> = {}
  for (const { name, faces } of lines) {
    if (name === null) continue
    for (const face of faces) {
      const box = at.get(face)?.box ?? earlier[face]
      if (box !== undefined) places[face] = box
    }
  }
  writeFileAtomic(join(out, 'groups.places.json'), `${JSON.stringify(places)}\n`)
  writeFileAtomic(join(out, nameOfFile), lines.map((l) => `${JSON.stringify(l)}\n`).join(''))
}

/** x, y, width, height of faces, by key. */
export type Places = Readonly<Record<string, readonly number[]>>

const placesSchema: z.ZodType<Places> = z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()]))

/**
 * Where the faces that a person has placed lay when the groups were last written.
 *
 * @throws KindredError `corrupt`: without it faces that are counted anew could be taken for others
 */
export function readPlaces(out: string): Places {
  const path = join(out, 'groups.places.json')
  return existsSync(path)
    ? readJson(path, placesSchema, {
        where: 'groups',
        fix: 'Restore it from a copy; or delete it where the photos are those of the last run.',
      })
    : {}
}

/**
 * The row of each face that a line names: by its number, unless its box has moved and another face of the photo overlaps the old box by more than half.
 *
 * @returns rows, and the faces that are no longer there
 */
export function rowsOf(faces: readonly string[], records: readonly CropRecord[], places: Places): { rows: number[]; gone: string[] } {
  const byKey = new Map(records.map((r, i) => [faceKey(r), i]))
  const rows: number[] = []
  const gone: string[] = []
  for (const face of faces) {
    const same = byKey.get(face)
    const place = places[face]
    if (place === undefined || (same !== undefined && overlap(place, records[same].box) > 0.5)) {
      if (same === undefined) gone.push(face)
      else rows.push(same)
      continue
    }
    const photo = face.replace(/#\d+$/, '')
    const [best] = [...records.keys()]
      .filter((i) => records[i].source === photo)
      .map((i) => ({ i, o: overlap(place, records[i].box) }))
      .sort((a, b) => b.o - a.o)
    if (best !== undefined && best.o > 0.5) rows.push(best.i)
    else gone.push(face)
  }
  return { rows, gone }
}

const overlap = (a: readonly number[], b: readonly number[]): number => {
  const box = ([x, y, width, height]: readonly number[]) => ({ x, y, width, height })
  return iou(box(a), box(b))
}

/** The name of each face that has one, put there by a person or found near. */
export function groupNames(out: string): Map<string, string> {
  return new Map(
    readGroups(out).flatMap(({ name, faces, found = [] }) =>
      name === null || name === '-' ? [] : [...faces, ...found].map((f): [string, string] => [f, name]),
    ),
  )
}
