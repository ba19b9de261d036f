/**
 * @file Images in rows and columns with captions: triplets, mistakes, rejected letters, nearest neighbours.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import { pngDataUri } from '../images/index.ts'
import { tone } from './style.ts'
import { clip, element, heading, label, rect, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** Pixels of one image. */
  height: number
  width: number
  /** 1 grey, 3 RGB. Default 1. */
  channels?: 1 | 3
  /** Images in a row; default 8. */
  columns?: number
  /** One line below each image; `''` for none. */
  captions?: readonly string[]
  /** A frame and a sign for each image: right (blue, ✓) or wrong (orange, ✗). */
  marks?: readonly ('right' | 'wrong' | undefined)[]
  /** Names above the columns, e.g. anchor, positive, negative. */
  columnTitles?: readonly string[]
  /** Names left of the rows. */
  rowTitles?: readonly string[]
  title?: string
  subtitle?: string
  /** Side of a drawn image in pixels, the longer one. Default 84. */
  size?: number
  /** Dark ink on white paper from light ink on black; for grey images alone. Default false. */
  invert?: boolean
}

/**
 * Draws a grid of images with crisp pixels (PNG inside the SVG).
 *
 * @param images `Uint8Array` [n, height, width, channels], 0..255
 * @returns an SVG document, about 0.5 KB an image of 28 x 28
 * @throws KindredError `usage` for no images, or bytes, captions or marks that do not fit
 */
export function imageGrid(images: Uint8Array, options: ImageGridOptions): string {
  const where = 'imageGrid'
  checkOptions(where, options, [
    'height',
    'width',
    'channels',
    'columns',
    'captions',
    'marks',
    'columnTitles',
    'rowTitles',
    'title',
    'subtitle',
    'size',
    'invert',
  ])
  const { height, width, channels = 1, captions, marks, columnTitles, rowTitles, title, subtitle, size = 84, invert = false } = options
  const each = height * width * channels
  ensure(
    each > 0 && images.length > 0 && images.length % each === 0,
    where,
    `images must be n x ${height} x ${width} x ${channels} bytes, n at least 1`,
    images.length,
  )
  const n = images.length / each
  for (const [name, list] of [
    ['captions', captions],
    ['marks', marks],
  ] as const)
    ensure(list === undefined || list.length === n, where, `${name} must hold ${n} entries, one an image`, list?.length)
  const columns = Math.max(1, Math.min(n, options.columns ?? 8))
  const k = size / Math.max(height, width)
  const [w, h] = [width * k, height * k]
  const captionHeight = captions === undefined ? 10 : 26
  const longest = largest(
    (captions ?? []).map((c) => textWidth(c, 11.5)),
    0,
  )
  const pitch = Math.max(w + 12, Math.min(longest + 14, w * 1.8))
  const rowWidth = rowTitles === undefined ? 0 : largest(rowTitles.map((t) => textWidth(t, 12.5, 600))) + 14
  const total = Math.max(
    48 + rowWidth + pitch * columns - (pitch - w),
    title === undefined ? 0 : Math.min(860, textWidth(title, 19, 600) + 52),
  )
  const top = title === undefined ? { svg: '', bottom: 18 } : heading({ title, subtitle }, total)
  let svg = top.svg
  let y = top.bottom
  const x0 = 24 + rowWidth
  if (columnTitles !== undefined) {
    y += 12
    for (const [j, name] of columnTitles.slice(0, columns).entries())
      svg += label(x0 + j * pitch + w / 2, y, name, { size: 12.5, weight: 600, fill: tone.ink, anchor: 'middle' })
    y += 10
  }
  for (let i = 0; i < n; i++) {
    const [x, yy] = [x0 + (i % columns) * pitch, y + Math.floor(i / columns) * (h + captionHeight)]
    const bytes = images.subarray(i * each, (i + 1) * each)
    const href = pngDataUri(invert && channels === 1 ? bytes.map((v) => 255 - v) : bytes, { width, height, channels })
    const mark = marks?.[i]
    const colour = mark === 'right' ? tone.blue : mark === 'wrong' ? tone.orange : tone.grid
    svg += element('image', { x, y: yy, width: w, height: h, href, 'image-rendering': 'pixelated', style: 'image-rendering:pixelated' })
    svg += rect(x - 1, yy - 1, w + 2, h + 2, { fill: 'none', stroke: colour, 'stroke-width': mark === undefined ? 1 : 2.5, rx: 2 })
    const caption = captions?.[i] ?? ''
    const sign = mark === undefined ? '' : mark === 'right' ? '✓ ' : '✗ '
    if (caption !== '')
      svg += label(x + w / 2, yy + h + 15, clip(sign + caption, pitch - 4, 11.5), {
        size: 11.5,
        anchor: 'middle',
        fill: mark === undefined ? tone.soft : colour,
      })
    if (i % columns === 0 && rowTitles?.[i / columns] !== undefined)
      svg += label(x0 - 12, yy + h / 2 + 4, rowTitles[i / columns], { size: 12.5, weight: 600, fill: tone.ink, anchor: 'end' })
  }
  return svgDocument(total, y + Math.ceil(n / columns) * (h + captionHeight) + 12, title ?? `${n} images`, svg)
}
