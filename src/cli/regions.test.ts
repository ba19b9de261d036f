/** @file Names that other programs wrote for faces, in a photo or beside it, end to end; and names written for them. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { persons, portrait } from '../../test/support/face-people.ts'
import { kindred as command } from '../../test/support/kindred.ts'
import { areaOfBox, readCropRecords, readXmpRegions, writeXmpRegions, type CropRecord } from '../faces/index.ts'
import { sha256 } from '../base/index.ts'
import type { FacesReport } from '../stories/index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-regions-'))
const photos = join(root, 'photos')
const out = join(root, 'out')
const at = (path: string) => join(photos, path)
const kindred = (...words: string[]) => command(...words, '--threads', '1', '--quiet')
async function faces(): Promise<FacesReport> {
  const { code, out: text } = await kindred('faces', photos, '--out', out, '--faces', 'all', '--json')
  expect(code).toBe(0)
  return JSON.parse(text) as FacesReport
}
const records = () => new Map(readCropRecords(out).faces.map((f): [string, CropRecord] => [f.source, f]))
const lines = (): { name: string | null; faces: string[] }[] =>
  readFileSync(join(out, 'groups.jsonl'), 'utf8')
    .replace(/#0@[^"]*"/g, '"')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
/** XMP that names the face of a photo as stored. */
async function named(path: string, record: CropRecord, name: string): Promise<string> {
  const { width, height, orientation = 1 } = await sharp(path).metadata()
  const area = areaOfBox(record.box, { width, height, orientation })
  return writeXmpRegions(undefined, [{ name, area }], { size: { width, height }, same: () => undefined, what: path })
}

const turns = [1, 2, 3, 4, 5, 6, 7, 8]
beforeAll(async () => {
  mkdirSync(photos)
  for (const who of ['anna', 'bea'] as const)
    for (let i = 0; i < 3; i++) writeFileSync(at(`${who}-${i}.jpg`), await portrait(persons[who], i))
  // one photo, stored in each of the eight ways, which all look the same
  const upright = await portrait(persons.cleo, 4)
  const undo = [(s: Sharp) => s, (s: Sharp) => s.flop(), (s: Sharp) => s.rotate(180), (s: Sharp) => s.flip()]
  for (const o of turns) {
    const { data } = await undo[[0, 1, 2, 3, 3, 0, 1, 0][o - 1]](sharp(upright)).png().toBuffer({ resolveWithObject: true })
    // 5: transposed, 6: to be turned right, 7: transversed, 8: to be turned left
    const stored = o < 5 ? sharp(data) : sharp(data).rotate({ 5: 90, 6: 270, 7: 90, 8: 90 }[o as 5 | 6 | 7 | 8])
    writeFileSync(at(`turn-${o}.png`), await stored.withMetadata({ orientation: o }).png().toBuffer())
  }
  await faces()
}, 120_000)
afterAll(() => rmSync(root, { recursive: true }))

test('all eight turns show the same upright photo (or this test tests nothing)', () => {
  const boxes = turns.map((o) => records().get(`turn-${o}.png`)!.box)
  for (const box of boxes) for (const [d, v] of box.entries()) expect(Math.abs(v - boxes[0][d])).toBeLessThan(3)
})

test('names are read from photos and sidecars, in all turns, and name the groups', { timeout: 120_000 }, async () => {
  const known = records()
  const inside = await named(at('anna-0.jpg'), known.get('anna-0.jpg')!, 'Anna')
  writeFileSync(
    at('anna-0.jpg'),
    await sharp(readFileSync(at('anna-0.jpg')))
      .withXmp(inside)
      .jpeg({ quality: 95 })
      .toBuffer(),
  )
  writeFileSync(at('bea-1.xmp'), await named(at('bea-1.jpg'), known.get('bea-1.jpg')!, 'Bea')) // as Lightroom names it
  for (const o of turns) writeFileSync(at(`turn-${o}.png.xmp`), await named(at(`turn-${o}.png`), known.get(`turn-${o}.png`)!, `Cleo ${o}`))
  writeFileSync(at('bea-2.jpg.xmp'), '<broken')
  const elsewhere = { ...known.get('anna-2.jpg')!, box: [1, 1, 20, 20] as const }
  writeFileSync(at('anna-2.jpg.xmp'), await named(at('anna-2.jpg'), elsewhere, 'Ghost'))

  const report = await faces()
  expect(report.regions).toMatchObject({ names: 10, unmatched: [{ source: 'anna-2.jpg', name: 'Ghost' }], disagree: [] })
  expect(report.people.map((p) => p.person)).toEqual([null])
  expect(report.warnings).toContainEqual('1 face named by another program was not found (anna-2.jpg: Ghost).')
  const persons = Object.fromEntries(report.map!.points.map((p) => [p.photo, p.person]))
  expect(persons).toMatchObject({ 'anna-0.jpg': 'Anna', 'anna-1.jpg': null, 'bea-1.jpg': 'Bea', 'bea-2.jpg': null })
  for (const o of turns) expect(persons[`turn-${o}.png`]).toBe(`Cleo ${o}`)

  for (const o of turns) rmSync(at(`turn-${o}.png.xmp`))
  await faces()
  expect((await kindred('group', out, '--radius', '0.5')).code).toBe(0)
  const [anna, bea] = lines()
  expect([anna, bea]).toMatchObject([
    { name: 'Anna', faces: ['anna-0.jpg'] },
    { name: 'Bea', faces: ['bea-1.jpg'] },
  ])
})

