import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { flaws, pictureRng, withoutDigit } from '../../../bench/flawed-pictures.ts'
import { rng } from '../../base/index.ts'
import { imageAt } from '../../dataset/index.ts'
import { loadDigitImage, loadDigitsIn } from '../digit-image.ts'
import { loadMnist } from '../mnist.ts'
import { encodePng } from '../../images/index.ts'
import { labelled } from './components.ts'
import { contrastOf, running } from './ground.ts'
import { findLines, removeLines } from './lines.ts'
import { medianFiltered } from './median.ts'
import { inkPlane } from './plane.ts'

const digits = await loadMnist({ split: 'train' })
const difference = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / 784 / 255

describe('filters', () => {
  const random = rng(4)
  const [h, w] = [17, 23]
  const values = Float32Array.from({ length: h * w }, () => Math.floor(256 * random.uniform()))
  const window = (x: number, y: number, radius: number): number[] => {
    const out: number[] = []
    for (let j = Math.max(0, y - radius); j <= Math.min(h - 1, y + radius); j++)
      for (let i = Math.max(0, x - radius); i <= Math.min(w - 1, x + radius); i++) out.push(values[j * w + i])
    return out.sort((a, b) => a - b)
  }
  it('take the largest and the middle of a window, as written out', () => {
    for (const radius of [1, 3, 30]) {
      const [largest, middle] = [running(values, h, w, 2 * radius + 1), medianFiltered(values, h, w, radius)]
      for (let i = 0; i < values.length; i++) {
        const near = window(i % w, Math.floor(i / w), radius)
        expect(largest[i]).toBe(near.at(-1))
        // of an even number either middle one
        expect(middle[i]).toBeGreaterThanOrEqual(near[(near.length - 1) >> 1] - 1.5)
        expect(middle[i]).toBeLessThanOrEqual(near[near.length >> 1] + 1.5)
      }
    }
  })
})

describe('ink against its ground', () => {
  const [h, w] = [120, 160]
  const plane = (at: (x: number, y: number) => number) => ({
    values: Float32Array.from({ length: h * w }, (_, i) => at(i % w, Math.floor(i / w))),
    light: true,
    darker: 1,
  })
  const stroke = (x: number, y: number): boolean => x >= 70 && x < 80 && y > 20 && y < 100
  it('is the same in light and in shadow, and a shadow is no ink', () => {
    const lit = contrastOf(
      plane((x, y) => 200 * (stroke(x, y) ? 0.2 : 1)),
      h,
      w,
      true,
    )
    const shaded = contrastOf(
      plane((x, y) => (y < 60 ? 200 : 90) * (stroke(x, y) ? 0.2 : 1)),
      h,
      w,
      true,
    )
    for (const [x, y] of [
      [75, 40],
      [75, 90],
    ])
      expect(Math.abs(lit.values[y * w + x] - shaded.values[y * w + x])).toBeLessThan(0.03)
    expect(Math.max(...Array.from({ length: h }, (_, y) => shaded.values[y * w + 20]))).toBeLessThan(shaded.floor)
  })
  it('takes the colour that separates: red on green of the same grey', () => {
    const pixels = new Uint8Array(h * w * 4)
    for (let i = 0; i < h * w; i++) pixels.set(stroke(i % w, Math.floor(i / w)) ? [200, 60, 60, 255] : [60, 102, 60, 255], 4 * i)
    const { values } = inkPlane({ pixels, height: h, width: w })
    expect(Math.abs(values[50 * w + 75] - values[50 * w + 10])).toBeGreaterThan(40)
  })
})

describe('lines', () => {
  const [h, w] = [200, 150]
  const sheet = (at: (x: number, y: number) => boolean): Uint8Array =>
    Uint8Array.from({ length: h * w }, (_, i) => (at(i % w, Math.floor(i / w)) ? 1 : 0))
  const ruled = (x: number, y: number): boolean => Math.abs(((y - 0.04 * x + 300) % 30) - 15) < 1
  const pen = (x: number, y: number): boolean => Math.abs(x - 50 - 0.3 * y) < 5 && y > 40 && y < 160
  it('of ruled paper go, and the stroke across them stays whole', () => {
    const mask = sheet((x, y) => ruled(x, y) || pen(x, y))
    const lines = findLines(mask, h, w)
    expect(lines.length).toBeGreaterThanOrEqual(5)
    removeLines(mask, h, w, lines)
    const { components } = labelled(mask, new Float32Array(h * w).fill(1), h, w)
    expect(components[0].area).toBeGreaterThan(0.97 * sheet(pen).reduce((a, b) => a + b, 0))
    expect(components.slice(1).reduce((sum, p) => sum + p.area, 0)).toBeLessThan(60)
  })
  it('are not seen in a 1, nor in the bar of a 7', () => {
    expect(
      findLines(
        sheet((x, y) => Math.abs(x - 70) < 4 && y > 30 && y < 170),
        h,
        w,
      ),
    ).toEqual([])
    expect(
      findLines(
        sheet((x, y) => (Math.abs(y - 40) < 4 && x > 30 && x < 110) || (Math.abs(x + 0.4 * y - 122) < 4 && y > 40 && y < 170)),
        h,
        w,
      ),
    ).toEqual([])
  })
})

