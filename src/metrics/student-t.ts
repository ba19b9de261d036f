/** @file Student's t: how far the mean of a few measurements may lie from the truth. */
import { ensure } from '../base/index.ts'
import { incompleteBeta } from './incomplete-beta.ts'

/**
 * The quantile t of Student's distribution with P(T <= t) = p.
 *
 * P(T <= t) = 1 - I_x(v / 2, 1 / 2) / 2 with x = v / (v + t^2), for t >= 0 and v degrees of freedom; the root is found by halving.
 *
 * @param p in (0, 1)
 * @param degrees of freedom, above 0: one less than there are measurements
 * @throws KindredError `usage` for other values
 * Cost: about a hundred incomplete beta functions. Source: Student 1908; scipy.stats.t.ppf
 */
export function studentQuantile(p: number, degrees: number): number {
  ensure(p > 0 && p < 1, 'Student quantile', 'p must be in (0, 1)', p)
  ensure(degrees > 0, 'Student quantile', 'degrees must be above 0', degrees)
  if (p < 0.5) return -studentQuantile(1 - p, degrees)
  const below = (t: number): boolean => 1 - incompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2 < p
  let [low, high] = [0, 1]
  while (below(high) && high < 1e150) [low, high] = [high, 2 * high]
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step++) {
    const middle = (low + high) / 2
    if (below(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
