/** @file Room `plots`: figure functions that return SVG text, and PNG beside it. */
export { barComparison, type BarComparisonOptions, type ComparisonRow } from './bar-comparison.ts'
export type { Labels } from './cloud.ts'
export { confusionMatrix, type ConfusionMatrixOptions } from './confusion-matrix.ts'
export { darkColour } from './dark.ts'
export { embeddingMap, type EmbeddingMapOptions, type Thumbnails } from './embedding-map.ts'
export { faceMap, faceMaps, type FaceMapOptions, type FaceMapsOptions, type FacePanel } from './face-map.ts'
export { pairSheet, type FacePairRow, type PairSheetOptions, type PairSide } from './pair-sheet.ts'
export { faceSheet, type FaceSheetOptions, type SheetFace, type SheetGroup } from './face-sheet.ts'
export { faceStrip, type FaceStripOptions, type StripNeighbour, type StripRow } from './face-strip.ts'
export { imageGrid, type ImageGridOptions } from './image-grid.ts'
export { lossCurve, type EpochFigures, type LossCurveOptions } from './loss-curve.ts'
export { precisionPanels, type PrecisionPanel, type PrecisionPanelsOptions } from './precision-panels.ts'
export { rejectionCurve, type RejectionCurve, type RejectionCurveOptions } from './rejection-curve.ts'
export { rejectionHistogram, type RejectionHistogramOptions, type RejectionScores, type ThresholdMark } from './rejection-histogram.ts'
export { reliabilityDiagram, type ReliabilityBin, type ReliabilityDiagramOptions } from './reliability-diagram.ts'
export { classColour, fontFamily, palette, tone } from './style.ts'
export { escapeXml } from './svg.ts'
export {
  sweepCurves,
  sweepPanels,
  type SweepCurvesOptions,
  type SweepFigures,
  type SweepPanel,
  type SweepPanelsOptions,
} from './sweep-panels.ts'
export { fontFiles, toPng, webFontFiles, type PngOptions } from './to-png.ts'
