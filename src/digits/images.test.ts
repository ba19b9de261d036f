import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { imageAt, subset } from '../dataset/index.ts'
import { decodeImage } from '../images/decode.ts'
import { loadDigitImage } from './digit-image.ts'
import { loadMnist } from './mnist.ts'
import { mnistFrame } from './mnist-frame.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-images-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const digits = subset(
  await loadMnist({ split: 'test' }),
  Array.from({ length: 200 }, (_, i) => i),
)

const meanOf = (a: Uint8Array): number => a.reduce((x, y) => x + y, 0) / a.length / 255
const difference = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length / 255
/** Enlarged `k` times, dark on light, somewhere on a sheet of paper. */
function onPaper(
  digit: Uint8Array,
  k: number,
  height: number,
  width: number,
  top: number,
  left: number,
  paper = 235,
  ink = 20,
): Uint8Array {
  const sheet = new Uint8Array(height * width).fill(paper)
  for (let y = 0; y < 28 * k; y++) {
    for (let x = 0; x < 28 * k; x++)
      sheet[(top + y) * width + left + x] = paper - ((paper - ink) * digit[Math.floor(y / k) * 28 + Math.floor(x / k)]) / 255
  }
  return sheet
}

describe("MNIST's frame", () => {
  it('gives MNIST digits back as they are', () => {
    for (let i = 0; i < 100; i++) {
      const digit = imageAt(digits, i)
      // MNIST crops at any ink, this frame at ink > .25: faint edges may shift the scale a little
      expect(difference(mnistFrame(digit, 28, 28), digit), `digit ${i}`).toBeLessThan(0.06)
    }
  })

  it('finds a digit drawn dark on light, larger, off the middle', () => {
    for (let i = 0; i < 20; i++) {
      const digit = imageAt(digits, i)
      const frame = mnistFrame(onPaper(digit, 5, 180, 300, 30, 120), 180, 300)
      expect(difference(frame, mnistFrame(digit, 28, 28)), `digit ${i}`).toBeLessThan(0.03)
    }
  })

  it('puts the centre of mass at pixel 14, the longer side to 20, the brightest to 255', () => {
    const bar = new Float32Array(50 * 90)
    for (let y = 5; y < 45; y++) bar.fill(3, y * 90 + 60, y * 90 + 64)
    bar.fill(3, 41 * 90 + 40, 41 * 90 + 60) // a mirrored L
    const frame = mnistFrame(bar, 50, 90)
    let [mass, mx, my, top, bottom] = [0, 0, 0, 28, -1]
    frame.forEach((v, i) => {
      mass += v
      mx += v * (i % 28)
      my += v * Math.floor(i / 28)
      if (v > 100) {
        top = Math.min(top, Math.floor(i / 28))
        bottom = Math.max(bottom, Math.floor(i / 28))
      }
    })
    expect(Math.abs(mx / mass - 14)).toBeLessThanOrEqual(0.5)
    expect(Math.abs(my / mass - 14)).toBeLessThanOrEqual(0.5)
    expect(bottom - top + 1).toBe(20)
    expect(Math.max(...frame)).toBe(255)
  })

  it('thickens thin strokes: by a disc, or only by what is missing', () => {
    const thin = new Uint8Array(100 * 100)
    for (let y = 20; y < 80; y++) thin.fill(255, y * 100 + 49, y * 100 + 51)
    const width = (f: Uint8Array): number => f.subarray(14 * 28, 15 * 28).reduce((a, b) => a + b, 0) / 255
    expect(width(mnistFrame(thin, 100, 100))).toBeLessThan(1.1)
    expect(width(mnistFrame(thin, 100, 100, { thicken: true }))).toBeGreaterThan(1.6)
    expect(width(mnistFrame(thin, 100, 100, { thicken: 'auto' }))).toBeGreaterThan(2)
    const digit = imageAt(digits, 0)
    expect(meanOf(mnistFrame(digit, 28, 28, { thicken: 'auto' })) / meanOf(digit)).toBeLessThan(1.25)
  })

  it('frames a large drawing as it does a small one', () => {
    const digit = imageAt(digits, 3)
    const [small, large] = [onPaper(digit, 4, 150, 150, 20, 20), onPaper(digit, 24, 900, 900, 100, 130)]
    expect(difference(mnistFrame(large, 900, 900, { thicken: 'auto' }), mnistFrame(small, 150, 150, { thicken: 'auto' }))).toBeLessThan(
      0.02,
    )
  })

  it('answers a blank sheet with a blank frame and refuses nonsense', () => {
    expect(meanOf(mnistFrame(new Uint8Array(100).fill(200), 10, 10))).toBe(0)
    expect(() => mnistFrame(new Uint8Array(99), 10, 10)).toThrow('10 x 10 = 100 values')
    expect(() => mnistFrame(Float32Array.of(0, NaN, 1, 1), 2, 2)).toThrow('every value must be finite, got "NaN at 1"')
    expect(() => mnistFrame(new Uint8Array(4), 2, 2, { thick: true } as object)).toThrow('thicken')
    const one = new Uint8Array(9)
    one[4] = 255
    expect(Math.max(...mnistFrame(one, 3, 3))).toBe(255)
  })
})

