/** @file What is a photo in a folder and what is not: links, pipes, odd names, and above all what kindred itself has put there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { printable } from '../base/index.ts'
import { cropNames, isCropName, photoFiles, skippedLine } from './photo-files.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-photo-files-'))
let dir: string
let runs = 0
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(() => {
  dir = join(root, `photos${++runs}`)
  put('anna/1.jpg', 'top.JPG', 'notes.txt')
})
const put = (...names: string[]) => {
  for (const name of names) {
    mkdirSync(join(dir, name, '..'), { recursive: true })
    writeFileSync(join(dir, name), '')
  }
}
const hash = 'ab'.repeat(32)
const face = `{"source":"a.jpg","sourceHash":"${hash}","label":null,"face":0}\n`
const elsewhere = join(root, 'elsewhere')
const both = ['anna/1.jpg', 'top.JPG']

test.runIf(process.platform === 'linux')(
  'what is no regular file is passed over with its reason; names that are no text are kept apart',
  () => {
    symlinkSync('loop.jpg', join(dir, 'loop.jpg'))
    symlinkSync('nowhere', join(dir, 'anna/gone.png'))
    symlinkSync('../anna', join(dir, 'anna/ring'))
    symlinkSync('anna/1.jpg', join(dir, 'copy.jpg'))
    execFileSync('mkfifo', [join(dir, 'pipe.png')])
    for (const last of [0xe9, 0xff]) writeFileSync(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.of(last), Buffer.from('.jpg')]), '')
    put('.hidden.jpg')
    const { photos, ignored, skipped } = photoFiles(dir, elsewhere)
    expect([photos, ignored]).toEqual([['anna/1.jpg', 'copy.jpg', 'top.JPG'], 1])
    expect(skipped.map(({ path }) => path).sort()).toEqual([
      'anna/gone.png',
      'anna/ring',
      'caf\\xe9.jpg',
      'caf\\xff.jpg',
      'loop.jpg',
      'pipe.png',
    ])
    expect(skippedLine(skipped)).toMatch(/^6 passed over: caf\\xe9\.jpg \(its name is no UTF-8 text\); .*; \.\.\.$/)
  },
)

test('names of what was passed over are escaped once, where they are shown', () => {
  const line = skippedLine([{ path: 'x\n\u001b[2Jdone\u202e.jpg', reason: 'a pipe' }])!
  expect(printable(line)).toBe('passed over: x\\n\\x1b[2Jdone\\u202e.jpg (a pipe)')
  expect(skippedLine([])).toBeUndefined()
})

describe('names of crops', () => {
  /** As Windows and exFAT have it. */
  const taken = (name: string): boolean =>
    // oxlint-disable-next-line no-control-regex
    !/[\u0000-\u001f<>:"\\|?*]/.test(name) &&
    !/[. ]$/.test(name) &&
    !/^(con|prn|aux|nul|com[0-9]|lpt[0-9])[. ]*(\.|$)/i.test(name) &&
    Buffer.byteLength(name) <= 255
  test('are those of the photos where these are ordinary', () => {
    for (const source of [
      'anna/garden.jpg',
      'top.JPG',
      'Žofie & 日本/a b (1).jpg',
      'console/nullable.png',
      'com10/aux-2.jpg',
      "it's/a~b.webp",
      'a..b/c .jpg',
    ])
      expect(cropNames([source])(source, 2)).toBe(`crops/${source}.2.png`)
  })
  test('hold nothing that Windows or exFAT does not take', () => {
    for (const source of [
      'CON/a.jpg',
      'aux.jpg',
      'nul.anna/Lpt1.x.png',
      'com¹/a.jpg',
      'prn /x.jpg',
      'Anna./a.jpg',
      'Anna /a.jpg',
      'J.R./q?.jpg',
      'a:b/c*d"<e>|f.png',
      'x\\y/n\nl.jpg',
      `${'é'.repeat(120)}?/a.jpg`,
      `${'x'.repeat(245)}.jpg`,
    ]) {
      const crop = cropNames([source])(source, 0)
      expect(crop.split('/').every(taken), crop).toBe(true)
      expect(crop.split('/').length).toBe(source.split('/').length + 1)
      expect(isCropName(crop), crop).toBe(true)
    }
  })
  test('of two photos are never one, also where upper and lower case are', () => {
    const piece = fc.constantFrom('a', 'A', 'é', 'e\u0301', 'É', '?', '*', '_', '.', ' ', '/', 'con', 'CON', '\\', '~')
    const photo = fc.array(piece, { minLength: 1, maxLength: 5 }).map(
      (pieces) =>
        `${pieces
          .join('')
          .replace(/\/+/g, '/')
          .replace(/^\/|\/$/g, '')}.jpg`,
    )
    fc.assert(
      fc.property(fc.uniqueArray(photo, { minLength: 2, maxLength: 12 }), (sources) => {
        const nameOf = cropNames(sources)
        const crops = sources.map((source) => nameOf(source, 0))
        expect(new Set(crops.map((crop) => crop.normalize('NFC').toLowerCase())).size).toBe(sources.length)
      }),
      { numRuns: 2000 },
    )
    const [crop] = ['a?.jpg'].map((source) => cropNames([source])(source, 0))
    const twin = crop.replace('crops/', '').replace(/\.0\.png$/, '') // a photo called as the crop of another one
    const both = cropNames(['a?.jpg', twin])
    expect(both('a?.jpg', 0)).not.toBe(both(twin, 0))
  })
})

