import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sha256 } from '../base/index.ts'
import type { CropRecord } from '../faces/index.ts'
import { faceText, groupNames, placeFaces, readGroups, readPlaces, writeGroups } from './group-file.ts'

const out = mkdtempSync(join(tmpdir(), 'kindred-groups-'))
afterAll(() => rmSync(out, { recursive: true }))
const write = (...lines: string[]) => writeFileSync(join(out, 'groups.jsonl'), lines.join('\n'))
/** A face of a photo with the content `photo`. */
const record = (source: string, face: number, box: number[], photo = source): CropRecord =>
  ({ source, face, box, sourceHash: sha256(Buffer.from(photo)) }) as unknown as CropRecord

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
  const faces = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'x#y.jpg'].flatMap((photo) => [0, 1].map((i) => record(photo, i, [90 * i, 0, 50, 50])))
  const none = Array.from({ length: 10 }, () => null)
  expect(groupNames(out, faces)).toEqual({
    said: ['Anna', null, null, null, null, 'Anna', 'Anna', null, '-', null],
    found: none,
  })
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

const box = [10, 20, 100, 100]
const anna = faceText(record('anna/1.jpg', 0, box))

test('a face is written with its path for people and its content to be found by, and read back', () => {
  expect(anna).toMatch(/^anna\/1\.jpg#0@[0-9a-f]{16}:10,20,100,100$/)
  const odd = faceText(record('a#0@x:1,2.jpg', 3, [-1.25, 0, 10.5, 7]))
  writeGroups(out, [{ name: 'Anna', faces: [anna, odd] }])
  expect(readGroups(out)).toEqual([{ name: 'Anna', faces: [anna, odd], found: [] }])
  expect(placeFaces([[odd]], [record('moved.jpg', 0, [-1.25, 0, 10.5, 7], 'a#0@x:1,2.jpg')]).lines).toEqual([{ rows: [0], gone: [] }])
  write(`{"name":"Anna","faces":["a.jpg#0@12:1,2,3,4"]}`)
  expect(() => readGroups(out)).toThrow('faces must be a list of faces')
})

test('a face is followed to another path, number and box, and into copies', () => {
  const moved = [record('bea/7.jpg', 0, [300, 0, 200, 200], 'anna/1.jpg'), record('bea/7.jpg', 1, [14, 20, 100, 96], 'anna/1.jpg')]
  expect(placeFaces([[anna]], moved).lines).toEqual([{ rows: [1], gone: [] }])
  const copies = [record('a.jpg', 0, box, 'anna/1.jpg'), record('b.jpg', 0, box, 'anna/1.jpg')]
  expect(placeFaces([[anna]], copies)).toMatchObject({ lines: [{ rows: [0, 1], gone: [] }], twice: [] })
  // another photo has the old path, and the same box in it
  const replaced = [record('anna/1.jpg', 0, box, 'bea.jpg'), record('old.jpg', 0, box, 'anna/1.jpg')]
  expect(placeFaces([[anna]], replaced).lines).toEqual([{ rows: [1], gone: [] }])
  expect(placeFaces([[anna], [faceText(record('bea.jpg', 0, box))]], replaced.slice(0, 1)).lines).toEqual([
    { rows: [], gone: [anna] },
    { rows: [0], gone: [] },
  ])
  // a box elsewhere in the photo is another face
  expect(placeFaces([[anna]], [record('anna/1.jpg', 0, [80, 20, 100, 100])]).lines).toEqual([{ rows: [], gone: [anna] }])
})

test('a photo that was changed where it lies keeps its faces, and that is said', () => {
  expect(placeFaces([[anna]], [record('anna/1.jpg', 0, [12, 20, 100, 100], 'with a name written into it')])).toMatchObject({
    lines: [{ rows: [0], gone: [] }],
    changed: [anna],
  })
})

test('copies that were named differently keep the name of their line, and that is said', () => {
  const copies = [record('anna/1.jpg', 0, box, 'x'), record('bea/1.jpg', 0, box, 'x'), record('c.jpg', 0, box, 'x')]
  expect(placeFaces([[faceText(copies[1])], [faceText(copies[0])]], copies)).toMatchObject({
    lines: [
      { rows: [1, 2], gone: [] },
      { rows: [0], gone: [] },
    ],
    twice: [{ rows: [0, 1, 2], lines: [0, 1] }],
  })
  expect(placeFaces([[faceText(copies[1])], ['anna/1.jpg#0']], copies).twice).toEqual([{ rows: [0, 1, 2], lines: [0, 1] }])
})

test('what an earlier version wrote is read with its places, and written with content', () => {
  write('{"name":"Anna","faces":["p.jpg#0"]}')
  const places = join(out, 'groups.places.json')
  for (const [text, words] of [
    ['{"p.jpg#0":[0,0,100]}', 'p.jpg#0'],
    ['{"p.jpg#0":[0,0,null,1]}', 'p.jpg#0[2]'],
    ['[]', 'expected an object'],
    ['{', 'it must hold JSON'],
  ]) {
    writeFileSync(places, text)
    expect(() => readPlaces(out)).toThrow(expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(words) }))
  }
  writeFileSync(places, '{"p.jpg#0":[0,0,100,100],"p.jpg#1":[200,0,50,50],"gone.jpg#0":[1,2,3,4]}')
  const at = readPlaces(out)
  // a larger face has been found, so the numbers have moved by one
  const after = [record('p.jpg', 0, [400, 0, 200, 200]), record('p.jpg', 1, [2, 1, 98, 100]), record('p.jpg', 2, [201, 0, 50, 50])]
  expect(placeFaces([['p.jpg#0'], ['p.jpg#1', 'gone.jpg#0']], after, at).lines).toEqual([
    { rows: [1], gone: [] },
    { rows: [2], gone: ['gone.jpg#0'] },
  ])
  // written by hand, so nobody knows where it was: the number counts
  expect(placeFaces([['p.jpg#2', 'p.jpg#9']], after).lines).toEqual([{ rows: [2], gone: ['p.jpg#9'] }])
  // it is no longer found, and another face has its number
  expect(placeFaces([['p.jpg#0']], [record('p.jpg', 0, [400, 0, 200, 200])], at).lines).toEqual([{ rows: [], gone: ['p.jpg#0'] }])
  expect(groupNames(out, after).said).toEqual([null, 'Anna', null])
  writeGroups(out, [{ name: 'Anna', faces: [faceText(after[1])] }])
  expect(existsSync(places)).toBe(false)
  expect(groupNames(out, after).said).toEqual([null, 'Anna', null])
})
