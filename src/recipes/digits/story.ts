/** @file The digits report while it grows. */
import { digitsPage, GrowingReport, type DigitsReport, type FigureName } from '../report/index.ts'

/** A digits report in the making. */
export class Story extends GrowingReport<DigitsReport, FigureName> {
  constructor(folder: string, report: Omit<DigitsReport, 'complete' | 'seconds' | 'history'>) {
    super(folder, { complete: false, seconds: 0, history: [], ...report }, digitsPage)
  }
}
