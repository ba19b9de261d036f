/**
 * @file What t-SNE minimises, and its gradient: van der Maaten & Hinton, "Visualizing Data using t-SNE" (JMLR 2008), equations 4 and 5.
 */
import { checkRows, ensure } from '../base/index.ts'
import type { Affinities } from './affinities.ts'
import { attraction, type Attraction } from './attraction-kernel.ts'
import { barnesHut, type Repulsion } from './barnes-hut.ts'

/**
 * The gradient of KL(P || Q): dKL / dy_i = 4 sum_j (p_ij - q_ij / Z) q_ij (y_i - y_j), with q_ij = 1 / (1 + |y_i - y_j|^2).
 *
 * @param p            affinities above the diagonal
 * @param exaggeration factor on P
 * @param positions    float64 [n, 2]
 * @param angle        accuracy of the repulsive half, see {@link Repulsion}
 * @param repulsion    from `barnesHut(n)`
 * @param gradient     float64 [n, 2], overwritten
 * Cost: O(stored p_ij) + O(n log n); allocates nothing but once for P.
 */
export function gradient(
  p: Affinities,
  exaggeration: number,
  positions: Float64Array,
  angle: number,
  repulsion: Repulsion,
  gradient: Float64Array,
): void {
  const scale = -4 / repulsion(positions, angle, gradient)
  for (let c = 0; c < 2 * p.n; c++) gradient[c] *= scale
  let attract = attractions.get(p)
  if (attract === undefined) attractions.set(p, (attract = attraction(p)))
  attract(4 * exaggeration, positions, gradient)
}

/** Made with the first gradient, and kept as long as the affinities are. */
const attractions = new WeakMap<Affinities, Attraction>()

/** KL(P || Q) = sum over ordered pairs of p_ij log(p_ij Z / q_ij), in nats, for a given Z. */
export function klFromZ(p: Affinities, positions: Float32Array | Float64Array, z: number): number {
  let kl = 0
  for (let i = 0; i < p.n; i++) {
    for (let e = p.start[i]; e < p.start[i + 1]; e++) {
      const j = p.column[e]
      const d = (positions[2 * i] - positions[2 * j]) ** 2 + (positions[2 * i + 1] - positions[2 * j + 1]) ** 2
      if (p.value[e] > 0) kl += 2 * p.value[e] * Math.log(p.value[e] * z * (1 + d))
    }
  }
  return kl
}

/**
 * How much a map in the plane misses of the neighbourhoods P: KL(P || Q) = sum_ij p_ij log(p_ij / q_ij), in nats, over the stored p_ij.
 *
 * q_ij = (1 + |y_i - y_j|^2)^-1 / Z, with Z summed over all pairs exactly.
 *
 * @param p         affinities of the points, from `affinities`
 * @param positions [n, 2], row-major
 * @returns the divergence; 0 is perfect; comparable only for the same P
 * @throws KindredError `usage` when the numbers of points differ or a position is not finite
 * Cost: O(n^2).
 * Source: van der Maaten & Hinton 2008, equation 2; as scikit-learn's `kl_divergence_`, except for the exact Z.
 */
export function klDivergence(p: Affinities, positions: Float32Array | Float64Array): number {
  const n = checkRows('KL divergence', positions, 2, 'positions')
  ensure(n === p.n, 'KL divergence', `there must be as many positions as points (${p.n})`, n)
  return klFromZ(p, positions, barnesHut(n)(Float64Array.from(positions), 0, new Float64Array(2 * n)))
}