describe('decodeImage', () => {
  const rgb = { r: 200, g: 100, b: 50 }
  it('honours EXIF orientation', async () => {
    // left half red, turned by orientation 6 (rotate 90 clockwise to show): the upper half
    const wide = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#0000ff' } })
      .composite([{ input: { create: { width: 20, height: 20, channels: 3, background: '#ff0000' } }, left: 0, top: 0 }])
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
    const image = await decodeImage(wide)
    expect([image.height, image.width]).toEqual([40, 20])
    expect([...image.pixels.subarray(0, 3)]).toEqual([255, 0, 0])
    expect([...image.pixels.subarray(-3)]).toEqual([0, 0, 255])
  })

  it('lays alpha on white, greys, repeats a grey channel, resizes', async () => {
    const clear = await sharp({ create: { width: 4, height: 4, channels: 4, background: { ...rgb, alpha: 0 } } })
      .png()
      .toBuffer()
    expect([...(await decodeImage(clear)).pixels.subarray(0, 3)]).toEqual([255, 255, 255])
    const flat = await sharp({ create: { width: 6, height: 4, channels: 3, background: rgb } })
      .png()
      .toBuffer()
    const grey = await decodeImage(flat, { channels: 1, size: [10, 12] })
    expect([grey.height, grey.width, grey.channels, grey.pixels.length]).toEqual([10, 12, 1, 120])
    expect(grey.pixels[0]).toBeGreaterThan(95)
    expect(grey.pixels[0]).toBeLessThan(140)
    const one = await sharp(new Uint8Array(16).fill(77), { raw: { width: 4, height: 4, channels: 1 } })
      .png()
      .toBuffer()
    expect([...(await decodeImage(one)).pixels.subarray(0, 3)]).toEqual([77, 77, 77])
    expect((await decodeImage(one, { channels: 1 })).pixels[5]).toBe(77)
  })

  it('says what is wrong with a file', async () => {
    const path = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    const png = await sharp({
      create: { width: 64, height: 64, channels: 3, background: rgb, noise: { type: 'gaussian', mean: 120, sigma: 30 } },
    })
      .png()
      .toBuffer()
    const jpeg = await sharp(png).jpeg().toBuffer()
    const corrupt = expect.objectContaining({ code: 'corrupt' })
    await expect(decodeImage(path('empty.png', ''))).rejects.toThrow('an empty file')
    await expect(decodeImage(path('text.png', 'no image'))).rejects.toThrow(corrupt)
    await expect(decodeImage(path('cut.png', png.subarray(0, 2000)))).rejects.toThrow(corrupt)
    await expect(decodeImage(path('cut.jpg', jpeg.subarray(0, 900)))).rejects.toThrow(corrupt)
    await expect(decodeImage(folder)).rejects.toThrow('must be a file, got a folder')
    await expect(decodeImage(join(folder, 'none.png'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
    await expect(decodeImage(png, { size: [0, 4] })).rejects.toThrow('whole pixels')
  })
})

describe('loadDigitImage', () => {
  const png = (pixels: Uint8Array, height: number, width: number): Promise<Buffer> =>
    sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer()
  it('passes an MNIST image on untouched', async () => {
    for (const i of [0, 1, 2]) {
      const { pixels, way } = await loadDigitImage(await png(imageAt(digits, i), 28, 28))
      expect(way).toBe('as is')
      expect([...pixels]).toEqual([...imageAt(digits, i)])
    }
  })

  it('only turns round a framed digit on white', async () => {
    const { pixels, way } = await loadDigitImage(
      await png(
        imageAt(digits, 0).map((v) => 255 - v),
        28,
        28,
      ),
    )
    expect(way).toBe('inverted')
    expect([...pixels]).toEqual([...imageAt(digits, 0)])
  })

  it('frames everything else, in colour too', async () => {
    const sheet = onPaper(imageAt(digits, 0), 6, 200, 260, 10, 60)
    const colour = await sharp(await png(sheet, 200, 260))
      .tint('#8899cc')
      .jpeg()
      .toBuffer()
    const { pixels, way } = await loadDigitImage(colour)
    expect(way).toBe('framed')
    expect(difference(pixels, imageAt(digits, 0))).toBeLessThan(0.1)
  })

  it('refuses a sheet without a digit', async () => {
    await expect(loadDigitImage(await png(new Uint8Array(400).fill(250), 20, 20))).rejects.toThrow('the picture must show a digit')
    // two specks, which are nothing at 28 pixels
    const wide = new Uint8Array(3000 * 30).fill(255)
    wide[3000 * 15] = wide[3000 * 15 + 2999] = 0
    await expect(loadDigitImage(await png(wide, 30, 3000))).rejects.toThrow('the picture must show a digit')
  })
})
