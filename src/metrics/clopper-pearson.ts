/** @file The exact interval of a share, for error rates that must not be understated. */
import { ensure } from '../base/index.ts'
import { incompleteBeta } from './incomplete-beta.ts'
import type { Interval } from './intervals.ts'

/**
 * The Clopper-Pearson interval: all p that an exact binomial test at level (1 - level) / 2 per side does not reject. It covers the truth at least as often as
 * `level` says.
 *
 * low: P(X >= successes | low) = (1 - level) / 2; high: P(X <= successes | high) = (1 - level) / 2.
 *
 * @param successes 0 to trials
 * @param trials at least 1
 * @param level probability of covering the truth. Default 0.95
 * Cost: sixty incomplete beta functions. Source: Clopper, Pearson 1934; scipy binomtest(...).proportion_ci(method='exact')
 */
export function clopperPearson(successes: number, trials: number, level = 0.95): Interval {
  const where = 'Clopper-Pearson interval'
  ensure(
    Number.isInteger(successes) && Number.isInteger(trials) && trials >= 1 && successes >= 0 && successes <= trials,
    where,
    'successes must be an integer from 0 to trials, and trials at least 1',
    `${successes} of ${trials}`,
  )
  ensure(level > 0 && level < 1, where, 'level must be in (0, 1)', level)
  const tail = (1 - level) / 2
  return {
    low: successes === 0 ? 0 : bisect((p) => incompleteBeta(successes, trials - successes + 1, p) < tail),
    high: successes === trials ? 1 : bisect((p) => incompleteBeta(successes + 1, trials - successes, p) < 1 - tail),
  }
}

/** The p in (0, 1) up to which `below` holds, to the last bit that matters. */
function bisect(below: (p: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step++) {
    const middle = (low + high) / 2
    if (below(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
