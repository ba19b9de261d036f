import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faceRecipe } from '../../test/fuzz/readers/rules.ts'
import type { CropRecord, FaceRecipe } from '../faces/index.ts'
import { rng } from '../base/index.ts'
import { faceByContent, readSuggestions, writeSuggestions } from './suggestion-file.ts'
import { keepSuggestions, suggestInFolder } from './suggest-in-folder.ts'

const out = mkdtempSync(join(tmpdir(), 'kindred-in-folder-'))
beforeAll(async () => {
  mkdirSync(join(out, 'crops'))
  await sharp({ create: { width: 16, height: 16, channels: 3, background: '#a86' } })
    .png()
    .toFile(join(out, 'crops/one.png'))
})
afterAll(() => rmSync(out, { recursive: true }))

/** Six faces around each place: two folders at one place, one folder at two, a loose crowd, and a lone face near a folder. */
const crowds = [
  ['anna', 0],
  ['anna again', 0.4],
  ['both', 3],
  ['both', 4.5],
  [null, 8],
] as const
const random = rng(7)
const places = [
  ...crowds.flatMap(([label, x]) => Array.from({ length: 6 }, () => [label, x + 0.05 * random.normal()] as const)),
  [null, 3.55] as const,
]
const people = ['anna', 'anna again', 'both']
const found = {
  records: places.map(([label], i) => {
    const source = `${label ?? ''}/${i}.jpg`
    return { source, sourceHash: `${i}`, face: 0, box: [0, 0, 9, 9], label, crop: 'crops/one.png' } as unknown as CropRecord
  }),
  vectors: Float32Array.from(places.flatMap(([, x]) => [x, 0.05 * random.normal()])),
  dim: 2,
  labels: Int32Array.from(places, ([label]) => (label === null ? -1 : people.indexOf(label))),
  people,
  recipe: faceRecipe as unknown as FaceRecipe,
}

test('folders that look alike, a folder that looks like two people, and whose distances these are', async () => {
  const { distances, suggestions, split, picture } = (await suggestInFolder(found, { out }))!
  expect(distances).toMatchObject({ radius: 0.5, reach: 0.6, from: 'published' })
  expect(suggestions.map((s) => s.titles)).toEqual([['anna', 'anna again']])
  expect(suggestions[0].line.why).toContain('the folders anna and anna again look alike')
  expect(split).toEqual([{ person: 'both', pieces: [6, 6], distance: expect.closeTo(1.5, 1), photos: ['both/12.jpg', 'both/18.jpg'] }])
  expect(picture).toContain('anna again')
  const answered = [
    { a: { face: faceByContent(found.records[0]) }, b: { face: faceByContent(found.records[7]) }, answer: 'different' as const },
  ]
  expect((await suggestInFolder(found, { out, answered }))!.suggestions).toEqual([])
})

test('vectors whose radius nobody knows', async () => {
  expect(await suggestInFolder({ ...found, recipe: { ...found.recipe, model: { name: 'pixels', hash: 'x' } } }, { out })).toBeUndefined()
})

test('they are written with what was answered meanwhile; a folder that was grouped keeps its own', async () => {
  const file = join(out, 'suggestions.jsonl')
  keepSuggestions(out, [])
  expect(existsSync(file)).toBe(false)
  const { suggestions } = (await suggestInFolder(found, { out }))!
  keepSuggestions(out, suggestions)
  const [line] = suggestions.map((s) => s.line)
  expect(readSuggestions(out)).toEqual([line])
  const answer = { a: line.a, b: line.b, answer: 'different' as const }
  writeSuggestions(out, [answer])
  keepSuggestions(out, suggestions)
  expect(readSuggestions(out)).toEqual([line, answer])
  keepSuggestions(out, [])
  expect(readSuggestions(out)).toEqual([answer])
  writeFileSync(file, '{"a":1}')
  expect(() => keepSuggestions(out, suggestions)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  expect(readFileSync(file, 'utf8')).toBe('{"a":1}')
  writeFileSync(join(out, 'groups.jsonl'), '')
  keepSuggestions(out, suggestions)
  expect(readFileSync(file, 'utf8')).toBe('{"a":1}')
})
