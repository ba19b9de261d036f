/**
 * @file `groups.jsonl`: one group a line, written by `kindred group` and edited by its user. What a person has named stays as named; the rest is found anew.
 *
 * ```
 * {"name":"Anna","faces":["party.jpg#0@9f86d081884c7d65:120.5,80,64,70"],"found":["new.jpg#0@…"]}
 * {"name":null,"faces":["a.jpg#0@…","b.jpg#0@…","c.jpg#2@…"]}
 * {"name":"-","faces":["poster.jpg#0@…"]}
 * ```
 *
 * A face is `PHOTO#INDEX@HASH:x,y,width,height`: where it was last seen, for people, and its content, by which it is found (face-content.ts). A face that was
 * typed by hand, or written by an earlier version, is `PHOTO#INDEX` and gets its content at the next writing.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { checkOptions, KindredError, parseJsonAs, show } from '../base/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { ioError, readJson, readText, writeFileAtomic } from '../files/index.ts'
import { overlapOf, leastOverlap, RecordsByContent, type FaceBox } from './face-content.ts'

/** A line. Faces are written as {@link faceText} writes them. */
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

/** How a face is shown: `PHOTO#INDEX`. */
export const faceKey = ({ source, face }: Pick<CropRecord, 'source' | 'face'>): string => `${source}#${face}`

/** Digits of a photo's SHA-256 that are written: 64 bits, so that chance makes no two of a million photos one. */
const digits = 16

/** How a face is written: {@link faceKey}, and its content. */
export const faceText = (record: Pick<CropRecord, 'source' | 'face' | 'sourceHash' | 'box'>): string =>
  `${faceKey(record)}@${record.sourceHash.slice(0, digits)}:${record.box.join(',')}`

/** What a text of {@link faceText} says. */
interface WrittenFace {
  /** As it stands in the file. */
  readonly text: string
  /** {@link faceKey} of when it was written. */
  readonly key: string
  readonly photo: string
  readonly content: { readonly hash: string; readonly box: FaceBox } | undefined
}

const number = String.raw`-?\d+(?:\.\d+)?`
const form = new RegExp(`^((.*)#\\d+)(?:@([0-9a-f]{${digits}}):(${number}),(${number}),(${number}),(${number}))?$`, 's')

/** Takes a face apart; undefined for what is none. */
function parseFace(text: string): WrittenFace | undefined {
  const match = form.exec(text)
  if (match === null) return undefined
  const [, key, photo, hash, ...box] = match
  return { text, key, photo, content: hash === undefined ? undefined : { hash, box: box.map(Number) as unknown as FaceBox } }
}

/** The part of a written face that is for people. */
export const shownFace = (text: string): string => parseFace(text)?.key ?? text

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
          `${shownFace(face)} here and in line ${before.line}`,
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
    Array.isArray(given) && given.every((f) => typeof f === 'string' && parseFace(f) !== undefined)
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

/**
 * Writes groups, each face with its content.
 *
 * @throws KindredError `io`
 */
export function writeGroups(out: string, lines: readonly GroupLine[]): void {
  writeFileAtomic(join(out, nameOfFile), lines.map((l) => `${JSON.stringify(l)}\n`).join(''))
  const places = join(out, 'groups.places.json') // of earlier versions: what it holds stands in the lines now
  try {
    rmSync(places, { force: true })
  } catch (error) {
    throw ioError('groups', places, error)
  }
}

/** x, y, width, height of faces, by key. */
export type Places = Readonly<Record<string, FaceBox>>

const placesSchema: z.ZodType<Places> = z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()]))

/**
 * Where the faces lay that a person had placed when an earlier version wrote the groups, which did not write their content; nothing where none did.
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

/** Where the faces of some lines are among the records. */
export interface PlacedFaces {
  /** One entry a line: the rows that it names, in its order, and the faces that are no longer there, as written. No row is in two lines. */
  readonly lines: readonly { readonly rows: readonly number[]; readonly gone: readonly string[] }[]
  /** Faces whose photo has other content than when they were written, taken for the same by path and box. */
  readonly changed: readonly string[]
  /** Faces of which copies stand in several lines. */
  readonly twice: readonly { readonly rows: readonly number[]; readonly lines: readonly number[] }[]
}

/**
 * Finds written faces among records.
 *
 * A face is where its content is: in all copies of its photo, but that a copy which another line names by its path belongs to that line. A face without content
 * is where its path and number say; where an earlier version wrote its box, where that box is. A photo that was changed where it lay (as by a program that
 * writes names into it) keeps its faces by path and box, unless its content is known as that of another photo.
 */
