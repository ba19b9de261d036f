/**
 * @file Two scores that see different things, added in units of their own spread: how far an embedding lies from digits that are known, and the odds that it
 * is one of the outliers of training.
 */
import { ensure } from '../base/index.ts'
import { knnDistance } from './embedding-scores.ts'
import { outlierOdds } from './outlier-odds.ts'
import type { Rows } from './rows.ts'
import type { Scorer } from './scorer.ts'

/** What {@link distanceAndOdds} is made of. */
export interface DistanceAndOddsParts {
  /** Known embeddings [n, dim]. */
  readonly references: Rows
  /** Which neighbour's distance counts. */
  readonly k: number
  /** The linear softmax of {@link outlierOdds} on the embedding: [classes + 1, dim] and [classes + 1]. */
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/** What one unit of either score is worth. */
export interface Spreads {
  readonly distanceSpread: number
  readonly oddsSpread: number
}

/**
 * d_k(x) / s_d + odds(x) / s_o: the distance to the k-th nearest known embedding and the log odds of an outlier, each divided by its spread. Outliers lie
 * above.
 *
 * @param parts what both scores are fitted to
 * @param dim entries of an embedding
 * @param scale the spreads, or embeddings [m, dim] of what belongs (not among the references), whose spreads are taken: the 95th percentile less
 *   the median, or 1 where these are the same (a space that has collapsed)
 * @returns a scorer; cost of both
 * @throws KindredError `usage` when lengths do not fit, or a spread is not above 0
 */
export function distanceAndOdds(parts: DistanceAndOddsParts, dim: number, scale: Spreads | Rows): Scorer {
  const where = 'distance and odds'
  const distance = knnDistance(parts.references, dim, { k: parts.k })
  const odds = outlierOdds(parts.weight, parts.bias, dim)
  const { distanceSpread, oddsSpread } =
    'distanceSpread' in scale ? scale : { distanceSpread: spread(distance.score(scale)), oddsSpread: spread(odds.score(scale)) }
  for (const [name, value] of Object.entries({ distanceSpread, oddsSpread }))
    ensure(Number.isFinite(value) && value > 0, where, `${name} must be above 0`, value)
  return {
    name: 'distance-and-odds',
    width: dim,
    outlierWhen: 'above',
    score(x) {
      const [a, b] = [distance.score(x), odds.score(x)]
      return a.map((v, i) => v / distanceSpread + b[i] / oddsSpread)
    },
    state() {
      const [a, b] = [distance.state(), odds.state()]
      return {
        name: 'distance-and-odds',
        width: dim,
        settings: { k: parts.k, distanceSpread, oddsSpread },
        arrays: { ...a.arrays, ...b.arrays },
      }
    },
  }
}

function spread(scores: Float64Array): number {
  const sorted = scores.toSorted()
  const found = sorted.length === 0 ? 0 : sorted[Math.floor(0.95 * (sorted.length - 1))] - sorted[sorted.length >> 1]
  return found > 0 ? found : 1
}
