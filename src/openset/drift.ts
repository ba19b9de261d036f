/** @file Do scores look like those a promise was made with? If not, it does not hold for them. */
import type { ConformalPromise } from './conformal-promise.ts'
import type { Side } from './score-table.ts'
import { kolmogorovSmirnov } from './two-sample.ts'

/** Scores from which a test has something to say. */
export const enoughForDrift = 20

/** A false alarm is as rare as this among batches of points like the calibration points. */
export const driftLevel = 0.01

/** How scores compare with those of the calibration. */
export interface Drift {
  /** Kolmogorov-Smirnov's D and its p. */
  readonly d: number
  readonly p: number
  /** How many scores were tested. */
  readonly n: number
  /** p <= 0.01. */
  readonly drifted: boolean
  /** Where the scores lie beside the calibration's, where they differ most. */
  readonly towards: 'outliers' | 'the ordinary'
}

/**
 * Tests whether scores come from the distribution of the calibration scores.
 *
 * A batch that passes is not proven to be alike; one that fails is unlike but for one batch in a hundred.
 *
 * @returns undefined for fewer than 20 scores
 * Cost: that of `kolmogorovSmirnov`
 */
export function scoreDrift(promise: Pick<ConformalPromise, 'scores'>, scores: ArrayLike<number>, rejectWhen: Side): Drift | undefined {
  const n = scores.length
  if (n < enoughForDrift) return undefined
  const { d, p, second } = kolmogorovSmirnov(promise.scores, scores)
  return { d, p, n, drifted: p <= driftLevel, towards: (second === 'higher') === (rejectWhen === 'above') ? 'outliers' : 'the ordinary' }
}
