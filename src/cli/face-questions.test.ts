/** @file The questions about faces: who is this, one person or two, who belongs together. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { persons, portrait, writePeople } from '../../test/support/face-people.ts'
import { celeb5, samplePath } from '../../test/support/face-photos.ts'
import { run } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-questions-'))
const people = join(root, 'people')
const kept = join(root, 'kept')
const sky = join(root, 'sky.png')
/** The same photo as `people/anna/0.jpg`, and one that none of the folders holds. */
const copy = join(root, 'copy.jpg')
const fresh = join(root, 'fresh.jpg')
const stranger = join(root, 'stranger.jpg')

/** One pattern of several, one after the other. */
const joined = (...parts: RegExp[]): RegExp => new RegExp(parts.map(({ source }) => source).join(''))

async function kindred(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await run([...words, '--threads', '1', '--quiet'], {
    out: { write: (text: string) => void (out += text) },
    err: { write: (text: string) => void (err += text) },
  })
  return { code, out, err }
}

interface Neighbour {
  rank: number
  person: string | null
  photo: string
  distance: number
  within: boolean | null
  crop: string
}
interface Found {
  threshold: { value: number; from: string } | null
  facesKnown: number
  faces: { face: number; known: boolean | null; person: string | null; neighbours: Neighbour[] }[]
}
async function json<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await kindred(...words, '--json')
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out) as T
}
/** Lines of groups.jsonl, the faces without their content. */
const groupLines = (out: string): { name: string | null; faces: string[]; found?: string[]; picture?: string }[] =>
  readFileSync(join(out, 'groups.jsonl'), 'utf8')
    .replace(/@[0-9a-f]{16}:[\d.,-]+"/g, '"')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  await writePeople(people, { each: 4, names: ['anna', 'bea', 'cleo', 'dora'] })
  copyFileSync(join(people, 'anna/0.jpg'), copy)
  writeFileSync(fresh, await portrait(persons.anna, 4))
  writeFileSync(stranger, await portrait(persons.ella))
  await sharp({ create: { width: 90, height: 60, channels: 3, background: '#88f' } })
    .png()
    .toFile(sky)
  expect(await kindred('search', people, fresh, '--keep', kept)).toMatchObject({ code: 0, err: '' })
}, 120_000)
afterAll(() => rmSync(root, { recursive: true }))

