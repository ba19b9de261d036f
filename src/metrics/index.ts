/** @file Room `metrics`: typed arrays in, numbers out. Knows no model, no runtime and no file. */
export { accuracy, classReport, confusionMatrix, type ClassReport, type ConfusionMatrix } from './confusion.ts'
export { auroc, averagePrecision, fprAtTpr, oscr, oscrCurve, rocCurve, type Curve, type Scores } from './ranking.ts'
export { bCubed, type BCubed } from './b-cubed.ts'
export {
  bootstrapInterval,
  bootstrapPieces,
  normalQuantile,
  quantile,
  wilsonInterval,
  type BootstrapOptions,
  type Interval,
} from './intervals.ts'
export { brierScore, calibration, negativeLogLikelihood, type BinOptions, type Calibration, type ReliabilityBin } from './calibration.ts'
export { classDistances, silhouette, silhouettePieces, type ClassDistances, type SilhouetteOptions } from './class-distances.ts'
export { adjustedMutualInformation, adjustedRandIndex, normalizedMutualInformation } from './clustering.ts'
export { evaluateRejection, type RejectionInput, type RejectionResult } from './rejection.ts'
export { knnAccuracy, knnVote, type KnnOptions } from './knn-classify.ts'
export { clopperPearson } from './clopper-pearson.ts'
export { studentQuantile } from './student-t.ts'
export { compactLabels, type CompactLabels, type Labels } from './labels.ts'
export { pairedPeopleBootstrap } from './paired-people.ts'
export { mcNemar, pairedBootstrap, type McNemarResult } from './paired.ts'
export { peopleBootstrap, type PeopledPairs } from './people-bootstrap.ts'
export { precisionAtK, precisionRow, type PrecisionAtK, type PrecisionAtKOptions } from './precision-at-k.ts'
export {
  retrieval,
  retrievalTally,
  type RetrievalOptions,
  type RetrievalQueries,
  type RetrievalResult,
  type RetrievalTally,
} from './retrieval.ts'
export {
  calibratePieces,
  calibrateVerification,
  impostorsNeeded,
  pairDistancePieces,
  pairDistances,
  type CalibrateOptions,
  type PairDistances,
  type VerificationThreshold,
} from './verification.ts'
export {
  crossValidateVerification,
  type CrossValidatedVerification,
  type VerificationFold,
  type VerificationFoldsOptions,
} from './verification-folds.ts'
