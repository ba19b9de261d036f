import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { flatPng, pngChunk } from '../../test/support/png.ts'
import { setLimits } from '../base/index.ts'
import { decodeImage, holdImage, pixelBudget, readImageFile } from './decode.ts'
import { imageKind, pictureName } from './image-kind.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-decode-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const undo: (() => void)[] = []
afterEach(() => {
  undo.splice(0).forEach((f) => f())
  expect(pixelBudget.taken).toBe(0)
})
const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
/** Decodes in a process of its own; what it said and how far its memory grew, in MB. */
function decodeApart(lanes: number, paths: readonly string[]): { said: string[]; grew: number } {
  const child = new URL('../../test/support/decode-child.ts', import.meta.url).pathname
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child, String(lanes), ...paths], {
    encoding: 'utf8',
    timeout: 50_000,
    killSignal: 'SIGKILL',
  })
  expect(stderr).toBe('')
  const { said, before, peak } = JSON.parse(stdout) as { said: string[]; before: number; peak: number }
  return { said, grew: peak - before }
}
const rgb = { create: { width: 64, height: 48, channels: 3, background: '#c86432' } } as const

describe('pictures made to use up memory or time are refused before they are decoded', () => {
  test('eight of 16,383 x 16,383 pixels in 32 KB each', () => {
    const bytes = flatPng(16_383, 16_383)
    expect(bytes.length).toBeLessThan(40_000)
    const { said, grew } = decodeApart(
      8,
      Array.from({ length: 8 }, (_, i) => file(`bomb${i}.png`, bytes)),
    )
    for (const words of said)
      expect(words).toMatch(
        new RegExp(
          /bomb\d\.png: the picture must have at most 100,000,000 pixels \(limit imagePixels\), got 268,402,689\. /.source +
            /If this input is meant, raise the limit: `imagePixels` /.source,
        ),
      )
    expect(grew).toBeLessThan(60)
  })

  test('sparse files, with and without an image in front', () => {
    const paths = Array.from({ length: 12 }, (_, i) => {
      const path = file(`sparse${i}.jpg`, i < 4 ? '' : i < 8 ? Buffer.from([0xff, 0xd8, 0xff, 0xe0]) : '')
      truncateSync(path, i < 8 ? 900_000_000 : 190_000_000)
      return path
    })
    const { said, grew } = decodeApart(8, paths)
    for (const words of said.slice(0, 4)) expect(words).toContain('must hold an image, got content of another kind')
    for (const words of said.slice(4, 8))
      expect(words).toContain('must have at most 200,000,000 bytes (limit imageFileBytes), got 900,000,000')
    for (const words of said.slice(8)) expect(words).toContain('must hold an image, got content of another kind')
    expect(grew).toBeLessThan(60)
  })

  test('large files that begin as images are read one after the other', async () => {
    const start = await sharp(rgb).jpeg().toBuffer()
    const paths = Array.from({ length: 8 }, (_, i) => {
      const path = file(`tail${i}.jpg`, start)
      truncateSync(path, 150_000_000)
      return path
    })
    const { said, grew } = decodeApart(8, paths)
    expect(said).toEqual(paths.map(() => '64 x 48'))
    expect(grew).toBeLessThan(450) // 150 MB each, one at a time, and what waits for the collector
  })

  test('a drawing that computes for ever, whatever its name', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="8000" height="8000"><filter id="f">' +
      '<feTurbulence numOctaves="9" baseFrequency=".01"/></filter><rect width="8000" height="8000" filter="url(#f)"/></svg>'
    for (const [name, text] of [
      ['a.svg', svg],
      ['b.jpg', `<?xml version="1.0"?>\n${svg}`],
      ['c.png', `\uFEFF  \n<!-- ${'x'.repeat(400)} -->${svg}`],
      ['d.png', `<!DOCTYPE svg>${svg}`],
    ]) {
      await expect(decodeImage(file(name, text))).rejects.toThrow(
        expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('got an SVG drawing. Save it as JPEG or PNG') }),
      )
    }
  })

  test('headers that state more than there is', async () => {
    const over = (pixels: string) =>
      expect.objectContaining({ code: 'limit', message: expect.stringContaining(`100,000,000 pixels (limit imagePixels), got ${pixels}`) })
    const jpeg = await sharp(rgb).jpeg().toBuffer()
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
    jpeg.fill(0xff, frame + 5, frame + 9)
    await expect(decodeImage(file('wide.jpg', jpeg))).rejects.toThrow(over('4,294,836,225'))
    await expect(decodeImage(flatPng(2 ** 31 - 1, 2 ** 31 - 1, { data: deflateSync(Buffer.alloc(9)) }))).rejects.toThrow(
      over('4,611,686,014,132,420,'),
    )
    const webp = await sharp(rgb).webp({ lossless: true }).toBuffer()
    webp.writeUInt32LE(0x3ffe | (0x3ffe << 14), 21) // VP8L: 14 bits each of width - 1 and height - 1
    await expect(decodeImage(webp)).rejects.toThrow(over('268,402,689'))
    const gif = await sharp(rgb).gif().toBuffer()
    const image = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 64, 0, 48, 0]))
    for (const at of [6, image + 5]) gif.fill(0xff, at, at + 4)
    await expect(decodeImage(gif)).rejects.toThrow(over('4,294,836,225'))
    const tiff = await sharp(rgb).tiff({ compression: 'deflate' }).toBuffer()
    const ifd = tiff.readUInt32LE(4)
    for (const i of [0, 1]) tiff.writeUInt32LE(60_000, ifd + 2 + 12 * i + 8)
    await expect(decodeImage(tiff)).rejects.toThrow(over('3,600,000,000'))
    const avif = await sharp(rgb).avif().toBuffer()
    const size = avif.indexOf('ispe') + 8
    for (const i of [0, 4]) avif.writeUInt32BE(65_535, size + i)
    await expect(decodeImage(avif)).rejects.toThrow(over('4,294,836,225'))
  })

  test('text and profiles in a PNG that unpack to gigabytes, and pixels after the last row', () => {
    const text = pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(7_900_000))]))
    const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(Buffer.alloc(300_000_000))]))
    const { said, grew } = decodeApart(4, [
      file('text.png', flatPng(64, 48, { extra: new Array<Buffer>(500).fill(text) })),
      file('profile.png', flatPng(64, 48, { extra: [profile] })),
      file('tail.png', flatPng(64, 48, { data: deflateSync(Buffer.alloc(300_000_000)) })),
    ])
    for (const words of said) expect(words).toMatch(/64 x 48|corrupt|decoded/)
    expect(grew).toBeLessThan(150)
  })
})

