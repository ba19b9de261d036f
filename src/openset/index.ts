/** @file Room `openset`: how to tell what belongs to no known class. Scores, thresholds, detectors. To judge them: `evaluateRejection` in `metrics`. */
export {
  classMeanDistance,
  knnDistance,
  mahalanobis,
  type ClassMeanOptions,
  type KnnDistanceOptions,
  type MahalanobisOptions,
} from './embedding-scores.ts'
export { conformalPValues, conformalThreshold } from './conformal.ts'
export {
  calibrationNeeded,
  conformalPromise,
  keepAnother,
  keptInterval,
  promiseFromJson,
  promiseToJson,
  type ConformalPromise,
  type ConformalPromiseJson,
} from './conformal-promise.ts'
export { distanceAndOdds, type DistanceAndOddsParts, type Spreads } from './distance-and-odds.ts'
export { driftLevel, enoughForDrift, scoreDrift, type Drift } from './drift.ts'
export { detector, detectorFromJson, logitScorer, type Detector, type DetectorJson } from './detector.ts'
export { energy, entropy, giniCoefficient, giniImpurity, maxLogit, maxSoftmax, softmaxMargin } from './softmax-scores.ts'
export { fitTemperature, type TemperatureFit } from './temperature.ts'
export { giniImpurityRule087, rejectByGiniImpurity } from './student-rule.ts'
export { isRejected, keepShare, minimumError, type LearnedRule, type RejectionRule } from './thresholds.ts'
export { l2Normalize, type Rows } from './rows.ts'
export { logitScore, scoreInfo, scores, type EmbeddingScoreName, type LogitScoreName, type ScoreInfo, type Side } from './score-table.ts'
export { outlierOdds } from './outlier-odds.ts'
export { kolmogorovSmirnov, type TwoSampleTest } from './two-sample.ts'
export { softmax, type TemperatureOptions } from './softmax.ts'
export type { ClassLabels, Scorer, ScorerState } from './scorer.ts'
