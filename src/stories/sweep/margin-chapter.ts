/** @file The chapter on the margin, in the report of a sweep and in that of the digits story. */
import { callText } from '../../base/index.ts'
import type { SweepFigures } from '../../plots/index.ts'
import { chapter, figure, figureText, html, pct, table, type Chapter } from '../../report/index.ts'

/** The margin sweep: words, figures, table. */
export function marginChapter(
  r: { readonly sweep?: readonly SweepFigures[]; readonly complete: boolean },
  figures: Partial<Record<'sweepPanels' | 'sweepCurves', string>>,
): Chapter {
  const list = r.sweep ?? []
  const fallen = list.filter((s) => s.collapsed)
  const usable = list
    .filter((s) => !s.collapsed && s.knnAccuracy !== null && Number.isFinite(s.knnAccuracy))
    .toSorted((a, b) => b.knnAccuracy! - a.knnAccuracy!)
  const title =
    usable.length === 0 ? 'What the margin does' : `Of ${list.length} margins, ${figureText(usable[0].margin)} names most digits right`
  const spread =
    usable.length < 2
      ? ''
      : ` Between the best and the worst usable margin lie ${((usable[0].knnAccuracy! - usable.at(-1)!.knnAccuracy!) * 100).toFixed(1)} percentage points ` +
        `of kNN accuracy: read smaller differences as chance, since each margin was trained once.`
  return chapter(
    'sweep',
    'Margin',
    title,
    list.length === 0 && r.complete
      ? html`<p>This run trained with one margin only. To see what the margin does, train once for each value from 0 to 0.9:</p><pre><code>\
${callText('sweep', [])}</code></pre>`
      : html`<p>The margin says how much farther a negative must be than a positive. Too small, and the network may stop early or collapse; too large, and it \
chases triplets it can never satisfy. So the network was trained again for each margin, and each time the same test images were drawn.${spread}</p>
${
  fallen.length > 0 &&
  html`<div class="note bad"><p><strong>Collapsed: margin ${fallen.map((s) => figureText(s.margin)).join(', ')}.</strong> All images got nearly the same \
embedding. ${
    fallen.some((s) => s.margin === 0) ? 'With margin 0 that costs nothing, so nothing holds the network back. ' : ''
  }The loss looks fine in such a run, and the map shows only noise.</p></div>`
}
${figure(
  figures.sweepPanels,
  'sweepPanels',
  'One map for each margin. Each is scaled on its own: compare how well the colours separate, not how large the clusters are.',
)}
${figure(
  figures.sweepCurves,
  'sweepCurves',
  'The figures against the margin. The loss grows with the margin by its very formula, so it cannot choose the margin; kNN accuracy can.',
)}
${
  list.length > 0 &&
  table(
    ['Margin', 'Loss', 'Active', 'kNN accuracy', 'Head accuracy', 'Silhouette', ''],
    list.map((s) => [
      figureText(s.margin),
      figureText(s.loss),
      pct(s.activeTriplets),
      pct(s.knnAccuracy),
      pct(s.headAccuracy),
      figureText(s.silhouette),
      s.collapsed ? 'collapsed' : s === usable[0] ? 'best kNN' : '',
    ]),
    { numeric: [0, 1, 2, 3, 4, 5], label: 'Margin sweep' },
  )
}`,
  )
}
