/** @file The report of a margin sweep as one HTML page: the map of each margin, the figures against the margin, and how it was made. */
import { duration, environmentFacts, html, lifeLine, madeChapter, pageFrame, type ReportState } from '../../report/index.ts'
import { marginChapter } from './margin-chapter.ts'
import type { SweepReport } from './sweep.ts'

/** The figures that the page has a place for. */
export type SweepFigure = 'sweepPanels' | 'sweepCurves'

/** What a sweep's report.json holds. */
export interface SweepRunReport extends ReportState, Partial<Omit<SweepReport, 'complete' | 'seconds'>> {
  dataset: { name: string; train: number; validation: number; test: number; sha256?: Record<string, string> }
  /** All margins asked for, also those not trained yet. */
  margins: readonly number[]
  environment?: Readonly<Record<string, string>>
}

/** Writes the page, also while the run goes on. */
export function sweepPage(r: SweepRunReport, figures: Partial<Record<SweepFigure, string>>): string {
  const title =
    r.best === undefined ? (r.stopped === undefined ? 'What does the margin do?' : 'No result') : `Margin ${r.best.margin} does best`
  const facts: [string, string][] = [
    ['Images', `${r.dataset.name}: ${r.dataset.train} to learn, ${r.dataset.validation} to validate, ${r.dataset.test} to judge`],
    ['Seed', String(r.seed)],
    ['Steps for each margin', String(r.steps)],
    ...Object.entries(r.dataset.sha256 ?? {}).map(([name, hash]): [string, string] => [`SHA-256 of ${name}`, hash]),
    ...environmentFacts(r),
  ]
  return pageFrame({
    title: 'Sweep: what the margin does',
    description: 'Report of a margin sweep by kindred',
    complete: r.complete,
    verdict: html`<h1>${title}</h1>
<p class="lead">The same network, seed and budget, once for each of ${r.margins.length} \
margins.${r.best !== undefined && ` ${r.best.why}.`}${r.complete && r.stopped === undefined ? ` Everything took ${duration(r.seconds)}.` : ''}</p>
${lifeLine(r, 'The margins that were done are on this page and in sweep.json; the same command begins anew.')}`,
    chapters: [
      marginChapter(r, figures),
      madeChapter(r, facts, html`<p>Each margin was trained once: small differences between margins may be chance.</p>`),
    ],
  })
}