describe('folders that kindred made', () => {
  test.each([
    ['manifest.jsonl', face],
    ['quarantine.jsonl', `{"source":"a\\"b.jpg","sourceHash":null,"label":"x","kind":"unreadable"}\n`],
    ['kindred-journal.jsonl', ''],
    ['report.json', '{\n  "complete": true,\n  "seconds": 3\n}'],
    ['run.json', '{\n  "command": "train mnist",\n  "options": {}\n}'],
    ['checkpoint.kindred', 'KINDREDC\x01'],
    ['gallery.json', '{"kindred":"gallery","format":1,"state":"ready"}'],
    ['dlib-0123456789ab.recipe.json', '{}'],
  ])('with %s: passed over below the photos, refused in their place; others may use the name', (name, content) => {
    put('runs/faces/crops/anna/1.jpg.0.png', 'runs/faces/figures/map.png')
    const run = join(dir, 'runs/faces')
    writeFileSync(join(run, name), content)
    expect(photoFiles(dir, elsewhere)).toEqual({
      photos: both,
      ignored: 1,
      others: ['notes.txt'],
      skipped: [{ path: 'runs/faces', reason: `a folder that kindred made, as its ${name} shows` }],
    })
    expect(() => photoFiles(run, elsewhere)).toThrow(`must be a folder of photos, got a folder that kindred made, as its ${name} shows`)
    if (/journal|recipe/.test(name)) return
    writeFileSync(join(run, name), '{"image": "1.jpg"}')
    expect(photoFiles(dir, elsewhere).photos).toHaveLength(4)
  })
  test('the output folder is passed over before it holds anything, through links too', () => {
    put('out/crops/anna/1.jpg.0.png')
    symlinkSync(join(dir, 'out'), join(root, `link${runs}`))
    for (const out of [join(dir, 'out'), `${dir}/anna/../out/`, join(root, `link${runs}`)]) {
      expect(photoFiles(dir, out)).toEqual({
        photos: both,
        ignored: 1,
        others: ['notes.txt'],
        skipped: [{ path: 'out', reason: 'the output folder' }],
      })
    }
  })
  test('results do not go into the folder of the photos, however it is written', () => {
    symlinkSync(dir, join(root, `same${runs}`))
    const words = 'the output folder must be another than that of the photos'
    for (const out of [dir, `${dir}/`, join(dir, 'anna', '..'), join(root, `same${runs}`)])
      expect(() => photoFiles(dir, out)).toThrow(words)
    const capital = dir.replace('photos', 'PHOTOS')
    if (existsSync(capital)) expect(() => photoFiles(dir, capital)).toThrow(words)
  })
  test('photos may lie below the output folder, but not where results are written', () => {
    put('crops/x/1.jpg')
    expect(photoFiles(join(dir, 'anna'), dir).photos).toEqual(['1.jpg'])
    for (const inner of ['crops', 'crops/x'])
      expect(() => photoFiles(join(dir, inner), dir)).toThrow('got a folder that results are written to')
  })
})

test('a place that is none, or no folder, is told', () => {
  expect(() => photoFiles(join(dir, 'none'), elsewhere)).toThrow('must exist')
  expect(() => photoFiles(join(dir, 'top.JPG'), elsewhere)).toThrow('must be a folder of photos, got a file')
  if (process.platform === 'win32') return
  symlinkSync('ring', join(dir, 'ring'))
  expect(() => photoFiles(join(dir, 'ring'), elsewhere)).toThrow('links that lead round in a ring')
})
