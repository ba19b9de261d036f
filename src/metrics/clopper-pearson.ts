/** @file The exact interval of a share, for error rates that must not be understated. */
import { ensure } from '../base/index.ts'
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

/**
 * I_x(a, b), the chance that a Beta(a, b) number is at most x; P(X >= a) of a Binomial(a + b - 1, x). Source: DLMF 8.17.22, by Lentz's method as in Numerical
 * Recipes 6.4.
 */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x)
  if (x === 0) return 0
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const tiny = 1e-300
  const solid = (v: number) => (Math.abs(v) < tiny ? tiny : v)
  let c = 1
  let d = 1 / solid(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / solid(1 + even * d)
    c = solid(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / solid(1 + odd * d)
    c = solid(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return front * fraction
}

/** ln Gamma(x) for x >= 1, by Stirling's series after moving x above 10 (DLMF 5.11.1). */
function logGamma(x: number): number {
  let shift = 0
  for (; x < 10; x++) shift += Math.log(x)
  const y = 1 / (x * x)
  const series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360_360))))) / x
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - shift
}