export function placeFaces(lines: readonly (readonly string[])[], records: readonly CropRecord[], places: Places = {}): PlacedFaces {
  const byContent = new RecordsByContent(records, digits)
  const byPath = new Map<string, number[]>()
  for (const [i, { source }] of records.entries()) byPath.set(source, [...(byPath.get(source) ?? []), i])
  const all = lines.map((faces) => faces.map((text) => parseFace(text)!))
  const written = new Set(all.flat().flatMap(({ content }) => content?.hash ?? []))
  const changed: string[] = []
  const inPhoto = (photo: string, box: FaceBox, least: number): number | undefined =>
    (byPath.get(photo) ?? [])
      .map((i) => ({ i, overlap: overlapOf(box, records[i].box) }))
      .filter(({ overlap }) => overlap >= least)
      .sort((a, b) => b.overlap - a.overlap)[0]?.i

  const rowsOf = ({ text, key, photo, content }: WrittenFace): number[] => {
    if (content === undefined) {
      const numbered = (byPath.get(photo) ?? []).find((i) => faceKey(records[i]) === key)
      const place = places[key]
      if (place === undefined || (numbered !== undefined && overlapOf(place, records[numbered].box) >= leastOverlap))
        return numbered === undefined ? [] : [numbered]
      return [inPhoto(photo, place, leastOverlap)].filter((i) => i !== undefined)
    }
    if (byContent.has(content.hash)) return byContent.find(content.hash, content.box)
    const row = inPhoto(photo, content.box, leastOverlap)
    if (row === undefined || written.has(records[row].sourceHash.slice(0, digits))) return []
    changed.push(text)
    return [row]
  }
  const found = all.map((faces) => faces.map((face) => ({ face, rows: rowsOf(face) })))
  const lineOf = new Map<number, number>()
  const take = (row: number, line: number): void => void (lineOf.has(row) || lineOf.set(row, line))
  for (const own of [true, false])
    for (const [line, faces] of found.entries())
      for (const { face, rows } of faces) for (const row of rows) if (!own || records[row].source === face.photo) take(row, line)

  const claims = new Map<string, { rows: Set<number>; lines: Set<number> }>()
  for (const [line, faces] of found.entries())
    for (const { rows } of faces) {
      if (rows.length === 0) continue
      const content = `${records[rows[0]].sourceHash} ${records[rows[0]].box.join(' ')}`
      const claim = claims.get(content) ?? { rows: new Set(), lines: new Set() }
      claims.set(content, claim)
      claim.lines.add(line)
      for (const row of rows) claim.rows.add(row)
    }
  return {
    lines: found.map((faces, line) => ({
      rows: [...new Set(faces.flatMap(({ rows }) => rows.filter((row) => lineOf.get(row) === line)))],
      gone: faces.filter(({ rows }) => rows.length === 0).map(({ face }) => face.text),
    })),
    changed,
    twice: [...claims.values()].filter((c) => c.lines.size > 1).map((c) => ({ rows: [...c.rows], lines: [...c.lines] })),
  }
}

/** The named lines of a folder's groups, and where the faces that people put into them are. */
export function placeNamed(out: string, records: readonly CropRecord[]) {
  const lines = readGroups(out).flatMap(({ name, faces }) => (name === null ? [] : [{ name, faces }]))
  const placed = placeFaces(
    lines.map(({ faces }) => faces),
    records,
    readPlaces(out),
  )
  return { names: lines.map(({ name }) => name), placed }
}

/** Names in the groups of a folder, one a record; null for none. */
export interface GroupNames {
  /** What a person said; `-`: nobody's. */
  readonly said: readonly (string | null)[]
  /** The group near which it was found, where nobody said anything. */
  readonly found: readonly (string | null)[]
}

/** The names that records have in the groups of their folder. */
export function groupNames(out: string, records: readonly CropRecord[]): GroupNames {
  const lines = readGroups(out).filter(({ name }) => name !== null)
  const none = Array.from<string | null>({ length: records.length }).fill(null)
  const [said, found] = [none, [...none]]
  if (lines.length === 0) return { said, found }
  // What a person said comes first: a face that was found near Anna may have been given to Bea since.
  const placed = placeFaces([...lines.map((l) => l.faces), ...lines.map((l) => l.found ?? [])], records, readPlaces(out))
  for (const [at, { rows }] of placed.lines.entries())
    for (const row of rows) (at < lines.length ? said : found)[row] = lines[at % lines.length].name
  return { said, found }
}
