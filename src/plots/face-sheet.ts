/**
 * @file A contact sheet: groups of faces one below the other, each with its name and all its pictures, so that a stranger in a group is seen at a glance.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import { jpegDataUri } from '../images/index.ts'
import { tone } from './style.ts'
import { clip, element, heading, label, line, rect, svgDocument } from './svg.ts'

/** One group of a {@link faceSheet}. */
export interface SheetGroup {
  /** Its name, or what stands for one; none where the page has one group alone. */
  title?: string
  /** A small line beside the title. */
  detail?: string
  faces: readonly SheetFace[]
  /** Faces that are not drawn. */
  more?: number
}

/** A picture of a {@link SheetGroup}. */
export interface SheetFace {
  /** height x width x 3 bytes. */
  pixels: Uint8Array
  /** One line below it. */
  caption?: string
  /** Dashed: belongs here by guess alone. */
  guess?: boolean
}

/** Options of {@link faceSheet}. */
export interface FaceSheetOptions {
  /** Pixels of one picture. */
  height: number
  width: number
  title: string
  subtitle?: string
  /** Pictures in a row; default 10. */
  columns?: number
  /** The longer side of a drawn picture in pixels. Default 76. */
  size?: number
}

/**
 * Draws groups of faces.
 *
 * @returns an SVG document, about 4 KB a picture (JPEG inside)
 * @throws KindredError `usage` for no groups or pictures of another size
 */
export async function faceSheet(groups: readonly SheetGroup[], options: FaceSheetOptions): Promise<string> {
  const where = 'faceSheet'
  checkOptions(where, options, ['height', 'width', 'title', 'subtitle', 'columns', 'size'])
  const { height, width, title, subtitle, columns = 10, size = 76 } = options
  ensure(groups.length > 0, where, 'there must be at least one group', 'none')
  ensure(Number.isInteger(columns) && columns >= 1, where, 'columns must be a positive integer', columns)
  const k = size / Math.max(height, width)
  const [w, h, gap] = [width * k, height * k, 10]
  const captioned = groups.some((g) => g.faces.some((f) => f.caption !== undefined))
  const rowHeight = h + gap + (captioned ? 15 : 0)
  const total = Math.max(420, 48 + Math.min(columns, largest(groups.map((g) => g.faces.length))) * (w + gap) - gap)
  const top = heading({ title, subtitle }, total)
  let svg = top.svg
  let y = top.bottom + 4
  for (const [g, group] of groups.entries()) {
    if (g > 0) svg += line(24, y - 6, total - 24, y - 6, { stroke: tone.grid })
    if (group.title !== undefined) {
      y += 14
      svg += label(24, y, clip(group.title, total - 48, 14, 600), { size: 14, weight: 600, fill: tone.ink })
    }
    y += 17
    const detail = [group.detail, group.more === undefined || group.more === 0 ? undefined : `${group.more} more are not shown`]
      .filter((d) => d !== undefined)
      .join('; ')
    if (detail !== '') {
      svg += label(24, y, clip(detail, total - 48, 11.5), { size: 11.5, fill: tone.faint })
      y += 10
    } else y -= 8
    for (const [i, { pixels, caption, guess }] of group.faces.entries()) {
      ensure(pixels.length === height * width * 3, where, `each picture must be ${height} x ${width} x 3 bytes`, pixels.length)
      const [x, yy] = [24 + (i % columns) * (w + gap), y + Math.floor(i / columns) * rowHeight]
      svg += element('image', { x, y: yy, width: w, height: h, href: await jpegDataUri(pixels, { height, width, channels: 3 }, 2 * size) })
      svg += rect(x, yy, w, h, {
        fill: 'none',
        stroke: guess === true ? tone.faint : tone.line,
        'stroke-width': guess === true ? 2 : 1,
        'stroke-dasharray': guess === true ? '4 3' : undefined,
        rx: 2,
      })
      if (caption !== undefined)
        svg += label(x + w / 2, yy + h + 12, clip(caption, w + gap - 3, 9.5), { size: 9.5, anchor: 'middle', fill: tone.soft })
    }
    y += Math.ceil(group.faces.length / columns) * rowHeight + 10
  }
  return svgDocument(total, y + 4, title, svg)
}