describe('memory of pictures within the limits', () => {
  test('eight of 81 megapixels at once are decoded in turn', () => {
    const paths = Array.from({ length: 8 }, (_, i) => file(`large${i}.png`, flatPng(9000, 9000)))
    const { said, grew } = decodeApart(8, paths)
    expect(said).toEqual(paths.map(() => '9000 x 9000'))
    expect(grew).toBeLessThan(900)
  })

  test('what a decoder needs beside the pixels counts; a picture that needs more than there is goes alone', async () => {
    const plain = await sharp({ create: { width: 2000, height: 2000, channels: 3, background: '#777' } })
      .png()
      .toBuffer()
    const avif = await sharp(plain).avif({ effort: 0 }).toBuffer()
    undo.push(setLimits({ pixelBytesInFlight: 90_000_000 })) // one of 78 MB, and no second one
    const first = await holdImage(plain)
    const order: string[] = []
    const under = [decodeImage(avif).then(() => order.push('avif')), decodeImage(plain).then(() => order.push('png'))]
    await new Promise((resume) => setTimeout(resume, 50))
    expect(pixelBudget.taken).toBe(12_000_000 + 78_000_000)
    first.release()
    await Promise.all(under)
    expect(order).toEqual(['avif', 'png'])
    undo.push(setLimits({ pixelBytesInFlight: 40_000_000 })) // the AVIF needs more than all
    const held = await holdImage(plain)
    let came = false
    const large = decodeImage(avif).then(({ width }) => ((came = true), width))
    await new Promise((resume) => setTimeout(resume, 50))
    expect([came, pixelBudget.taken]).toEqual([false, 12_000_000])
    held.release()
    expect(await large).toBe(2000)
    expect(pixelBudget.taken).toBe(0)
  })

  test('pixels that are held stay counted; the next waits', async () => {
    undo.push(setLimits({ pixelBytesInFlight: 20_000 }))
    const png = flatPng(64, 64, { depth: 8, colour: 2 })
    const first = await holdImage(png)
    expect(pixelBudget.taken).toBe(64 * 64 * 3)
    let came = false
    const second = decodeImage(png).then(() => (came = true))
    await new Promise((resume) => setTimeout(resume, 50))
    expect(came).toBe(false)
    first.release()
    first.release()
    await second
    expect(came).toBe(true)
  })

  test('an image that cannot be decoded gives its share back', async () => {
    const png = flatPng(64, 64)
    await expect(decodeImage(png.subarray(0, png.length - 30))).rejects.toThrow(expect.objectContaining({ code: 'corrupt' }))
    const colours = await sharp({ create: { width: 30, height: 26, channels: 3, background: '#777' } })
      .png({ palette: true })
      .toBuffer()
    for (let at = colours.indexOf('IDAT') + 4; at < colours.indexOf('IEND') - 4; at++) {
      const damaged = Buffer.from(colours)
      damaged[at] ^= 0x10
      await expect(decodeImage(damaged), `byte ${at}`).rejects.toThrow(expect.objectContaining({ code: 'corrupt' }))
    }
    expect(pixelBudget.taken).toBe(0)
    await expect(decodeImage(flatPng(8, 8), { size: [100_000, 100_000] })).rejects.toThrow('the size asked for must have at most')
  })
})

