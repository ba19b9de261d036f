/** @file Readers of what the faces story leaves behind, and of cascades. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  cropFolder,
  haarDetector,
  openDetector,
  readXmpRegions,
  writeXmpRegions,
  type CropRecord,
  type FaceDetector,
  type FaceRecipe,
} from '../../../src/faces/index.ts'
import { sha256 } from '../../../src/base/index.ts'
import { npyBytes } from '../../../src/vectors/index.ts'
import { faceText, groupNames, placeFaces, readGroups, readPlaces, writeGroups } from '../../../src/people/group-file.ts'
import { faceByContent, keptApart, readSuggestions, rowsByContent, writeSuggestions } from '../../../src/people/suggestion-file.ts'
import { faces } from '../../../src/stories/index.ts'
import { faceId, KeptVectors } from '../../../src/people/kept-vectors.ts'
import { matchRegions, readRegions } from '../../../src/people/named-regions.ts'
import { openKnownFaces } from '../../../src/people/known-faces.ts'
import { pixelsModel } from '../../../src/people/pixels-model.ts'
import { json, must, mustBeFinite, mustBeTexts, once, part, text, type Files, type Reader } from './reader.ts'
import { faceRecipe } from './rules.ts'

// A cascade of OpenCV's own cut to its first stages: small enough to be mutated where it matters.
const cascade = once(() => {
  const xml = readFileSync(new URL('../../../assets/haarcascade_frontalface_alt2.xml', import.meta.url), 'utf8')
  const head = xml.slice(xml.indexOf('<opencv_storage>'), xml.indexOf('<stages>') + 8).replace(/<stageNum>\d+/, '<stageNum>2')
  const stages = xml
    .slice(xml.indexOf('<stages>') + 8, xml.indexOf('</stages>'))
    .split('</weakClassifiers></_>')
    .slice(0, 2)
    .map((stage) => `${stage}</weakClassifiers></_>`)
    .join('')
  const rects = [...xml.slice(xml.indexOf('<features>')).matchAll(/<_>\s*<rects>[\s\S]*?<\/rects>[\s\S]*?<\/_>/g)]
    .slice(0, 60)
    .map((m) => m[0])
  return `<?xml version="1.0"?>\n${head}${stages}</stages>\n<features>${rects.join('\n')}</features></cascade></opencv_storage>\n`
})
const grey = Uint8Array.from({ length: 60 * 50 }, (_, i) => (Math.floor(i / 60) % 12 < 6 ? 30 : 220) + (i % 7))

const haarReader: Reader = {
  name: 'haar-xml',
  weight: 1.2,
  seeds: () => [{ 'cascade.xml': text(cascade()) }],
  called: ['haar', 'cascade'],
  read(input) {
    const found = haarDetector(new TextDecoder().decode(input.bytes())).detect(grey, 50, 60, { minNeighbors: 1 })
    for (const { x, y, width, height, neighbours } of found) mustBeFinite([x, y, width, height, neighbours], 'box')
  },
}

const record = (i: number, extra: Partial<CropRecord> = {}): CropRecord => ({
  source: `${['anna', 'bo'][i % 2]}/photo ${i >> 1}.jpg`,
  sourceHash: sha256(Buffer.from(`photo ${i}`)),
  label: ['anna', 'bo'][i % 2],
  face: 0,
  box: [10 + i, 20, 60, 70],
  landmarks: Array.from({ length: 136 }, (_, k) => (k % 2 === 0 ? 12 + (k % 17) : 25 + (k % 13))),
  score: 0.9,
  sharpness: 120.5,
  detector: faceRecipe.detector,
  alignment: faceRecipe.alignment,
  crop: `crops/${['anna', 'bo'][i % 2]}/photo ${i >> 1}.jpg.0.png`,
  cropHash: 'ef'.repeat(32),
  settings: '0123456789abcdef',
  ...extra,
})
const records = Array.from({ length: 6 }, (_, i) => record(i))
const lines = (list: readonly object[]): string => list.map((r) => `${JSON.stringify(r)}\n`).join('')
const quarantine = [
  {
    source: 'anna/empty.jpg',
    sourceHash: sha256(new Uint8Array(0)),
    label: 'anna',
    kind: 'empty',
    reason: 'the file is empty',
    settings: '0123456789abcdef',
  },
  { source: 'x.jpg', sourceHash: null, label: null, kind: 'unreadable', reason: 'EACCES', settings: '0123456789abcdef' },
]

/** A detector that finds nobody: the lists are what is read. */
const blind: FaceDetector = {
  name: 'haar',
  id: 'haar:0',
  finder: { hash: '0', find: async (photos) => photos.map(() => []), dispose: async () => {} },
  landmarks: {
    size: 112,
    run: async () => new Float32Array(0),
    concurrency: 1,
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  },
  dispose: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

/** A folder of photos (text files called so) and OUT with lists of an earlier run. */
const manifestReader: Reader = {
  name: 'crop-lists',
  weight: 1.2,
  seeds: () => [{ 'out/manifest.jsonl': text(lines(records), 'jsonl'), 'out/quarantine.jsonl': text(lines(quarantine), 'jsonl') }],
  async read(input) {
    const dir = join(input.folder, 'photos', 'anna')
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'photo 0.jpg'), 'no image')
    const outside = join(input.folder, 'outside.png')
    writeFileSync(outside, 'not ours')
    const {
      faces,
      quarantine: bad,
      summary,
    } = await cropFolder(join(input.folder, 'photos'), join(input.folder, 'out'), { detector: blind })
    must(
      faces.length === 0 && bad.length === 1 && summary.photos.total === 1,
      `${faces.length} faces and ${bad.length} bad photos of one that is none`,
    )
    must(existsSync(outside), 'a file outside OUT was removed')
  },
}