describe('wrong words and bad photos', () => {
  const nowhere = join(root, 'nowhere')
  test.each([
    [['search', people], 2, "missing required argument 'query'"],
    [['search', people, fresh, '-k', '0'], 2, 'It must be a whole number from 1 to 1000.'],
    [['search', people, fresh, '--treshold', '1'], 2, 'Did you mean --threshold?'],
    [['search', people, fresh, '--threshold', '-1'], 2, 'It must be a number >= 0.'],
    [['search', people, fresh, '--out', 'strip.jpg'], 2, 'It must end in .png or .svg.'],
    [['search', people, fresh, '--detector', 'sdd'], 2, 'Did you mean ssd?'],
    [['search', people, nowhere], 1, 'no such file'],
    [
      ['search', nowhere, fresh],
      1,
      'must exist, got no such folder. Name a folder of photos, the output folder of kindred faces, or a gallery.',
    ],
    [['search', fresh, fresh], 2, 'must be a folder of photos, an output folder of kindred faces, or a gallery, got a file'],
    [['search', kept, sky], 1, 'must show a face, got none found'],
    [['search', kept, fresh, '--person', 'ana'], 2, 'Did you mean anna?'],
    [['search', kept, fresh, '--threshold', '1', '--calibration', 'x'], 2, '--threshold and --calibration must not be given together'],
    [['search', kept, fresh, '--calibration', nowhere], 1, 'no such file'],
    [['search', kept, fresh, '--calibration', fresh], 1, 'must be a text in UTF-8'],
    [['verify', fresh], 2, 'two photos must be given, got one'],
    [['verify'], 2, 'two photos, or --calibrate, must be given'],
    [['verify', fresh, nowhere], 1, 'no such file'],
    [['verify', fresh, sky], 1, `${sky} must show a face`],
    [['verify', fresh, copy, '--threshold', '1', '--calibrate', people], 2, 'only one of --threshold, --calibration and --calibrate'],
    [['verify', fresh, copy, '--far', '0.1'], 2, '--far must come with --calibrate'],
    [['verify', '--calibrate', people, '--far', '2'], 2, 'It must be a number from 1e-9 to 0.5.'],
    [['group', nowhere], 1, 'no such folder'],
    [['group', kept, '--radius', 'x'], 2, 'It must be a number >= 0.'],
    [['group', kept, '--radius', '0'], 2, 'radius must be a positive number'],
    [['group', kept, '--reach', '0.1'], 2, 'reach must be a number not below radius'],
    [['group', kept, '--out', root], 2, '--out must be left out'],
    [['group', kept, '--radius', '0.5', '--calibrate', people], 2, 'only one of --radius, --calibration and --calibrate may be given'],
    [['group', kept, '--far', '0.1'], 2, '--far must come with --calibrate'],
    [['group', kept, '--calibration', nowhere], 1, 'no such file'],
  ] as [string[], number, string][])('%j', async (words, code, message) => {
    const answer = await kindred(...words)
    expect([answer.code, answer.out]).toEqual([code, ''])
    expect(answer.err).toContain(message)
    expect(answer.err).not.toContain('    at ')
  })

  test('a damaged photo, an empty one and a folder are no query', async () => {
    const bad = join(root, 'bad.jpg')
    for (const [bytes, message] of [
      [readFileSync(copy).subarray(0, 900), 'must be a whole image'],
      [new Uint8Array(0), 'empty'],
    ] as const) {
      writeFileSync(bad, bytes)
      expect(await kindred('search', kept, bad)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) })
      expect(await kindred('verify', copy, bad)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) })
    }
    expect((await kindred('search', kept, people)).code).not.toBe(0)
  })

  test('folders without photos or faces say so', async () => {
    const empty = join(root, 'empty')
    mkdirSync(empty)
    expect(await kindred('search', empty, fresh, '--keep', join(root, 'k1'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('must hold photos, got none'),
    })
    copyFileSync(sky, join(empty, 'sky.png'))
    expect(await kindred('group', empty, '--out', join(root, 'k2'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('must show a face, got none in 1'),
    })
  })
})

