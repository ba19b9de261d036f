/** @file The texts of a figure as boxes with the colour behind them, so that a test can see what overlaps, is cut off or cannot be read. */
import { darkColour } from '../../src/plots/dark.ts'
import { luminance, rgb } from '../../src/plots/style.ts'
import { textWidth } from '../../src/plots/text-width.ts'

/** A text in pixels of its figure, and what lies behind its middle: rectangles drawn before it, the last one on top, each with its opacity. */
export interface TextBox {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly fill: string
  readonly ground: readonly { readonly fill: string; readonly opacity: number }[]
}

/** All texts of a figure. Its groups may be moved, and texts turned upright; other transformations hold no texts. */
export function textBoxes(svg: string): TextBox[] {
  const out: TextBox[] = []
  const moves: [number, number][] = [[0, 0]]
  const rects: { left: number; right: number; top: number; bottom: number; fill: string; opacity: number }[] = []
  for (const [, close, name, inside, self, text] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*?)?)(\/?)>([^<]*)/g)) {
    const get = (key: string): string | undefined => new RegExp(` ${key}="([^"]*)"`).exec(inside)?.[1]
    const number = (key: string): number => Number(get(key) ?? 0)
    const [dx, dy] = moves.at(-1)!
    if (close === '/') {
      if (name === 'g') moves.pop()
    } else if (name === 'g') {
      const move = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(get('transform') ?? '')
      moves.push(move === null ? [dx, dy] : [dx + Number(move[1]), dy + Number(move[2])])
    } else if (name === 'rect' && get('fill') !== 'none') {
      const [left, top] = [number('x') + dx, number('y') + dy]
      const [fill, opacity] = [get('fill') ?? '#000000', Number(get('fill-opacity') ?? 1)]
      rects.push({ left, top, right: left + number('width'), bottom: top + number('height'), fill, opacity })
    } else if (name === 'text' && self !== '/') {
      const plain = text
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&')
      const size = number('font-size')
      const width = textWidth(plain, size, get('font-weight') === '600' ? 600 : 400)
      const [x, y] = [number('x') + dx, number('y') + dy]
      const before = get('text-anchor') === 'middle' ? width / 2 : get('text-anchor') === 'end' ? width : 0
      const upright = get('transform')?.startsWith('rotate(-90') === true
      const box = upright
        ? { left: x - 0.73 * size, right: x + 0.2 * size, top: y + before - width, bottom: y + before }
        : { left: x - before, right: x - before + width, top: y - 0.73 * size, bottom: y + 0.2 * size }
      const [mx, my] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
      const ground = rects.filter((r) => r.left <= mx && r.right >= mx && r.top <= my && r.bottom >= my)
      out.push({ text: plain, ...box, fill: get('fill') ?? '#000000', ground })
    }
  }
  return out
}

/** Pairs of texts that lie over each other, and texts that the figure's edge cuts, in words. */
export function collisions(svg: string): string[] {
  const [, width, height] = / width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.map(Number)
  const boxes = textBoxes(svg).filter((b) => b.text !== '')
  const out = boxes
    .filter((b) => b.left < 0 || b.top < 0 || b.right > width || b.bottom > height)
    .map((b) => `"${b.text}" leaves the figure`)
  for (const [i, a] of boxes.entries())
    for (const b of boxes.slice(0, i)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (wide > 0.5 && high > 0.5) out.push(`"${a.text}" lies over "${b.text}"`)
    }
  return out
}

/** The colour behind a text, each colour as `shown` shows it; white paper where nothing lies. */
export function groundOf({ ground }: TextBox, shown = (colour: string): string => colour): string {
  let under = rgb(shown('#ffffff'))
  for (const { fill, opacity } of ground) {
    const over = rgb(shown(fill))
    under = [0, 1, 2].map((k) => Math.round(over[k] * opacity + under[k] * (1 - opacity))) as [number, number, number]
  }
  return `#${under.map((v) => v.toString(16).padStart(2, '0')).join('')}`
}

/** Texts whose contrast to what lies behind them is below WCAG's 4.5, in the light or on a dark page, in words. */
export function unreadable(svg: string): string[] {
  return textBoxes(svg).flatMap((box) =>
    [(colour: string) => colour, darkColour]
      .map((shown) => [shown(box.fill), groundOf(box, shown)])
      .filter(([a, b]) => contrast(a, b) < 4.5)
      .map(([a, b]) => `"${box.text}": ${a} on ${b}`),
  )
}

/** WCAG 2 contrast of two colours `#rrggbb`, 1 to 21. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q)
  return (high + 0.05) / (low + 0.05)
}
