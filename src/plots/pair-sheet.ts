/** @file Pairs that may be one person, side by side: what an eye needs to say yes or no. */
import { checkOptions, ensure } from '../base/index.ts'
import { jpegDataUri } from '../images/index.ts'
import { tone } from './style.ts'
import { clip, element, heading, label, line, rect, svgDocument } from './svg.ts'

/** One side of a pair: some of its pictures, each height x width x 3 bytes, and its name. */
export interface PairSide {
  name: string
  detail?: string
  pictures: readonly Uint8Array[]
}

/** Two sides, and how far apart they are. */
export interface FacePairRow {
  left: PairSide
  right: PairSide
  distance: number
  /** A small line below the distance. */
  detail?: string
}

/** Options of {@link pairSheet}. */
export interface PairSheetOptions {
  /** Pixels of one picture. */
  height: number
  width: number
  title: string
  subtitle?: string
  /** Pictures a side at most. Default 3. */
  most?: number
}

/**
 * Draws pairs one below the other: pictures of the one at the left, of the other at the right, their distance between them.
 *
 * @returns an SVG document, about 4 KB a picture (JPEG inside)
 * @throws KindredError `usage` for no pairs or pictures of another size
 */
export async function pairSheet(rows: readonly FacePairRow[], options: PairSheetOptions): Promise<string> {
  const where = 'pairSheet'
  checkOptions(where, options, ['height', 'width', 'title', 'subtitle', 'most'])
  const { height, width, title, subtitle, most = 3 } = options
  ensure(rows.length > 0, where, 'there must be at least one pair', 'none')
  const size = 80
  const k = size / Math.max(height, width)
  const [w, h, gap, middle] = [width * k, height * k, 8, 128]
  const half = most * (w + gap) - gap
  const total = 48 + 2 * half + middle
  const top = heading({ title, subtitle }, total)
  let svg = top.svg
  let y = top.bottom + 6
  for (const [at, { left, right, distance, detail }] of rows.entries()) {
    if (at > 0) svg += line(24, y - 10, total - 24, y - 10, { stroke: tone.grid })
    for (const [side, { name, detail: small, pictures }] of [left, right].entries()) {
      // The two closest stand next to each other: the left side is filled from the middle outwards.
      const x = (i: number): number => (side === 0 ? 24 + half - w - i * (w + gap) : 24 + half + middle + i * (w + gap))
      for (const [i, pixels] of pictures.slice(0, most).entries()) {
        ensure(pixels.length === height * width * 3, where, `each picture must be ${height} x ${width} x 3 bytes`, pixels.length)
        svg += element('image', {
          x: x(i),
          y,
          width: w,
          height: h,
          href: await jpegDataUri(pixels, { height, width, channels: 3 }, 2 * size),
        })
        svg += rect(x(i), y, w, h, { fill: 'none', stroke: tone.line, rx: 2 })
      }
      const [edge, anchor] = side === 0 ? [24 + half, 'end' as const] : [24 + half + middle, 'start' as const]
      svg += label(edge, y + h + 16, clip(name, half, 13, 600), { size: 13, weight: 600, fill: tone.ink, anchor })
      if (small !== undefined) svg += label(edge, y + h + 31, clip(small, half, 11), { size: 11, fill: tone.faint, anchor })
    }
    const centre = 24 + half + middle / 2
    svg += label(centre, y + h / 2 + 2, distance.toFixed(3), { size: 18, weight: 600, anchor: 'middle', fill: tone.ink })
    if (detail !== undefined)
      svg += label(centre, y + h / 2 + 20, clip(detail, middle - 12, 10.5), { size: 10.5, anchor: 'middle', fill: tone.soft })
    y += h + 56
  }
  return svgDocument(total, y - 8, title, svg)
}
