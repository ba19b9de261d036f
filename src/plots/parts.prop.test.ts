import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { spread } from './axes.ts'
import { fit } from './cloud.ts'
import { encodePng } from '../images/encode-png.ts'
import { nice, ticks } from './scale.ts'
import { classColour, luminance, palette, readable, rgb } from './style.ts'
import { clip, escapeXml, num, wrap } from './svg.ts'
import { textWidth } from './text-width.ts'

test('a PNG gives back the pixels it was made from (decoded by sharp)', async () => {
  for (const channels of [1, 3, 4] as const) {
    const pixels = Uint8Array.from({ length: 7 * 5 * channels }, (_, i) => (i * 53 + 11) % 256)
    const { data, info } = await sharp(encodePng(pixels, { width: 7, height: 5, channels }))
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height, info.channels]).toEqual([7, 5, channels])
    expect([...data]).toEqual([...pixels])
  }
})

test('ticks are round, in order, and inside; nice widens', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (low, width) => {
      const high = low + width
      const at = ticks(low, high, 5)
      const slack = width * 1e-6
      expect(at.length).toBeLessThanOrEqual(11)
      for (const [i, t] of at.entries()) {
        expect(t).toBeGreaterThanOrEqual(low - slack)
        expect(t).toBeLessThanOrEqual(high + slack)
        if (i > 0) expect(t).toBeGreaterThan(at[i - 1])
      }
      const [a, b] = nice(low, high)
      expect(a).toBeLessThanOrEqual(low + slack)
      expect(b).toBeGreaterThanOrEqual(high - slack)
    }),
  )
})

test('labels are spread to their gap, within bounds, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 6 }), (heights) => {
      const out = spread(heights, 15, 0, 100)
      const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b)
      for (let k = 1; k < order.length; k++) expect(out[order[k]] - out[order[k - 1]]).toBeGreaterThanOrEqual(15 - 1e-9)
      for (const y of out) expect(y).toBeLessThanOrEqual(100 + 1e-9)
    }),
  )
})

test('numbers and texts are safe in XML', () => {
  fc.assert(fc.property(fc.double(), (x) => void expect(num(x)).toMatch(/^-?\d+(\.\d{1,2})?$|^-?\d+(\.\d+)?e\+\d+$/)))
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => void expect(/[<>"]/.test(escapeXml(text)) || escapeXml(text).includes('\u0000')).toBe(false),
    ),
  )
  expect(escapeXml('a\u0000<b>&"\ud800')).toBe('a\ufffd&lt;b&gt;&amp;&quot;\ufffd')
})

test('texts are wrapped and cut to their width, and nothing but blanks is lost in wrapping', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 40, max: 300 }), (text, width) => {
      expect(wrap(text, width, 12).join(' ')).toBe(
        text
          .split(/\s+/)
          .filter((w) => w !== '')
          .join(' '),
      )
      const short = clip(text, width, 12)
      expect(textWidth(short, 12)).toBeLessThanOrEqual(width + 12)
    }),
  )
})

test('a cloud is fitted with equal aspect', () => {
  const box = { left: 10, top: 20, width: 200, height: 100 }
  const p = fit(Float32Array.of(0, 0, 10, 0, 0, 4), box, 5)
  const [dx, dy] = [p[2] - p[0], p[1] - p[5]]
  expect(dx / dy).toBeCloseTo(10 / 4, 4)
  expect(dx).toBeCloseTo(190, 3)
})

test('class colours: distinct for common and for deuteranopic eyes, letters readable on white', () => {
  const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((v, i) => v - b[i]))
  // Machado, Oliveira & Fernandes 2009, table 1: deuteranopia, severity 1.0 (on linear RGB; here a coarse check on sRGB).
  const deuteranopia = ([r, g, b]: readonly number[]) => [
    0.367322 * r + 0.860646 * g - 0.227968 * b,
    0.280085 * r + 0.672501 * g + 0.047413 * b,
    -0.01182 * r + 0.04294 * g + 0.968881 * b,
  ]
  for (let i = 0; i < palette.length; i++) {
    expect(1.05 / (luminance(readable(palette[i])) + 0.05)).toBeGreaterThanOrEqual(4.5)
    for (let j = 0; j < i; j++) {
      expect(distance(rgb(palette[i]), rgb(palette[j]))).toBeGreaterThan(40)
      expect(distance(deuteranopia(rgb(palette[i])), deuteranopia(rgb(palette[j]))), `${palette[i]} ${palette[j]}`).toBeGreaterThan(20)
    }
  }
  expect(classColour(3)).toBe(palette[3])
  expect(new Set(Array.from({ length: 40 }, (_, i) => classColour(i))).size).toBe(40)
})
