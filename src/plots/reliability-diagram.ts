/**
 * @file The reliability diagram: how often the head is right against how sure it says it is.
 *
 * Definition: Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, section 2; ECE is their eq. 3.
 */
import { checkOptions, ensure, largest } from '../base/index.ts'
import { axisX, axisY, type Box } from './axes.ts'
import { legendRow, type LegendEntry } from './class-legend.ts'
import { linear, percent, percentTicks, thousands } from './scale.ts'
import { tone } from './style.ts'
import { element, heading, line, num, rect, svgDocument } from './svg.ts'

/** One bin of equal width: mean confidence and accuracy (0..1) of the images in it, and how many there are. */
export interface ReliabilityBin {
  confidence: number
  accuracy: number
  count: number
}

/** Options of {@link reliabilityDiagram}. */
export interface ReliabilityDiagramOptions {
  title?: string
  subtitle?: string
  /** Pixels; default 620. */
  width?: number
}

/** Bins with fewer images are pale: their accuracy is mostly chance. */
const few = 20

const legend: readonly LegendEntry[] = [
  { name: 'accuracy', amount: `pale: fewer than ${few} images`, mark: bar({ fill: tone.blue, 'fill-opacity': 0.75 }) },
  { name: 'gap to confidence', amount: '', mark: bar({ fill: tone.orange, 'fill-opacity': 0.32, stroke: tone.orange }) },
]

function bar(attributes: Record<string, string | number>): LegendEntry['mark'] {
  return (x, y) => rect(x - 5.5, y - 5.5, 11, 11, attributes)
}

/**
 * Draws accuracy against confidence, the gap to the diagonal, and below how many images each bin holds.
 *
 * @param bins equal-width bins over 0..1, in order; empty ones may be left in
 * @param ece expected calibration error, 0..1
 * @returns an SVG document
 * @throws KindredError `usage` for no bins or bins without images
 */
export function reliabilityDiagram(bins: readonly ReliabilityBin[], ece: number, options: ReliabilityDiagramOptions = {}): string {
  checkOptions('reliabilityDiagram', options, ['title', 'subtitle', 'width'])
  ensure(bins.length > 0, 'reliabilityDiagram', 'there must be at least one bin', 'none')
  const total = bins.reduce((sum, b) => sum + b.count, 0)
  ensure(total > 0, 'reliabilityDiagram', 'at least one bin must hold an image', 0, 'Classify some images first.')
  const { width = 620 } = options
  const over = bins.reduce((sum, b) => sum + (b.count > 0 ? b.count * (b.confidence - b.accuracy) : 0), 0) / total
  const side = Math.abs(over) < 0.002 ? 'about as sure as it is right' : over > 0 ? 'surer than it is right' : 'less sure than it is right'
  const found = `The head is ${side}: ECE ${percent(ece, 2)}`
  const top = heading(
    {
      title: options.title ?? found,
      subtitle:
        options.subtitle ??
        `${thousands(total)} images in ${bins.length} bins of confidence. On the diagonal, 90 % sure means right 9 times in 10.`,
    },
    width,
  )
  const key = legendRow(legend, width)
  const box: Box = { left: 72, top: top.bottom + key.height + 34, width: width - 72 - 32, height: 300 }
  const x = linear([0, 1], [box.left, box.left + box.width], 5)
  const y = linear([0, 1], [box.top + box.height, box.top], 5)
  x.format = y.format = (v) => percent(v, 0)
  let svg = top.svg + `<g transform="translate(0 ${num(top.bottom)})">${key.svg}</g>` + axisY(y, box, 'Accuracy')
  const w = box.width / bins.length
  for (const [i, b] of bins.entries()) {
    if (b.count === 0) continue
    const left = box.left + i * w
    svg += rect(left + 1, y(b.accuracy), w - 2, y(0) - y(b.accuracy), { fill: tone.blue, 'fill-opacity': b.count < few ? 0.28 : 0.75 })
    const gap = [y(b.accuracy), y(b.confidence)].sort((p, q) => p - q)
    svg += rect(left + 1, gap[0], w - 2, gap[1] - gap[0], {
      fill: tone.orange,
      'fill-opacity': 0.32,
      stroke: tone.orange,
      'stroke-width': 1,
    })
  }
  svg += line(x(0), y(0), x(1), y(1), { stroke: tone.ink, 'stroke-dasharray': '4 4' }) + axisX(x, box, undefined, { labels: false })
  const low: Box = { ...box, top: box.top + box.height + 44, height: 80 }
  const share = linear([0, largest(bins.map((b) => b.count / total))], [low.top + low.height, low.top], 3)
  share.format = percentTicks(share.ticks)
  svg += axisY(share, low, 'Share of the images')
  for (const [i, b] of bins.entries())
    if (b.count > 0)
      svg += element('rect', {
        x: low.left + i * w + 1,
        y: share(b.count / total),
        width: w - 2,
        height: Math.max(1, share(0) - share(b.count / total)),
        fill: tone.faint,
      })
  svg += axisX(x, low, 'Confidence (largest softmax entry)')
  return svgDocument(width, low.top + low.height + 54, options.title ?? found, svg)
}
