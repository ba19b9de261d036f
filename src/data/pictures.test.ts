import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { setLimits, silent } from '../base/index.ts'
import { decodeImage, pixelBudget } from '../images/index.ts'
import { imageFolder, inMemoryOf, manifest, stratifiedSplit, subset, type PictureSource } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-pictures-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const file = (path: string, bytes: Uint8Array | string): string => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
  return join(root, path)
}
type Colour = [r: number, g: number, b: number]
const flat = ([r, g, b]: Colour, width = 20, height = 10) => sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
const png = (colour: Colour, width?: number, height?: number): Promise<Buffer> => flat(colour, width, height).png().toBuffer()
const readAll = async (source: PictureSource): Promise<number[]> => [...(await inMemoryOf(source)).images]
const below = (folder: string, paths: readonly string[]): string[] => paths.map((path) => path.slice(join(root, folder).length + 1))

describe('a folder per class', () => {
  it('gives classes by name, any size scaled to one, upright, and counts nothing as held when it is done', async () => {
    file('tidy/b/2.png', await png([0, 0, 255], 50, 30))
    file('tidy/a/deep/1.png', await png([255, 0, 0]))
    file('tidy/a/0.jpg', await flat([0, 255, 0]).jpeg({ quality: 100 }).toBuffer())
    // red over blue, on its side by its EXIF: upright it is red at the left
    const turned = await sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 1, height: 2, channels: 3 } })
      .withMetadata({ orientation: 8 })
      .png()
      .toBuffer()
    file('tidy/b/turned.png', turned)
    const d = await imageFolder(join(root, 'tidy'), { size: [1, 2] })
    expect([d.classes, [...d.labels], d.height, d.width, d.channels]).toEqual([['a', 'b'], [0, 0, 1, 1], 1, 2, 3])
    expect(below('tidy', d.files)).toEqual(['a/0.jpg', 'a/deep/1.png', 'b/2.png', 'b/turned.png'])
    const pixels = await readAll(d)
    expect(pixels.slice(6)).toEqual([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0, 0, 0, 255])
    expect(d.skipped).toEqual([])
    expect(pixelBudget.taken).toBe(0)
  })

  it('gives grey, RGB, or RGB and alpha', async () => {
    const clear = await sharp({ create: { width: 2, height: 2, channels: 4, background: { r: 200, g: 100, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer()
    file('alpha/x/clear.png', clear)
    file(
      'alpha/x/grey.png',
      await sharp(Buffer.from([50]), { raw: { width: 1, height: 1, channels: 1 } })
        .png()
        .toBuffer(),
    )
    file(
      'alpha/x/grey-clear.png',
      await sharp(Buffer.from([50, 60]), { raw: { width: 1, height: 1, channels: 2 } })
        .png()
        .toBuffer(),
    )
    const of = async (channels: 1 | 3 | 4) => readAll(await imageFolder(join(root, 'alpha'), { size: 1, channels }))
    const [r, g, b, alpha, ...others] = await of(4)
    expect([r / 2, g / 2, b, alpha / 2].map(Math.round)).toEqual([100, 50, 0, 64]) // scaling weighs colours by alpha, which rounds
    expect(others).toEqual([50, 50, 50, 60, 50, 50, 50, 255])
    expect((await of(3)).slice(0, 3)).toEqual([227, 177, 127]) // on white
    expect((await of(1)).length).toBe(3)
  })

  it('lists what it leaves out, each with its reason, and warns of it', async () => {
    const good = await png([1, 2, 3])
    file('odd/cats/1.png', good)
    file('odd/cats/text.png', 'no picture')
    file('odd/cats/cut.jpg', (await flat([9, 9, 9], 400, 400).jpeg().toBuffer()).subarray(0, 700))
    file('odd/cats/notes.txt', 'hello')
    file('odd/cats/scan.psd', 'x')
    file('odd/cats/.hidden.png', good)
    file('odd/.git/1.png', good)
    file('odd/empty/readme.md', 'no pictures here')
    file('odd/top.png', good)
    file('odd/dogs/1.png', good)
    file('odd/run/report.json', '{ "complete": true, "seconds": 1 }')
    file('odd/run/figure.png', good)
    symlinkSync(join(root, 'odd/dogs'), join(root, 'odd/link'))
    symlinkSync('ring', join(root, 'odd/dogs/ring'))
    const warned: string[] = []
    const d = await imageFolder(join(root, 'odd'), { size: 4, progress: { ...silent, warn: (words) => warned.push(words) } })
    expect([d.classes, below('odd', d.files)]).toEqual([
      ['cats', 'dogs'],
      ['cats/1.png', 'dogs/1.png'],
    ])
    const reasons = Object.fromEntries(d.skipped.map(({ path, reason }) => [path.slice(join(root, 'odd').length + 1), reason]))
    expect(reasons).toEqual({
      'cats/cut.jpg': expect.stringContaining('must be a whole image'),
      'cats/scan.psd': expect.stringContaining('Photoshop files are not read'),
      'cats/text.png': expect.stringContaining('must hold an image'),
      'dogs/ring': 'a link that leads round in a ring',
      empty: 'a folder without pictures',
      link: 'a link to a folder',
      run: 'a folder that kindred made, as its report.json shows',
      'top.png': 'it lies in no class: a picture must lie in the folder of its class',
    })
    expect(warned.length).toBe(8)
    for (const { path, reason } of d.skipped) expect(warned).toContain(`left out: ${path}: ${reason}`)
  })

  it('names classes in composed Unicode, whatever the disk holds, and orders them by code point', async () => {
    const good = await png([1, 2, 3])
    for (const name of ['Zoe\u0308', 'Zo\u00eb', '\u{1f600}', 'b', 'B', 'ä']) file(`names/${name}/1.png`, good)
    const d = await imageFolder(join(root, 'names'), { size: 4 })
    expect(d.classes).toEqual(['B', 'Zo\u00eb', 'b', '\u00e4', '\u{1f600}'])
    expect([...d.labels]).toEqual([0, 1, 1, 2, 3, 4])
  })

  it('takes classes as another source has them', async () => {
    const d = await imageFolder(join(root, 'tidy'), { size: 2, classes: ['b', 'c', 'a'] })
    expect([d.classes, [...d.labels]]).toEqual([
      ['b', 'c', 'a'],
      [2, 2, 0, 0],
    ])
    await expect(imageFolder(join(root, 'tidy'), { size: 2, classes: ['b', 'c'] })).rejects.toThrow('one of the classes, got label "a"')
  })

  it('says what is wrong with a folder or an option', async () => {
    const good = await png([1, 2, 3])
    file('flat/1.png', good)
    file('bad/x/1.png', 'none')
    const refused = (path: string, options: object = {}) => expect(imageFolder(join(root, path), { size: 4, ...options })).rejects
    await refused('nowhere').toMatchObject({ code: 'not-found' })
    await refused('flat').toThrow('must hold one folder of pictures per class')
    await refused('bad').toThrow('at least one picture that can be read, got 1 that cannot')
    await refused('tidy', { size: undefined }).toThrow('size must be a number of pixels or [height, width]')
    await refused('tidy', { size: [3, 0] }).toThrow('width must be a whole number of pixels above 0')
    await refused('tidy', { size: 1e6 }).toMatchObject({ code: 'limit' })
    await refused('tidy', { channels: 2 }).toThrow('channels must be 1 (grey), 3 (RGB) or 4')
    await refused('tidy', { fit: 'covr' }).toThrow('Did you mean "cover"')
    await refused('tidy', { channel: 3 }).toThrow('Did you mean "channels"')
  })

  it('keeps no more pixels than asked, and reads the same with any share kept', async () => {
    for (let i = 0; i < 12; i++) file(`many/${'abc'[i % 3]}/${i}.png`, await png([i * 20, 255 - i, i], 8, 8))
    const at = (cacheBytes: number) => imageFolder(join(root, 'many'), { size: 4, cacheBytes })
    const [none, some, all] = await Promise.all([at(0), at(5 * 48 + 7), at(Infinity)])
    const whole = await inMemoryOf(all)
    expect([none.hash, some.hash, whole.count]).toEqual([all.hash, all.hash, 12])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(11), { maxLength: 20 }), fc.constantFrom(none, some, all), async (rows, source) => {
        const out = new Uint8Array(rows.length * 48)
        await source.read(rows, out)
        expect(out).toEqual(subset(whole, rows).images)
      }),
      { numRuns: 30 },
    )
    const { train, validation } = stratifiedSplit(some, { count: 3, seed: 1 })
    const eager = stratifiedSplit(whole, { count: 3, seed: 1 })
    expect((await inMemoryOf(train)).images).toEqual(eager.train.images)
    expect((await inMemoryOf(validation)).hash).toBe(eager.validation.hash)
    await expect(async () => some.read([12], new Uint8Array(48))).rejects.toThrow('index must be in 0..11')
  })

  it('refuses a file that has changed since, and stops when it is told to', async () => {
    file('fresh/a/1.png', await png([1, 2, 3]))
    file('fresh/a/2.png', await png([3, 2, 1]))
    const d = await imageFolder(join(root, 'fresh'), { size: 2, cacheBytes: 0 })
    const out = new Uint8Array(24)
    await d.read([0, 1], out)
    await expect(async () => d.read([0], out.subarray(12), { signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'interrupted',
      cause: 'enough',
    })
    await expect(imageFolder(join(root, 'fresh'), { size: 2, signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'interrupted',
      cause: 'enough',
    })
    const before = d.hash
    file('fresh/a/2.png', await png([4, 4, 4]))
    await expect(async () => d.read([0, 1], out)).rejects.toMatchObject({ code: 'mismatch', expected: expect.stringContaining('2.png') })
    rmSync(join(root, 'fresh/a/1.png'))
    await expect(async () => d.read([0], out.subarray(12))).rejects.toMatchObject({ code: 'not-found' })
    expect(d.hash).toBe(before)
    expect((await imageFolder(join(root, 'fresh'), { size: 2 })).hash).not.toBe(before)
    expect(pixelBudget.taken).toBe(0)
  })

  it('stops between two pictures, at opening and at reading', async () => {
    const stop = new AbortController()
    const progress = { ...silent, start: () => ({ update: (done: number) => void (done === 2 && stop.abort('enough')), end() {} }) }
    await expect(imageFolder(join(root, 'many'), { size: 4, signal: stop.signal, progress })).rejects.toThrow(
      /a stop after \d+ of 12 pictures/,
    )
  })

  it('decodes no more at a time than the limit on pixels in flight lets', async () => {
    const undo = setLimits({ pixelBytesInFlight: 40_000 })
    try {
      for (let i = 0; i < 6; i++) file(`large/a/${i}.png`, await png([i, i, i], 100, 100))
      const d = await imageFolder(join(root, 'large'), { size: 3 })
      expect(d.count).toBe(6)
    } finally {
      undo()
    }
  })
})

describe('a manifest', () => {
  it('lists pictures by CSV or JSON lines, with labels and parts', async () => {
    for (const [i, name] of ['one', 'two', 'three, "four"'].entries()) file(`listed/in/${name}.png`, await png([i, i, i]))
    file(
      'listed/m.csv',
      '\uFEFFlabel,note,path,split\r\nZoe\u0308,x,in/one.png,train\r\nb,,in/two.png,test\r\n\r\nb,,"in/three, ""four"".png",train\r\n',
    )
    const lines = [
      { path: 'in/one.png', label: 'Zo\u00eb', split: 'train', more: [1] },
      { path: 'in/two.png', label: 'b', split: 'test' },
      { path: 'in/three, "four".png', label: 'b', split: 'train' },
    ]
    file('listed/m.jsonl', `${lines.map((line) => JSON.stringify(line)).join('\n\n')}\n`)
    for (const name of ['m.csv', 'm.jsonl']) {
      const d = await manifest(join(root, 'listed', name), { size: 1 })
      expect([d.classes, [...d.labels]]).toEqual([
        ['Zo\u00eb', 'b'],
        [0, 1, 1],
      ])
      expect(await readAll(d)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
      const test = await manifest(join(root, 'listed', name), { size: 1, split: 'test' })
      expect([test.classes, [...test.labels], below('listed', test.files)]).toEqual([['Zo\u00eb', 'b'], [1], ['in/two.png']])
    }
    file('listed/numbers.jsonl', '{"path":"in/one.png","label":7}\n')
    expect((await manifest(join(root, 'listed/numbers.jsonl'), { size: 1 })).classes).toEqual(['7'])
  })

  it('leaves out what cannot be read, with the line that lists it', async () => {
    file('listed/holes.csv', 'path,label\nin/one.png,a\nin/none.png,a\n')
    const d = await manifest(join(root, 'listed/holes.csv'), { size: 1 })
    expect(d.count).toBe(1)
    expect(d.skipped).toEqual([
      { path: join(root, 'listed/in/none.png'), reason: expect.stringMatching(/none\.png.*holes\.csv, line 3\)$/) },
    ])
  })

  it.each([
    [
      'no-column.csv',
      'paths,label\na,b\n',
      'no-column.csv, line 1: the first line must name the columns, path among them, got "paths", "label". Is "paths" meant?',
    ],
    ['ragged.csv', 'path,label\na,b\nc\n', 'ragged.csv, line 3: it must have 2 columns as the first line, got 1'],
    ['open.csv', 'path,label\n"a,b\n', 'open.csv, line 2: a quote must be closed'],
    ['no-label.csv', 'path,label\nin/one.png,a\nin/one.png,\n', 'no-label.csv, line 3: it must have a label'],
    ['no-path.jsonl', '{"label":"a","path":""}\n', 'no-path.jsonl, line 1: it must have a path'],
    ['root.csv', 'path,label\n/etc/passwd,a\n', 'root.csv, line 2: path must be relative to the manifest'],
    ['json.jsonl', '{"path":"a","label":"b"}\n{oops\n', 'json.jsonl, line 2: it must hold JSON'],
    ['type.jsonl', '{"path":"a","label":"b"}\n\n{"path":"a"}\n', 'type.jsonl, line 3: label must be as the format says'],
    ['empty.csv', '', 'empty.csv must list at least one picture'],
    ['latin.csv', Buffer.from('path,label\n\xfc,a\n', 'latin1'), 'must be a text in UTF-8'],
    ['list.txt', 'path,label\n', 'the file must be a .csv or a .jsonl'],
  ])('is refused: %s', async (name, text, message) => {
    await expect(manifest(file(`refused/${name}`, text), { size: 1 })).rejects.toThrow(message)
  })

  it('names the parts there are when another is asked for', async () => {
    await expect(manifest(join(root, 'listed/m.csv'), { size: 1, split: 'val' })).rejects.toThrow(
      'whose split is "val", got "train", "test"',
    )
    await expect(manifest(join(root, 'listed/holes.csv'), { size: 1, split: 'val' })).rejects.toThrow('a file without a column split')
    await expect(manifest(join(root, 'listed/gone.csv'), { size: 1 })).rejects.toMatchObject({ code: 'not-found' })
  })
})

it('decodes as decodeImage does', async () => {
  const path = file('same/a/1.jpg', await flat([10, 200, 30], 37, 21).jpeg().toBuffer())
  const d = await imageFolder(join(root, 'same'), { size: [5, 9], fit: 'contain' })
  expect(await readAll(d)).toEqual([...(await decodeImage(path, { size: [5, 9], fit: 'contain' })).pixels])
})
