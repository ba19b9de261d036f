/**
 * @file Everything one wants to know about a rejection rule: shares at its threshold, and figures without a threshold.
 */
import { checkChoice, checkOptions, ensure } from '../base/index.ts'
import { auroc, averagePrecision, fprAtTpr, oscr, type Scores } from './ranking.ts'

/** The scores to judge, and the rule. */
export interface RejectionInput {
  /** Scores of in-distribution points (digits). */
  inScores: Scores
  /** Whether each in-distribution point is rightly classified (0 or 1). */
  inCorrect: ArrayLike<number | boolean>
  /** Scores of outliers (letters). */
  outScores: Scores
  /** Points strictly beyond it are rejected. */
  threshold: number
  /** Whether points above or below the threshold are rejected. */
  rejectWhen: 'above' | 'below'
}

/** How a rejection rule does; every figure in [0, 1]. */
export interface RejectionResult {
  /** In-distribution points that are kept. */
  keptShare: number
  /** In-distribution points that are kept and rightly classified. */
  keptRightShare: number
  /** Accuracy among the kept; NaN when none is kept. */
  keptAccuracy: number
  /** Outliers that are rejected. */
  rejectedShare: number
  /** P(an outlier looks more outlying than an in-distribution point); 0.5 is chance. */
  auroc: number
  /** Average precision with in-distribution as positive. */
  auprIn: number
  /** Average precision with outliers as positive. */
  auprOut: number
  /** Share of outliers accepted when 95 % of the in-distribution is kept (in-distribution positive: as in papers). */
  fpr95: number
  /** Share of in-distribution rejected when 95 % of outliers are (outliers positive: as pytorch-ood and OpenOOD). */
  fpr95OutPositive: number
  /** Area under the open-set classification rate curve. */
  oscr: number
}

/**
 * Judges a rejection rule on held-out in-distribution points and outliers.
 *
 * @throws KindredError `usage` when a group is empty, lengths differ or a score is NaN
 * Cost: O(n log n)
 * Source: Hendrycks, Gimpel 2017 (AUROC, AUPR, FPR95); Dhamija et al. 2018 (OSCR)
 */
export function evaluateRejection(input: RejectionInput): RejectionResult {
  const where = 'evaluate rejection'
  checkOptions(where, input, ['inScores', 'inCorrect', 'outScores', 'threshold', 'rejectWhen'])
  const { inScores, inCorrect, outScores, threshold, rejectWhen } = input
  checkChoice(where, 'rejectWhen', rejectWhen, ['above', 'below'])
  ensure(!Number.isNaN(threshold), where, 'threshold must be a number', threshold)
  ensure(
    inCorrect.length === inScores.length,
    where,
    'inCorrect must have one entry for each of inScores',
    `${inCorrect.length} and ${inScores.length}`,
  )
  const isRejected = (score: number) => (rejectWhen === 'above' ? score > threshold : score < threshold)
  const kept = Array.from(inScores, (score) => !isRejected(score))
  const keptRight = kept.filter((keep, i) => keep && Boolean(inCorrect[i])).length
  const keptCount = kept.filter(Boolean).length
  // High = in-distribution from here on.
  const sign = rejectWhen === 'above' ? -1 : 1
  const inside = Float64Array.from(inScores, (score) => sign * score)
  const outside = Float64Array.from(outScores, (score) => sign * score)
  const negate = (scores: Float64Array) => scores.map((score) => -score)
  return {
    keptShare: keptCount / kept.length,
    keptRightShare: keptRight / kept.length,
    keptAccuracy: keptRight / keptCount,
    rejectedShare: Array.from(outScores).filter(isRejected).length / outScores.length,
    auroc: auroc(inside, outside),
    auprIn: averagePrecision(inside, outside),
    auprOut: averagePrecision(negate(outside), negate(inside)),
    fpr95: fprAtTpr(inside, outside),
    fpr95OutPositive: fprAtTpr(negate(outside), negate(inside)),
    oscr: oscr(inside, inCorrect, outside),
  }
}
