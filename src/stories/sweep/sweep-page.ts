/** @file The report of a margin sweep as one HTML page: the map of each margin, the figures against the margin, and how it was made. */
import { counted } from '../../base/index.ts'
import { duration, environmentFacts, html, lifeLine, madeChapter, pageFrame, whole, type ReportState } from '../../report/index.ts'
import { marginChapter } from './margin-chapter.ts'
import type { SweepReport } from './sweep-report.ts'

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
  const { seeds = 1, steps = 0, margins } = r
  const facts: [string, string][] = [
    ['Images', `${r.dataset.name}: ${r.dataset.train} to learn, ${r.dataset.validation} to validate, ${r.dataset.test} to judge`],
    ['Network', `${r.network}`],
    ...(r.batch === undefined ? [] : ([['A step', r.batch]] as [string, string][])),
    ['Steps of each training', String(r.steps)],
    ['Seeds', seeds === 1 ? String(r.seed) : `${r.seed} to ${(r.seed ?? 0) + seeds - 1}`],
    ...Object.entries(r.dataset.sha256 ?? {}).map(([name, hash]): [string, string] => [`SHA-256 of ${name}`, hash]),
    ...environmentFacts(r),
  ]
  return pageFrame({
    title: 'Sweep: what the margin does',
    description: 'Report of a margin sweep by kindred',
    complete: r.complete,
    verdict: html`<h1>${title(r)}</h1>
<p class="lead">The same network and budget, once for each of ${counted(margins.length, 'margin')}${
      seeds === 1 ? '' : ` and each of ${seeds} seeds`
    }: ${whole(steps)} steps${r.batch === undefined ? '' : ` of ${r.batch}`}.${
      r.complete && r.stopped === undefined ? ` Everything took ${duration(r.seconds)}.` : ''
    }</p>
${lifeLine(r, 'The margins that were done are on this page and in sweep.json; the same command begins anew.')}`,
    chapters: [
      marginChapter(r, figures),
      madeChapter(r, facts, seeds === 1 ? html`<p>Each margin was trained once: differences between margins may be chance.</p>` : html``),
    ],
  })
}

function title(r: SweepRunReport): string {
  if (r.best === undefined) return r.stopped === undefined ? 'What does the margin do?' : 'No result'
  if (r.best.among.length === 0) return 'No margin gave a usable embedding'
  if (r.best.measurable) return `Margin ${r.best.margin} does measurably best`
  const fallen = (r.sweep ?? []).filter((e) => e.collapsed).length
  const tied = r.best.among.length
  if (tied === 1) return `Only margin ${r.best.margin} is usable`
  const others = (r.seeds ?? 1) < 2 ? 'one training each tells no margin best' : `${tied} margins cannot be told apart`
  const whole = fallen === 0 ? others : `${fallen === 1 ? 'One margin collapses' : `${fallen} margins collapse`}; ${others}`
  return whole.charAt(0).toUpperCase() + whole.slice(1)
}
