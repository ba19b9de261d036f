/** @file Room `report`: a run's report page: how it grows and ends, and what every page is made of. Node only. */
export { chapter, type Chapter } from './chapter.ts'
export { environmentFacts, environmentOf, madeChapter, nextChapter } from './closing-chapters.ts'
export { GrowingReport, growReport } from './growing-report.ts'
export { computing, duration, figure, figureText, foldedTable, html, pct, table, whole, type Html } from './html.ts'
export { lifeLine } from './life-line.ts'
export { pageFrame } from './page-frame.ts'
export type { ReportState } from './report-state.ts'
export { closeDeadReport, ensureNoForeignFiles, openRunFolder } from './run-folder.ts'
