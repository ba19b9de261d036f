/** @file B-cubed: how pure and how complete clusters are, seen from each point. */
import { ensure } from '../base/index.ts'
import { checkLabels, compactLabels, type Labels } from './labels.ts'

/** What B-cubed gives, each in [0, 1]. */
export interface BCubed {
  /** Mean over points of the share of its cluster that shows its person: low where people are merged. */
  precision: number
  /** Mean over points of the share of its person that is in its cluster: low where people are split. */
  recall: number
  /** 2 precision recall / (precision + recall). */
  f1: number
}

/**
 * B-cubed precision and recall: means over points i of |C_i and L_i| / |C_i| and |C_i and L_i| / |L_i|, with C_i the points of i's cluster and L_i those of i's
 * person, i among both.
 *
 * @param truth one person per point; points with a negative label (unlabelled) are left out everywhere
 * @param clusters one cluster per point; a negative number is noise, and each point of noise counts as a cluster of its own: pure (precision 1), and alone
 *   (recall 1 / |L_i|)
 * @throws KindredError `usage` when lengths differ or no point is labelled
 * Cost: O(n). Source: Bagga, Baldwin 1998, "Entity-based cross-document coreferencing using the vector space model", COLING-ACL; Amigo et al. 2009 for
 * clusterings
 */
export function bCubed(truth: Labels, clusters: Labels): BCubed {
  const where = 'B-cubed'
  checkLabels(where, 'truth', truth, truth.length)
  checkLabels(where, 'clusters', clusters, truth.length)
  const known = Array.from(truth.keys()).filter((i) => truth[i] >= 0)
  ensure(known.length > 0, where, 'at least one point must be labelled', 'none')
  const person = compactLabels(Int32Array.from(known, (i) => truth[i]))
  let alone = -1
  const cluster = compactLabels(Int32Array.from(known, (i) => (clusters[i] < 0 ? alone-- : clusters[i])))
  const both = new Map<number, number>()
  for (const [row, id] of person.ids.entries()) {
    const key = id * cluster.classes.length + cluster.ids[row]
    both.set(key, (both.get(key) ?? 0) + 1)
  }
  let [precision, recall] = [0, 0]
  for (const [key, shared] of both) {
    const [p, c] = [Math.floor(key / cluster.classes.length), key % cluster.classes.length]
    precision += (shared * shared) / cluster.counts[c]
    recall += (shared * shared) / person.counts[p]
  }
  // summed before they are divided: a perfect clustering is exactly 1
  precision /= known.length
  recall /= known.length
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}
