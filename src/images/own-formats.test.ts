/** @file BMP, PNM and HEIC beside Pillow's pixels (test/golden/make_pictures.py), and what is wrong with files of these formats. */
import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { setLimits } from '../base/index.ts'
import { decodeImage, pixelBudget } from './decode.ts'
import { imageKind } from './image-kind.ts'
import { withProfile } from './with-profile.ts'

interface Golden {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly pixels: string
}
const { files } = JSON.parse(readFileSync(new URL('../../test/golden/pictures.json', import.meta.url), 'utf8')) as {
  files: Record<string, Golden>
}
const bytesOf = (name: string): Buffer => Buffer.from(files[name].file, 'base64')
const undo: (() => void)[] = []
afterEach(() => {
  undo.splice(0).forEach((f) => f())
  expect(pixelBudget.taken).toBe(0)
})

describe('pixels are those of Pillow', () => {
  test.each(Object.keys(files))('%s', async (name) => {
    const { width, height, channels, pixels } = files[name]
    const bytes = bytesOf(name)
    expect(imageKind(bytes.subarray(0, 256))?.format).toBe(name.endsWith('heic') ? 'heic' : name.endsWith('bmp') ? 'bmp' : 'pnm')
    const got = await decodeImage(bytes, { channels })
    expect([got.width, got.height]).toEqual([width, height])
    const want = Buffer.from(pixels, 'base64')
    const differences = want.map((v, i) => Math.abs(v - got.pixels[i]))
    expect(new Set(want).size).toBeGreaterThan(1)
    // two builds of libheif round YCbCr in their own ways; Pillow cuts 5 bits to 8 as others round
    expect(Math.max(...differences)).toBeLessThanOrEqual(name.endsWith('heic') ? 3 : 1)
  })

  test('grey, sizes and alpha go the way of all pictures', async () => {
    const png = async (name: string, channels: 1 | 3 | 4) => {
      const { width, height } = files[name]
      const { pixels } = await decodeImage(bytesOf(name), { channels })
      return sharp(pixels, { raw: { width, height, channels } }).png().toBuffer()
    }
    for (const [name, channels] of [
      ['v4.bmp', 4],
      ['colour.ppm', 3],
      ['grey.pgm', 1],
      ['bits4.bmp', 3],
      ['alpha.heic', 4],
    ] as const)
      for (const options of [
        {},
        { channels: 1 },
        { channels: 4 },
        { size: [5, 6] },
        { size: [5, 6], fit: 'contain', background: '#303030' }, // grey: sharp takes what stands for grey in a grey picture
      ] as const)
        expect(await decodeImage(bytesOf(name), options), name).toEqual(await decodeImage(await png(name, channels), options))
  })

  test('a profile beside the pixels is followed', async () => {
    const pixels = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => (i % 3 === 0 ? 230 : 40 + i))
    const p3 = await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
      .withIccProfile('p3', { attach: true })
      .tiff({ compression: 'none' })
      .toBuffer()
    const { icc } = await sharp(p3).metadata()
    const { data } = await sharp(p3).raw().toBuffer({ resolveWithObject: true })
    const stored = data.length === pixels.length ? await sharp(p3, { ignoreIcc: true }).raw().toBuffer() : data
    const wrapped = withProfile(stored, icc!, { width: 4, height: 4, channels: 3 })
    expect(await decodeImage(wrapped)).toEqual(await decodeImage(p3))
    expect((await decodeImage(wrapped)).pixels).not.toEqual(Uint8Array.from(stored))
  })
})

