/**
 * @file One look for all figures: white paper, quiet axes, colours that survive colour blindness.
 *
 * The ten class colours were found by annealing: the least difference (CIEDE2000) between any two, and to the paper, made as large as it gets under common
 * vision and under simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira & Fernandes 2009), for colours that are no greys; their order puts far
 * apart what people mistake for each other as digits (3 and 8, 4 and 9). Idea: M. A. Petroff, arXiv:2107.02270 (2021). A class is also named, so that no figure
 * depends on colour alone. What they become on a dark page: `darkColour`.
 */

/** Ten class colours, none of them grey: two differ by at least 26 (CIEDE2000), and by 14 with any common kind of colour blindness. */
export const palette: readonly string[] = [
  '#1c6794',
  '#2e03ad',
  '#652139',
  '#5bc4f9',
  '#354e01',
  '#a1c935',
  '#f287a1',
  '#369679',
  '#a56d31',
  '#a45bf7',
]

/** The colours of everything that is not a class. */
export const tone = {
  ink: '#1c2530',
  soft: '#56616e',
  faint: '#6a7582',
  grid: '#e8ebef',
  line: '#b6bec8',
  paper: '#ffffff',
  wash: '#f5f7f9',
  blue: '#1f6fb5',
  orange: '#b9560a',
  red: '#b3261e',
  purple: '#7a3ea8',
  /** Laid over the paper with an opacity: the more, the worse. The same on light and dark paper. */
  mistake: '#c2410c',
} as const

/** The font stack: the shipped Inter first, then what common systems have. */
export const fontFamily = "Inter, 'Helvetica Neue', 'Segoe UI', Roboto, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

/**
 * The colour of class `index`.
 *
 * The first ten come from {@link palette}; further classes walk the hue circle by the golden angle at alternating lightness, as no
 * sequence of more than about ten colours stays distinguishable (their letters must tell them apart).
 *
 * @param index class number, an integer >= 0
 * @returns `#rrggbb`
 */
export function classColour(index: number): string {
  if (index < palette.length) return palette[index]
  const hue = (index * 137.508) % 360
  return fromHsl(hue, 0.55, [0.42, 0.62, 0.3][index % 3])
}

/** A colour mixed with black (`share` < 0) or white (`share` > 0), share in -1..1. */
export function shade(colour: string, share: number): string {
  const target = share < 0 ? 0 : 255
  const mixed = rgb(colour).map((v) => Math.round(v + (target - v) * Math.abs(share)))
  return `#${mixed.map((v) => v.toString(16).padStart(2, '0')).join('')}`
}

/** The three bytes of `#rrggbb`. */
export function rgb(colour: string): [number, number, number] {
  const v = Number.parseInt(colour.slice(1), 16)
  return [(v >> 16) & 255, (v >> 8) & 255, v & 255]
}

/** WCAG 2 relative luminance of `#rrggbb`, 0 (black) to 1 (white). */
export function luminance(colour: string): number {
  const [r, g, b] = rgb(colour).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/**
 * The colour, darkened until text in it reads on white (WCAG contrast of at least 4.5). It is always a little darker: on a dark page a class colour has a
 * partner that is made for marks, and text has one that can be read.
 */
export function readable(colour: string): string {
  for (let share = 0.05; share < 1; share += 0.05) {
    const darker = shade(colour, -share)
    if (1.05 / (luminance(darker) + 0.05) >= 4.5) return darker
  }
  return tone.ink
}

function fromHsl(h: number, s: number, l: number): string {
  const a = s * Math.min(l, 1 - l)
  const part = (n: number) => {
    const k = (n + h / 30) % 12
    const v = Math.round(255 * (l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
    return v.toString(16).padStart(2, '0')
  }
  return `#${part(0)}${part(8)}${part(4)}`
}
