/** @file Vectors of people as a network gives them, hidden behind a nuisance that all of them share: as if half of the photos were blurred. */
import { rng } from '../../src/base/index.ts'

/**
 * Vectors of 16 numbers: a person's centre in all, a spread of every photo, and two directions, the same for all people, along which photos lie far apart.
 *
 * @param options.nuisance how far along these; 0: none
 */
export function blurredPeople(
  seed: number,
  { people, photos, nuisance = 4 }: { people: number; photos: number; nuisance?: number },
): { vectors: Float32Array; dim: number; labels: Int32Array } {
  const dim = 16
  const random = rng(seed)
  const centres = Float64Array.from({ length: people * dim }, () => random.normal())
  const labels = Int32Array.from({ length: people * photos }, (_, i) => Math.floor(i / photos))
  const vectors = new Float32Array(labels.length * dim)
  labels.forEach((person, i) => {
    for (let k = 0; k < dim; k++)
      vectors[i * dim + k] = centres[person * dim + k] + 0.35 * random.normal() + (k < 2 ? nuisance * random.normal() : 0)
  })
  return { vectors, dim, labels }
}
