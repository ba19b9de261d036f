import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { colourDifference, labDifference } from '../../test/support/colour-difference.ts'
import { spread } from './axes.ts'
import { fit } from './cloud.ts'
import { encodePng } from '../images/encode-png.ts'
import { darkColour, darkPaper } from './dark.ts'
import { nice, ticks } from './scale.ts'
import { classColour, luminance, palette, readable, tone } from './style.ts'
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

test.each([
  ['light', tone.paper, (colour: string) => colour],
  ['dark', darkPaper, darkColour],
] as const)('class colours on %s paper: any two clearly differ, for common and for colour-blind eyes', (_, paper, shown) => {
  const all = palette.map(shown)
  for (const [sight, least] of [
    ['common', 25],
    ['protanopia', 13.5],
    ['deuteranopia', 13.5],
    ['tritanopia', 13.5],
  ] as const) {
    for (const [i, a] of all.entries()) {
      expect(colourDifference(a, paper, sight), `${a} on ${paper}, ${sight}`).toBeGreaterThan(13.5)
      for (const b of all.slice(0, i)) expect(colourDifference(a, b, sight), `${a} ${b}, ${sight}`).toBeGreaterThan(least)
    }
  }
  expect(colourDifference(all[3], all[8])).toBeGreaterThan(40)
})

test('colour differences are those of CIEDE2000', () => {
  // Pairs 1, 7 and 17 of Sharma, Wu & Dalal 2005, table 1.
  expect(labDifference([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 4)
  expect(labDifference([50, 0, 0], [50, -1, 2])).toBeCloseTo(2.3669, 4)
  expect(labDifference([50, 2.5, 0], [73, 25, -18])).toBeCloseTo(27.1492, 4)
  expect(colourDifference('#94a4a2', '#717581')).toBeLessThan(25) // two greys that stood for 3 and 8
})

const byte = fc.integer({ min: 0, max: 255 })

test('what can be read on white can be read on the dark paper', () => {
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte), (bytes) => {
      const colour = `#${bytes.map((v) => v.toString(16).padStart(2, '0')).join('')}`
      fc.pre(1.05 / (luminance(colour) + 0.05) >= 4.5 && !palette.includes(colour) && colour !== tone.mistake)
      expect((luminance(darkColour(colour)) + 0.05) / (luminance(darkPaper) + 0.05), colour).toBeGreaterThanOrEqual(4.5)
    }),
  )
})

test('class names can be read on white, and light and dark change places', () => {
  for (const colour of palette) expect(1.05 / (luminance(readable(colour)) + 0.05)).toBeGreaterThanOrEqual(4.5)
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte), (bytes) => {
      const colour = `#${bytes.map((v) => v.toString(16).padStart(2, '0')).join('')}`
      expect(darkColour(colour)).toMatch(/^#[0-9a-f]{6}$/)
      if (luminance(colour) > 0.6 && !palette.includes(colour)) expect(luminance(darkColour(colour)), colour).toBeLessThan(0.2)
      if (luminance(colour) < 0.02 && !palette.includes(colour)) expect(luminance(darkColour(colour)), colour).toBeGreaterThan(0.5)
    }),
  )
  expect(luminance(darkColour('#ffffff'))).toBeLessThan(0.03)
  expect(luminance(darkColour('#000000'))).toBeGreaterThan(0.85)
})

test('every class has a colour of its own', () => {
  expect(classColour(3)).toBe(palette[3])
  expect(new Set(Array.from({ length: 40 }, (_, i) => classColour(i))).size).toBe(40)
})