describe('search', () => {
  test('finds the person, and asking again embeds nothing', async () => {
    const found = await json<Found>('search', people, fresh, '--keep', kept)
    expect(found).toMatchObject({ facesKnown: 16, threshold: null, faces: [{ face: 0, known: null, person: null }] })
    const [{ neighbours }] = found.faces
    expect(neighbours.slice(0, 4).map((n) => [n.rank, n.person, n.within])).toEqual([
      [1, 'anna', null],
      [2, 'anna', null],
      [3, 'anna', null],
      [4, 'anna', null],
    ])
    expect(neighbours).toHaveLength(5)
    for (const [i, n] of neighbours.entries()) {
      expect(existsSync(n.crop)).toBe(true)
      expect(n.distance).toBeGreaterThanOrEqual(neighbours[Math.max(0, i - 1)].distance)
    }
    const { err } = await (async () => {
      let err = ''
      await run(['search', people, fresh, '--keep', kept, '--threads', '1'], {
        out: { write: () => {} },
        err: { write: (text: string) => void (err += text) },
      })
      return { err }
    })()
    expect(err).toContain(`16 faces from ${kept}`)
    expect(err).not.toContain('embedding')
    const text = (await kindred('search', kept, fresh, '-k', '2')).out
    expect(text).toMatch(/fresh\.jpg: nearest is anna at 0\.\d{3}\n {2}1 {2}anna {2}0\.\d{4} {2}anna\/\d\.jpg\n/)
    expect(text).toContain('No threshold, so no verdict: calibrate one')
    expect(text).toContain("0.6 is published by dlib's author, on Labeled Faces in the Wild: from other people's photos")
    expect(text).toMatch(/on your photos: within 0\.6 lie \d+ of 96 pairs of two people .* and \d+ of 24 pairs of one person/)
  })

  test('with a threshold: somebody, or nobody you know', async () => {
    expect((await json<Found>('search', kept, fresh, '--threshold', '0.5')).faces[0]).toMatchObject({ known: true, person: 'anna' })
    const nobody = await json<Found>('search', kept, stranger, '--threshold', '0.5')
    expect(nobody.faces[0]).toMatchObject({ known: false, person: null })
    expect(nobody.faces[0].neighbours.every((n) => n.within === false)).toBe(true)
    const { out } = await kindred('search', kept, stranger, '--threshold', '0.5')
    expect(out).toMatch(/nobody you know: the nearest, \w+, lies at 0\.\d+, beyond 0\.5/)
    expect(out).toContain('threshold 0.5 as given; nothing is known of its false accepts here')
  })

  test('one person alone; the photo itself is marked and not counted; more than there are is all there is', async () => {
    const bea = await json<Found>('search', kept, fresh, '--person', 'bea', '-k', '9')
    expect(bea.faces[0].neighbours.map((n) => n.person)).toEqual(['bea', 'bea', 'bea', 'bea'])
    const [{ neighbours }] = (await json<Found>('search', kept, copy, '-k', '3')).faces
    expect(neighbours.map((n) => n.rank)).toEqual([0, 1, 2, 3])
    expect(neighbours[0]).toMatchObject({ photo: 'anna/0.jpg', distance: 0 })
    expect((await json<Found>('search', kept, fresh, '-k', '100')).faces[0].neighbours).toHaveLength(16)
  })

  test('each face of the query has its own answer, and its own row in the picture', { timeout: 60_000 }, async () => {
    const strip = join(root, 'strip.png')
    const found = await json<Found>('search', kept, samplePath(1), '-k', '2', '--threshold', '0.5', '--out', strip)
    expect(found.faces.map((f) => f.face)).toEqual([0, 1, 2])
    expect(found.faces.filter((f) => f.known).map((f) => f.person)).toEqual(['anna'])
    const { width, height } = await sharp(strip).metadata()
    expect(height).toBeGreaterThan(width / 2) // three rows of two
    expect((await json<Found>('search', kept, samplePath(1), '--faces', 'largest')).faces).toHaveLength(1)
    const { out } = await kindred('search', kept, samplePath(1), '-k', '2', '--out', join(root, 'strip.svg'))
    for (const face of [1, 2, 3]) expect(out).toContain(`face ${face} of 3 (at`)
    expect(readFileSync(join(root, 'strip.svg'), 'utf8')).toMatch(/^<svg/)
  })

  test('vectors of another recipe are refused, and both recipes named', async () => {
    for (const more of [
      ['--detector', 'tiny'],
      ['--model', 'pixels'],
    ]) {
      const { code, out, err } = await kindred('search', kept, fresh, ...more)
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(
        joined(
          /recipe: vectors must be made by the recipe \[model dlib@b413e420d684; .*detector ssd:.*\], got \[model /,
          /(dlib@b413e420d684.*detector tiny:.*differs in detector\.|pixels@.*differs in model\.hash, preprocessing)/,
        ),
      )
    }
  })

  test('a gallery answers as the folder does', { timeout: 120_000 }, async () => {
    const [gallery, story] = [join(root, 'gallery'), join(root, 'story')]
    expect((await kindred('faces', people, '--out', story, '--gallery', gallery)).code).toBe(0)
    const here = await json<Found>('search', gallery, fresh, '-k', '3', '--threshold', '0.5')
    const there = await json<Found>('search', story, fresh, '-k', '3', '--threshold', '0.5')
    expect(here.faces[0]).toMatchObject({ known: true, person: 'anna' })
    const short = (found: Found) =>
      found.faces[0].neighbours.map((n) => [n.rank, n.person, n.photo.split('/').slice(-2).join('/'), Number(n.distance.toFixed(5))])
    expect(short(here)).toEqual(short(there))
    for (const n of here.faces[0].neighbours) expect(existsSync(n.crop)).toBe(true)
    expect((await json<Found>('search', gallery, copy, '-k', '1')).faces[0].neighbours.map((n) => n.rank)).toEqual([0, 1])
    expect(await kindred('search', gallery, fresh, '--detector', 'tiny')).toMatchObject({
      code: 1,
      err: expect.stringContaining('differs in detector'),
    })
    expect(await kindred('search', gallery, fresh, '--person', 'ana')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean anna?'),
    })
    // a calibration beside the gallery is found
    expect((await kindred('verify', '--calibrate', gallery, '--far', '0.05', '--save', `${gallery}.threshold.json`)).code).toBe(0)
    expect((await json<Found>('search', gallery, fresh)).threshold).toMatchObject({ from: 'calibrated' })
    expect(await kindred('group', gallery)).toMatchObject({ code: 1, err: expect.stringContaining('got a gallery') })
  })
})

