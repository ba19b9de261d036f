/** @file The short way to a map: points in, positions in the unit square out, with progress, without freezing a page. */
import {
  checkChoice,
  checkOptions,
  checkRowsPieces,
  ensure,
  inSlices,
  silent,
  stopIfAborted,
  type Pieces,
  type Progress,
  type SliceOptions,
  type Stage,
} from '../base/index.ts'
import { knnPieces, neighbourSearch, type Neighbours } from '../neighbours/index.ts'
import { affinityPieces } from './affinities.ts'
import { sameness } from './all-the-same.ts'
import { normalise01 } from './normalise.ts'
import { pcaPieces, transformPieces } from './pca.ts'
import { keptShare } from './quality.ts'
import { beginTsne, planTsne, startPieces, tsne, type TsneOptions, type TsneRun } from './tsne.ts'

/** Options of {@link project}; those of {@link TsneOptions} are for `tsne` alone. */
export interface ProjectOptions extends TsneOptions {
  /** `tsne` (default) keeps neighbours together; `pca` is the flat shadow along the two widest axes. */
  method?: 'tsne' | 'pca'
  /** How many nearest neighbours of each point are looked for among its nearest on the map, for `neighbourPreservation`; not measured where left out. */
  preservationOf?: number
  /** Where to show progress. */
  progress?: Progress
  /** Stops the work at any moment. */
  signal?: AbortSignal
}

/** A finished map. */
export interface Projection {
  readonly method: 'tsne' | 'pca'
  /** float32 [n, 2], in 0..1, proportions kept. */
  readonly positions: Float32Array
  /** t-SNE: KL(P || Q) in nats. */
  readonly kl?: number
  /** PCA: shares of the variance along the two axes. */
  readonly explainedVarianceRatio?: readonly number[]
  /** Share of the `preservationOf` nearest neighbours that are among the nearest on the map, 0..1, as {@link neighbourPreservation}. */
  readonly neighbourPreservation?: number
}

/**
 * Maps points into the unit square.
 *
 * @param points float32 [n, dim], row-major
 * @param dim    numbers per point; for `pca` at least 2
 * @returns positions normalised by {@link normalise01}, and how good they are. Points that are {@link allTheSame} give one spot in the middle, as a map of them
 *   would show nothing but
 *   rounding
 * @throws KindredError `usage` as {@link tsne} and {@link pca} do; `interrupted` when the signal fires
 * Cost: that of {@link tsne} or {@link pca}; the event loop turns every 40 ms from the first moment on.
 */
export async function project(points: Float32Array, dim: number, options: ProjectOptions = {}): Promise<Projection> {
  const { method = 'tsne', preservationOf, progress = silent, signal, ...rest } = options
  checkChoice(where, 'method', method, ['tsne', 'pca'])
  stopIfAborted(signal, where, 'a stop before its first step')
  const paced = { where, progress, signal }
  const n = await inSlices(checkRowsPieces(method === 'pca' ? 'PCA' : 't-SNE', points, dim), paced)
  if (preservationOf !== undefined)
    ensure(
      Number.isInteger(preservationOf) && preservationOf >= 1 && preservationOf < n,
      where,
      `preservationOf must be an integer from 1 to the number of points less one (${n - 1})`,
      preservationOf,
    )
  if (method === 'pca') {
    checkOptions(where, rest, ['seed'])
    ensure(dim >= 2, where, 'points must have at least 2 dimensions for method pca', dim)
    const fit = await inSlices(pcaPieces(points, dim, n, { components: 2, seed: rest.seed }), paced)
    const same = await inSlices(sameness(points, dim), paced)
    const positions = same ? oneSpot(n) : normalise01(await inSlices(transformPieces(fit, points), paced))
    const before = preservationOf === undefined ? undefined : await inSlices(neighbourPieces(points, dim, preservationOf), paced)
    const neighbourPreservation = await kept(before, positions, preservationOf, paced)
    return { method, positions, explainedVarianceRatio: same ? [0, 0] : Array.from(fit.explainedVarianceRatio), neighbourPreservation }
  }
  const plan = planTsne(n, rest)
  const same = await inSlices(sameness(points, dim), paced)
  const near = await inSlices(neighbourPieces(points, dim, Math.max(plan.neighbours, preservationOf ?? 0)), paced)
  if (same) return { method, positions: oneSpot(n), kl: 0, neighbourPreservation: await kept(near, oneSpot(n), preservationOf, paced) }
  const affinities = await inSlices(affinityPieces(near, n, plan.perplexity), paced)
  const run = beginTsne(plan, affinities, await inSlices(startPieces(points, dim, plan), paced))
  await inSlices(steps(run), { ...paced, always: true })
  await new Promise((resolve) => setTimeout(resolve))
  const positions = normalise01(run.positions)
  const kl = run.kl()
  await new Promise((resolve) => setTimeout(resolve))
  return { method, positions, kl, neighbourPreservation: await kept(near, positions, preservationOf, paced) }
}

const where = 'project'

/** Up to so many dimensions a k-d tree is faster than products of all with all. */
const WIDEST_TREE = 16

/** The k nearest others of each point, in pieces: the same bits by either way. */
function* neighbourPieces(points: Float32Array, dim: number, k: number): Pieces<Neighbours> {
  const n = points.length / dim
  if (dim > WIDEST_TREE) return yield* knnPieces(points, dim, k)
  const stage: Stage = { task: 'looking for neighbours', total: n, unit: 'row', done: 0 }
  const search = neighbourSearch(points, dim)
  const indices = new Int32Array(n * k)
  const distances = new Float32Array(n * k)
  const block = Math.max(1, Math.floor(2e7 / (n * dim))) // at worst some 20 ms, without a tree
  for (let first = 0; first < n; first = stage.done) {
    yield stage
    stage.done = Math.min(n, first + block)
    const found = search.nearest(points.subarray(first * dim, stage.done * dim), k, { exclude: 'same-index', firstQuery: first })
    indices.set(found.indices, first * k)
    distances.set(found.distances, first * k)
  }
  return { indices, distances }
}

/** All steps of a run. */
function* steps(run: TsneRun): Pieces<void> {
  const stage: Stage = { task: 't-SNE', total: run.iterations, unit: 'iteration', done: run.iteration }
  while (!run.done) {
    yield stage
    run.step()
    stage.done = run.iteration
  }
}

/** The share of the first k neighbours that are neighbours on the map. */
async function kept(
  before: Neighbours | undefined,
  positions: Float32Array,
  k: number | undefined,
  paced: SliceOptions,
): Promise<number | undefined> {
  if (before === undefined || k === undefined) return undefined
  const after = await inSlices(neighbourPieces(positions, 2, k), paced)
  return keptShare(before.indices, after.indices, positions.length / 2, k)
}

const oneSpot = (n: number): Float32Array => new Float32Array(2 * n).fill(0.5)

/**
 * The whole of t-SNE in one call that blocks until it is done: `tsne(...)`, all its steps, its positions.
 *
 * @param points float32 [n, dim], row-major
 * @param dim    numbers per point
 * @returns float32 [n, 2], in t-SNE's own unit
 * @throws KindredError `usage` as {@link tsne} does
 * Cost: that of {@link tsne}.
 */
export function tsneMap(points: Float32Array, dim: number, options: TsneOptions = {}): Float32Array {
  const run = tsne(points, dim, options)
  run.step(run.iterations)
  return run.positions
}
