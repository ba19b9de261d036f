/** @file The faces commands: wrong words, the sample photos, a folder with everything in it, Ctrl-C, comparison. */
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { celeb5, samplePath } from '../../test/support/face-photos.ts'
import { kindred } from '../../test/support/kindred.ts'
import { readCropRecords } from '../faces/index.ts'
import { openGallery } from '../gallery/index.ts'
import type { CompareReport, FacesReport } from '../stories/index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-cli-faces-'))
const quick = ['--threads', '1', '--quiet', '--json']

beforeAll(() => {
  process.env.KINDRED_CACHE = join(root, 'cache')
})
afterAll(() => {
  delete process.env.KINDRED_CACHE
  rmSync(root, { recursive: true })
})

const folder = (name: string, files: Readonly<Record<string, Uint8Array | string>>): string => {
  const dir = join(root, name)
  mkdirSync(dir, { recursive: true })
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), content)
  }
  return dir
}

/** A sample photo made smaller, so that tests stay quick. */
const photo = (i: number, width = 480) => sharp(samplePath(i)).resize(width).jpeg({ quality: 92 }).toBuffer()
/** A page without its fonts, pictures and drawings, whose base64 may spell anything. */
const plain = (page: string) => page.replaceAll(/<style>[\s\S]*?<\/style>|data:[^"')]+|xmlns(:xlink)?="[^"]+"/g, '')
const sky = () =>
  sharp({ create: { width: 90, height: 60, channels: 3, background: '#88f' } })
    .png()
    .toBuffer()

describe('wrong words', () => {
  const nowhere = join(root, 'nowhere')
  test.each([
    [['faces', root, '--detector', 'sdd'], 2, 'Did you mean ssd?'],
    [['faces', root, '--model', 'dlip'], 2, 'Did you mean dlib?'],
    [['faces', root, '--model', 'vggface'], 2, 'Did you mean vgg-face?'],
    [['faces', root, '--model', 'nowhere.onnx'], 1, 'nowhere.onnx must exist'],
    [['faces', root, '--faces', 'al'], 2, 'Did you mean all?'],
    [['faces', root, '--layer', 'fc9'], 2, 'It must be one of fc7, fc7/relu, fc8, pool5/avg, pool5/max.'],
    [['faces', root, '--min-size', '0'], 2, 'It must be a whole number >= 1.'],
    [['faces', nowhere], 1, 'must exist, got no such folder'],
    [['faces', samplePath(1)], 2, 'must be a folder of photos'],
    [['compare', root], 2, "required option '--models <a,b>' not specified"],
    [['compare', root, '--models', 'dlib'], 2, 'models must name two, got "only dlib"'],
    [['compare', root, '--models', 'dlib,dlib'], 2, 'the two models must differ'],
    [['compare', root, '--models', 'dlib,pixel'], 2, 'Did you mean pixels?'],
    [['compare', nowhere, '--models', 'dlib,pixels'], 1, 'must exist, got no such folder'],
  ])('%j', async (words, code, message) => {
    const answer = await kindred(...words, '--out', join(root, 'never'))
    expect(answer.err).toContain(message)
    expect([answer.code, answer.out]).toEqual([code, ''])
    expect(existsSync(join(root, 'never'))).toBe(false)
  })

  test('weights that are not there are told before any face is looked for; layer and weights belong to VGG', async () => {
    const dir = folder('one', { 'a.jpg': await photo(4) })
    const missing = await kindred(
      'faces',
      dir,
      '--model',
      'vgg-face',
      '--weights',
      join(root, 'none.h5'),
      '--out',
      join(root, 'w'),
      ...quick,
    )
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('none.h5 must exist') })
    expect(await kindred('faces', dir, '--layer', 'fc7', '--out', join(root, 'w'), ...quick)).toMatchObject({
      code: 2,
      err: expect.stringContaining('layer is for vgg-face and vgg16'),
    })
    expect(existsSync(join(root, 'w', 'crops'))).toBe(false)
    expect(readFileSync(join(root, 'w', 'report.html'), 'utf8').includes('The run ended early.')).toBe(true)
  })

  test('help names what there is', async () => {
    const help = await kindred('faces', '--help')
    for (const word of ['--detector', 'vgg-face', '--gallery', 'research only', 'quarantine.jsonl']) expect(help.out).toContain(word)
  })
})

