/**
 * @file SVG as strings: numbers with few digits, escaped text, one document frame. Same input, same bytes.
 */
import { textWidth } from './text-width.ts'
import { fontFamily, tone } from './style.ts'

/** A number for an attribute: at most two decimals, never `-0`, `NaN` or an exponent. */
export function num(x: number): string {
  if (!Number.isFinite(x)) return '0'
  const s = x.toFixed(2).replace(/\.?0+$/, '')
  return s === '-0' || s === '' ? '0' : s
}

/** Text that may stand in XML, in an element or in a double-quoted attribute; signs that XML forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(
      // oxlint-disable-next-line no-control-regex -- these are the signs that XML 1.0 forbids
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}

type Attributes = Record<string, string | number | undefined>

/** One element; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, inside?: string): string {
  let open = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${key}="${typeof value === 'number' ? num(value) : escapeXml(value)}"`
  }
  return inside === undefined ? `${open}/>` : `${open}>${inside}</${name}>`
}

/** How a text is set. */
export interface TextStyle {
  size?: number
  weight?: 400 | 600
  fill?: string
  anchor?: 'start' | 'middle' | 'end'
  /** Width of a white outline in pixels, which keeps text readable over marks. */
  halo?: number
  /** Turned by 90 degrees against the clock around its place. */
  upright?: boolean
}

/** One line of text whose baseline is at (x, y). */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 12, weight, fill = tone.soft, anchor, halo, upright } = style
  return element(
    'text',
    {
      x,
      y,
      'font-size': size,
      'font-weight': weight === 600 ? 600 : undefined,
      fill,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      stroke: halo === undefined ? undefined : tone.paper,
      'stroke-width': halo,
      'stroke-linejoin': halo === undefined ? undefined : 'round',
      'paint-order': halo === undefined ? undefined : 'stroke',
      transform: upright === true ? `rotate(-90 ${num(x)} ${num(y)})` : undefined,
    },
    escapeXml(text),
  )
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): string {
  return element('line', { x1, y1, x2, y2, stroke: tone.line, ...attributes })
}

/** A rectangle. */
export function rect(x: number, y: number, width: number, height: number, attributes: Attributes = {}): string {
  return element('rect', { x, y, width: Math.max(0, width), height: Math.max(0, height), ...attributes })
}

/** A path through points; a point that is not finite breaks the line. */
export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  let d = ''
  let pen = 'M'
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) pen = 'M'
    else {
      d += `${pen}${num(x)} ${num(y)}`
      pen = 'L'
    }
  }
  return d === '' ? '' : element('path', { d, fill: 'none', 'stroke-linejoin': 'round', 'stroke-linecap': 'round', ...attributes })
}

/** Words broken into lines no wider than `width` pixels; a single long word stays whole. */
export function wrap(text: string, width: number, size: number, weight: 400 | 600 = 400): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && textWidth(longer, size, weight) > width) {
      lines.push(current)
      current = word
    } else current = longer
  }
  if (current !== '') lines.push(current)
  return lines
}

/** Text cut to a width in pixels, with an ellipsis where something is left out. */
export function clip(text: string, width: number, size: number, weight: 400 | 600 = 400): string {
  if (textWidth(text, size, weight) <= width) return text
  const signs = [...text]
  while (signs.length > 1 && textWidth(`${signs.join('')}…`, size, weight) > width) signs.pop()
  return `${signs.join('').trimEnd()}…`
}

/** The title block of a figure: what was found, and what is shown. */
export interface Heading {
  title: string
  subtitle?: string
}

/** A title block of `width` pixels as SVG, and where the drawing below it may begin. */
export function heading({ title, subtitle }: Heading, width: number, left = 24): { svg: string; bottom: number } {
  let y = 12
  let svg = ''
  for (const row of wrap(title, width - 2 * left, 19, 600)) svg += label(left, (y += 24), row, { size: 19, weight: 600, fill: tone.ink })
  for (const row of wrap(subtitle ?? '', width - 2 * left, 13))
    svg += label(left, (y += svg.includes('font-size="13"') ? 18 : 22), row, { size: 13 })
  return { svg, bottom: y + 16 }
}

/**
 * A whole SVG document: white paper, the font stack, and a name for screen readers.
 *
 * @param width pixels
 * @param height pixels
 * @param name what a screen reader says
 * @param body SVG elements
 */
export function svgDocument(width: number, height: number, name: string, body: string): string {
  const [w, h] = [num(width), num(height)]
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" ` +
    `aria-label="${escapeXml(name)}" ` +
    `font-family="${escapeXml(fontFamily)}"><rect width="${w}" height="${h}" fill="${tone.paper}"/>${body}</svg>\n`
  )
}