const groupsText = lines([
  { name: 'Anna', faces: ['anna/photo 0.jpg#0', 'anna/photo 1.jpg#0'], found: ['anna/photo 2.jpg#0'], picture: 'groups/001.png' },
  { name: null, faces: ['bo/photo 0.jpg#0', 'bo/photo 1.jpg#0'] },
  { name: '-', faces: ['bo/photo 2.jpg#0'] },
])
const places = Object.fromEntries(records.map((r) => [`${r.source}#${r.face}`, r.box]))

const groupsReader: Reader = {
  name: 'groups',
  weight: 1.2,
  seeds: (): Files[] => [
    { 'groups.jsonl': text(groupsText, 'jsonl'), 'groups.places.json': json(places) },
    {
      'groups.jsonl': text(
        lines([{ name: 'Anna', faces: records.slice(0, 3).map(faceText), found: records.slice(3).map(faceText) }]),
        'jsonl',
      ),
    },
  ],
  read(input) {
    const groups = readGroups(input.folder)
    const at = readPlaces(input.folder)
    for (const { name, faces, found = [], picture } of groups) {
      must(name === null || (typeof name === 'string' && name.trim() !== ''), `name ${String(name)}`)
      mustBeTexts(faces, 'faces')
      mustBeTexts(found, 'found')
      must(picture === undefined || typeof picture === 'string', 'a picture that is no text')
      for (const face of [...faces, ...found]) must(/#\d+(@[0-9a-f]{16}:[\d.,-]+)?$/.test(face), `face ${face}`)
      const [{ rows, gone }] = placeFaces([faces], records, at).lines
      must(
        rows.length + gone.length <= faces.length && rows.every((row) => Number.isInteger(row) && row >= 0 && row < records.length),
        'rows that are none',
      )
    }
    for (const box of Object.values(at)) mustBeFinite(box, 'place')
    groupNames(input.folder, records)
    writeGroups(input.folder, groups)
    must(JSON.stringify(readGroups(input.folder)) === JSON.stringify(groups), 'other groups after writing and reading again')
  },
}

const suggestionsReader: Reader = {
  name: 'suggestions',
  seeds: () => [
    {
      'suggestions.jsonl': text(
        lines([
          {
            a: { name: 'Anna', faces: 2, face: faceByContent(records[0]) },
            b: { name: null, faces: 1, face: faceByContent(records[3]) },
            distance: 0.52,
            nearest: 0.5,
            pairs: 2,
            odds: { same: 30, of: 40, from: 'here' },
            why: 'mean distance',
            pictures: [records[0].crop, records[3].crop],
          },
          { a: { face: faceByContent(records[1]) }, b: { face: faceByContent(records[4]) }, answer: 'different' },
        ]),
        'jsonl',
      ),
    },
  ],
  called: ['suggestions'],
  read(input) {
    const found = readSuggestions(input.folder)
    const rowsOfFace = rowsByContent(records)
    for (const { a, b, distance, nearest, answer } of found) {
      for (const { face } of [a, b]) {
        mustBeFinite(face.box, 'box')
        must(
          rowsOfFace(face).every((row) => Number.isInteger(row) && row >= 0 && row < records.length),
          'rows that are none',
        )
      }
      mustBeFinite([distance ?? 0, nearest ?? 0], 'distance')
      must(answer === undefined || answer === 'different', `answer ${String(answer)}`)
    }
    const apart = keptApart(records, found, new Int32Array(records.length).fill(-1))
    must(apart.length === records.length, 'other rows')
    writeSuggestions(input.folder, found)
    must(JSON.stringify(readSuggestions(input.folder)) === JSON.stringify(found), 'other suggestions after writing and reading again')
  },
}

const area = { x: 0.25, y: 0.5, width: 0.125, height: 0.25 }
const xmp = once(() => {
  const named = ['Anna', 'Bo & Co', 'Zo\u00eb'].map((name, i) => ({ name, area: { ...area, x: 0.25 * i } }))
  return writeXmpRegions(undefined, named, { size: { width: 400, height: 300 }, same: () => undefined, what: 'seed' })
})
const xmpReader: Reader = {
  name: 'xmp',
  seeds: () => [
    { 'photo.jpg.xmp': text(xmp()) },
    { 'photo.jpg.xmp': text(`<?xpacket begin=""?>\n${xmp().replace(/(<mwg-rs:Name>)/, '<!-- x -->$1')}`) },
  ],
  called: ['xmp'],
  read(input) {
    const before = new TextDecoder('utf-8', { fatal: false }).decode(input.bytes())
    const { faces: regions } = readXmpRegions(before, 'photo.jpg.xmp')
    for (const { name, area: at } of regions) {
      must(typeof name === 'string' && name.trim() !== '', 'a name that is none')
      mustBeFinite(Object.values(at), 'area')
    }
    const written = writeXmpRegions(before, [{ name: 'New', area }], {
      size: { width: 400, height: 300 },
      same: () => undefined,
      what: 'photo.jpg.xmp',
    })
    const names = readXmpRegions(written, 'photo.jpg.xmp').faces.map((f) => f.name)
    must(names.at(-1) === 'New', 'a region that was written and is not read')
  },
}

/** What `regions.jsonl` may hold. */
const regionsReader: Reader = {
  name: 'regions',
  seeds: () => [
    {
      'regions.jsonl': text(
        lines(records.map(({ source, sourceHash, box, label }) => ({ source, sourceHash, name: label, box, from: 'photo' }))),
        'jsonl',
      ),
    },
  ],
  read(input) {
    const regions = readRegions(input.folder)
    for (const { name, box } of regions) {
      must(name !== '', 'a name that is none')
      mustBeFinite(box, 'box')
    }
    const { names, unmatched } = matchRegions(regions, records)
    must(names.length === records.length && unmatched.length <= regions.length, 'names of nobody')
  },
}

const keptRecipe = faceRecipe as unknown as FaceRecipe
const rows = Float32Array.from({ length: records.length * 4 }, (_, i) => Math.sin(i))
const keptName = once(() => new KeptVectors('x', keptRecipe, 4).path.split(/[/\\]/).at(-1)!)

const keptReader: Reader = {
  name: 'kept-vectors',
  seeds: () => [
    {
      [`vectors/${keptName()}`]: part('npy', npyBytes(rows, [records.length, 4])),
      [`vectors/${keptName()}.ids.json`]: json({ ids: records.map(faceId), labels: records.map((r) => r.label) }),
    },
  ],
  read(input) {
    const kept = new KeptVectors(input.folder, keptRecipe, 4)
    for (const r of records) {
      const vector = kept.get(faceId(r))
      if (vector === undefined) continue
      must(vector.length === 4, `a vector of ${vector.length} numbers`)
      mustBeFinite(vector, 'vector')
    }
  },
}

/** The output folder of an earlier run, whose vectors were made by the model `pixels`. */
async function outFiles(): Promise<Files> {
  const detector = await openDetector('haar')
  const { recipe, dim } = pixelsModel(detector.id)
  await detector.dispose()
  const kept = new KeptVectors('x', recipe, dim).path.split(/[/\\]/).at(-1)!
  const few = records.slice(0, 4)
  const vectors = Float32Array.from({ length: few.length * dim }, (_, i) => Math.sin(i * 0.7) / 32)
  return {
    'manifest.jsonl': text(lines(few), 'jsonl'),
    'groups.jsonl': text(lines([{ name: 'Anna', faces: ['anna/photo 0.jpg#0'] }]), 'jsonl'),
    [`vectors/${kept}`]: part('npy', npyBytes(vectors, [few.length, dim])),
    [`vectors/${kept}.ids.json`]: json({ ids: few.map(faceId), labels: few.map((r) => r.label) }),
    [`vectors/${kept.replace(/npy$/, 'recipe.json')}`]: text(`${JSON.stringify(recipe, null, 2)}\n`, 'json'),
  }
}

const knownReader: Reader = {
  name: 'known-faces',
  weight: 0.7,
  seeds: async () => [await outFiles()],
  codes: ['not-found', 'usage'], // no vectors left, or of a model that must be named
  called: ['manifest.jsonl', 'groups.jsonl', '.npy', '.json', 'case', 'vectors'],
  async read(input) {
    const known = await openKnownFaces(input.folder, { runtime: await input.runtime() })
    try {
      const { vectors, dim, people, labels, ids } = await known.points()
      must(
        vectors.length === dim * labels.length && ids.length === labels.length && labels.length === known.count && known.count > 0,
        'faces, vectors and names differ in number',
      )
      mustBeFinite(vectors, 'vectors')
      mustBeTexts(people, 'people')
      mustBeTexts(known.people, 'people')
      for (const label of labels) must(label >= -1 && label < people.length, `label ${label}`)
      const found = await known.search(vectors.subarray(0, dim), 3)
      for (const { distance, photo, face } of found)
        must(Number.isFinite(distance) && typeof photo === 'string' && Number.isInteger(face) && face >= 0, 'an answer that is none')
    } finally {
      await known.close()
    }
  },
  command: (input) => ['group', input.folder, '--radius', '0.4'],
}

/** The report of an earlier run in OUT, which only says whose run is replaced. The folder holds no photos: the run ends there. */
const reportReader: Reader = {
  name: 'earlier-report',
  weight: 0.15,
  seeds: () => [
    {
      'out/report.json': text(
        `${JSON.stringify({ complete: true, seconds: 12.5, seed: 0, folder: '/home/anna/photos', photos: { total: 3 } }, null, 2)}\n`,
        'json',
      ),
    },
  ],
  refusesSeeds: true,
  codes: ['not-found', 'usage'], // a report that is none of ours is left alone
  called: ['photos', 'report.json'],
  async read(input) {
    const dir = join(input.folder, 'photos')
    mkdirSync(dir, { recursive: true })
    await faces(dir, { out: join(input.folder, 'out'), detector: 'haar', model: 'pixels', runtime: await input.runtime() })
    must(false, 'a folder without photos is accepted')
  },
}

export const faceReaders: readonly Reader[] = [
  haarReader,
  manifestReader,
  groupsReader,
  suggestionsReader,
  xmpReader,
  regionsReader,
  keptReader,
  knownReader,
  reportReader,
]
