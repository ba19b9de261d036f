/** @file Do two groups of numbers come from one distribution? The Kolmogorov-Smirnov test, exact where that is affordable. */
import { ensure } from '../base/index.ts'

/** What the test finds. */
export interface TwoSampleTest {
  /** D: the greatest difference between the two cumulative distributions, in [0, 1]. */
  readonly d: number
  /** P(D at least this large) where both groups come from one continuous distribution; where values tie, the test is conservative. */
  readonly p: number
  /** Whether the second group lies lower or higher than the first where they differ most. */
  readonly second: 'lower' | 'higher'
}

/** Steps of the exact count at most; larger groups get the asymptotic p. */
const mostSteps = 20_000_000

/**
 * The two-sided two-sample Kolmogorov-Smirnov test.
 *
 * D = max_x |F_a(x) - F_b(x)|. p is exact (paths of a lattice that stay within D) up to 20 million pairs, then Kolmogorov's series with
 * n m / (n + m).
 *
 * @param a first group, any order; infinite values are allowed
 * @param b second group
 * @throws KindredError `usage` for an empty group or NaN
 * Cost: O(n log n + m log m), and O(n m) for an exact p
 * Source: Hodges 1958, "The significance probability of the Smirnov two-sample test"; scipy.stats.ks_2samp
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): TwoSampleTest {
  const where = 'Kolmogorov-Smirnov test'
  const [x, y] = [a, b].map((group) => {
    ensure(group.length > 0, where, 'both groups must hold a number or more', 'an empty one')
    const sorted = Float64Array.from(group).sort()
    ensure(!sorted.some(Number.isNaN), where, 'no number may be NaN', 'NaN')
    return sorted
  })
  const [n, m] = [x.length, y.length]
  // In steps of 1 / (n m), so that nothing is lost to rounding.
  let most = 0
  let [i, j] = [0, 0]
  while (i < n && j < m) {
    const at = Math.min(x[i], y[j])
    while (x[i] === at) i++
    while (y[j] === at) j++
    const apart = i * m - j * n
    if (Math.abs(apart) > Math.abs(most)) most = apart
  }
  const d = Math.abs(most) / (n * m)
  const p = n * m <= mostSteps ? exactTail(n, m, Math.abs(most)) : kolmogorovTail(Math.sqrt((n * m) / (n + m)) * d)
  return { d, p, second: most < 0 ? 'lower' : 'higher' }
}

/**
 * P(D >= most / (n m)): one walks from (0, 0) to (n, m) by chance, and leaves the strip |i m - j n| < most. What has left is carried along as
 * a probability of its own, so that a small p keeps its digits.
 */
function exactTail(n: number, m: number, most: number): number {
  if (most === 0) return 1
  // left[j]: the chance that a random path from (0, 0) to (i, j) has left the strip.
  const left = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= most) left[j] = 1
      else if (i === 0) left[j] = j === 0 ? 0 : left[j - 1]
      else if (j > 0) left[j] = (i * left[j] + j * left[j - 1]) / (i + j)
    }
  }
  return left[m]
}

/** P(K >= x) = 2 sum_k (-1)^(k - 1) e^(-2 k^2 x^2) of Kolmogorov's distribution; for small x by its other series. */
function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1 // 1 - 1e-12 and more
  let sum = 0
  if (x < 1) {
    for (let k = 1; k < 20; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * x * x))
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * x) ** 2)
  return sum
}