describe('verify', () => {
  const saved = join(root, 'threshold.json')

  test('a distance and no verdict; a verdict where a threshold is given', async () => {
    const { out } = await kindred('verify', fresh, copy)
    expect(out).toMatch(
      joined(
        /^no verdict: distance 0\.\d{4}\n0\.6 is published by dlib's author, on Labeled Faces in the Wild: from other people's photos, /,
        /not calibrated on yours\nNo threshold/,
      ),
    )
    expect((await kindred('verify', fresh, copy, '--threshold', '0.5')).out).toMatch(/^the same person: distance/)
    expect((await kindred('verify', fresh, stranger, '--threshold', '0.5')).out).toMatch(/^two people: distance/)
    expect((await kindred('verify', copy, join(people, 'anna/0.jpg'), '--threshold', '0')).out).toMatch(
      /^the same person: distance 0\.0000/,
    )
    expect((await kindred('verify', fresh, copy, '--model', 'pixels')).out).not.toContain('published')
  })

  test('too few pairs for the rate: refused with how many are needed and how many came', async () => {
    const { code, out, err } = await kindred('verify', fresh, copy, '--calibrate', people, '--keep', kept)
    expect([code !== 0, out]).toEqual([true, ''])
    expect(err).toContain(
      'a false-accept rate of 0.001 needs at least 2995 pairs of two people, got 96. Add photos of more people, or ask for a rate of at least',
    )
    const one = join(root, 'one')
    await writePeople(one, { names: ['anna'], each: 2 })
    expect((await kindred('verify', '--calibrate', one, '--keep', join(root, 'k3'))).err).toContain(
      "must hold photos of two people or more, each person's in a folder of their own, got one person",
    )
    const flat = join(root, 'flat1')
    await writePeople(flat, { names: ['anna'], each: 1, flat: true })
    const unnamed = await kindred('verify', '--calibrate', flat, '--keep', join(root, 'k4'))
    expect(unnamed.err).toContain('got photos without names')
    for (const kept of ['k3', 'k4']) expect(existsSync(join(root, kept))).toBe(false) // no photo was looked at
  })

  test('calibrates, saves, and uses it later with its recipe checked', async () => {
    const { out } = await kindred('verify', fresh, copy, '--calibrate', kept, '--far', '0.05', '--save', saved)
    expect(out).toMatch(
      joined(
        /^the same person: distance 0\.\d{4}\nthreshold 0\.\d{4} of .*: calibrated on 4 people of .* /,
        /for at most 5 % of pairs of two people taken for one \(there: \S+ %, 95 % interval .*\); /,
        /it keeps 100\.0 % of pairs of one person\nmeasured on 96 pairs of two people and 24 pairs of one \(16 faces\)/,
      ),
    )
    expect(out).toMatch(/strangers: with each person left out in turn, \d+ of 16 photos found somebody else within it/)
    const threshold = JSON.parse(readFileSync(saved, 'utf8')) as {
      threshold: number
      far: number
      farInterval: { low: number; high: number }
    }
    expect(threshold.far).toBeLessThanOrEqual(0.05)
    expect(threshold.farInterval.high).toBeGreaterThan(threshold.far)
    expect(threshold.threshold).toBeGreaterThan(0.4)
    expect((await kindred('verify', fresh, copy, '--calibration', saved)).out).toMatch(/^the same person/)
    expect((await json<Found>('search', kept, fresh, '--calibration', saved)).threshold).toMatchObject({
      value: threshold.threshold,
      from: 'calibrated',
      file: saved,
    })
    for (const words of [
      ['verify', fresh, copy, '--calibration', saved, '--detector', 'tiny'],
      ['verify', fresh, copy, '--calibration', saved, '--model', 'pixels'],
    ]) {
      expect(await kindred(...words)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('vectors must be made by the recipe'),
      })
    }
    // beside the faces it is found; of another recipe it is passed over with a warning
    copyFileSync(saved, join(kept, 'threshold.json'))
    expect((await json<Found>('search', kept, fresh)).threshold).toMatchObject({ from: 'calibrated' })
    writeFileSync(join(kept, 'threshold.json'), readFileSync(saved, 'utf8').replace(/"detector": "ssd:/, '"detector": "tiny:'))
    const warned = await kindred('search', kept, fresh, '--json')
    expect(JSON.parse(warned.out)).toMatchObject({ threshold: null })
    expect(warned.err).toContain('it is not used')
    writeFileSync(join(kept, 'threshold.json'), '{"threshold":0.5}')
    expect(await kindred('search', kept, fresh)).toMatchObject({
      code: 1,
      err: expect.stringContaining('kindred must be as the format says: expected "face threshold"'),
    })
    rmSync(join(kept, 'threshold.json'))
  })

  test('copies of a photo count once', async () => {
    const twice = join(root, 'twice')
    await writePeople(twice, { names: ['anna', 'bea'], each: 3 })
    for (const n of ['x', 'y', 'z']) copyFileSync(join(twice, 'anna/0.jpg'), join(twice, `anna/${n}.jpg`))
    const { calibration } = await json<{ calibration: { genuine: number; impostors: number; faces: number; intervalsBy: string } }>(
      'verify',
      '--calibrate',
      twice,
      '--keep',
      join(root, 'k5'),
      '--far',
      '0.4',
    )
    expect(calibration).toMatchObject({ faces: 6, genuine: 6, impostors: 9, intervalsBy: 'pairs' })
  })

  test('of several faces each pair has its own answer', { timeout: 60_000 }, async () => {
    const { pairs } = await json<{ pairs: { a: number; b: number; distance: number; same: boolean }[] }>(
      'verify',
      fresh,
      samplePath(1),
      '--threshold',
      '0.5',
    )
    expect(pairs.map((p) => [p.a, p.b])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ])
    expect(pairs.filter((p) => p.same)).toHaveLength(1)
    const { out } = await kindred('verify', fresh, samplePath(1), '--threshold', '0.5')
    expect(out).toContain('1 face in')
    expect(out).toMatch(/face 1 and face \d {2}0\.\d{4} {2}the same person/)
    expect((await json<{ pairs: unknown[] }>('verify', fresh, samplePath(1), '--faces', 'largest')).pairs).toHaveLength(1)
  })
})

