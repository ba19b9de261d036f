/**
 * @file Letters (and digits) drawn from handwriting fonts with a shaky hand, in MNIST's frame: non-digits to train rejection with.
 *
 * Per image: a font's outline is slanted, stretched, rotated and bent by a smooth wave, filled, its strokes brought to a drawn width of
 * a pen (grown or shrunk by their distance field), and put into MNIST's frame.
 */
import { checkChoice, checkOptions, ensure, rng, type Rng } from '../base/index.ts'
import { inMemory, type Dataset } from '../dataset/index.ts'
import { fontNames, fontOutlines } from './fonts.ts'
import { maskOf, strokeWidth } from './ink.ts'
import { strokesToFrame } from './mnist-frame.ts'
import { fillOutline, type Outline } from './outline.ts'

/** Settings of {@link renderedLetters}. */
export interface RenderOptions {
  /** `train` (default) or `test`: disjoint lists; `all`; or names from them. */
  fonts?: 'train' | 'test' | 'all' | readonly string[]
  /** Images per class (default 100). */
  perLetter?: number
  seed?: number
  /** `upper`, `lower` or `both` (default; 52 classes). */
  case?: 'upper' | 'lower' | 'both'
  /** Which letters, such as `'ABC'` (default: the 26 of the Latin alphabet); the case is taken as given when set. */
  letters?: string
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Letters drawn from the handwriting fonts, one class a letter.
 *
 * Fonts take turns, so each hand writes each letter equally often; a letter that a font lacks is left to the others.
 *
 * @param options.perLetter images of each letter
 * @returns 28x28x1 images in MNIST's frame, class by class, `classes` = the letters
 * @throws KindredError `usage` for unknown fonts or no letters, `not-found` when a font's package is missing
 * cost: about 0.5 ms an image
 */
export function renderedLetters(options: RenderOptions = {}): Dataset {
  const where = 'rendered letters'
  checkOptions(where, options, ['fonts', 'perLetter', 'seed', 'case', 'letters'])
  const letterCase = options.case ?? 'both'
  checkChoice(where, 'case', letterCase, ['upper', 'lower', 'both'])
  const lower = alphabet.toLowerCase()
  const characters = options.letters ?? (letterCase === 'upper' ? alphabet : letterCase === 'lower' ? lower : alphabet + lower)
  return render(where, [...characters], options, 'letters')
}

/** Digits drawn the same way as {@link renderedLetters}, for comparison with real ones; classes '0'..'9'. */
export function renderedDigits(options: { fonts?: RenderOptions['fonts']; perDigit?: number; seed?: number } = {}): Dataset {
  checkOptions('rendered digits', options, ['fonts', 'perDigit', 'seed'])
  return render('rendered digits', [...'0123456789'], { fonts: options.fonts, perLetter: options.perDigit, seed: options.seed }, 'digits')
}

function render(where: string, characters: string[], options: RenderOptions, what: string): Dataset {
  const { fonts = 'train', perLetter = 100, seed = 0 } = options
  ensure(
    characters.length > 0 && characters.length <= 256 && new Set(characters).size === characters.length,
    where,
    'letters must be 1 to 256 different characters',
    characters.join(''),
  )
  ensure(
    Number.isInteger(perLetter) && perLetter > 0,
    where,
    'the number of images of each letter must be a whole number above 0',
    perLetter,
  )
  const names = fontNames(fonts)
  const hands = names.map((name) => fontOutlines(name, characters))
  const images = new Uint8Array(characters.length * perLetter * 784)
  const labels = new Int32Array(characters.length * perLetter)
  characters.forEach((character, c) => {
    const outlines = hands.flatMap((hand) => hand.get(character) ?? [])
    const variants = hands.map((hand) => hand.get(character)).filter((o) => o !== undefined)
    ensure(outlines.length > 0, where, `at least one of the fonts ${names.join(', ')} must have the character ${character}`, 'none')
    const random = rng(seed).fork(`${what} ${character}`)
    for (let i = 0; i < perLetter; i++) {
      const at = c * perLetter + i
      images.set(drawCharacter(variants[i % variants.length], random), at * 784)
      labels[at] = c
    }
  })
  const label = typeof fonts === 'string' ? `${fonts} fonts` : `fonts ${names.join(', ')}`
  return inMemory({ images, labels, height: 28, width: 28, classes: characters, source: `rendered ${what} (${label})` })
}

/** Longer side of the letter while it is drawn, pixels: 2.4 of them make one pixel of the frame. */
const drawn = 48
const margin = 9

/** One image of a character, bent at random. */
function drawCharacter(outline: Outline, random: Rng): Uint8Array {
  const bent = bend(outline, random)
  const ink = fillOutline(bent.outline, bent.height, bent.width)
  const perPixel = drawn / 20
  const wanted = Math.max(1.6, 2.75 + 0.55 * random.normal()) * perPixel
  const radius = (wanted - strokeWidth(maskOf(ink), bent.height, bent.width)) / 2
  return strokesToFrame(ink, bent.height, bent.width, Math.max(radius, -0.8 * perPixel))
}

/** Slant, stretch, rotation and a smooth wave, then scaled to the drawing size with a margin around. */
function bend(outline: Outline, random: Rng): { outline: Outline; height: number; width: number } {
  const within = (low: number, high: number): number => low + (high - low) * random.uniform()
  const angle = within(-0.2, 0.2)
  const slant = within(-0.25, 0.35)
  const stretch = Math.exp(within(-0.2, 0.2))
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const first = outline.map((p) => {
    const q = new Float64Array(p.length)
    for (let i = 0; i < p.length; i += 2) {
      const x = stretch * (p[i] + slant * p[i + 1])
      const y = -p[i + 1] // fonts point upwards, images downwards
      q[i] = cos * x - sin * y
      q[i + 1] = sin * x + cos * y
    }
    return q
  })
  const unit = fitInto(first, 1, 0)
  // two waves across the letter, in each direction: the hand is never the same twice
  const waves = [0, 1, 2, 3].map(() => ({
    kx: within(-1.2, 1.2),
    ky: within(-1.2, 1.2),
    phase: within(0, 2 * Math.PI),
    size: within(0, 0.04),
  }))
  const bent = unit.outline.map((p) => {
    const q = new Float64Array(p.length)
    for (let i = 0; i < p.length; i += 2) {
      q[i] = p[i] + wave(waves[0], p[i], p[i + 1]) + wave(waves[1], p[i], p[i + 1])
      q[i + 1] = p[i + 1] + wave(waves[2], p[i], p[i + 1]) + wave(waves[3], p[i], p[i + 1])
    }
    return q
  })
  return fitInto(bent, drawn, margin)
}

function wave(w: { kx: number; ky: number; phase: number; size: number }, x: number, y: number): number {
  return w.size * Math.sin(2 * Math.PI * (w.kx * x + w.ky * y) + w.phase)
}

/** Scales and shifts an outline so that its longer side is `size` and `border` is left around it. */
function fitInto(outline: Outline, size: number, border: number): { outline: Outline; height: number; width: number } {
  let x0 = Infinity
  let y0 = Infinity
  let x1 = -Infinity
  let y1 = -Infinity
  for (const p of outline) {
    for (let i = 0; i < p.length; i += 2) {
      if (p[i] < x0) x0 = p[i]
      if (p[i] > x1) x1 = p[i]
      if (p[i + 1] < y0) y0 = p[i + 1]
      if (p[i + 1] > y1) y1 = p[i + 1]
    }
  }
  const scale = size / Math.max(x1 - x0, y1 - y0, 1e-9)
  const moved = outline.map((p) => p.map((v, i) => (v - (i % 2 === 0 ? x0 : y0)) * scale + border))
  return { outline: moved, height: Math.ceil((y1 - y0) * scale) + 2 * border, width: Math.ceil((x1 - x0) * scale) + 2 * border }
}
