/** @file How sure a measured figure is: Wilson's interval for shares, the bootstrap for anything. */
import { allAtOnce, checkOptions, ensure, rng, type Pieces, type Stage } from '../base/index.ts'

/** A range that covers the truth with the chosen probability. */
export interface Interval {
  low: number
  high: number
}

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  /** Resamples. Default 1000. */
  rounds?: number
  /** Probability of covering the truth. Default 0.95. */
  level?: number
  /** Seeds the resampling. Default 0. */
  seed?: number
}

/**
 * Wilson's score interval for a share of successes: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
 *
 * Right also for few trials and for shares near 0 or 1, where p -+ z sqrt(p(1-p)/n) is not.
 *
 * @param successes 0 to trials
 * @param trials at least 1
 * @param level probability of covering the truth. Default 0.95
 * Cost: O(1). Source: Wilson 1927; scipy binomtest(...).proportion_ci(method='wilson')
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  const where = 'Wilson interval'
  ensure(
    trials >= 1 && successes >= 0 && successes <= trials,
    where,
    'successes must be from 0 to trials, and trials at least 1',
    `${successes} of ${trials}`,
  )
  checkLevel(where, level)
  const z = normalQuantile((1 + level) / 2)
  const p = successes / trials
  const zz = (z * z) / trials
  const centre = (p + zz / 2) / (1 + zz)
  const half = (z * Math.sqrt((p * (1 - p)) / trials + zz / (4 * trials))) / (1 + zz)
  return { low: successes === 0 ? 0 : centre - half, high: successes === trials ? 1 : centre + half }
}

/**
 * The percentile bootstrap: the middle `level` of a statistic over resamples with replacement.
 *
 * @param n how many points there are
 * @param statistic the figure of the points with these indices (n of them, repeats among them); the array is reused
 * @example bootstrapInterval(correct.length, (rows) => rows.reduce((sum, i) => sum + correct[i], 0) / rows.length)
 * Cost: `rounds` calls of statistic. Source: Efron 1979; Efron, Tibshirani 1993, section 13.3
 */
export function bootstrapInterval(n: number, statistic: (indices: Int32Array) => number, options: BootstrapOptions = {}): Interval {
  return allAtOnce(bootstrapPieces(n, statistic, options))
}

/** {@link bootstrapInterval} in pieces, one a resample. */
export function* bootstrapPieces(n: number, statistic: (indices: Int32Array) => number, options: BootstrapOptions = {}): Pieces<Interval> {
  const where = 'bootstrap interval'
  checkOptions(where, options, ['rounds', 'level', 'seed'])
  const { rounds = 1000, level = 0.95, seed = 0 } = options
  ensure(Number.isInteger(n) && n > 0, where, 'n must be a positive integer', n)
  ensure(Number.isInteger(rounds) && rounds > 0, where, 'rounds must be a positive integer', rounds)
  checkLevel(where, level)
  const random = rng(seed)
  const indices = new Int32Array(n)
  const figures = new Float64Array(rounds)
  const stage: Stage = { task: 'resampling', total: rounds, unit: 'round', done: 0 }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < n; i++) indices[i] = random.integer(n)
    figures[round] = statistic(indices)
    stage.done = round + 1
    yield stage
  }
  figures.sort()
  return { low: quantile(figures, (1 - level) / 2), high: quantile(figures, (1 + level) / 2) }
}

/** The q-quantile of ascending numbers, linear between neighbours (numpy's default, type 7). Cost: O(1) */
export function quantile(ascending: Float64Array, q: number): number {
  const at = q * (ascending.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, ascending.length - 1)
  return ascending[low] + (at - low) * (ascending[high] - ascending[low])
}

/**
 * The standard normal quantile z with P(Z <= z) = p, by Newton's method on Marsaglia's series for the distribution.
 *
 * Cost: a few hundred multiplications. Source: Marsaglia 2004, "Evaluating the normal distribution"
 */
export function normalQuantile(p: number): number {
  ensure(p > 0 && p < 1, 'normal quantile', 'p must be in (0, 1)', p)
  if (p < 0.5) return -normalQuantile(1 - p)
  if (p === lately.p) return lately.z
  let z = 0
  for (let step = 0; step < 100; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
    let term = z
    let sum = z
    for (let odd = 3; term > 1e-18 * sum; odd += 2) sum += term *= (z * z) / odd
    const move = (p - 0.5 - density * sum) / density
    z += move
    if (!(Math.abs(move) > 1e-14 * (1 + z))) break
  }
  lately = { p, z }
  return z
}

/** The last answer: a report asks for hundreds of thousands of intervals of one level. */
let lately = { p: Number.NaN, z: 0 }

function checkLevel(where: string, level: number): void {
  ensure(level > 0 && level < 1, where, 'level must be in (0, 1)', level)
}