describe('folders without much in them', () => {
  test('an empty folder, and one whose photos show no face, end with 1; the quarantine list is written all the same', async () => {
    const empty = folder('empty', { 'notes.txt': 'no photo' })
    expect(await kindred('faces', empty, '--out', join(root, 'e'), ...quick)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('must hold photos, got 1 files that are none'),
    })
    const dull = folder('dull', { 'sky.png': await sky(), 'broken.jpg': 'nothing' })
    const answer = await kindred('faces', dull, '--detector', 'tiny', '--out', join(root, 'd'), ...quick)
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringContaining('at least one photo must show a face, got none in 2') })
    expect(readCropRecords(join(root, 'd')).quarantine.map((q) => [q.source, q.kind])).toEqual([
      ['broken.jpg', 'not-an-image'],
      ['sky.png', 'no-face'],
    ])
    const report = JSON.parse(readFileSync(join(root, 'd', 'report.json'), 'utf8')) as FacesReport
    expect(report).toMatchObject({
      complete: true,
      stopped: expect.stringContaining('show a face'),
      photos: { total: 2, withFace: 0, quarantined: 1 },
    })
    expect(readFileSync(join(root, 'd', 'report.html'), 'utf8').includes('http-equiv="refresh"')).toBe(false)
  })

  test.each([1, 2])('%d faces have a map', async (n) => {
    const files = Object.fromEntries(await Promise.all([4, 1].slice(0, n).map(async (i) => [`p${i}.jpg`, await photo(i, 640)] as const)))
    const out = join(root, `few${n}`)
    const answer = await kindred('faces', folder(`tiny${n}`, files), '--faces', 'largest', '--detector', 'tiny', '--out', out, ...quick)
    expect(answer.err).toBe('')
    const report = JSON.parse(answer.out) as FacesReport
    expect(report.map!.points.length).toBe(n)
    expect(report).toMatchObject({ complete: true, faces: n, map: { method: 'PCA' }, noRetrieval: expect.stringContaining('no labels') })
    expect((await sharp(join(out, 'map.png')).metadata()).width).toBe(2000)
  })
})

describe('results among photos', () => {
  test('the folder of the photos itself is refused as --out, and nothing is written into it', async () => {
    const dir = folder('itself', { 'anna/1.jpg': await photo(1) })
    symlinkSync(dir, join(root, 'itself-link'))
    for (const out of [dir, join(root, 'itself-link')]) {
      expect(await kindred('faces', dir, '--out', out, ...quick)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining('the output folder must be another than that of the photos'),
      })
      expect(await kindred('compare', dir, '--models', 'pixels,dlib', '--out', out, ...quick)).toMatchObject({ code: 2 })
      expect(await kindred('group', dir, '--out', out, ...quick)).toMatchObject({ code: 2 })
    }
    expect(readdirSync(dir)).toEqual(['anna'])
    expect((await kindred('faces', dir, '--out', dir)).err).not.toContain('The report grows')
  })

  test('what earlier runs left below the photos is nobody’s photo, whatever it is called; it is passed over and said so', async () => {
    const dir = folder('among', { 'a.jpg': await photo(1), 'b.jpg': await photo(4) })
    symlinkSync('loop.jpg', join(dir, 'loop.jpg'))
    const words = (out: string) => ['faces', dir, '--detector', 'tiny', '--out', join(dir, out), ...quick.filter((w) => w !== '--quiet')]
    const first = JSON.parse((await kindred(...words('out1'))).out) as FacesReport
    expect(first.people.map((p) => p.person)).toEqual([null]) // no folder of persons here
    const second = await kindred(...words('runs/out2'))
    const report = JSON.parse(second.out) as FacesReport
    expect(report).toMatchObject({ photos: { total: 2, withFace: 2 }, faces: first.faces, map: first.map })
    expect(report.skipped).toEqual([
      { path: 'loop.jpg', reason: 'a link that leads round in a ring' },
      { path: 'out1', reason: 'a folder that kindred made, as its manifest.jsonl shows' },
      { path: 'runs/out2', reason: 'the output folder' },
    ])
    expect(second.err).toContain('3 passed over: loop.jpg (a link that leads round in a ring); out1 (a folder that kindred made')
    expect(readFileSync(join(dir, 'runs/out2/report.html'), 'utf8').includes('Passed over')).toBe(true)
    expect(await kindred('faces', join(dir, 'out1'), '--out', join(root, 'never'), ...quick)).toMatchObject({
      code: 2,
      err: expect.stringContaining('a folder that kindred made'),
    })
  })
})