describe('what a file is', () => {
  test('is told by its content', async () => {
    const image = sharp(rgb)
    for (const [format, bytes] of [
      ['jpeg', await image.jpeg().toBuffer()],
      ['png', await image.png().toBuffer()],
      ['gif', await image.gif().toBuffer()],
      ['webp', await image.webp().toBuffer()],
      ['tiff', await image.tiff().toBuffer()],
      ['tiff', await image.tiff({ bigtiff: true }).toBuffer()],
      ['avif', await image.avif().toBuffer()],
    ] as const) {
      expect(imageKind(bytes)?.format).toBe(format)
      expect(await decodeImage(file(`named-${format}.txt`, bytes))).toMatchObject({ width: 64, height: 48 })
    }
    const other = {
      '%PDF-1.7': 'a PDF',
      '8BPS\0\x01': 'a Photoshop file',
      'FUJIFILMCCD-RAW 0201': 'a raw photo',
      'RIFF\0\0\0\0AVI LIST': 'a film',
      '\xff\x0a\0\0': 'a JPEG XL',
      '<!DOCTYPE html><title>404</title>': 'a web page (HTML)',
      '\0\0\0\x18ftypisom': 'a film',
    }
    for (const [start, words] of Object.entries(other)) {
      const path = file('other.jpg', Buffer.from(start, 'latin1'))
      await expect(decodeImage(path)).rejects.toThrow(
        expect.objectContaining({
          code: 'unsupported',
          message: expect.stringContaining(`must be a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PNM or HEIC, got ${words}`),
        }),
      )
    }
    expect(imageKind(new Uint8Array(0))).toBeUndefined()
    expect(imageKind(Buffer.from('hello <svg'))).toBeUndefined()
  })

  test('and by its name, for lists', () => {
    expect(['a.JPG', 'b.jpeg', 'c.avif'].map(pictureName)).toEqual(['read', 'read', 'read'])
    expect(pictureName('x.svg')).toEqual({ reason: 'SVG drawings are not read: save it as JPEG or PNG' })
    expect(pictureName('x.mov')).toEqual({ reason: 'films are not read: save single pictures of it as JPEG' })
    expect(['notes.txt', 'png', '.constructor'].map(pictureName)).toEqual([undefined, undefined, undefined])
  })

  test('only regular files are opened', async () => {
    const pipe = join(folder, 'pipe.png')
    execFileSync('mkfifo', [pipe])
    await expect(decodeImage(pipe)).rejects.toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('must be a regular file, got a pipe') }),
    )
    await expect(decodeImage('/dev/zero')).rejects.toThrow('got a device')
    const { bytes, release } = await readImageFile(file('whole.png', flatPng(3, 3)))
    release()
    expect(await decodeImage(bytes)).toMatchObject({ width: 3, height: 3 })
  })
})