describe('group', () => {
  const photos = join(root, 'loose')
  const out = join(root, 'groups')
  beforeAll(async () => {
    await writePeople(photos, { names: ['anna', 'bea', 'cleo'], each: 4, flat: true })
    writeFileSync(join(photos, 'broken.jpg'), 'no photo')
  })
  const namesOf = (faces: readonly string[]) => new Set(faces.map((f) => f.split(/[-.]/)[0]))

  test('finds who belongs together, and draws them', { timeout: 60_000 }, async () => {
    const { code, out: text, err } = await kindred('group', photos, '--out', out)
    expect(code).toBe(0)
    expect(err).toMatch(/1 of 13 photos can never be an answer: .*broken\.jpg/)
    expect(text).toContain('3 groups among 12 faces, 0 in none (radius 0.5, reach 0.6, 3 faces make a core)')
    expect(text).not.toContain('B-cubed')
    const lines = groupLines(out)
    expect(lines.map((l) => [l.name, l.faces.length, namesOf(l.faces).size])).toEqual([
      [null, 4, 1],
      [null, 4, 1],
      [null, 4, 1],
    ])
    for (const { picture } of lines) expect((await sharp(join(out, picture!)).metadata()).width).toBeGreaterThan(500)
    expect((await sharp(join(out, 'groups.png')).metadata()).height).toBeGreaterThan(500)
  })

  test('keeps names; a new photo is found near its group, to be confirmed; search knows the name', { timeout: 60_000 }, async () => {
    const before = groupLines(out)
    const anna = before.find((l) => namesOf(l.faces).has('anna'))!
    writeFileSync(join(out, 'groups.jsonl'), before.map((l) => JSON.stringify(l === anna ? { ...l, name: 'Anna' } : l)).join('\n'))
    copyFileSync(fresh, join(photos, 'new.jpg'))
    expect((await kindred('group', photos, '--out', out)).out).toMatch(/Anna +5 faces, 1 not confirmed/)
    expect(groupLines(out)[0]).toMatchObject({ name: 'Anna', faces: anna.faces, found: ['new.jpg#0'] })
    const again = readFileSync(join(out, 'groups.jsonl'), 'utf8')
    expect((await kindred('group', out)).code).toBe(0) // the OUT itself will do, and nothing changes
    expect(readFileSync(join(out, 'groups.jsonl'), 'utf8')).toBe(again)
    expect((await json<Found>('search', out, copy, '--threshold', '0.5')).faces[0].person).toBe('Anna')
    expect(
      (await json<Found>('search', out, copy, '--person', 'Anna', '-k', '9')).faces[0].neighbours.filter((n) => n.rank > 0),
    ).toHaveLength(4)
  })

  test('splits what was merged and merges what was split, for good', { timeout: 60_000 }, async () => {
    // so wide a radius that all are one
    const wide = ['--radius', '1.2']
    rmSync(join(out, 'groups.jsonl'))
    await kindred('group', out, ...wide)
    expect(groupLines(out).map((l) => l.faces.length)).toEqual([13])
    writeFileSync(
      join(out, 'groups.jsonl'),
      [
        '{"name":"Anna","faces":["anna-0.jpg#0"]}',
        '{"name":"Bea","faces":["bea-1.jpg#0"]}',
        '{"name":"-","faces":["cleo-0.jpg#0","cleo-1.jpg#0","cleo-2.jpg#0","cleo-3.jpg#0"]}',
      ].join('\n'),
    )
    await kindred('group', out, ...wide)
    let lines = groupLines(out)
    expect(lines.map((l) => [l.name, l.faces.length])).toEqual([
      ['Anna', 1],
      ['Bea', 1],
      ['-', 4],
    ])
    expect([namesOf(lines[0].found!), namesOf(lines[1].found!)]).toEqual([new Set(['anna', 'new']), new Set(['bea'])])
    expect([lines[0].found!.length, lines[1].found!.length]).toEqual([4, 3])
    // so narrow a radius that none are joined: a name still holds them together
    writeFileSync(
      join(out, 'groups.jsonl'),
      '{"name":"A","faces":["anna-0.jpg#0","anna-1.jpg#0"]}\n{"name":"A","faces":["cleo-0.jpg#0"]}\n',
    )
    await kindred('group', out, '--radius', '0.01')
    lines = groupLines(out)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ name: 'A', faces: ['anna-0.jpg#0', 'anna-1.jpg#0', 'cleo-0.jpg#0'], found: [] })
  })

  test(
    'what a person wrote is never lost: a broken line is told, a photo that is gone stays in the file',
    { timeout: 60_000 },
    async () => {
      writeFileSync(join(out, 'groups.jsonl'), '{"name":"Anna","faces":["anna-0.jpg#0","holiday.jpg#2"]}\n{"name":"Bea"}\n')
      const broken = await kindred('group', out)
      expect([broken.code, broken.out]).toEqual([1, ''])
      expect(broken.err).toContain('groups.jsonl line 2: faces must be a list')
      expect(readFileSync(join(out, 'groups.jsonl'), 'utf8')).toContain('holiday.jpg#2')
      writeFileSync(join(out, 'groups.jsonl'), '{"name":"Anna","faces":["anna-0.jpg#0","holiday.jpg#2"]}\n')
      const { err } = await kindred('group', out)
      expect(err).toContain('holiday.jpg#2 is no longer among the photos; it stays in groups.jsonl')
      expect(groupLines(out)[0]).toMatchObject({ name: 'Anna', faces: ['anna-0.jpg#0', 'holiday.jpg#2'] })
    },
  )

  test('other models need a radius', { timeout: 60_000 }, async () => {
    expect(await kindred('group', photos, '--out', join(root, 'g2'), '--model', 'pixels')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a radius must be given for vectors of pixels'),
    })
    expect((await kindred('group', photos, '--out', join(root, 'g2'), '--model', 'pixels', '--radius', '0.8')).code).toBe(0)
  })

  test('says whose distances they are, calibrates them, and uses what lies beside the faces', { timeout: 60_000 }, async () => {
    type Whose = {
      radius: number
      reach: number
      warnings: string[]
      distances: { from: string; file?: string; calibration?: { people: number; grouping?: { radius: number; f1: number } } }
      here: { radius: { twoPeople: { pairs: number; within: number; interval: { low: number; high: number } } } }
    }
    const published = await json<Whose>('group', kept)
    expect(published).toMatchObject({
      radius: 0.5,
      distances: { from: 'published' },
      here: { radius: { twoPeople: { pairs: 96, within: 0 } } },
    })
    expect(published.here.radius.twoPeople.interval.high).toBeGreaterThan(0.01)
    expect((await kindred('group', kept)).out).toContain("so from other people's photos")
    // too few pairs for the usual rate
    expect((await kindred('group', kept, '--calibrate', kept)).err).toContain('needs at least 2995 pairs of two people, got 96')
    const calibrated = await json<Whose>('group', kept, '--calibrate', kept, '--far', '0.05')
    expect(calibrated).toMatchObject({ distances: { from: 'calibrated', chosen: true, calibration: { people: 4, grouping: { f1: 1 } } } })
    expect(calibrated.radius).toBe(calibrated.distances.calibration!.grouping!.radius)
    const file = join(root, 'kept-threshold.json')
    expect((await kindred('verify', '--calibrate', kept, '--far', '0.05', '--save', file)).code).toBe(0)
    const { radius, reach } = calibrated
    expect(await json<Whose>('group', kept, '--calibration', file)).toMatchObject({
      radius,
      reach,
      distances: { from: 'calibrated', file },
    })
    copyFileSync(file, join(kept, 'threshold.json'))
    expect(await json<Whose>('group', kept)).toMatchObject({
      radius,
      reach,
      distances: { from: 'calibrated', file: join(kept, 'threshold.json') },
    })
    expect(await json<Whose>('group', kept, '--radius', '0.5')).toMatchObject({ radius: 0.5, reach: 0.6, distances: { from: 'given' } })
    // a file of an older version knows a threshold alone
    const {
      grouping: _,
      histogram: __,
      ...older
    } = JSON.parse(readFileSync(file, 'utf8')) as { grouping: unknown; histogram: unknown; threshold: number }
    writeFileSync(file, JSON.stringify(older))
    expect(await json<Whose>('group', kept, '--calibration', file)).toMatchObject({
      radius: older.threshold / 1.2,
      reach: older.threshold,
      distances: { chosen: false },
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"detector":"ssd:/, '"detector":"tiny:'))
    expect((await kindred('group', kept, '--calibration', file)).err).toContain('vectors must be made by the recipe')
    rmSync(join(kept, 'threshold.json'))
  })

  test('suggests who may be one person, and never again what was answered', { timeout: 60_000 }, async () => {
    type Line = { a: { name: string | null; face: { photo: string } }; b: { face: { photo: string } }; distance: number; answer?: string }
    const told = () =>
      readFileSync(join(kept, 'suggestions.jsonl'), 'utf8')
        .split('\n')
        .flatMap((text) => (text === '' ? [] : [JSON.parse(text) as Line]))
    const narrow = ['--radius', '0.05', '--reach', '0.4']
    const { suggestions } = await json<{ suggestions: Line[] }>('group', kept, ...narrow)
    expect(suggestions.length).toBeGreaterThan(5)
    expect(told()).toEqual(suggestions)
    const [first] = suggestions
    expect(first.a.face.photo.split('/')[0]).toBe(first.b.face.photo.split('/')[0])
    expect((await sharp(join(kept, 'suggestions.png')).metadata()).height).toBeGreaterThan(300)
    const { out } = await kindred('group', kept, ...narrow)
    expect(out).toMatch(/\d+ pairs may be one person/)
    expect(out).toContain('both lie in the folder')
    writeFileSync(join(kept, 'suggestions.jsonl'), `${JSON.stringify({ a: first.a, b: first.b, answer: 'different' })}\n`)
    for (let run = 0; run < 2; run++) {
      const again = await json<{ suggestions: Line[] }>('group', kept, ...narrow)
      expect(again.suggestions).toEqual(suggestions.slice(1))
      expect(told().at(-1)).toMatchObject({ a: first.a, answer: 'different' })
    }
    // nor are the two put into one group, by whatever radius
    const wide = JSON.parse((await kindred('group', kept, '--radius', '1.2', '--json')).out) as {
      groups: { faces: string[] }[]
      contradictions: { apartCount: number }
    }
    const both = [first.a, first.b].map(({ face }) => `${face.photo}#0`)
    expect(wide.groups.some((g) => both.every((key) => g.faces.includes(key)))).toBe(false)
    expect(wide.contradictions.apartCount).toBe(0)
    rmSync(join(kept, 'suggestions.jsonl'))
    rmSync(join(kept, 'groups.jsonl'))
  })

  test('a radius that labels contradict is told with the pairs', async () => {
    const wide = await kindred('group', kept, '--radius', '1.2', '--json')
    const { contradictions, warnings } = JSON.parse(wide.out) as {
      warnings: string[]
      contradictions: { nearCount: number; near: { a: string; b: string; distance: number }[]; mixed: { people: unknown[] }[] }
    }
    expect(contradictions.nearCount).toBeGreaterThan(0)
    expect(contradictions.near[0].a.split('/')[0]).not.toBe(contradictions.near[0].b.split('/')[0])
    expect(contradictions.near.map((p) => p.distance)).toEqual(contradictions.near.map((p) => p.distance).sort((x, y) => x - y))
    expect(contradictions.mixed[0].people).toHaveLength(4)
    expect(warnings[0]).toContain('of faces with two names lie within the radius 1.2')
    for (const line of warnings) expect(wide.err).toContain(line)
    expect(wide.out).toContain('"from":"given"')
  })

  test('labelled folders are judged', async () => {
    const { judged } = await json<{ judged: { faces: number; people: number; groups: { f1: number } } }>('group', kept)
    expect(judged).toMatchObject({ faces: 16, people: 4, groups: { f1: 1 } })
    rmSync(join(kept, 'groups.jsonl'))
  })
})

