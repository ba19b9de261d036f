/**
 * @file The handwriting fonts that letters are drawn with, parted once and for all into a training and a test half.
 *
 * The fonts come as npm packages (`@fontsource/*`); nothing of them is copied into this package. A network trained on letters of the
 * training fonts can be tested on letters of the test fonts, whose hands it has never seen.
 */
import { createRequire } from 'node:module'
import type { Font, parse } from 'opentype.js'
import { ensure, KindredError, nearestName, show } from '../base/index.ts'
import { needParts, readBytes } from '../files/index.ts'
import { flatten, type Outline } from './outline.ts'

/** A font and the licence of its package. */
export interface HandFont {
  /** Name of the package after `@fontsource/`. */
  name: string
  licence: 'OFL-1.1' | 'Apache-2.0'
}

/** Fonts to train with. */
export const trainFonts: readonly HandFont[] = [
  { name: 'architects-daughter', licence: 'OFL-1.1' },
  { name: 'coming-soon', licence: 'Apache-2.0' },
  { name: 'covered-by-your-grace', licence: 'OFL-1.1' },
  { name: 'gloria-hallelujah', licence: 'OFL-1.1' },
  { name: 'handlee', licence: 'OFL-1.1' },
  { name: 'homemade-apple', licence: 'Apache-2.0' },
  { name: 'just-another-hand', licence: 'Apache-2.0' },
  { name: 'kalam', licence: 'OFL-1.1' },
  { name: 'patrick-hand', licence: 'OFL-1.1' },
  { name: 'reenie-beanie', licence: 'OFL-1.1' },
  { name: 'shadows-into-light', licence: 'OFL-1.1' },
]

/** Fonts to test with; none of them is in {@link trainFonts}. */
export const testFonts: readonly HandFont[] = [
  { name: 'caveat', licence: 'OFL-1.1' },
  { name: 'gochi-hand', licence: 'OFL-1.1' },
  { name: 'indie-flower', licence: 'OFL-1.1' },
  { name: 'nothing-you-could-do', licence: 'OFL-1.1' },
  { name: 'schoolbell', licence: 'Apache-2.0' },
]

/** Names of the fonts meant by `train`, `test`, `all` or a list of names. */
export function fontNames(fonts: 'train' | 'test' | 'all' | readonly string[]): string[] {
  const names = (list: readonly HandFont[]): string[] => list.map((f) => f.name)
  if (fonts === 'train') return names(trainFonts)
  if (fonts === 'test') return names(testFonts)
  const known = names([...trainFonts, ...testFonts])
  if (fonts === 'all') return known
  ensure(Array.isArray(fonts) && fonts.length > 0, 'fonts', 'fonts must be train, test, all or a list of names', fonts)
  for (const name of fonts) {
    const near = nearestName(name, known)
    ensure(
      known.includes(name),
      'fonts',
      `a font must be one of ${known.join(', ')}`,
      name,
      near === undefined ? undefined : `Did you mean ${show(near)}?`,
    )
  }
  return [...fonts]
}

const loaded = new Map<string, Map<string, Outline>>()

/**
 * The outlines of characters in one font, in units of the em square, y upwards; characters that the font lacks are missing.
 *
 * @throws KindredError `not-found` when the packages of fonts and of their reader are not installed, `corrupt` when it cannot be read
 * cost: some ten milliseconds a font the first time
 */
export function fontOutlines(name: string, characters: readonly string[]): Map<string, Outline> {
  const cache = loaded.get(name) ?? new Map<string, Outline>()
  if (!loaded.has(name)) loaded.set(name, cache)
  if (characters.some((c) => !cache.has(c))) {
    const font = parseFont(name)
    for (const character of characters) {
      const polygons = font.charToGlyphIndex(character) === 0 ? [] : flatten(font.charToGlyph(character).path.commands)
      cache.set(
        character,
        polygons.map((p) => p.map((v) => v / font.unitsPerEm)),
      )
    }
  }
  return new Map(characters.map((c) => [c, cache.get(c)!] as const).filter(([, outline]) => outline.length > 0))
}

function parseFont(name: string): Font {
  needParts('fonts', ['letters'])
  const own = createRequire(import.meta.url)
  const path = own.resolve(`@fontsource/${name}/files/${name}-latin-400-normal.woff`)
  const bytes = readBytes(path, 'read font')
  const opentype = own('opentype.js') as { parse: typeof parse } // loaded when the first letter is drawn
  try {
    return opentype.parse(bytes.slice().buffer)
  } catch (error) {
    throw new KindredError(
      'corrupt',
      path,
      'it must be a WOFF font',
      error instanceof Error ? error.message : String(error),
      'Install the package again.',
      { cause: error },
    )
  }
}