describe('a picture with a flaw', () => {
  for (const name of Object.keys(flaws).filter((n) => n !== 'turned 25 degrees')) {
    it(`shows the digit it shows without: ${name}`, async () => {
      let worst = 0
      for (const i of [11, 3333]) {
        const digit = imageAt(digits, i)
        const { pixels } = await loadDigitImage(await flaws[name](digit, pictureRng(7, name, i)))
        worst = Math.max(worst, difference(pixels, digit))
      }
      expect(worst).toBeLessThan(0.06)
    })
  }
  // as large as a phone's preview, so that everything beside the digit has the size it has on paper
  for (const [name, beside] of Object.entries({
    'a table at two edges of the paper': '<path d="M0 0H95L135 425L640 440V480H0Z" fill="#3a3735"/>',
    'the holes of a punch': '<circle cx="40" cy="120" r="22" fill="#333"/><circle cx="40" cy="360" r="22" fill="#333"/>',
    'a stroke underneath': '<path d="M200 395L450 388" stroke="#222" stroke-width="8"/>',
  })) {
    it(`shows the digit it shows without: ${name}`, async () => {
      for (const i of [11, 3333]) {
        const digit = imageAt(digits, i)
        const drawn = await sharp(digit, { raw: { width: 28, height: 28, channels: 1 } })
          .resize(240, 240)
          .toColourspace('b-w')
          .raw()
          .toBuffer()
        const rgba = new Uint8Array(240 * 240 * 4)
        drawn.forEach((v, k) => rgba.set([30, 30, 60, v], 4 * k))
        const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">${beside}</svg>`)
        const picture = await sharp({
          create: { width: 640, height: 480, channels: 3, background: '#e8e4d8' },
        })
          .composite([
            { input: svg },
            { input: Buffer.from(rgba.buffer), raw: { width: 240, height: 240, channels: 4 }, left: 200, top: 110 },
          ])
          .jpeg({ quality: 80 })
          .toBuffer()
        const { digits: found } = await loadDigitsIn(new Uint8Array(picture))
        expect(found).toHaveLength(1)
        expect(difference(found[0].pixels, digit)).toBeLessThan(0.06)
      }
    })
  }
  for (const name of Object.keys(withoutDigit)) {
    it(`is refused with the reason: ${name}`, async () => {
      for (let i = 0; i < 3; i++) {
        const { digits: found, refused } = await loadDigitsIn(await withoutDigit[name](pictureRng(7, name, i)))
        expect(found).toEqual([])
        expect(refused).toMatch(/stand|specks/)
      }
    })
  }
})

it('several digits are found in reading order, each in its box', async () => {
  const [h, w] = [220, 320]
  const sheet = new Uint8Array(h * w).fill(240)
  const places = [
    [10, 10],
    [110, 14],
    [215, 8],
    [40, 120],
    [160, 118],
  ]
  places.forEach(([x0, y0], k) => {
    const digit = imageAt(digits, 40 + k)
    for (let y = 0; y < 84; y++)
      for (let x = 0; x < 84; x++) {
        const v = digit[Math.floor(y / 3) * 28 + Math.floor(x / 3)]
        if (v > 0) sheet[(y0 + y) * w + x0 + x] = 240 - (220 * v) / 255
      }
  })
  const { digits: found } = await loadDigitsIn(encodePng(sheet, { width: w, height: h, channels: 1 }))
  expect(found.length).toBe(5)
  found.forEach(({ pixels, box }, k) => {
    expect(difference(pixels, imageAt(digits, 40 + k))).toBeLessThan(0.06)
    expect(Math.abs((box.x0 + box.x1) / 2 - places[k][0] - 42)).toBeLessThan(12)
    expect(Math.abs((box.y0 + box.y1) / 2 - places[k][1] - 42)).toBeLessThan(12)
  })
})

it('none of a hundred digits on a sheet goes missing, and ones are no less than others', async () => {
  const [columns, rows, side] = [10, 10, 64]
  const [h, w] = [rows * side, columns * side]
  const sheet = new Uint8Array(h * w).fill(240)
  for (let k = 0; k < rows * columns; k++) {
    const digit = imageAt(digits, 300 + k)
    const [x0, y0] = [(k % columns) * side + 4, Math.floor(k / columns) * side + 4]
    for (let y = 0; y < 56; y++)
      for (let x = 0; x < 56; x++) sheet[(y0 + y) * w + x0 + x] = 240 - (220 * digit[(y >> 1) * 28 + (x >> 1)]) / 255
  }
  const { digits: found } = await loadDigitsIn(encodePng(sheet, { width: w, height: h, channels: 1 }))
  expect(found.length).toBe(rows * columns)
  const order = found.map(({ box }) => columns * Math.floor((box.y0 + box.y1) / 2 / side) + Math.floor((box.x0 + box.x1) / 2 / side))
  expect(order).toEqual([...order.keys()])
})

it("MNIST's own images stay as they are", async () => {
  let moved = 0
  for (let i = 0; i < 100; i++) {
    const { pixels, way } = await loadDigitImage(encodePng(imageAt(digits, i), { width: 28, height: 28, channels: 1 }))
    if (way !== 'as is') moved++
    else expect(pixels).toEqual(imageAt(digits, i))
  }
  expect(moved).toBeLessThanOrEqual(1)
})