describe.skipIf(celeb5 === undefined)('photos of five people (../shared/data/celeb5)', { timeout: 240_000 }, () => {
  const [train, val, keptTrain, keptVal] = [join(celeb5 ?? '', 'train'), join(celeb5 ?? '', 'val'), join(root, 'train'), join(root, 'val')]

  test('val asks train: each finds its person; a threshold calibrated at 0.001 holds', async () => {
    const { calibration } = await json<{ calibration: { threshold: number; far: number; tar: number; impostors: number } }>(
      'verify',
      '--calibrate',
      train,
      '--keep',
      keptTrain,
      '--far',
      '0.001',
      '--save',
      join(keptTrain, 'threshold.json'),
    )
    expect(calibration.impostors).toBeGreaterThan(2995)
    expect(calibration.far).toBeLessThanOrEqual(0.001)
    expect(calibration.tar).toBeGreaterThan(0.85)
    for (const person of readdirSync(val)) {
      const photo = join(val, person, readdirSync(join(val, person)).sort()[0])
      const { faces, threshold } = await json<Found>('search', keptTrain, photo, '--faces', 'largest', '-k', '3')
      expect(threshold).toMatchObject({ from: 'calibrated' })
      expect([faces[0].neighbours[0].person, faces[0].known]).toEqual([person, true])
    }
    expect((await kindred('search', keptTrain, stranger)).out).toContain('strangers: with each person left out in turn')
    expect((await json<Found>('search', keptTrain, stranger, '--threshold', '0.5')).faces[0].known).toBe(false)
  })

  test('groups of unknown faces are pure and nearly whole', async () => {
    const judge = async (dir: string, out: string) =>
      (await json<{ judged: { groups: { precision: number; recall: number; f1: number } } }>('group', dir, '--out', out)).judged.groups
    const [onTrain, onVal] = [await judge(train, join(root, 'gt')), await judge(val, keptVal)]
    expect(onTrain.precision).toBeCloseTo(1, 9)
    expect(onVal.precision).toBeCloseTo(1, 9)
    expect(onTrain.f1).toBeGreaterThan(0.98)
    expect(onVal.f1).toBeGreaterThan(0.9)
  })
})
