/** @file Whether model A is better than model B on the same points, or only luckier. */
import { ensure, nonFiniteAt } from '../base/index.ts'
import { bootstrapInterval, type BootstrapOptions, type Interval } from './intervals.ts'

/** The outcome of McNemar's test. */
export interface McNemarResult {
  /** Points that only A gets right. */
  onlyA: number
  /** Points that only B gets right. */
  onlyB: number
  /** P(a split at least so uneven | both are equally good), two-sided, exact. */
  pValue: number
}

/**
 * McNemar's exact test: among points on which A and B differ, is the split further from even than chance allows?
 *
 * p = min(1, 2 sum_{i <= min(b, c)} C(b + c, i) / 2^(b + c)).
 *
 * @param correctA whether A is right at each point (0 or 1)
 * @param correctB whether B is right at the same points
 * @throws KindredError `usage` when lengths differ
 * Cost: O(n). Source: McNemar 1947; scipy binomtest(min(b, c), b + c); Dietterich 1998 for its use on classifiers
 */
export function mcNemar(correctA: ArrayLike<number | boolean>, correctB: ArrayLike<number | boolean>): McNemarResult {
  ensure(
    correctA.length === correctB.length,
    'McNemar test',
    'both must be judged on the same points',
    `${correctA.length} and ${correctB.length}`,
  )
  let onlyA = 0
  let onlyB = 0
  for (let i = 0; i < correctA.length; i++) {
    if (correctA[i] && !correctB[i]) onlyA++
    if (correctB[i] && !correctA[i]) onlyB++
  }
  const n = onlyA + onlyB
  let logTerm = -n * Math.LN2
  let tail = 0
  for (let i = 0; i <= Math.min(onlyA, onlyB); i++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log(n - i) - Math.log(i + 1)
  }
  return { onlyA, onlyB, pValue: Math.min(1, 2 * tail) }
}

/**
 * The bootstrap interval of mean(A) - mean(B), points being resampled together; it excludes 0 when the difference is real.
 *
 * @param a a figure per point for A (for example correctness, 0 or 1)
 * @param b the same for B, at the same points
 * @throws KindredError `usage` when lengths differ or a figure is not finite
 * Cost: O(rounds * n). Source: Efron, Tibshirani 1993; Koehn 2004 for paired comparisons
 */
export function pairedBootstrap(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval & { difference: number } {
  ensure(a.length === b.length, 'paired bootstrap', 'both must be judged on the same points', `${a.length} and ${b.length}`)
  const gaps = Float64Array.from(a, (x, i) => x - b[i])
  const bad = nonFiniteAt(gaps)
  ensure(bad < 0, 'paired bootstrap', 'both must hold finite figures', `${a[bad]} and ${b[bad]} at point ${bad}`)
  const mean = (rows: Int32Array): number => {
    let sum = 0
    for (const row of rows) sum += gaps[row]
    return sum / rows.length
  }
  return { difference: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, ...bootstrapInterval(gaps.length, mean, options) }
}
