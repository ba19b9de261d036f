/** @file Photos and folders of people are renamed, moved, copied and deleted: faces, groups, gallery and search follow. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writePeople } from '../../test/support/face-people.ts'
import { kindred as command } from '../../test/support/kindred.ts'
import { readCropRecords } from '../faces/index.ts'
import { openGallery } from '../gallery/index.ts'
import type { FacesReport } from '../stories/index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-followed-'))
const photos = join(root, 'photos')
const out = join(root, 'out')
const gallery = join(root, 'gallery')
const query = join(root, 'query.jpg')
const at = (path: string) => join(photos, path)
const move = (from: string, to: string) => {
  mkdirSync(join(at(to), '..'), { recursive: true })
  renameSync(at(from), at(to))
}

const kindred = (...words: string[]) => command(...words, '--threads', '1', '--quiet')
async function faces(...words: string[]): Promise<FacesReport> {
  const { code, out: text, err } = await kindred('faces', photos, '--out', out, '--gallery', gallery, '--json', ...words)
  expect([code, err.split('\n').filter((line) => line !== '' && !line.includes('"warning"'))]).toEqual([0, []])
  return JSON.parse(text) as FacesReport
}
const counts = ({ gallery: g }: FacesReport) => {
  const { added, moved, renamed, updated, unchanged, removed, gone, count } = g!
  return { added, moved, renamed, updated, unchanged, removed, gone, count }
}
const none = { added: 0, moved: 0, renamed: 0, updated: 0, unchanged: 0, removed: 0, gone: 0 }
async function nearest(place: string): Promise<{ person: string | null; photo: string; gone?: boolean }[]> {
  const { code, out: text } = await kindred('search', place, query, '--json', '-k', '3')
  expect(code).toBe(0)
  return (JSON.parse(text) as { faces: { neighbours: { person: string | null; photo: string; gone?: boolean }[] }[] }).faces[0].neighbours
}
const groups = (): { name: string | null; faces: string[]; found?: string[] }[] =>
  readFileSync(join(out, 'groups.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  await writePeople(photos, { each: 3, names: ['anna', 'bea', 'cleo'] })
  copyFileSync(at('anna/0.jpg'), query)
  appendFileSync(query, 'other bytes') // the same picture, another file
  expect(counts(await faces())).toEqual({ ...none, added: 9, count: 9 })
  expect((await kindred('group', out)).code).toBe(0)
  const lines = groups()
  expect(lines.map((l) => l.faces.length)).toEqual([3, 3, 3])
  const named = lines.map((l) => ({ ...l, name: l.faces[0].startsWith('anna') ? 'Anna Maria' : l.name }))
  writeFileSync(join(out, 'groups.jsonl'), named.map((l) => JSON.stringify(l)).join('\n'))
}, 120_000)
afterAll(() => rmSync(root, { recursive: true }))

test('a person is renamed and a photo moves: nothing is looked at again, and all know the new names and paths', async () => {
  move('anna', 'Anna Maria')
  move('bea/1.jpg', 'bea/holiday/bea/one.jpg')
  const again = await faces()
  expect([again.photos.processed, again.embedded, again.faces]).toEqual([0, 0, 9])
  expect(counts(again)).toEqual({ ...none, renamed: 3, moved: 1, unchanged: 5, count: 9 })
  expect(again.people.map((p) => [p.person, p.photos])).toEqual([
    ['Anna Maria', 3],
    ['bea', 3],
    ['cleo', 3],
  ])
  expect((await nearest(gallery)).map(({ person, photo, gone }) => [person, photo, gone])).toEqual(
    [0, 2, 1].map(() => ['Anna Maria', expect.stringContaining(at('Anna Maria/')), false]),
  )
  expect((await nearest(out)).map((n) => n.person)).toEqual(['Anna Maria', 'Anna Maria', 'Anna Maria'])
  const ids = JSON.parse(readFileSync(join(out, 'vectors', vectorsFile()), 'utf8')) as { ids: string[]; labels: string[] }
  expect(ids.ids.map((id) => id.split('#')[0])).toEqual(readCropRecords(out).faces.map((f) => f.source))
  expect(new Set(ids.labels)).toEqual(new Set(['Anna Maria', 'bea', 'cleo']))
  for (const { crop } of readCropRecords(out).faces) expect(existsSync(join(out, crop))).toBe(true)
  expect(existsSync(join(out, 'crops/anna'))).toBe(false)

  const { code, err } = await kindred('group', out)
  expect([code, err]).toEqual([0, ''])
  const [anna] = groups()
  expect([anna.name, anna.faces.map((f) => f.split('@')[0]).sort(), anna.found]).toEqual([
    'Anna Maria',
    [0, 1, 2].map((i) => `Anna Maria/${i}.jpg#0`),
    [],
  ])
}, 60_000)

const vectorsFile = () => `${/dlib-[0-9a-f]{12}/.exec(filesOf(join(out, 'vectors')))![0]}.npy.ids.json`
const filesOf = (folder: string) => readdirSync(folder).join(' ')

test('photos are deleted: their rows are counted and stay, until sync takes them away; rows of other folders stay', async () => {
  const opened = await openGallery(gallery, { create: false })
  const rows = []
  for await (const item of opened.items()) rows.push(item)
  const [row] = rows
  await opened.add([
    { ...row, id: 'another#0', source: join(root, 'photos2/x.jpg'), label: 'other' },
    { ...row, id: 'far#0', source: 'https://example.org/x.jpg' },
  ])
  await opened.close()
  rmSync(at('cleo/0.jpg'))
  rmSync(at('Anna Maria/2.jpg'))
  const kept = await faces()
  expect(counts(kept)).toEqual({ ...none, unchanged: 7, gone: 2, count: 11 })
  expect(kept.warnings).toContainEqual(
    expect.stringMatching(/^2 rows of the gallery are of faces that are no longer in this folder; `sync` removes them/),
  )
  const dead = await kindred('search', gallery, query)
  expect(dead.out).toContain('Anna Maria/2.jpg (no longer there)')
  expect(dead.err).toContain('no longer')
  expect(counts(await faces('--sync'))).toEqual({ ...none, unchanged: 7, removed: 2, count: 9 })
  expect((await kindred('search', gallery, query, '-k', '9')).out).not.toContain('Anna Maria/2.jpg')
  expect((await kindred('faces', photos, '--out', out, '--sync')).err).toContain('--sync must come with --gallery')

  const { err } = await kindred('group', out)
  expect(err).toContain('Anna Maria/2.jpg#0 is no longer among the photos; it stays in groups.jsonl')
}, 60_000)

test('a whole folder is moved and a photo of it deleted: its rows are still known as of this folder', async () => {
  rmSync(at('cleo/1.jpg'))
  const elsewhere = join(root, 'moved')
  renameSync(photos, elsewhere)
  const { out: text } = await kindred('faces', elsewhere, '--out', out, '--gallery', gallery, '--sync')
  expect(text).toContain('gallery: 0 added, 6 moved, 0 renamed, 1 removed, 0 unchanged')
  renameSync(elsewhere, photos)
  expect(counts(await faces('--sync'))).toEqual({ ...none, moved: 6, count: 8 })
}, 60_000)

test('a copy is one row; a copy with another person names nobody, and that is said', async () => {
  copyFileSync(at('bea/0.jpg'), at('bea/copy.jpg'))
  expect(counts(await faces())).toEqual({ ...none, unchanged: 6, count: 8 })
  copyFileSync(at('bea/0.jpg'), at('cleo/wrong.jpg'))
  const twice = await faces()
  expect([twice.photos.processed, twice.embedded]).toEqual([0, 0])
  expect(twice.contested).toEqual([{ photos: ['bea/0.jpg', 'bea/copy.jpg', 'cleo/wrong.jpg'], names: ['bea', 'cleo'] }])
  expect(twice.warnings).toContainEqual(
    expect.stringContaining('(bea/0.jpg = bea/copy.jpg = cleo/wrong.jpg with bea and cleo): whom it shows nobody can say'),
  )
  expect(twice.retrieval!.queries).toBe(4) // two of each other person: the only photo of cleo has nobody to find
  expect(counts(twice)).toEqual({ ...none, renamed: 1, unchanged: 5, count: 8 })
  rmSync(at('cleo/wrong.jpg'))
  expect(counts(await faces('--sync'))).toMatchObject({ renamed: 1, removed: 0, unchanged: 5 })
}, 60_000)

test('a photo that lies in another folder, too, keeps its path and name there', async () => {
  const other = join(root, 'other')
  mkdirSync(join(other, 'Annabel'), { recursive: true })
  copyFileSync(at('Anna Maria/0.jpg'), join(other, 'Annabel/0.jpg'))
  const { out: text } = await kindred('faces', other, '--out', join(root, 'out2'), '--gallery', gallery, '--sync')
  expect(text).toContain('gallery: 0 added, 0 moved, 0 renamed, 0 removed, 1 unchanged')
  expect(text).toContain('which the gallery keeps')
  expect((await nearest(gallery))[0]).toMatchObject({ person: 'Anna Maria', photo: at('Anna Maria/0.jpg') })
}, 60_000)

test('what cannot be reached just now keeps its rows: a disk of which this folder holds a copy, and a link that leads nowhere', async () => {
  const [disk, other, place] = [join(root, 'disk'), join(root, 'copies'), join(root, 'gallery2')]
  await writePeople(disk, { each: 2, names: ['anna', 'bea'] })
  mkdirSync(join(other, 'anna'), { recursive: true })
  copyFileSync(join(disk, 'anna/0.jpg'), join(other, 'anna/0.jpg'))
  symlinkSync(join(disk, 'bea'), join(other, 'linked'))
  const line = async (dir: string, ...words: string[]) =>
    /gallery: .*/.exec((await kindred('faces', dir, '--out', join(root, 'out3'), '--gallery', place, ...words)).out)?.[0]
  expect(await line(disk)).toBe('gallery: 4 added, 0 moved, 0 renamed, 0 removed, 0 unchanged')
  renameSync(disk, `${disk} away`)
  expect(await line(other, '--sync')).toBe('gallery: 0 added, 1 moved, 0 renamed, 0 removed, 0 unchanged')
  const opened = await openGallery(place, { create: false })
  const rows = []
  for await (const item of opened.items()) rows.push(item)
  const [row] = rows
  await opened.add([{ ...row, id: 'linked#0', source: join(other, 'linked/0.jpg'), label: 'bea' }])
  await opened.close()
  expect(await line(other, '--sync')).toBe('gallery: 0 added, 0 moved, 0 renamed, 0 removed, 1 unchanged')
  rmSync(join(other, 'linked'))
  expect(await line(other, '--sync')).toBe('gallery: 0 added, 0 moved, 0 renamed, 1 removed, 1 unchanged')
}, 60_000)

test('one face under two names in groups.jsonl is said', async () => {
  copyFileSync(at('bea/0.jpg'), at('cleo/wrong.jpg'))
  await faces()
  writeFileSync(join(out, 'groups.jsonl'), '{"name":"B","faces":["bea/0.jpg#0"]}\n{"name":"C","faces":["cleo/wrong.jpg#0"]}\n')
  const { code, err } = await kindred('group', out)
  expect(code).toBe(0)
  expect(err).toContain('one photo, one face, but named B and C: bea/0.jpg#0 = cleo/wrong.jpg#0; each copy keeps the name of its line')
}, 60_000)
