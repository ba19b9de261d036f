/** @file Face vectors to places on a map, for any number of faces. */
import { silent, type Progress } from '../../base/index.ts'
import { project } from '../../projection/index.ts'

/** Places of faces on a map. */
export interface FacePlaces {
  /** t-SNE from ten faces on; below that there are no neighbourhoods to speak of, and the widest flat shadow is drawn. */
  readonly method: 't-SNE' | 'PCA'
  readonly perplexity?: number
  /** In 0..1. */
  readonly x: Float32Array
  readonly y: Float32Array
  /** Share of each face's nearest neighbours that are near on the map, too; t-SNE alone. */
  readonly neighbourPreservation?: number
  /** How many neighbours that looks at. */
  readonly neighbours?: number
}

/** Settings of {@link mapFaces}. */
export interface MapFacesOptions {
  readonly seed: number
  /** `PCA` for the flat shadow whatever the number. */
  readonly method?: 't-SNE' | 'PCA'
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Maps faces into the unit square; same vectors and seed, same map. The perplexity is an eighth of the faces, 2 to 30. */
export async function mapFaces(vectors: Float32Array, dim: number, options: MapFacesOptions): Promise<FacePlaces> {
  const { seed, progress = silent, signal } = options
  const n = vectors.length / dim
  const split = (positions: Float32Array) => ({ x: positions.filter((_, i) => i % 2 === 0), y: positions.filter((_, i) => i % 2 === 1) })
  if (n < 10 || options.method === 'PCA') {
    const flat = n > 1 && !same(vectors, dim)
    return {
      method: 'PCA',
      ...split(
        flat ? (await project(vectors, dim, { method: 'pca', seed, progress, signal })).positions : new Float32Array(2 * n).fill(0.5),
      ),
    }
  }
  const perplexity = Math.max(2, Math.min(30, Math.floor(n / 8)))
  const neighbours = Math.min(10, Math.floor((n - 1) / 3))
  const { positions, neighbourPreservation } = await project(vectors, dim, {
    seed,
    perplexity,
    preservationOf: neighbours,
    progress,
    signal,
  })
  return { method: 't-SNE', perplexity, ...split(positions), neighbourPreservation, neighbours }
}

/** Whether all rows are one. */
function same(vectors: Float32Array, dim: number): boolean {
  return vectors.every((v, i) => v === vectors[i % dim])
}