describe('BMP', () => {
  const patched = (name: string, change: (b: Buffer) => void): Buffer => {
    const bytes = Buffer.from(bytesOf(name))
    change(bytes)
    return bytes
  }
  /** RLE8 of 4 x 3 pixels with palette entry i = grey i. */
  const rle = (...runs: number[]): Buffer => {
    const bytes = Buffer.alloc(14 + 40 + 1024 + runs.length)
    bytes.write('BM', 0, 'latin1')
    bytes.writeUInt32LE(1078, 10)
    for (const [at, v] of [
      [14, 40],
      [18, 4],
      [22, 3],
      [30, 1],
    ])
      bytes.writeUInt32LE(v, at)
    bytes.writeUInt16LE(8, 28)
    for (let i = 0; i < 256; i++) bytes.fill(i, 54 + 4 * i, 54 + 4 * i + 3)
    bytes.set(runs, 1078)
    return bytes
  }
  const grey = async (bytes: Buffer) => [...(await decodeImage(bytes, { channels: 1 })).pixels]

  test('runs may jump, stop early and reach beyond a row', async () => {
    // bottom row: two of 9, then one right and one up: 7; the top row is left out
    expect(await grey(rle(2, 9, 0, 2, 1, 1, 1, 7, 0, 1))).toEqual([0, 0, 0, 0, 0, 0, 0, 7, 9, 9, 0, 0])
    expect(await grey(rle(250, 9, 0, 0, 0, 1))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9])
    expect(await grey(rle(0, 2, 255, 0, 3, 3, 0, 1))).toEqual(new Array(12).fill(0))
    await expect(decodeImage(rle(2, 9))).rejects.toThrow(expect.objectContaining({ code: 'corrupt' }))
    await expect(decodeImage(rle(0, 9, 1))).rejects.toThrow('run lengths of a BMP end with a mark')
  })

  test('hundreds of millions of pixels that runs state are cut off at once', { timeout: 5000 }, async () => {
    const runs = Buffer.alloc(20_000_000, 255)
    const bytes = Buffer.concat([rle(), runs, Buffer.of(0, 1)])
    expect(await grey(bytes)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255])
  })

  test('alpha that is 0 everywhere is none', async () => {
    const clear = patched('v4.bmp', (b) => {
      for (let i = b.readUInt32LE(10) + 3; i < b.length; i += 4) b[i] = 0
    })
    const { pixels } = await decodeImage(clear, { channels: 4 })
    expect(pixels.filter((_, i) => i % 4 === 3).every((v) => v === 255)).toBe(true)
  })

  test.each([
    ['cut', 'corrupt', 'pixels of 24 bits has 333 bytes, got 300', (b: Buffer) => b.subarray(0, 300)],
    ['no width', 'corrupt', 'must have pixels, got 0 x 7', (b: Buffer) => (b.writeInt32LE(0, 18), b)],
    ['least height', 'limit', '(limit imagePixels), got 27,917,287,424', (b: Buffer) => (b.writeInt32LE(-(2 ** 31), 22), b)],
    [
      'most of both',
      'limit',
      '(limit imagePixels), got 4,611,686,014,132,4',
      (b: Buffer) => (b.writeInt32LE(2 ** 31 - 1, 18), b.writeInt32LE(2 ** 31 - 1, 22), b),
    ],
    ['pixels before the header', 'corrupt', 'must begin behind the header', (b: Buffer) => (b.writeUInt32LE(20, 10), b)],
    ['seven bits', 'corrupt', '7 bits a pixel, compression 0', (b: Buffer) => (b.writeUInt16LE(7, 28), b)],
    ['a JPEG inside', 'unsupported', 'a JPEG wrapped as BMP', (b: Buffer) => (b.writeUInt32LE(4, 30), b)],
    [
      'an odd mask',
      'corrupt',
      'must lie side by side, got mask 0x5',
      (b: Buffer) => (b.writeUInt16LE(32, 28), b.writeUInt32LE(3, 30), b.writeUInt32LE(5, 54), b.writeUInt32LE(66, 10), b),
    ],
  ] as const)('%s', async (_, code, words, change) => {
    const bytes = change(Buffer.from(bytesOf('bits24.bmp')))
    await expect(decodeImage(bytes, { name: 'x.bmp' })).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    )
  })
})

describe('PNM', () => {
  const read = (text: string, more: number[] = []) => decodeImage(Buffer.concat([Buffer.from(text), Buffer.from(more)]), { channels: 1 })
  test('PAM: grey with alpha, and colours', async () => {
    const grey = await decodeImage(
      Buffer.from('P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\x10\x20\x30\x40'),
      { channels: 4 },
    )
    expect([...grey.pixels]).toEqual([16, 16, 16, 32, 48, 48, 48, 64])
    await expect(read('P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n', [1, 2, 3, 4, 5])).rejects.toThrow('1 to 4 samples a pixel')
    await expect(read('P7\nWIDTH 1\nHEIGHT 1\nMAXVAL 255\nENDHDR\n', [1])).rejects.toThrow('must state DEPTH')
  })
  test('bits without blanks, comments anywhere, the first of several pictures', async () => {
    expect([...(await read('P1\n#a\n3#b\n2\n01\n#c\n0 111')).pixels]).toEqual([255, 0, 255, 0, 0, 0])
    expect([...(await read('P5 2 1 255\n', [1, 2, 80, 53])).pixels]).toEqual([1, 2])
  })
  test.each([
    ['P5 2 2 255\n\x01', 'corrupt', '2 x 2 pixels must have 15 bytes, got 12'],
    ['P5 0 2 255\n\x01', 'corrupt', 'it must have pixels'],
    ['P5 2 2 0\n\x01\x01\x01\x01', 'corrupt', 'the largest value must be in 1..65535'],
    ['P5 2 1 100\n\x01\x7f', 'corrupt', 'a sample must be 100 at most, got 127'],
    ['P2 2 1 100\n1 101', 'corrupt', 'a number must be 100 at most, got 101'],
    ['P2 2 1 100\n1', 'corrupt', 'more numbers must follow'],
    ['P6 99999 99999 255\n', 'limit', '(limit imagePixels), got 9,999,800,001'],
    ['P6 99999999999999999999999 1 255\n', 'corrupt', 'a number must be'],
    ['P1 is what this text is called', 'corrupt', 'numbers and comments must stand here'],
  ])('%j', async (text, code, words) => {
    await expect(read(text)).rejects.toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }))
  })
})

describe('HEIC', () => {
  test('several at once are decoded in turn; damaged ones are told and harm no other', { timeout: 30_000 }, async () => {
    const good = bytesOf('plain.heic')
    const cut = good.subarray(0, good.length - 2000)
    const odd = Buffer.from(good)
    odd.fill(0xff, 300, 700)
    const answers = await Promise.allSettled([good, cut, odd, good].map((bytes) => decodeImage(bytes, { name: 'x.heic' })))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    for (const answer of answers.slice(1, 3))
      expect((answer as PromiseRejectedResult).reason).toMatchObject({ code: 'corrupt', message: expect.stringContaining('x.heic') })
  })
  test('a turn stated twice, in the file and in EXIF, is done once', async () => {
    expect(await decodeImage(bytesOf('turned.heic'))).toMatchObject({ width: 48, height: 64 })
  })
  test('its pixels are counted before it is decoded', async () => {
    undo.push(setLimits({ imagePixels: 3000 }))
    await expect(decodeImage(bytesOf('plain.heic'))).rejects.toThrow('at most 3,000 pixels (limit imagePixels), got 3,072')
  })
})
