import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CropRecord } from '../faces/index.ts'
import { faceByContent, keptApart, readSuggestions, rowsByContent, writeSuggestions } from './suggestion-file.ts'

const out = mkdtempSync(join(tmpdir(), 'kindred-suggestions-'))
afterAll(() => rmSync(out, { recursive: true }))
const record = (source: string, face: number, hash: string, box: number[]): CropRecord =>
  ({ source, face, sourceHash: hash, box }) as unknown as CropRecord
const records = [
  record('a.jpg', 0, 'aa', [0, 0, 50, 50]),
  record('party.jpg', 0, 'bb', [0, 0, 50, 50]),
  record('party.jpg', 1, 'bb', [100, 0, 40, 40]),
  record('c.jpg', 0, 'cc', [0, 0, 50, 50]),
  record('d.jpg', 0, 'dd', [0, 0, 50, 50]),
]
const face = (i: number) => ({ face: faceByContent(records[i]) })

test('what is written is read', () => {
  expect(readSuggestions(out)).toEqual([])
  const lines = [
    {
      a: { name: 'Anna', faces: 3, ...face(0) },
      b: { name: null, ...face(2) },
      distance: 0.5,
      odds: { same: 1, of: 30, from: 'here' as const },
    },
    { a: face(1), b: face(3), answer: 'different' as const },
  ]
  writeSuggestions(out, lines)
  expect(readSuggestions(out)).toEqual(lines)
})

test.each([
  ['{"a":1}', 'line 2'],
  ['{"a":', 'line 2'],
  ['{"a":{"face":{"hash":"aa","box":[0,0,1,1]}},"b":{"face":{"hash":"bb","box":[0,0,1,null]}}}', 'b.face.box[3]'],
  ['{"a":{"face":{"hash":"aa","box":[0,0,1,1]}},"b":{"face":{"hash":"bb","box":[0,0,1,1]}},"answer":"no"}', 'different'],
])('%s is told by its line', (line, words) => {
  writeFileSync(join(out, 'suggestions.jsonl'), `\n${line}\n`)
  expect(() => readSuggestions(out)).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(words) }))
  expect(readFileSync(join(out, 'suggestions.jsonl'), 'utf8')).toContain(line)
})

test('faces are found by content: renamed, copied, found anew with another box, or gone', () => {
  const find = rowsByContent(records)
  expect(find({ hash: 'bb', box: [98, 2, 42, 40] })).toEqual([2])
  expect(find({ hash: 'bb', box: [300, 0, 40, 40] })).toEqual([])
  expect(find({ hash: 'zz', box: [0, 0, 50, 50] })).toEqual([])
  const moved = rowsByContent([record('new/name.jpg', 0, 'aa', [0, 0, 50, 50]), record('copy.jpg', 0, 'aa', [0, 0, 50, 50])])
  expect(moved(face(0).face)).toEqual([0, 1])
})

test('an answer keeps two lone faces apart; a face that has a number keeps it', () => {
  const photos = Int32Array.of(-1, 0, 0, -1, -1)
  const different = (a: number, b: number) => ({ a: face(a), b: face(b), answer: 'different' as const })
  expect([...keptApart(records, [different(0, 3), different(3, 4), different(4, 1)], photos)]).toEqual([1, 0, 0, 1, -1])
  expect([...photos]).toEqual([-1, 0, 0, -1, -1])
})
