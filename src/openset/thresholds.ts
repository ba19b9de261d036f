/**
 * @file Where to put the threshold: chosen from data, never by hand.
 *
 * A rule rejects scores strictly beyond its threshold: a point on it is kept.
 */
import { checkChoice, checkOptions, ensure } from '../base/index.ts'
import type { Side } from './score-table.ts'

/** When to reject. */
export interface RejectionRule {
  threshold: number
  /** Scores strictly above, or strictly below, the threshold are rejected. */
  rejectWhen: Side
}

/** A rule found on two held-out groups. */
export interface LearnedRule extends RejectionRule {
  /** The error that was minimised, on those two groups. */
  error: number
  /** Whether the direction, too, was found from the data. */
  directionLearned: boolean
}

/** Whether a score is rejected. */
export function isRejected(score: number, rule: RejectionRule): boolean {
  return rule.rejectWhen === 'above' ? score > rule.threshold : score < rule.threshold
}

/**
 * The strictest rule that keeps at least a share of in-distribution points (of all: kept, or kept and right).
 *
 * @param inScores held-out in-distribution scores
 * @param share in (0, 1], for example 0.95
 * @param rejectWhen where outliers lie (`outlierWhen` of the score)
 * @param options `correct`: whether each point is rightly classified; then the share is of points kept *and* right
 * @throws KindredError `usage` when the classifier is right too seldom for the share
 * Cost: O(n log n)
 */
export function keepShare(
  inScores: ArrayLike<number>,
  share: number,
  rejectWhen: Side,
  options: { correct?: ArrayLike<number | boolean> } = {},
): RejectionRule {
  const where = 'keep share'
  checkOptions(where, options, ['correct'])
  const { correct } = options
  ensure(share > 0 && share <= 1, where, 'share must be in (0, 1]', share)
  ensure(correct === undefined || correct.length === inScores.length, where, 'correct must have one entry a score', correct?.length)
  const sureness = ascendingSureness(where, 'inScores', inScores, rejectWhen)
  const counted =
    correct === undefined
      ? sureness
      : ascendingSureness(
          where,
          'inScores',
          Array.from(inScores).filter((_, i) => correct[i]),
          rejectWhen,
          true,
        )
  const need = Math.max(1, Math.ceil(share * inScores.length - 1e-9))
  ensure(need <= counted.length, where, `share must be at most the accuracy, ${counted.length / inScores.length}`, share)
  return rule(counted[counted.length - need], rejectWhen)
}

/**
 * The rule with the fewest errors on held-out in-distribution points and outliers.
 *
 * Error = (rejected in + kept out) / all, or with `balanced` the mean of both groups' error shares. The threshold lies
 * midway between the scores it separates. Without `rejectWhen` both directions are tried and the better one is reported:
 * some heads are surer of letters than of digits.
 *
 * @param inScores held-out in-distribution scores
 * @param outScores held-out scores of outliers
 * Cost: O(n log n)
 */
export function minimumError(
  inScores: ArrayLike<number>,
  outScores: ArrayLike<number>,
  options: { rejectWhen?: Side; balanced?: boolean } = {},
): LearnedRule {
  const where = 'minimum error'
  checkOptions(where, options, ['rejectWhen', 'balanced'])
  const { rejectWhen, balanced = false } = options
  const sides: Side[] = rejectWhen === undefined ? ['above', 'below'] : [rejectWhen]
  const found = sides.map((side) => {
    const inside = ascendingSureness(where, 'inScores', inScores, side)
    const outside = ascendingSureness(where, 'outScores', outScores, side)
    const weightIn = balanced ? 0.5 / inside.length : 1 / (inside.length + outside.length)
    const weightOut = balanced ? 0.5 / outside.length : weightIn
    // Rejecting nothing: a threshold just at the least score of all.
    let best = { threshold: Math.min(inside[0], outside[0]), error: weightOut * outside.length }
    let i = 0
    let j = 0
    while (i < inside.length || j < outside.length) {
      const last = Math.min(inside[i] ?? Infinity, outside[j] ?? Infinity)
      while (inside[i] === last) i++
      while (outside[j] === last) j++
      const next = Math.min(inside[i] ?? Infinity, outside[j] ?? Infinity)
      const error = weightIn * i + weightOut * (outside.length - j)
      if (error < best.error - 1e-12) best = { threshold: between(last, next), error }
    }
    return { ...rule(best.threshold, side), error: best.error, directionLearned: rejectWhen === undefined }
  })
  return found.reduce((a, b) => (b.error < a.error ? b : a))
}

/** The threshold in terms of the score, from one in terms of sureness. */
export function rule(sureness: number, rejectWhen: Side): RejectionRule {
  return { threshold: rejectWhen === 'above' ? 0 - sureness : sureness, rejectWhen }
}

/** Scores turned so that high = sure, sorted ascending; throws on NaN and on an empty group. */
export function ascendingSureness(
  where: string,
  name: string,
  scores: ArrayLike<number>,
  rejectWhen: Side,
  mayBeEmpty = false,
): Float64Array {
  checkChoice(where, 'rejectWhen', rejectWhen, ['above', 'below'])
  ensure(mayBeEmpty || scores.length > 0, where, `${name} must not be empty`)
  const out = Float64Array.from(scores, (score) => (rejectWhen === 'above' ? -score : score)).sort()
  ensure(!out.some(Number.isNaN), where, `${name} must hold no NaN`)
  return out
}

/** A number above `low` and at most `high`: the middle if there is one, a little above `low` if `high` is infinite. */
function between(low: number, high: number): number {
  if (high === Infinity) return low + Math.max(Number.MIN_VALUE, Math.abs(low) * Number.EPSILON)
  const middle = low + (high - low) / 2
  return middle > low ? middle : high
}
