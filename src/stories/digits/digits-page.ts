/**
 * @file The report of a digits run as one HTML page that needs nothing else: no network, no script, fonts and figures inside.
 */
import { made, next } from './closing-sections.ts'
import type { DigitsReport, Figures } from './digits-report.ts'
import { baselines, map } from './embedding-sections.ts'
import { head } from './head-section.ts'
import { howItWorks } from './how-section.ts'
import { outliers } from './outliers-section.ts'
import { rejection } from './rejection-section.ts'
import { training } from './training-section.ts'
import { verdict } from './verdict.ts'
import { pageFrame } from '../../report/index.ts'
import { marginChapter } from '../sweep/margin-chapter.ts'

/**
 * Writes the page, also while the run goes on: missing parts say "computing…", and the page reloads itself until `report.complete`.
 *
 * @param report the figures in numbers
 * @param figures SVG documents by name; those that are missing leave a placeholder, or nothing where they are extras
 * @returns a whole HTML document, about 130 KB plus the figures
 * @throws KindredError `not-found` when the shipped fonts are missing
 */
export function digitsPage(report: DigitsReport, figures: Figures): string {
  const chapters = [
    howItWorks(report, figures),
    training(report, figures),
    baselines(report, figures),
    map(report, figures),
    marginChapter(report, figures),
    head(report, figures),
    rejection(report, figures),
    outliers(report),
    next(report),
    made(report),
  ]
  return pageFrame({
    title: 'Digits: what the triplet loss learned',
    description: 'Report of a digits run of kindred',
    complete: report.complete,
    verdict: verdict(report),
    chapters,
  })
}
