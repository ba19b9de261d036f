/**
 * @file A face and its nearest neighbours in a row, with name and distance; several rows make a gallery.
 */
import { checkChoice, checkOptions, ensure, largest } from '../base/index.ts'
import { jpegDataUri } from '../images/index.ts'
import { tone } from './style.ts'
import { clip, element, heading, label, line, rect, svgDocument, wrap } from './svg.ts'

/** A neighbour of a {@link StripRow}. */
export interface StripNeighbour {
  /** height x width x channels bytes. */
  pixels: Uint8Array
  /** Who it is said to be, or the photo's name. */
  name: string
  /** Euclidean distance to the query. */
  distance: number
  /** Whether it shows the query's person: `right` (green, ✓), `wrong` (red and broken, ✗), `unknown` (grey). */
  mark: 'right' | 'wrong' | 'unknown'
}

/** A query and what was found. */
export interface StripRow {
  /** height x width x channels bytes. */
  query: Uint8Array
  /** Who the query shows; default nothing. */
  name?: string
  /** A small second line, e.g. the photo's file. */
  detail?: string
  /** Nearest first. */
  neighbours: readonly StripNeighbour[]
  /** Said in grey in place of further neighbours, e.g. that there are no more photos of this person. */
  end?: string
}

/** Options of {@link faceStrip}. */
export interface FaceStripOptions {
  /** Pixels of one picture. */
  height: number
  width: number
  /** 1 grey, 3 RGB. Default 3. */
  channels?: 1 | 3
  title?: string
  subtitle?: string
  /** The longer side of a drawn picture in pixels. Default 104. */
  size?: number
}

const green = '#18794e'
const look = {
  right: { colour: green, sign: '✓ ', frame: { 'stroke-width': 3 } },
  wrong: { colour: tone.red, sign: '✗ ', frame: { 'stroke-width': 3, 'stroke-dasharray': '7 4' } },
  unknown: { colour: tone.line, sign: '', frame: { 'stroke-width': 1.5 } },
} as const

/**
 * Draws one row a query: the query at the left, then its neighbours, nearest first, each with name and distance.
 *
 * A sign stands beside the colour of a frame, and a wrong one's frame is broken, so that no one needs to tell red from green.
 * @returns an SVG document, about 8 KB a picture (JPEG inside)
 * @throws KindredError `usage` for no rows, pictures of another size, distances that are not finite
 */
export async function faceStrip(rows: readonly StripRow[], options: FaceStripOptions): Promise<string> {
  const where = 'faceStrip'
  checkOptions(where, options, ['height', 'width', 'channels', 'title', 'subtitle', 'size'])
  const { height, width, channels = 3, size = 104 } = options
  ensure(rows.length > 0, where, 'there must be at least one row', 'none')
  const most = largest(rows.map((row) => row.neighbours.length + (row.end === undefined ? 0 : 1)))
  const k = size / Math.max(height, width)
  const [w, h] = [width * k, height * k]
  const pitch = w + 16
  const x0 = 24 + w + 46
  const total = Math.max(x0 + Math.max(1, most) * pitch + 8, options.title === undefined ? 0 : 420)
  const title = options.title === undefined ? { svg: '', bottom: 14 } : heading({ title: options.title, subtitle: options.subtitle }, total)
  let svg = title.svg
  let y = title.bottom + 6
  const picture = async (pixels: Uint8Array, x: number) => {
    ensure(
      pixels.length === height * width * channels,
      where,
      `each picture must be ${height} x ${width} x ${channels} bytes`,
      pixels.length,
    )
    return element('image', { x, y, width: w, height: h, href: await jpegDataUri(pixels, { height, width, channels }, 2 * size) })
  }
  for (const [r, row] of rows.entries()) {
    if (r > 0) svg += line(24, y - 12, total - 24, y - 12, { stroke: tone.grid })
    svg += (await picture(row.query, 24)) + rect(24, y, w, h, { fill: 'none', stroke: tone.ink, 'stroke-width': 2, rx: 2 })
    svg += label(24 + w / 2, y + h + 18, clip(row.name ?? 'query', pitch, 12.5, 600), {
      size: 12.5,
      weight: 600,
      fill: tone.ink,
      anchor: 'middle',
    })
    if (row.detail !== undefined)
      svg += label(24 + w / 2, y + h + 33, clip(row.detail, w + 26, 11), { size: 11, anchor: 'middle', fill: tone.faint })
    svg += label(24 + w + 23, y + h / 2 + 6, '→', { size: 18, anchor: 'middle', fill: tone.faint })
    if (row.neighbours.length === 0 && row.end === undefined) svg += label(x0, y + h / 2 + 5, 'nobody found', { size: 13 })
    for (const [i, { pixels, name, distance, mark }] of row.neighbours.entries()) {
      checkChoice(where, 'mark', mark, ['right', 'wrong', 'unknown'])
      ensure(Number.isFinite(distance), where, 'distances must be finite', distance)
      const { colour, sign, frame } = look[mark]
      const x = x0 + i * pitch
      svg += (await picture(pixels, x)) + rect(x, y, w, h, { fill: 'none', stroke: colour, ...frame, rx: 2 })
      svg += label(x + w / 2, y + h + 18, clip(sign + name, pitch - 4, 12, 600), {
        size: 12,
        weight: 600,
        anchor: 'middle',
        fill: mark === 'unknown' ? tone.soft : colour,
      })
      svg += label(x + w / 2, y + h + 33, distance.toFixed(3), { size: 11.5, anchor: 'middle' })
    }
    if (row.end !== undefined) {
      const lines = wrap(row.end, w - 8, 12)
      const x = x0 + row.neighbours.length * pitch
      for (const [i, text] of lines.entries())
        svg += label(x + w / 2, y + h / 2 + 5 + (i - (lines.length - 1) / 2) * 16, text, { size: 12, anchor: 'middle', fill: tone.faint })
    }
    y += h + 62
  }
  return svgDocument(total, y - 10, options.title ?? `${rows.length} faces and their nearest neighbours`, svg)
}
