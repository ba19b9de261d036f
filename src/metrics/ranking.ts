/**
 * @file How well one number separates two groups: AUROC, AUPR, FPR at a TPR, OSCR and their curves.
 *
 * Everywhere: the higher the score, the more positive. Name which group is positive; for a score that points the other
 * way, negate it. Ties are dealt with exactly, so no figure depends on the order of the input.
 */
import { ensure } from '../base/index.ts'

/** Numbers, one per point; none may be NaN. */
export type Scores = ArrayLike<number>

/** A curve as two arrays of equal length. */
export interface Curve {
  x: Float64Array
  y: Float64Array
}

/**
 * Area under the ROC curve: P(positive > negative) + P(equal) / 2 for a random pair.
 *
 * @param positives scores of the positive group
 * @param negatives scores of the negative group
 * @returns 1 for perfect, 0.5 for chance, 0 for perfectly reversed
 * @throws KindredError `usage` when a group is empty or holds NaN
 * Cost: O(n log n). Source: Mann, Whitney 1947; Hanley, McNeil 1982; scikit-learn roc_auc_score
 */
export function auroc(positives: Scores, negatives: Scores): number {
  const p = sorted('AUROC', 'positives', positives)
  const n = sorted('AUROC', 'negatives', negatives)
  let below = 0
  let upTo = 0
  let wins = 0
  for (const score of p) {
    while (below < n.length && n[below] < score) below++
    while (upTo < n.length && n[upTo] <= score) upTo++
    wins += (below + upTo) / 2
  }
  return wins / (p.length * n.length)
}

/**
 * Area under the precision-recall curve as average precision: sum over thresholds of (R_i - R_(i-1)) P_i.
 *
 * For AUPR-in take in-distribution as positive (scores high = in); for AUPR-out negate scores and swap the groups.
 *
 * @returns 1 for perfect; chance gives the share of positives
 * @throws KindredError `usage` when a group is empty or holds NaN
 * Cost: O(n log n). Source: scikit-learn average_precision_score (no interpolation)
 */
export function averagePrecision(positives: Scores, negatives: Scores): number {
  const p = sorted('average precision', 'positives', positives)
  const n = sorted('average precision', 'negatives', negatives)
  let area = 0
  let i = p.length
  let j = n.length
  while (i > 0) {
    const threshold = p[i - 1]
    const before = i
    while (i > 0 && p[i - 1] === threshold) i--
    while (j > 0 && n[j - 1] >= threshold) j--
    const truePositives = p.length - i
    area += (before - i) * (truePositives / (truePositives + n.length - j))
  }
  return area / p.length
}

/**
 * The false-positive rate at the strictest threshold that still finds a share `tpr` of the positives.
 *
 * Papers on rejection ("FPR95") take in-distribution as positive: the share of outliers accepted when 95 % of the
 * in-distribution is kept. pytorch-ood and OpenOOD take outliers as positive: the share of in-distribution rejected when
 * 95 % of outliers are found. The two differ; see `evaluateRejection`, which gives both by name.
 *
 * @param tpr share of positives at or above the threshold, in (0, 1]. Default 0.95
 * @throws KindredError `usage` when a group is empty or holds NaN, or tpr is out of range
 * Cost: O(n log n)
 */
export function fprAtTpr(positives: Scores, negatives: Scores, tpr = 0.95): number {
  ensure(tpr > 0 && tpr <= 1, 'FPR at TPR', 'tpr must be in (0, 1]', tpr)
  const p = sorted('FPR at TPR', 'positives', positives)
  const n = sorted('FPR at TPR', 'negatives', negatives)
  const threshold = p[p.length - Math.max(1, Math.ceil(tpr * p.length - 1e-9))]
  let below = 0
  while (below < n.length && n[below] < threshold) below++
  return (n.length - below) / n.length
}

/**
 * The ROC curve: x = false-positive rate, y = true-positive rate, one point a distinct score, from (0, 0) to (1, 1).
 *
 * Cost: O(n log n). Source: scikit-learn roc_curve with drop_intermediate=False
 */
export function rocCurve(positives: Scores, negatives: Scores): Curve {
  return twoGroupCurve(sorted('ROC curve', 'positives', positives), sorted('ROC curve', 'negatives', negatives), positives.length)
}

/**
 * The open-set classification rate curve: x = share of outliers accepted, y = share of the in-distribution both accepted
 * and rightly classified, as the threshold falls.
 *
 * @param inScores scores of in-distribution points, high = in
 * @param inCorrect whether each in-distribution point is rightly classified (0 or 1)
 * @param outScores scores of outliers
 * Cost: O(n log n). Source: Dhamija, Guenther, Boult 2018, "Reducing network agnostophobia"
 */
export function oscrCurve(inScores: Scores, inCorrect: ArrayLike<number | boolean>, outScores: Scores): Curve {
  const right = keepRight('OSCR curve', inScores, inCorrect)
  return twoGroupCurve(
    sorted('OSCR curve', 'rightly classified scores', right, true),
    sorted('OSCR curve', 'outScores', outScores),
    inScores.length,
  )
}

/**
 * Area under the OSCR curve: accuracy times the AUROC of the rightly classified against the outliers.
 *
 * @param inScores scores of in-distribution points, high = in
 * @param inCorrect whether each in-distribution point is rightly classified (0 or 1)
 * @param outScores scores of outliers
 * @returns between 0 and the accuracy
 * Cost: O(n log n). Source: Dhamija et al. 2018; the area by the trapezoid rule, ties counted half
 */
export function oscr(inScores: Scores, inCorrect: ArrayLike<number | boolean>, outScores: Scores): number {
  const right = keepRight('OSCR', inScores, inCorrect)
  return right.length === 0 ? 0 : (right.length / inScores.length) * auroc(right, outScores)
}

function twoGroupCurve(p: Float64Array, n: Float64Array, outOf: number): Curve {
  const x = [0]
  const y = [0]
  let i = p.length
  let j = n.length
  while (i > 0 || j > 0) {
    const threshold = Math.max(i > 0 ? p[i - 1] : -Infinity, j > 0 ? n[j - 1] : -Infinity)
    while (i > 0 && p[i - 1] >= threshold) i--
    while (j > 0 && n[j - 1] >= threshold) j--
    x.push((n.length - j) / n.length)
    y.push((p.length - i) / outOf)
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y) }
}

function keepRight(where: string, scores: Scores, correct: ArrayLike<number | boolean>): number[] {
  ensure(
    scores.length === correct.length && scores.length > 0,
    where,
    'inScores and inCorrect must be equally long, and not empty',
    `${scores.length} and ${correct.length}`,
  )
  return Array.from(scores).filter((_, i) => Boolean(correct[i]))
}

function sorted(where: string, name: string, scores: Scores, mayBeEmpty = false): Float64Array {
  ensure(mayBeEmpty || scores.length > 0, where, `${name} must not be empty`)
  const copy = Float64Array.from(scores).sort()
  ensure(!copy.some(Number.isNaN), where, `${name} must hold no NaN`)
  return copy
}