describe('the sample photos of the face-api package', { timeout: 120_000 }, () => {
  const out = join(root, 'samples')
  const gallery = join(root, 'gallery')
  let first: FacesReport

  test('the story without any words: crops, vectors, map, report; and into a gallery', async () => {
    const answer = await kindred('faces', '--out', out, '--gallery', gallery, ...quick)
    expect(answer).toMatchObject({ code: 0, err: '' })
    first = JSON.parse(answer.out) as FacesReport
    expect(first).toMatchObject({
      complete: true,
      model: 'dlib',
      detector: 'ssd',
      dim: 128,
      photos: { total: 6, withFace: 6, withoutFace: 0, quarantined: 0, processed: 6 },
      missed: [],
    })
    expect(first.faces).toBeGreaterThanOrEqual(20)
    expect(first.photosPerSecond).toBeGreaterThan(0)
    expect(first.retrieval).toBeUndefined()
    for (const name of ['report.html', 'report.json', 'manifest.jsonl', 'quarantine.jsonl', 'map.svg', 'map.png', 'figures/neighbours.svg'])
      expect(existsSync(join(out, name)), name).toBe(true)
    const records = readCropRecords(out).faces
    expect(records.length).toBe(first.faces)
    for (const { crop } of records) expect(existsSync(join(out, crop))).toBe(true)
    for (const { x, y } of first.map!.points) for (const v of [x, y]) expect(v >= 0 && v <= 1).toBe(true)
    const svg = readFileSync(join(out, 'map.svg'), 'utf8')
    expect(svg.match(/<image /g)!.length).toBe(first.faces) // every face, none hidden
    const page = readFileSync(join(out, 'report.html'), 'utf8')
    expect(/https?:\/\/|<script|computing…|undefined|NaN|\[object/.exec(plain(page))).toBeNull()
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual({ ...first, report: undefined })
  })

  test('running again does nothing new, gives the same figures, and adds nothing to the gallery', async () => {
    const before = readFileSync(join(out, 'map.svg'))
    const again = JSON.parse((await kindred('faces', '--out', out, '--gallery', gallery, ...quick)).out) as FacesReport
    const none = { added: 0, skipped: 0, moved: 0, renamed: 0, updated: 0, unchanged: 0, removed: 0, gone: 0, elsewhere: [] }
    expect([first.gallery, again.gallery]).toEqual([
      { ...none, place: gallery, added: first.faces, count: first.faces },
      { ...none, place: gallery, skipped: first.faces, unchanged: first.faces, count: first.faces },
    ])
    expect([again.photos.processed, again.embedded, again.photosPerSecond]).toEqual([0, 0, null])
    expect(again.map).toEqual(first.map)
    expect(readFileSync(join(out, 'map.svg')).equals(before)).toBe(true)
  })

  test('the gallery knows the recipe, and refuses the vectors of another', async () => {
    const opened = await openGallery(gallery, { create: false })
    expect(opened.recipe).toMatchObject({ model: { name: 'dlib' }, alignment: { size: 150 } })
    await opened.close()
    const other = await kindred(
      'faces',
      '--out',
      join(root, 'samples2'),
      '--model',
      'pixels',
      '--detector',
      'tiny',
      '--gallery',
      gallery,
      ...quick,
    )
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('vectors must be made by the recipe') })
  })
})

