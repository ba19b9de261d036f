/**
 * @file Scores fitted on training embeddings: distance to the k-th nearest, to class means, and Mahalanobis distance.
 *
 * All measure strangeness: **outliers lie above**.
 */
import { checkChoice, checkOptions, checkRows, ensure } from '../base/index.ts'
import { neighbourSearch } from '../neighbours/index.ts'
import { toBase64 } from './base64.ts'
import { l2Normalize, type Rows } from './rows.ts'
import type { ClassLabels, Scorer } from './scorer.ts'
import { applyWhitening, covariance, whitening } from './whiten.ts'

/** Settings of the k-th nearest neighbour's distance. */
export interface KnnDistanceOptions {
  /** Which neighbour's distance is the score. Default 50, or all references if fewer. */
  k?: number
  /** Divide every embedding by its length first, as the paper does. Default false: lengths of a triplet network mean something. */
  normalize?: boolean
}

/** Settings of the distance to class means. */
export interface ClassMeanOptions {
  /** Divide every embedding by its length first. Default false. */
  normalize?: boolean
}

/** Settings of the Mahalanobis distance. */
export interface MahalanobisOptions {
  /** `shared`: one covariance for all classes (Lee et al. 2018); `per-class`: one each. Default `shared`. */
  covariance?: 'shared' | 'per-class'
  /** Weight of the round covariance in [0, 1]: C' = (1 - s) C + s (trace C / d) I. Default 0.001. */
  shrinkage?: number
  /** Take off the distance to one Gaussian over all data (Ren et al. 2021). Default false. */
  relative?: boolean
}

/**
 * Distance to the k-th nearest training embedding.
 *
 * @param references training embeddings, row-major [n, dim]; a thousand per class is nearly as good as all
 * @param dim coordinates per embedding
 * @returns a scorer; cost O(n dim) per row at worst, far less by the tree when dim <= 16
 * @throws KindredError `usage` when lengths do not fit or a number is not finite
 * Source: Sun, Ming, Zhu, Li 2022, "Out-of-distribution detection with deep nearest neighbors" (there with normalize)
 */
export function knnDistance(references: Rows, dim: number, options: KnnDistanceOptions = {}): Scorer {
  const where = 'kNN distance'
  checkOptions(where, options, ['k', 'normalize'])
  const n = checkRows(where, references, dim, 'references')
  const { k = Math.min(50, n), normalize = false } = options
  ensure(Number.isInteger(k) && k >= 1 && k <= n, where, `k must be an integer from 1 to the ${n} references`, k)
  const single = (x: Rows) => (x instanceof Float32Array ? x : Float32Array.from(x))
  const prepare = (x: Rows) => (normalize ? l2Normalize(single(x), dim) : single(x))
  const search = neighbourSearch(prepare(references), dim)
  const block = 256
  return {
    name: 'knn-distance',
    width: dim,
    outlierWhen: 'above',
    score(x) {
      const rows = checkRows(where, x, dim, 'embeddings')
      const queries = prepare(x)
      const out = new Float64Array(rows)
      for (let first = 0; first < rows; first += block) {
        const { distances } = search.nearest(queries.subarray(first * dim, (first + block) * dim), k)
        for (let i = 0; i * k < distances.length; i++) out[first + i] = distances[i * k + k - 1]
      }
      return out
    },
    state: () => ({ name: 'knn-distance', width: dim, settings: { k, normalize }, arrays: { references: toBase64(single(references)) } }),
  }
}

/**
 * Euclidean distance to the nearest class mean.
 *
 * @param references training embeddings, row-major [n, dim]
 * @param dim coordinates per embedding
 * @param labels one class per embedding
 * @returns a scorer; cost O(classes dim) per row
 * @throws KindredError `usage` when lengths do not fit or a number is not finite
 * Source: nearest class mean classifier, Mensink et al. 2013
 */
export function classMeanDistance(references: Rows, dim: number, labels: ClassLabels, options: ClassMeanOptions = {}): Scorer {
  const where = 'class mean distance'
  checkOptions(where, options, ['normalize'])
  const { normalize = false } = options
  const points = normalize ? l2Normalize(references, dim) : references
  return meansScorer(classMeans(where, points, dim, labels).means, dim, normalize)
}

/** The scorer of {@link classMeanDistance} from ready class means, row-major [classes, dim]. */
export function meansScorer(means: Float64Array, dim: number, normalize: boolean): Scorer {
  return {
    name: 'class-mean-distance',
    width: dim,
    outlierWhen: 'above',
    score(x) {
      const rows = checkRows('class mean distance', x, dim, 'embeddings')
      const points = normalize ? l2Normalize(x, dim) : x
      return Float64Array.from({ length: rows }, (_, i) => Math.sqrt(leastSquared(points, i * dim, means, dim)))
    },
    state: () => ({ name: 'class-mean-distance', width: dim, settings: { normalize }, arrays: { means: toBase64(means) } }),
  }
}

