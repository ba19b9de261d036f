/** @file The chapter on the margin, in the report of a sweep and in that of the digits story. */
import { callText, counted, largest, percent } from '../../base/index.ts'
import type { SweepFigures } from '../../plots/index.ts'
import { chapter, figure, figureText, html, pct, table, whole, type Chapter, type Html } from '../../report/index.ts'
import { bestMargin, sweepFindings, usableMargins } from './findings.ts'
import type { BestMargin } from './sweep-report.ts'

/** What the chapter is made from. */
export interface MarginChapterReport {
  readonly sweep?: readonly SweepFigures[]
  readonly complete: boolean
  /** The margin of the recipe. Default 0.4. */
  readonly presetMargin?: number
}

/** SVG of the chapter's figures, as far as they are drawn. */
type MarginFigureTexts = Partial<Record<'sweepPanels' | 'sweepCurves', string>>

/** The margin sweep: what was trained, what the margin did, figures, table. */
export function marginChapter(r: MarginChapterReport, figures: MarginFigureTexts): Chapter {
  const list = r.sweep ?? []
  if (list.length === 0 && r.complete)
    return chapter(
      'sweep',
      'Margin',
      'What the margin does',
      html`<p>This run trained with one margin only. To see what the margin does, train once for each value from 0 to 0.9:</p><pre><code>\
${callText('sweep', [])}</code></pre>`,
    )
  const best = list.length === 0 ? undefined : bestMargin(list, r.presetMargin)
  return chapter(
    'sweep',
    'Margin',
    titleOf(list, best),
    html`<p>The margin says how much farther a negative must be than a positive. ${trained(list)}</p>
${list.length > 0 && html`<ul>${sweepFindings(list, r.presetMargin).map((f) => html`<li>${f}</li>`)}</ul>`}
${figure(
  figures.sweepPanels,
  'sweepPanels',
  'Two maps for each margin. The upper ones share one scale: there compare sizes. The lower ones are each scaled on their own: there compare how well ' +
    'the colours separate. The bar in each map is as long as the number above it.',
)}
${figure(
  figures.sweepCurves,
  'sweepCurves',
  'The figures against the margin. The loss grows with the margin by its very formula, so it cannot choose the margin; accuracy can, as far as ' +
    'its intervals lie apart.',
)}
${list.length > 0 && marginTable(list, best!)}`,
  )
}

function titleOf(list: readonly SweepFigures[], best: BestMargin | undefined): string {
  const usable = usableMargins(list)
  if (best === undefined || usable.length === 0) return 'What the margin does'
  if (best.measurable) return `Margin ${figureText(best.margin)} reads measurably best`
  if (usable.length === 1) return `Only margin ${figureText(best.margin)} is usable`
  if (list.some((s) => s.collapsed && s.margin === 0)) return 'Without a margin, the space shrinks towards one point'
  const told = usable.every((s) => (s.runs?.length ?? 1) > 1) && best.among.length === usable.length
  return told ? 'No margin is measurably better than another' : 'What the margin does'
}

/** What was trained, in one or two sentences. */
function trained(list: readonly SweepFigures[]): string {
  const [first] = list
  if (first?.network === undefined)
    return 'So the network was trained again for each margin, and each time the same test images were drawn.'
  const seeds = largest(list.map((s) => s.runs?.length ?? 1))
  return (
    `So one network was trained again for each margin${seeds > 1 ? ` and each of ${counted(seeds, 'seed')}` : ', once'}: ${first.network}; ` +
    `${whole(first.steps ?? 0)} steps of ${first.batch ?? 'a batch'}. Each time the same test images were judged and drawn.`
  )
}

function marginTable(list: readonly SweepFigures[], best: BestMargin): Html {
  const interval = (s: SweepFigures): Html | string =>
    s.knnInterval === undefined
      ? pct(s.knnAccuracy)
      : html`${pct(s.knnAccuracy)}<small>${percent(s.knnInterval.low)} to ${percent(s.knnInterval.high)}</small>`
  const word = (s: SweepFigures): string => (s.collapsed ? 'collapsed' : best.measurable && s.margin === best.margin ? 'best kNN' : '')
  const ratio = (s: SweepFigures): string =>
    s.within === undefined || s.between === undefined || !(s.between > 0) ? '—' : (s.within / s.between).toFixed(2)
  return html`${table(
    ['Margin', 'Between', 'Within', 'Ratio', 'Spread', 'kNN accuracy', 'Head accuracy', 'Silhouette', 'Loss', 'Active', ''],
    list.map((s) => [
      figureText(s.margin),
      s.between === undefined ? '—' : figureText(s.between),
      s.within === undefined ? '—' : figureText(s.within),
      ratio(s),
      s.spread === undefined ? '—' : figureText(s.spread),
      interval(s),
      pct(s.headAccuracy),
      figureText(s.silhouette),
      figureText(s.loss),
      pct(s.activeTriplets),
      word(s),
    ]),
    { numeric: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], label: 'Margin sweep' },
  )}
<p>Between, within: mean distance of images of two classes, of one class. Spread: root mean square distance to the mean${
    list[0].initialSpread === undefined ? '' : ` (before the first step ${figureText(list[0].initialSpread)})`
  }. Loss and active triplets: means over the last tenth of the steps. Small figures: 95 % intervals, ${
    (list[0].runs?.length ?? 1) > 1 ? 'over seeds and images' : 'over images alone, as each margin was trained once'
  }.</p>`
}