describe('names', { timeout: 120_000 }, () => {
  test('a photo that lies twice in one folder is said: it finds its own copy', async () => {
    const one = await photo(1)
    const answer = await kindred(
      'faces',
      folder('twice', { 'Ann/1.jpg': one, 'Ann/2.jpg': one }),
      '--out',
      join(root, 'twice-out'),
      ...quick,
    )
    expect((JSON.parse(answer.out) as FacesReport).warnings).toEqual([
      expect.stringContaining('more than once, byte for byte (Ann/1.jpg = Ann/2.jpg)'),
    ])
  })

  test('each folder is a person; a damaged file is set aside and the run goes on; a bystander gets no name', async () => {
    const [one, four] = [await photo(1), await photo(4)]
    const dir = folder('named', {
      'Zoë/1.jpg': one,
      'Zoë/2.png': await sharp(one).modulate({ brightness: 1.2 }).png().toBuffer(),
      '四人/a.jpg': four,
      '四人/b.jpg': await sharp(four).modulate({ brightness: 0.8 }).jpeg().toBuffer(),
      '四人/cut.jpg': four.subarray(0, four.length >> 1),
      'sky/x.png': await sky(),
      'copy/1.jpg': one,
    })
    const out = join(root, 'named-out')
    const answer = await kindred('faces', dir, '--out', out, '--faces', 'all', ...quick)
    expect(answer.code).toBe(0)
    const report = JSON.parse(answer.out) as FacesReport
    expect(report.photos).toMatchObject({ total: 7, withFace: 5, withoutFace: 1, quarantined: 1 })
    expect(report.people.map(({ person, photos, withFace }) => [person, photos, withFace])).toEqual([
      ['Zoë', 2, 2],
      ['copy', 1, 1],
      ['sky', 1, 0],
      ['四人', 3, 2],
    ])
    expect(report.missed.map((m) => [m.photo, m.kind])).toEqual([
      ['sky/x.png', 'no-face'],
      ['四人/cut.jpg', 'corrupt'],
    ])
    expect(report.warnings).toEqual([expect.stringContaining('Zoë/1.jpg = copy/1.jpg with Zoë and copy')])
    // The photo that lies in two people's folders is nobody's: the other one of Zoë is alone, the two of 四人 ask.
    expect(report.retrieval).toMatchObject({ queries: 2, lone: 1, knnAccuracy: 1, wrong: [] })
    expect(report.faces).toBeGreaterThan(8)
    expect(report.map!.points.filter((p) => p.person !== null).length).toBe(3)
    for (const p of report.retrieval!.precisionAt) expect(p.precision).toBeLessThanOrEqual(p.ceiling + 1e-12)
    expect(
      report
        .retrieval!.precisionAt.filter((p) => p.person === '四人')
        .map((p) => [p.k, p.precision, p.ceiling])
        .slice(0, 2),
    ).toEqual([
      [1, 1, 1],
      [2, 0.5, 0.5],
    ])
    expect(report.distances).toMatchObject({ samePairs: 1, otherPairs: 2, refused: expect.stringContaining('needs at least') })
    expect(report.distances!.thresholds.map((t) => t.value)).toEqual([0.6])
  })

  test('one person alone: no figures, and the reason', async () => {
    const dir = folder('alone', { 'me/1.jpg': await photo(1), 'me/2.jpg': await photo(2) })
    const answer = await kindred('faces', dir, '--detector', 'tiny', '--out', join(root, 'named-out'), ...quick)
    expect(answer.err).toContain('named-out holds a run of')
    const report = JSON.parse(answer.out) as FacesReport
    expect(readdirSync(join(root, 'named-out', 'crops'))).toContain('me')
    expect(report).toMatchObject({ complete: true, noRetrieval: expect.stringContaining('only one person') })
  })
})

