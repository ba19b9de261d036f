/**
 * @file The confusion matrix: true classes down, predicted classes across. What is right is muted, so that the mistakes show.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import { percent, thousands } from './scale.ts'
import { tone } from './style.ts'
import { clip, heading, label, rect, svgDocument } from './svg.ts'
import { textWidth } from './text-width.ts'

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 860. */
  width?: number
}

/**
 * Draws counts and row shares, n_ij / sum_j n_ij.
 *
 * Colour of a mistake: its share of its row on one scale for all matrices, the square root of share over a quarter, so that a thousandth is pale wherever it
 * stands; the diagonal is muted.
 *
 * @param counts [c, c] row-major, `counts[i * c + j]`: images of class i read as class j
 * @param classes c names
 * @returns an SVG document
 * @throws KindredError `usage` for sizes that do not fit, negative counts or no image at all
 */
export function confusionMatrix(counts: ArrayLike<number>, classes: readonly string[], options: ConfusionMatrixOptions = {}): string {
  checkOptions('confusionMatrix', options, ['title', 'subtitle', 'width'])
  const c = classes.length
  ensure(c > 0 && counts.length === c * c, 'confusionMatrix', `counts must be ${c} x ${c} numbers, one row a class`, counts.length)
  const n = Array.from(counts)
  ensure(
    n.every((v) => v >= 0 && Number.isFinite(v)),
    'confusionMatrix',
    'counts must be numbers >= 0',
    n.find((v) => !(v >= 0)),
  )
  const totals = classes.map((_, i) => n.slice(i * c, (i + 1) * c).reduce((a, b) => a + b, 0))
  const all = totals.reduce((a, b) => a + b, 0)
  ensure(all > 0, 'confusionMatrix', 'there must be at least one image', 0, 'Classify some images first.')
  const right = classes.reduce((sum, _, i) => sum + n[i * c + i], 0)
  const wrong = n
    .map((v, k) => ({ v, i: Math.floor(k / c), j: k % c }))
    .filter((e) => e.i !== e.j && e.v > 0)
    .sort((a, b) => b.v - a.v)
  const worst = wrong[0]
  const { width = 860 } = options
  const found = `${percent(right / all)} right${
    worst === undefined
      ? ', no mistake'
      : `; most often ${classes[worst.i]} is read as ${classes[worst.j]} (${thousands(worst.v)} of ${thousands(totals[worst.i])})`
  }`
  const nameWidth = largest(
    classes.map((name) => Math.min(140, [...name].length * 8 + 22)),
    46,
  )
  const left = 24 + 22 + nameWidth
  const cell = (width - left - 24 - 76) / c
  const high = Math.min(cell, 64)
  const small = cell < 46
  const headSize = small ? 11 : 14
  const key = small ? 'Counts; the stronger the colour, the larger the share of the row.' : 'Large: count; small: share of the row.'
  const top = heading(
    { title: options.title ?? found, subtitle: options.subtitle ?? `${thousands(all)} images, ${thousands(all - right)} mistakes. ${key}` },
    width,
  )
  const y0 = top.bottom + 46
  let svg = top.svg
  svg += label(left + (cell * c) / 2, top.bottom + 16, 'Predicted class', { size: 12.5, weight: 600, fill: tone.ink, anchor: 'middle' })
  svg += label(24 + 8, y0 + (high * c) / 2, 'True class', { size: 12.5, weight: 600, fill: tone.ink, anchor: 'middle', upright: true })
  svg += label(left + cell * c + 76, top.bottom + 38, 'recall', { size: 12, anchor: 'end' })
  for (let i = 0; i < c; i++) {
    const y = y0 + i * high
    const column = clip(classes[i], cell - 2, headSize, 600)
    // Where not even a letter of it finds room, the order of the rows names the column.
    if (textWidth(column, headSize, 600) <= cell)
      svg += label(left + (i + 0.5) * cell, top.bottom + 38, column, { size: headSize, weight: 600, fill: tone.ink, anchor: 'middle' })
    svg += label(left - 12, y + high / 2 + 5, clip(classes[i], nameWidth - 12, 14, 600), {
      size: 14,
      weight: 600,
      fill: tone.ink,
      anchor: 'end',
    })
    svg += label(left + cell * c + 76, y + high / 2 + 5, totals[i] === 0 ? 'n/a' : percent(n[i * c + i] / totals[i]), {
      size: 13,
      anchor: 'end',
      fill: tone.ink,
    })
    for (let j = 0; j < c; j++) {
      const v = n[i * c + j]
      const share = totals[i] === 0 ? 0 : v / totals[i]
      const fill = i === j ? { fill: '#eaf0f6' } : v === 0 ? { fill: tone.paper, stroke: tone.grid } : mistake(share)
      svg += rect(left + j * cell + 1, y + 1, cell - 2, high - 2, { ...fill, rx: 3 })
      if (v === 0) continue
      const ink = i === j ? tone.soft : tone.ink
      const [x, middle] = [left + (j + 0.5) * cell, y + high / 2]
      const size = Math.min(11, cell / 2.6, (11 * (cell - 3)) / textWidth(thousands(v), 11))
      // A number that would be too small to be read is left to the colour.
      if (small) svg += size < 6.5 ? '' : label(x, middle + 4, thousands(v), { size, fill: ink, anchor: 'middle' })
      else {
        svg += label(x, middle + 1, thousands(v), { size: 15, weight: i === j ? 400 : 600, fill: ink, anchor: 'middle' })
        svg += label(x, middle + 16, percent(share), { size: 11, fill: ink, anchor: 'middle' })
      }
    }
  }
  const end = y0 + high * c
  svg += scaleKey(left + 1, end + 22)
  return svgDocument(width, end + 46, `${options.title ?? found}. Confusion matrix of ${c} classes.`, svg)
}

/** A mistake that takes so much of its row has the full colour, over which ink can still be read. */
const fullAt = 0.25
const mistake = (share: number) => ({ fill: tone.mistake, 'fill-opacity': 0.1 + 0.6 * Math.min(1, Math.sqrt(share / fullAt)) })

/** What the colours mean, from a tenth of a percent up. */
function scaleKey(left: number, y: number): string {
  const title = 'Mistakes, share of the row'
  let svg = label(left, y, title, { size: 12 })
  let x = left + textWidth(title, 12) + 18
  for (const [share, name] of [
    [0.001, '0.1 %'],
    [0.01, '1 %'],
    [0.05, '5 %'],
    [fullAt, '25 % and more'],
  ] as const) {
    svg += rect(x, y - 11, 22, 14, { ...mistake(share), rx: 3 }) + label(x + 28, y, name, { size: 12 })
    x += 28 + textWidth(name, 12) + 20
  }
  return svg
}
