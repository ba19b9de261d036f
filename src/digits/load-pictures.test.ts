import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { flatPng, pngChunk } from '../../test/support/png.ts'
import { silent } from '../base/index.ts'
import { encodePng } from '../images/index.ts'
import { findPictures, loadPictures } from './load-pictures.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-pictures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, bytes: Uint8Array | string = ''): string => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
for (const name of ['a/1.png', 'a/2.JPG', 'b/3.webp', 'top.png', 'notes.txt', 'a/.hidden.png', '.git/x.png']) file(name)
for (const name of ['drawing.svg', 'b/phone.CR2', 'scan.jp2']) file(name)
file('run/run.json', '{\n  "command": "train mnist"')
file('run/loss.png')
execFileSync('mkfifo', [join(folder, 'pipe.png')])
symlinkSync('loop.png', join(folder, 'loop.png'))
symlinkSync('a/1.png', join(folder, 'link.png'))

test('pictures of a folder, each with the folder it lies in; the others are passed over with their reason', () => {
  const { found, skipped } = findPictures([folder])
  expect(found.map((f) => [f.path.slice(folder.length + 1), f.label])).toEqual([
    ['a/1.png', 'a'],
    ['a/2.JPG', 'a'],
    ['b/3.webp', 'b'],
    ['link.png', undefined],
    ['top.png', undefined],
  ])
  expect(Object.fromEntries(skipped.map((s) => [s.path.slice(folder.length + 1), s.reason]))).toEqual({
    'pipe.png': 'a pipe',
    'loop.png': 'a link that leads round in a ring',
    run: 'a folder that kindred made, as its run.json shows',
    'drawing.svg': 'SVG drawings are not read: save it as JPEG or PNG',
    'b/phone.CR2': 'raw photos are not read: save it as JPEG or PNG',
    'scan.jp2': 'JPEG 2000 pictures are not read: save it as JPEG or PNG',
  })
  expect(findPictures([join(folder, 'a'), join(folder, 'run')]).found.length).toBe(3) // what is named is meant
})

test('what is named and is no file is refused at once', () => {
  expect(() => findPictures([join(folder, 'pipe.png')])).toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('must be a file or a folder, got a pipe') }),
  )
  expect(() => findPictures(['/dev/zero'])).toThrow('got a device')
  expect(() => findPictures([join(folder, 'none.png')])).toThrow(expect.objectContaining({ code: 'not-found' }))
  expect(() => findPictures([join(folder, 'loop.png')])).toThrow(
    expect.objectContaining({ code: 'io', message: expect.stringContaining('ELOOP') }),
  )
})

test('of several digits the largest is read, with a warning, or all; what shows none is left out or answered', async () => {
  const [h, w] = [80, 160]
  const sheet = new Uint8Array(h * w).fill(240)
  for (const x of [20, 70, 120]) for (let y = 10; y < (x === 70 ? 70 : 60); y++) sheet.fill(20, y * w + x, y * w + x + 7)
  const three = file('several/three.png', encodePng(sheet, { width: w, height: h, channels: 1 }))
  const blank = file('several/blank.png', encodePng(new Uint8Array(400).fill(230), { width: 20, height: 20, channels: 1 }))
  const mnist = { size: [28, 28], channels: 1, card: { preprocessing: { frame: 'mnist' } } } as const
  const warned: string[] = []
  const progress = { ...silent, warn: (text: string) => void warned.push(text) }
  const one = await loadPictures([three, blank], mnist, { progress })
  expect(one.ids).toEqual([three])
  expect(one.answers[0]).toMatchObject({ digits: 3, row: 0, box: { x0: 70, y0: 10, x1: 77, y1: 70 } })
  expect(warned).toEqual([expect.stringContaining('three.png shows 3 digits: the largest is read'), expect.stringContaining('blank.png')])
  const all = await loadPictures([three, blank], mnist, { all: true, answerRefused: true })
  expect(all.ids).toEqual([three, three, three])
  expect(all.answers.map(({ row }) => row)).toEqual([0, 1, 2, undefined])
  expect(all.answers.map(({ box }) => box?.x0)).toEqual([20, 70, 120, undefined])
  expect(all.answers[3].refused).toContain('nothing stands out')
  expect((await loadPictures([blank], mnist, { answerRefused: true })).pixels.length).toBe(0)
})

test('one that cannot be read is left out, with its reason', async () => {
  const rows = Buffer.alloc(28 * 29, 0)
  rows.fill(255, 200, 300)
  const { deflateSync } = await import('node:zlib')
  const good = file('in/good.png', flatPng(28, 28, { depth: 8, data: deflateSync(rows.map((v, i) => (i % 29 === 0 ? 0 : v))) }))
  file('in/bomb.png', flatPng(16_383, 16_383))
  file('in/text.png', 'no image')
  file('in/odd.png', flatPng(28, 28, { extra: [pngChunk('tEXt', Buffer.from('a\0b'))] }))
  const warned: string[] = []
  const model = { card: { preprocessing: { frame: 'mnist' } }, size: [28, 28], channels: 1 } as const
  const context = {
    progress: { ...silent, warn: (words: string) => warned.push(words) },
    signal: new AbortController().signal,
  }
  const { ids, skipped } = await loadPictures([join(folder, 'in')], model, context)
  expect(ids).toEqual([good])
  expect(skipped.map((s) => s.path.slice(folder.length + 1))).toEqual(['in/bomb.png', 'in/odd.png', 'in/text.png'])
  expect(skipped[0].reason).toContain('limit imagePixels')
  expect(skipped[1].reason).toContain('must show a digit')
  expect(warned.length).toBe(3)
  expect(warned[2]).toContain('text.png must hold an image')
})
