/**
 * @file Thresholds with a promise, from in-distribution data alone: split conformal prediction.
 *
 * If calibration points and a new in-distribution point are exchangeable, the new one is rejected with probability at
 * most alpha, whatever the score and the network. Calibration points must not have been trained on.
 */
import { ensure } from '../base/index.ts'
import type { Side } from './score-table.ts'
import { ascendingSureness, rule, type RejectionRule } from './thresholds.ts'

/**
 * The rule that rejects an in-distribution point with probability at most alpha.
 *
 * With sureness s (the score, or its negative when outliers lie above): t = the floor(alpha (n + 1))-th smallest
 * calibration sureness; reject s < t. The same as rejecting p-values <= alpha.
 *
 * @param calibrationScores scores of n held-out in-distribution points
 * @param alpha share of in-distribution points that may be lost, in (0, 1)
 * @param rejectWhen where outliers lie (`outlierWhen` of the score)
 * @throws KindredError `usage` when n < 1 / alpha - 1: too few points to promise so little loss
 * Cost: O(n log n)
 * Source: Vovk, Gammerman, Shafer 2005; Bates et al. 2023, "Testing for outliers with conformal p-values"
 */
export function conformalThreshold(calibrationScores: ArrayLike<number>, alpha: number, rejectWhen: Side): RejectionRule {
  const where = 'conformal threshold'
  ensure(alpha > 0 && alpha < 1, where, 'alpha must be in (0, 1)', alpha)
  const sureness = ascendingSureness(where, 'calibrationScores', calibrationScores, rejectWhen)
  const place = conformalPlace(sureness.length, alpha)
  ensure(
    place >= 1,
    where,
    `alpha ${alpha} needs at least ${Math.ceil(1 / alpha - 1 - 1e-9)} calibration scores`,
    sureness.length,
    'Give more held-out points or a larger alpha.',
  )
  return rule(sureness[place - 1], rejectWhen)
}

/** floor(alpha (n + 1)), rounding mended so that a rule and the comparison p <= alpha never differ. */
export function conformalPlace(n: number, alpha: number): number {
  const all = n + 1
  const place = Math.floor(alpha * all)
  if ((place + 1) / all <= alpha) return place + 1
  return place / all > alpha ? place - 1 : place
}

/**
 * For each score how ordinary it is: p = (1 + #{calibration sureness <= s}) / (n + 1).
 *
 * @param calibrationScores scores of n held-out in-distribution points
 * @param scores scores to judge
 * @param rejectWhen where outliers lie
 * @throws KindredError `usage` for a score that is NaN
 * @returns one p-value a score, in [1 / (n + 1), 1]; P(p <= alpha) <= alpha for an in-distribution point
 * Cost: O((n + m) log n). Source: as {@link conformalThreshold}
 */
export function conformalPValues(calibrationScores: ArrayLike<number>, scores: ArrayLike<number>, rejectWhen: Side): Float64Array {
  const sureness = ascendingSureness('conformal p-values', 'calibrationScores', calibrationScores, rejectWhen)
  return Float64Array.from(scores, (score, i) => {
    ensure(!Number.isNaN(score), 'conformal p-values', 'scores must hold no NaN', `NaN at ${i}`)
    const s = rejectWhen === 'above' ? -score : score
    let low = 0
    let high = sureness.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (sureness[middle] <= s) low = middle + 1
      else high = middle
    }
    return (1 + low) / (sureness.length + 1)
  })
}
