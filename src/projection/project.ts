/** @file The short way to a map: points in, positions in the unit square out, with progress, without freezing a page. */
import { checkChoice, checkOptions, ensure, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { allTheSame } from './all-the-same.ts'
import { normalise01 } from './normalise.ts'
import { pca } from './pca.ts'
import { tsne, type TsneOptions } from './tsne.ts'

/** Options of {@link project}; those of {@link TsneOptions} are for `tsne` alone. */
export interface ProjectOptions extends TsneOptions {
  /** `tsne` (default) keeps neighbours together; `pca` is the flat shadow along the two widest axes. */
  method?: 'tsne' | 'pca'
  /** Where to show progress. */
  progress?: Progress
  /** Stops the work between two steps. */
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
}

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 50

/**
 * Maps points into the unit square.
 *
 * @param points float32 [n, dim], row-major
 * @param dim    numbers per point; for `pca` at least 2
 * @returns positions normalised by {@link normalise01}, and how good they are. Points that are {@link allTheSame} give one spot in the middle, as a map of them
 *   would show nothing but
 *   rounding
 * @throws KindredError `usage` as {@link tsne} and {@link pca} do; `interrupted` when the signal fires
 * Cost: that of {@link tsne} or {@link pca}; yields to the event loop every 50 ms while stepping.
 */
export async function project(points: Float32Array, dim: number, options: ProjectOptions = {}): Promise<Projection> {
  const { method = 'tsne', progress = silent, signal, ...rest } = options
  checkChoice('project', 'method', method, ['tsne', 'pca'])
  stopIfAborted(signal, 'project', 'a stop before its first step')
  if (method === 'pca') {
    checkOptions('project', rest, ['seed'])
    ensure(dim >= 2, 'project', 'points must have at least 2 dimensions for method pca', dim)
    const fit = pca(points, dim, { components: 2, seed: rest.seed })
    if (allTheSame(points, dim)) return { method, positions: oneSpot(points, dim), explainedVarianceRatio: [0, 0] }
    return { method, positions: normalise01(fit.transform(points)), explainedVarianceRatio: Array.from(fit.explainedVarianceRatio) }
  }
  const run = tsne(points, dim, rest)
  if (allTheSame(points, dim)) return { method, positions: oneSpot(points, dim), kl: 0 }
  const task = progress.start('t-SNE', run.iterations, 'iteration')
  try {
    while (!run.done) {
      const pause = performance.now() + SLICE
      while (!run.done && performance.now() < pause) run.step()
      task.update(run.iteration)
      await new Promise((resolve) => setTimeout(resolve))
      stopIfAborted(signal, 'project', `a stop after step ${run.iteration} of ${run.iterations}`)
    }
  } finally {
    task.end()
  }
  return { method, positions: normalise01(run.positions), kl: run.kl() }
}

const oneSpot = (points: Float32Array, dim: number): Float32Array => new Float32Array((2 * points.length) / dim).fill(0.5)

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
