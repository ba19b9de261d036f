/** @file The report page of the digits story. */
export { digitsPage } from './digits-page.ts'
export type { DigitsReport, FigureName, NeighbourFigures, RejectionResult } from './digits-report.ts'
export { scoreWords } from './digits-sections.ts'
export { GrowingReport, type ReportState } from './growing-report.ts'
export { facesPage } from './faces-page.ts'
export type { FaceDistances, FaceRetrieval, FacesFigure, FacesReport, Range } from './faces-report.ts'
export { comparePage } from './compare-page.ts'
export type { CompareFigure, ComparedModel, CompareReport, Difference } from './compare-report.ts'
