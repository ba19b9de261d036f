import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fontFiles, toPng, webFontFiles } from './to-png.ts'
import { textWidth } from './text-width.ts'
import { confusionMatrix } from './confusion-matrix.ts'

interface Font {
  unitsPerEm: number
  charToGlyph(sign: string): { advanceWidth: number }
  charToGlyphIndex(sign: string): number
}
const { parse } = createRequire(import.meta.url)('opentype.js') as { parse(buffer: ArrayBuffer): Font }

const svg = confusionMatrix([40, 2, 1, 38], ['even', 'odd'], { title: 'Where the title is' })

/** Dark pixels where the title stands. */
async function titleInk(png: Uint8Array): Promise<number> {
  const { data } = await sharp(png)
    .extract({ left: 20, top: 16, width: 220, height: 30 })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return data.reduce((sum, v) => sum + (v < 110 ? 1 : 0), 0)
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-fonts-'))
  writeFileSync(join(folder, 'empty.conf'), '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Draws the figure in a process whose fontconfig knows no font: with toPng, or with bare sharp as the planted failure. */
function drawWithoutFonts(how: 'toPng' | 'bare'): Uint8Array {
  const out = join(folder, `${how}.png`)
  const input = join(folder, 'figure.svg')
  writeFileSync(input, svg)
  const script = join(folder, `${how}.mts`)
  const module = (path: string) => pathToFileURL(join(import.meta.dirname, path)).href
  writeFileSync(
    script,
    how === 'toPng'
      ? `import { toPng } from ${JSON.stringify(module('to-png.ts'))}\n` +
          `import { readFileSync, writeFileSync } from 'node:fs'\n` +
          `writeFileSync(${JSON.stringify(out)}, await toPng(readFileSync(${JSON.stringify(input)}, 'utf8'), { scale: 1 }))`
      : `import { createRequire } from 'node:module'\n` +
          `const sharp = createRequire(${JSON.stringify(module('to-png.ts'))})('sharp')\n` +
          `await sharp(${JSON.stringify(input)}).png().toFile(${JSON.stringify(out)})`,
  )
  const run = spawnSync(process.execPath, ['--import', 'tsx', script], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, FONTCONFIG_FILE: join(folder, 'empty.conf') },
    encoding: 'utf8',
  })
  expect(run.status, run.stderr).toBe(0)
  return readFileSync(out)
}

describe('text in pictures', () => {
  test('the title is there', async () => {
    expect(await titleInk(await toPng(svg, { scale: 1 }))).toBeGreaterThan(400)
  })

  test('the title is there on a machine without a single font, and it is the same title', async () => {
    const [bare, here] = [drawWithoutFonts('toPng'), await toPng(svg, { scale: 1 })]
    const [inkBare, inkHere] = [await titleInk(bare), await titleInk(here)]
    // The system's settings may smooth edges differently, no more.
    expect(Math.abs(inkBare / inkHere - 1)).toBeLessThan(0.05)
  })

  test('planted failure: without the shipped font the letters are lost, and this test would see it', async () => {
    const [lost, here] = [await titleInk(drawWithoutFonts('bare')), await titleInk(await toPng(svg, { scale: 1 }))]
    expect(Math.abs(lost / here - 1)).toBeGreaterThan(0.1)
  })

  test('semi-bold is drawn bolder than regular', async () => {
    const ink = async (weight: number) =>
      titleInk(
        await toPng(
          `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60"><text x="24" y="40" font-size="24" font-family="Inter" font-weight="${weight}">` +
            `Hamburg 12345</text></svg>`,
          { scale: 1 },
        ),
      )
    expect(await ink(600)).toBeGreaterThan((await ink(400)) * 1.15)
  })
})

test('size follows width or scale; same figure, same bytes', async () => {
  const size = async (png: Uint8Array) => (await sharp(png).metadata()).width
  expect(await size(await toPng(svg))).toBe(1720)
  expect(await size(await toPng(svg, { width: 500 }))).toBe(500)
  expect(await toPng(svg, { width: 500 })).toEqual(await toPng(svg, { width: 500 }))
})

test('says what is wrong', async () => {
  await expect(toPng('hello')).rejects.toThrow('toPng: svg must be an SVG document with a width, got "hello"')
  await expect(toPng(svg, { width: -3 })).rejects.toThrow('width and scale must be positive')
  await expect(toPng(svg, { widht: 3 } as object)).rejects.toThrow('Did you mean "width"?')
})

test('the table of widths is that of the font files', () => {
  for (const [i, weight] of ([400, 600] as const).entries()) {
    const bytes = readFileSync(fontFiles[i])
    const font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    for (let code = 32; code < 127; code++) {
      const sign = String.fromCharCode(code)
      const truth = (font.charToGlyph(sign).advanceWidth / font.unitsPerEm) * 1000
      expect(Math.abs(textWidth(sign, 1000, weight) - truth), sign).toBeLessThanOrEqual(0.5)
    }
  }
})

test('the fonts stay small and have the signs that figures use', () => {
  for (const file of fontFiles) {
    const bytes = readFileSync(file)
    expect(bytes.length).toBeLessThan(200_000)
    const font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    for (const sign of '−≥≤→…·✓✗²Σαéßłğ') expect(font.charToGlyphIndex(sign), sign).toBeGreaterThan(0)
  }
  for (const file of webFontFiles) expect(readFileSync(file).subarray(0, 4).toString()).toBe('wOF2')
})