/**
 * Squared Mahalanobis distance to the nearest class: min_c (x - m_c)^T C^-1 (x - m_c), or that less
 * (x - m)^T C_0^-1 (x - m) of all data together (`relative`).
 *
 * Every covariance is divided by its number of rows, once (see whiten.ts).
 *
 * @param references training embeddings, row-major [n, dim]
 * @param dim coordinates per embedding
 * @param labels one class per embedding
 * @returns a scorer; cost O(dim^2 + classes dim) per row when shared, O(classes dim^2) per class
 * @throws KindredError `usage` when lengths do not fit or a number is not finite, `collapsed` when a covariance is singular
 * Source: Lee et al. 2018, equations 1-2; Ren et al. 2021, "A simple fix to Mahalanobis distance", equation 2
 */
export function mahalanobis(references: Rows, dim: number, labels: ClassLabels, options: MahalanobisOptions = {}): Scorer {
  const where = 'Mahalanobis distance'
  checkOptions(where, options, ['covariance', 'shrinkage', 'relative'])
  const { covariance: kind = 'shared', shrinkage = 0.001, relative = false } = options
  checkChoice(where, 'covariance', kind, ['shared', 'per-class'])
  ensure(shrinkage >= 0 && shrinkage <= 1, where, 'shrinkage must be in [0, 1]', shrinkage)
  const { means, ids, members } = classMeans(where, references, dim, labels)
  const everyone = Int32Array.from(ids, (_, i) => i)
  const groups = kind === 'shared' ? [everyone] : members
  const maps = groups.map((rows) =>
    whitening(
      covariance(references, dim, rows, means, (i) => ids[i] * dim),
      dim,
      shrinkage,
    ),
  )
  const centres = kind === 'shared' ? [means] : members.map((_, c) => means.subarray(c * dim, (c + 1) * dim))
  if (relative) {
    const { means: mean } = classMeans(where, references, dim, new Uint8Array(ids.length))
    maps.push(
      whitening(
        covariance(references, dim, everyone, mean, () => 0),
        dim,
        shrinkage,
      ),
    )
    centres.push(mean)
  }
  // Each group: a map, and its centres already mapped; the last one is the background when relative.
  const mapped = centres.map((some, g) => {
    const out = new Float64Array(some.length)
    for (let at = 0; at < some.length; at += dim) applyWhitening(maps[g], some, at, dim, out, at)
    return out
  })
  return gaussianScorer(concatenate(maps), concatenate(mapped), dim, relative)
}

/** The scorer of {@link mahalanobis} from its maps, [groups, dim, dim], and mapped centres, [centres, dim]. */
export function gaussianScorer(maps: Float64Array, centres: Float64Array, dim: number, relative: boolean): Scorer {
  const groups = maps.length / (dim * dim)
  const classGroups = relative ? groups - 1 : groups
  const perGroup = (centres.length / dim - (relative ? 1 : 0)) / classGroups
  const parts = Array.from({ length: groups }, (_, g) => ({
    map: maps.subarray(g * dim * dim, (g + 1) * dim * dim),
    centres: centres.subarray(g * perGroup * dim, g < classGroups ? (g + 1) * perGroup * dim : undefined),
  }))
  return {
    name: 'mahalanobis',
    width: dim,
    outlierWhen: 'above',
    score(x) {
      const rows = checkRows('Mahalanobis distance', x, dim, 'embeddings')
      const y = new Float64Array(dim)
      const distance = (row: number, group: number): number => {
        applyWhitening(parts[group].map, x, row * dim, dim, y, 0)
        return leastSquared(y, 0, parts[group].centres, dim)
      }
      return Float64Array.from({ length: rows }, (_, row) => {
        let least = Infinity
        for (let g = 0; g < classGroups; g++) least = Math.min(least, distance(row, g))
        return relative ? least - distance(row, classGroups) : least
      })
    },
    state: () => ({
      name: 'mahalanobis',
      width: dim,
      settings: { relative },
      arrays: { maps: toBase64(maps), centres: toBase64(centres) },
    }),
  }
}

function classMeans(
  where: string,
  x: Rows,
  dim: number,
  labels: ClassLabels,
): { means: Float64Array; ids: Int32Array; members: Int32Array[] } {
  const n = checkRows(where, x, dim, 'references')
  ensure(n > 0 && labels.length === n, where, `labels must hold one class for each of ${n} embeddings, and at least one`, labels.length)
  const place = new Map([...new Set(labels)].sort((a, b) => a - b).map((label, i) => [label, i]))
  const ids = Int32Array.from(labels, (label) => place.get(label)!)
  const members = Array.from(place, (_, c) => Int32Array.from(ids.keys()).filter((i) => ids[i] === c))
  const means = new Float64Array(place.size * dim)
  for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) means[ids[i] * dim + d] += x[i * dim + d] / members[ids[i]].length
  return { means, ids, members }
}

function leastSquared(x: Rows, at: number, centres: Float64Array, dim: number): number {
  let least = Infinity
  for (let c = 0; c < centres.length; c += dim) {
    let sum = 0
    for (let d = 0; d < dim; d++) sum += (x[at + d] - centres[c + d]) ** 2
    if (sum < least) least = sum
  }
  return least
}

function concatenate(arrays: Float64Array[]): Float64Array {
  const out = new Float64Array(arrays.reduce((sum, a) => sum + a.length, 0))
  let at = 0
  for (const array of arrays) {
    out.set(array, at)
    at += array.length
  }
  return out
}
