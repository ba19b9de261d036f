import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CropRecord } from '../faces/index.ts'
import { groupNames, readGroups, readPlaces, rowsOf, writeGroups } from './group-file.ts'

const out = mkdtempSync(join(tmpdir(), 'kindred-groups-'))
afterAll(() => rmSync(out, { recursive: true }))
const write = (...lines: string[]) => writeFileSync(join(out, 'groups.jsonl'), lines.join('\n'))
const record = (source: string, face: number, box: number[]): CropRecord => ({ source, face, box }) as unknown as CropRecord

test('lines of one name are joined, empty lines and unnamed groups are as they are', () => {
  write(
    '{"name":"Anna","faces":["a.jpg#0"],"found":["d.jpg#0"]}',
    '',
    '{"name":null,"faces":["b.jpg#0","b.jpg#1"]}',
    '{"name":" Anna ","faces":["c.jpg#1","d.jpg#0"]}',
    '{"name":"-","faces":["x#y.jpg#0"]}',
  )
  expect(readGroups(out)).toEqual([
    { name: 'Anna', faces: ['a.jpg#0', 'c.jpg#1', 'd.jpg#0'], found: [] },
    { name: '-', faces: ['x#y.jpg#0'], found: [] },
    { name: null, faces: ['b.jpg#0', 'b.jpg#1'] },
  ])
  expect([...groupNames(out)]).toEqual([
    ['a.jpg#0', 'Anna'],
    ['c.jpg#1', 'Anna'],
    ['d.jpg#0', 'Anna'],
  ])
})

test.each([
  ['{"name":"Anna","faces":["a#0"]', 'line 1: it must hold JSON'],
  ['[1]', 'it must be an object'],
  ['{"nane":"Anna","faces":[]}', 'Did you mean "name"?'],
  ['{"name":"","faces":[]}', 'name must be a text, "-" for nobody, or null, got ""'],
  ['{"name":7,"faces":[]}', 'name must be a text'],
  ['{"name":"Anna","faces":[],"picture":7}', 'picture must be a path'],
  ['{"name":"Anna"}', 'faces must be a list of faces such as "photo.jpg#0"'],
  ['{"name":"Anna","faces":["a.jpg"]}', 'faces must be a list of faces such as "photo.jpg#0", got ["a.jpg"]'],
  ['{"name":"Anna","faces":["a#0"]}\n{"name":"Bea","faces":["a#0"]}', 'line 2: a face must stand in one group, got a#0 here and in line 1'],
  ['{"name":null,"faces":["a#0","a#0"]}', 'a face must stand in one group'],
])('%s is told by its line, and nothing is overwritten', (text, message) => {
  write(text)
  expect(() => readGroups(out)).toThrow(message)
  expect(readFileSync(join(out, 'groups.jsonl'), 'utf8')).toBe(text)
})

test('a face is known again when the faces of its photo are counted anew', () => {
  const before = [record('p.jpg', 0, [0, 0, 100, 100]), record('p.jpg', 1, [200, 0, 50, 50])]
  writeGroups(
    out,
    [
      { name: 'Anna', faces: ['p.jpg#0'] },
      { name: 'Bea', faces: ['p.jpg#1', 'gone.jpg#0'] },
      { name: null, faces: [] },
    ],
    before,
    { 'gone.jpg#0': [1, 2, 3, 4] },
  )
  const places = readPlaces(out)
  for (const [text, words] of [
    ['{"p.jpg#0":[0,0,100]}', 'p.jpg#0'],
    ['{"p.jpg#0":[0,0,null,1]}', 'p.jpg#0[2]'],
    ['[]', 'expected an object'],
    ['{', 'it must hold JSON'],
  ]) {
    const good = readFileSync(join(out, 'groups.places.json'))
    writeFileSync(join(out, 'groups.places.json'), text)
    expect(() => readPlaces(out)).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(words) }))
    writeFileSync(join(out, 'groups.places.json'), good)
  }
  expect(places).toEqual({ 'p.jpg#0': [0, 0, 100, 100], 'p.jpg#1': [200, 0, 50, 50], 'gone.jpg#0': [1, 2, 3, 4] })
  // a larger face has been found, so the numbers have moved by one
  const after = [record('p.jpg', 0, [400, 0, 200, 200]), record('p.jpg', 1, [2, 1, 98, 100]), record('p.jpg', 2, [201, 0, 50, 50])]
  expect(rowsOf(['p.jpg#0'], after, places)).toEqual({ rows: [1], gone: [] })
  expect(rowsOf(['p.jpg#1', 'gone.jpg#0'], after, places)).toEqual({ rows: [2], gone: ['gone.jpg#0'] })
  // written by hand, so nobody knows where it was: the number counts
  expect(rowsOf(['p.jpg#2', 'p.jpg#9'], after, {})).toEqual({ rows: [2], gone: ['p.jpg#9'] })
  // it is no longer found, and another face has its number
  expect(rowsOf(['p.jpg#0'], [record('p.jpg', 0, [400, 0, 200, 200])], places)).toEqual({ rows: [], gone: ['p.jpg#0'] })
})