test.skipIf(process.platform === 'win32')(
  'Ctrl-C ends with 130 after saving; the next run does only what is left',
  { timeout: 120_000 },
  async () => {
    const small = await photo(1, 400)
    const dir = folder(
      'many',
      Object.fromEntries(
        await Promise.all(
          Array.from(
            { length: 96 },
            async (_, i) =>
              [
                `p${i}.jpg`,
                await sharp(small)
                  .modulate({ brightness: 1 + i / 400 })
                  .jpeg()
                  .toBuffer(),
              ] as const,
          ),
        ),
      ),
    )
    const out = join(root, 'stopped')
    const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
    const child = spawn(
      process.execPath,
      ['--import', loader, fileURLToPath(new URL('./main.ts', import.meta.url)), 'faces', dir, '--out', out, '--json', '--threads', '1'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let [err, stopped] = ['', false]
    child.stderr.on('data', (d: Buffer) => {
      err += d.toString()
      if (!stopped && err.includes('"task":"faces"')) stopped = child.kill('SIGINT')
    })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    expect([code, err.includes('"code":"interrupted"')]).toEqual([130, true])
    const done = new Set(readCropRecords(out).faces.map((r) => r.source)).size
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(96)
    expect(readFileSync(join(out, 'report.html'), 'utf8').includes('the same command goes on from there')).toBe(true)
    const report = JSON.parse((await kindred('faces', dir, '--out', out, ...quick)).out) as FacesReport
    expect(report.photos).toMatchObject({ total: 96, withFace: 96, processed: 96 - done })
  },
)

const mobilenet = fileURLToPath(new URL('../../../shared/data/mobilenet-v2/mobilenet_v2_1.0_224.onnx', import.meta.url))

describe.skipIf(celeb5 === undefined)('five people (needs ../shared/data/celeb5)', { timeout: 240_000 }, () => {
  const dir = join(root, 'five')
  beforeAll(() => {
    for (const person of readdirSync(join(celeb5!, 'val'))) {
      mkdirSync(join(dir, person), { recursive: true })
      for (const file of readdirSync(join(celeb5!, 'val', person)).slice(0, 4))
        copyFileSync(join(celeb5!, 'val', person, file), join(dir, person, file))
    }
  })

  test('the story: everyone found, everyone right', async () => {
    const out = join(root, 'five-out')
    const report = JSON.parse((await kindred('faces', dir, '--out', out, ...quick)).out) as FacesReport
    expect(report).toMatchObject({
      faces: 20,
      photos: { total: 20, withFace: 20 },
      retrieval: { queries: 20, knnAccuracy: 1, wrong: [], recallAt: { 1: 1, 5: 1, 10: 1 } },
    })
    expect(report.retrieval!.map).toBeGreaterThan(0.98)
    expect(report.retrieval!.intervals.knnAccuracy.low).toBeCloseTo(0.8389, 3)
    const ks = report.retrieval!.precisionAt.filter((p) => p.person === 'madonna')
    expect(ks.find((p) => p.k === 10)!.ceiling).toBeCloseTo(0.3, 12)
    expect(report.map).toMatchObject({ method: 't-SNE', perplexity: 2, drawn: 20 })
    for (const name of ['map', 'mapPoints', 'mapPca', 'precision', 'neighbours', 'distances'])
      expect(existsSync(join(out, 'figures', `${name}.svg`)), name).toBe(true)
    expect(existsSync(join(out, 'figures', 'wrong.svg'))).toBe(false)
  })

  test('compared with pixels: the difference is more than luck; without names there are maps alone', async () => {
    const out = join(root, 'five-pixels')
    const report = JSON.parse((await kindred('compare', dir, '--models', 'pixels,dlib', '--out', out, ...quick)).out) as CompareReport
    expect(report.models.map((m) => m.model)).toEqual(['pixels', 'dlib'])
    const [pixels, dlib] = report.models.map((m) => m.retrieval!)
    expect(dlib.knnAccuracy).toBe(1)
    expect(report.difference!.knnAccuracy.value).toBeCloseTo(dlib.knnAccuracy - pixels.knnAccuracy, 12)
    expect(report.difference!.map.value).toBeCloseTo(dlib.map - pixels.map, 12)
    expect(report.difference).toMatchObject({
      queries: 20,
      knnAccuracy: { verdict: 'more than luck', onlyFirst: 0 },
      map: { verdict: 'more than luck' },
    })
    expect(report.difference!.map.low).toBeGreaterThan(0.2)
    const page = readFileSync(join(out, 'report.html'), 'utf8')
    expect(page.includes('finds people better, and that is more than luck')).toBe(true)
    expect(/computing…|undefined|NaN|\[object/.exec(plain(page))).toBeNull()
    expect(readFileSync(join(out, 'map.svg'), 'utf8').match(/<image /g)!.length).toBe(40)

    const flat = join(root, 'flat')
    for (const person of readdirSync(dir)) cpSync(join(dir, person), flat, { recursive: true })
    const nameless = JSON.parse(
      (await kindred('compare', flat, '--models', 'pixels,dlib', '--out', join(root, 'flat-out'), '--faces', 'largest', ...quick)).out,
    ) as CompareReport
    expect(nameless.difference).toBeUndefined()
    expect(nameless).toMatchObject({ complete: true, noRetrieval: expect.stringContaining('no labels') })
    expect(nameless.models.map((m) => m.map.points.length)).toEqual([20, 20])
  })

  test.skipIf(!existsSync(mobilenet))(
    'compared with a general model: the gap shows; the same model by another name is refused',
    async () => {
      symlinkSync(mobilenet, join(root, 'general.onnx'))
      writeFileSync(
        join(root, 'general.json'),
        JSON.stringify({ size: 224, channels: 'RGB', mean: 127.5, scale: 1 / 127.5, output: 'v99' }),
      )
      writeFileSync(
        join(root, 'same.json'),
        JSON.stringify({ file: 'general.onnx', size: 224, channels: 'RGB', mean: 127.5, scale: 1 / 127.5, output: 'v99' }),
      )
      const general = join(root, 'general.onnx')
      const report = JSON.parse(
        (await kindred('compare', dir, '--models', `${general},dlib`, '--out', join(root, 'five-general'), ...quick)).out,
      ) as CompareReport
      expect(report.difference!.map.low).toBeGreaterThan(0.15)
      expect(report.models[0].dim).toBe(1280)
      expect(
        await kindred('compare', dir, '--models', `${general},${join(root, 'same.json')}`, '--out', join(root, 'five-same'), ...quick),
      ).toMatchObject({ code: 2, err: expect.stringContaining('the two models must differ') })
    },
  )
})