test('names are written beside photos, into what others wrote, and read back; photos stay as they are', { timeout: 120_000 }, async () => {
  const hashes = () => [...records().keys()].map((source) => sha256(readFileSync(at(source))))
  const before = hashes()
  writeFileSync(
    join(out, 'groups.jsonl'),
    `{"name":"Anna","faces":["anna-0.jpg#0","anna-1.jpg#0","anna-2.jpg#0"]}\n{"name":"Beatrice","faces":["bea-1.jpg#0","bea-2.jpg#0"]}\n` +
      `{"name":"Cleo","faces":[${turns.map((o) => `"turn-${o}.png#0"`).join()}]}\n{"name":"-","faces":["bea-0.jpg#0"]}\n`,
  )
  const first = await kindred('group', out, '--write-xmp')
  expect(first.code).toBe(0)
  expect(first.out).toMatch(/XMP sidecars: 12 written, 0 as they were, 1 refused \(bea-2\.jpg: .*it must be XML/)
  expect(first.err).toContain('another program names 1 faces otherwise than groups.jsonl, which counts (bea-1.jpg#0: Beatrice, not Bea)')
  expect(readFileSync(at('bea-2.jpg.xmp'), 'utf8')).toBe('<broken')
  expect(existsSync(at('bea-0.jpg.xmp'))).toBe(false)
  const names = (file: string) => readXmpRegions(readFileSync(at(file), 'utf8'), file).faces.map((f) => f.name)
  expect(names('anna-2.jpg.xmp')).toEqual(['Ghost', 'Anna'])
  expect(names('bea-1.jpg.xmp')).toEqual(['Beatrice']) // it takes the place of bea-1.xmp
  expect((await kindred('group', out, '--write-xmp')).out).toContain('XMP sidecars: 0 written, 12 as they were, 1 refused')
  expect(hashes()).toEqual(before)

  // whoever has the photos and the sidecars alone knows the names
  rmSync(at('bea-2.jpg.xmp'))
  const fresh = join(root, 'fresh')
  const { out: text } = await kindred('faces', photos, '--out', fresh, '--faces', 'all', '--json')
  const persons = Object.fromEntries((JSON.parse(text) as FacesReport).map!.points.map((p) => [p.photo, p.person]))
  expect(persons).toMatchObject({ 'anna-1.jpg': 'Anna', 'anna-2.jpg': 'Anna', 'bea-1.jpg': 'Beatrice', 'bea-0.jpg': null })
  for (const o of turns) expect([o, persons[`turn-${o}.png`]]).toEqual([o, 'Cleo'])
})

test('a name written for a face counts more than its folder, and that is said', { timeout: 120_000 }, async () => {
  mkdirSync(at('Dora'))
  copyFileSync(at('anna-1.jpg'), at('Dora/1.jpg'))
  copyFileSync(at('anna-1.jpg.xmp'), at('Dora/1.jpg.xmp'))
  const report = await faces()
  expect(report.regions!.disagree).toEqual([{ face: 'Dora/1.jpg#0', folder: 'Dora', region: 'Anna' }])
  expect(report.warnings).toContainEqual(expect.stringContaining('Dora/1.jpg#0: Dora by its folder, Anna by the name written for it'))
  expect(report.map!.points.find((p) => p.photo === 'Dora/1.jpg')!.person).toBe('Anna')
})
