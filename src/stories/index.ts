/** @file Room `stories`: digits, sweep, faces, compare: what is computed, drawn and told, in order. Node only. */
export { comparePage } from './compare/compare-page.ts'
export type { CompareReport } from './compare/compare-report.ts'
export { compare, type CompareOptions } from './compare/compare.ts'
export { scoreWords } from './digits/best-rejection.ts'
export { calibrateRule, leastCalibration, ruleToKeep, withoutCopies, type CalibratedRule } from './digits/calibrate-rule.ts'
export { digitsPage } from './digits/digits-page.ts'
export type { DigitsReport, FigureName, NeighbourFigures, OutliersSeen, RejectionResult } from './digits/digits-report.ts'
export { digits } from './digits/digits.ts'
export type { RejectionInput } from './digits/look.ts'
export { digitSets, drawnSets, scriptSets } from './digits/outlier-sets.ts'
export {
  withNetwork,
  workingPoints,
  type JudgedSet,
  type KeptShare,
  type OutlierRow,
  type OutlierTable,
  type ScriptFigures,
  type ScriptSummary,
  type SetFigures,
  type SetKind,
  type WorkingPoint,
} from './digits/outlier-table.ts'
export { judgeScores, rejectImages, scoreImages, type Rejected, type RejectOptions } from './digits/reject.ts'
export { rejectionFromJson, rejectionToJson, type RejectionFile } from './digits/rejection-file.ts'
export type { DigitsOptions } from './digits/run.ts'
export { movedImages, smallMoves, type Moves } from './digits/small-moves.ts'
export { facesPage } from './faces/faces-page.ts'
export type { FacesFigure, FacesReport } from './faces/faces-report.ts'
export { faces } from './faces/faces.ts'
export type { FacesOptions } from './faces/run.ts'
export { marginSweep, type MarginSweepOptions } from './sweep/margin-sweep.ts'
export { sweepPage, type SweepFigure, type SweepRunReport } from './sweep/sweep-page.ts'
export { bestMargin, knnInterval, sweepFindings, type MarginFigures } from './sweep/findings.ts'
export { defaultMargins, sweep, writeSweep, type SweepOptions, type SweepResult } from './sweep/sweep.ts'
export type { BestMargin, SpaceSize, SweepEntry, SweepReport, SweepRun, SweepTraining } from './sweep/sweep-report.ts'
