/** @file The one thing every network's result is held to. */
import { KindredError, nonFiniteAt } from '../base/index.ts'

/**
 * The vectors, where all their numbers are finite.
 *
 * @param vectors row-major [n, dim]
 * @param what the model, for the message
 * @throws KindredError `corrupt`, naming the first image whose vector is none
 * Cost: one look at each number
 */
export function finiteVectors(vectors: Float32Array, dim: number, what: string): Float32Array {
  const at = nonFiniteAt(vectors)
  if (at < 0) return vectors
  throw new KindredError(
    'corrupt',
    what,
    'it must turn each image into finite numbers',
    `${vectors[at]} for image ${Math.floor(at / dim) + 1}`,
    'The model is damaged, or was not made for such images.',
  )
}
