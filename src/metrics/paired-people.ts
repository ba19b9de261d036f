/** @file Whether model A is better than model B when other people are met: points of one person hang together, so people are drawn again, not points. */
import { checkOptions, ensure, nonFiniteAt, rng } from '../base/index.ts'
import { quantile, type BootstrapOptions, type Interval } from './intervals.ts'
import { compactLabels } from './labels.ts'

/**
 * mean(A) - mean(B) over points, with the percentile bootstrap over people: each round draws as many people as there are, with replacement, and takes the
 * mean gap of all their points.
 *
 * @param a a figure per point for A
 * @param b the same for B, at the same points
 * @param people whose each point is
 * @returns the interval is that of one person's gap, 0 wide, where there is one person alone
 * @throws KindredError `usage` when lengths differ or a figure is not finite
 * Cost: O(n + rounds * people). Source: the cluster bootstrap (Davison, Hinkley 1997, section 3.8)
 */
export function pairedPeopleBootstrap(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  people: Int32Array,
  options: BootstrapOptions = {},
): Interval & { difference: number; people: number } {
  const where = 'paired bootstrap over people'
  checkOptions(where, options, ['rounds', 'level', 'seed'])
  const { rounds = 1000, level = 0.95, seed = 0 } = options
  const n = a.length
  ensure(
    n === b.length && n === people.length && n > 0,
    where,
    'both must be judged on the same points',
    `${n}, ${b.length}, ${people.length}`,
  )
  const gaps = Float64Array.from(a, (x, i) => x - b[i])
  ensure(nonFiniteAt(gaps) < 0, where, 'figures must be finite', nonFiniteAt(gaps))
  const { ids, counts } = compactLabels(people)
  const sums = new Float64Array(counts.length)
  gaps.forEach((gap, i) => (sums[ids[i]] += gap))
  const random = rng(seed)
  const drawn = Float64Array.from({ length: rounds }, () => {
    let [total, points] = [0, 0]
    for (let k = 0; k < counts.length; k++) {
      const p = random.integer(counts.length)
      total += sums[p]
      points += counts[p]
    }
    return total / points
  }).sort()
  const difference = gaps.reduce((s, gap) => s + gap, 0) / n
  return { difference, people: counts.length, low: quantile(drawn, (1 - level) / 2), high: quantile(drawn, (1 + level) / 2) }
}
