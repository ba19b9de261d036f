/**
 * @file Distances within and between classes, and the silhouette made of them.
 *
 * Both need, for each point, its summed distance to every class; that sum is made row by row, so memory stays O(n + c).
 */
import { allAtOnce, checkOptions, checkRows, ensure, rng, squaredDistance, type Pieces, type Stage } from '../base/index.ts'
import { checkLabels, compactLabels, type Labels } from './labels.ts'

/** Which points are measured. */
export interface SilhouetteOptions {
  /** Measure only so many points, drawn without replacement, each against all points; unbiased. Default: all of them. */
  sample?: number
  /** Seeds the drawing. Default 0. */
  seed?: number
}

/** Mean Euclidean distances between different points. */
export interface ClassDistances {
  /** Over all pairs of one class; NaN where no class has two points. */
  intra: number
  /** Over all pairs of two classes; NaN where there is one class. */
  inter: number
  /** intra / inter: small is good; 1 where all points coincide. */
  ratio: number
  /** The distinct labels, ascending: the rows and columns of `matrix`. */
  classes: Int32Array
  /** Mean distance of each class to each, row-major [c, c]; NaN on the diagonal of a class of one. */
  matrix: Float64Array
}

/**
 * The mean silhouette coefficient: mean of (b - a) / max(a, b), where a is a point's mean distance to its own class and
 * b the least of its mean distances to the other classes; 0 for a class of one.
 *
 * @param points row-major [n, dim]
 * @param dim coordinates per point
 * @param labels one label per point, at least two distinct
 * @returns a number in [-1, 1]; high where classes are tight and apart
 * @throws KindredError `usage` when there are fewer than two classes, lengths do not fit or a number is not finite
 * Cost: O(n^2 dim), or O(sample * n * dim)
 * Source: Rousseeuw 1987; scikit-learn's silhouette_score (whose sample_size thins both sides, which is biased)
 */
export function silhouette(points: Float32Array, dim: number, labels: Labels, options: SilhouetteOptions = {}): number {
  return allAtOnce(silhouettePieces(points, dim, labels, options))
}

/** {@link silhouette} in pieces, one a row that is measured. */
export function* silhouettePieces(points: Float32Array, dim: number, labels: Labels, options: SilhouetteOptions = {}): Pieces<number> {
  const where = 'silhouette'
  checkOptions(where, options, ['sample', 'seed'])
  const n = labelled(where, points, dim, labels)
  const { ids, counts } = compactLabels(labels)
  ensure(counts.length >= 2, where, 'there must be at least two classes', counts.length)
  const { sample = n, seed = 0 } = options
  ensure(Number.isInteger(sample) && sample > 0, where, 'sample must be a positive integer', sample)
  const rows = Int32Array.from({ length: n }, (_, i) => i)
  if (sample < n) rng(seed).shuffle(rows)
  let total = 0
  const measured = Math.min(sample, n)
  yield* forEachRow('silhouette', points, dim, ids, counts.length, rows.subarray(0, measured), (i, sums) => {
    const own = ids[i]
    if (counts[own] === 1) return
    const a = sums[own] / (counts[own] - 1)
    let b = Infinity
    for (let c = 0; c < counts.length; c++) if (c !== own) b = Math.min(b, sums[c] / counts[c])
    const larger = Math.max(a, b)
    total += larger === 0 ? 0 : (b - a) / larger
  })
  return total / measured
}

/**
 * Mean distances within classes and between them.
 *
 * @param points row-major [n, dim]
 * @param dim coordinates per point
 * @param labels one label per point
 * @throws KindredError `usage` when lengths do not fit or a number is not finite
 * Cost: O(n^2 dim); memory O(n + c^2)
 */
export function classDistances(points: Float32Array, dim: number, labels: Labels): ClassDistances {
  const n = labelled('class distances', points, dim, labels)
  const { classes, ids, counts } = compactLabels(labels)
  const c = classes.length
  const matrix = new Float64Array(c * c)
  const rows = Int32Array.from({ length: n }, (_, i) => i)
  const add = (i: number, sums: Float64Array): void => {
    for (let to = 0; to < c; to++) matrix[ids[i] * c + to] += sums[to]
  }
  allAtOnce(forEachRow('class distances', points, dim, ids, c, rows, add))
  const sum = [0, 0]
  const pairs = [0, 0]
  for (let a = 0; a < c; a++) {
    for (let b = 0; b < c; b++) {
      const which = a === b ? 0 : 1
      const count = a === b ? counts[a] * (counts[a] - 1) : counts[a] * counts[b]
      sum[which] += matrix[a * c + b]
      pairs[which] += count
      matrix[a * c + b] /= count
    }
  }
  const intra = sum[0] / pairs[0]
  const inter = sum[1] / pairs[1]
  return { intra, inter, ratio: intra === inter ? 1 : intra / inter, classes, matrix }
}

/** Calls `use(i, sums)` for each row i, with its summed Euclidean distance to the points of each class. */
function* forEachRow(
  task: string,
  points: Float32Array,
  dim: number,
  ids: Int32Array,
  classes: number,
  rows: Int32Array,
  use: (i: number, sums: Float64Array) => void,
): Pieces<void> {
  const sums = new Float64Array(classes)
  const stage: Stage = { task, total: rows.length, unit: 'row', done: 0 }
  for (const i of rows) {
    sums.fill(0)
    for (let j = 0; j < ids.length; j++) {
      sums[ids[j]] += Math.sqrt(squaredDistance(points, i * dim, points, j * dim, dim))
    }
    use(i, sums)
    stage.done++
    yield stage
  }
}

function labelled(where: string, points: Float32Array, dim: number, labels: Labels): number {
  const n = checkRows(where, points, dim)
  checkLabels(where, 'labels', labels, n)
  return n
}
