/**
 * @file What a figure's colours become on a dark page. Figures are files, and files are light; a page that shows them inside itself turns them.
 *
 * Light and dark change places: a colour keeps its hue, and its lightness L (OKLab: B. Ottosson, "A perceptual color space for image processing", 2020)
 * becomes 1.28 - L: every colour that can be read on white can then be read on the dark paper (contrast of 4.5). Class colours have partners of their own:
 * turned by the rule, the light ones would be too dark to be told apart.
 */
import { palette, rgb, tone } from './style.ts'

/** The paper of figures on a dark page. */
export const darkPaper = '#1a2027'

const darkPalette: readonly string[] = [
  '#4768a3',
  '#c3c7fd',
  '#915657',
  '#4ca1b1',
  '#7e9b6a',
  '#eaf46f',
  '#fca3a9',
  '#84fee3',
  '#ee5e04',
  '#c959fd',
]

const partners = new Map<string, string>([
  [tone.paper, darkPaper],
  [tone.ink, '#e8ecf1'],
  [tone.soft, '#a9b4c0'],
  [tone.faint, '#7f8b98'],
  [tone.grid, '#2c353f'],
  [tone.line, '#56626f'],
  [tone.wash, '#212932'],
  [tone.blue, '#6fb1ea'],
  [tone.orange, '#f09a52'],
  [tone.red, '#ff9488'],
  [tone.purple, '#c39be6'],
  [tone.mistake, tone.mistake],
  ...palette.map((colour, i) => [colour, darkPalette[i]] as const),
])

/** The partner of a colour on a dark page. @param colour `#rrggbb` @returns `#rrggbb` */
export function darkColour(colour: string): string {
  return partners.get(colour) ?? turned(colour)
}

/** The colour of the same hue at the lightness 1.28 - L, with less chroma where a screen has no such colour. */
function turned(colour: string): string {
  const [l, a, b] = toOklab(rgb(colour))
  const to = Math.min(0.96, Math.max(0.2, 1.28 - l))
  for (let chroma = 1; chroma > 0; chroma -= 0.05) {
    const found = fromOklab(to, a * chroma, b * chroma)
    if (found !== undefined) return found
  }
  return fromOklab(to, 0, 0)!
}

function toOklab(bytes: readonly [number, number, number]): [number, number, number] {
  const [r, g, b] = bytes.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

/** `#rrggbb`; undefined for a colour that no screen shows. */
function fromOklab(lightness: number, a: number, b: number): string | undefined {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  if (linear.some((v) => v < -0.001 || v > 1.001)) return undefined
  const hex = linear.map((v) => {
    const share = Math.min(1, Math.max(0, v))
    const byte = Math.round(255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055))
    return byte.toString(16).padStart(2, '0')
  })
  return `#${hex.join('')}`
}
