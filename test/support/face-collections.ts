/** @file Vectors as a face network makes them of people in collections of different spread: people are points, photos are clouds around them. */
import { rng } from '../../src/base/index.ts'

/** Labelled vectors. */
export interface FaceCollection {
  readonly vectors: Float32Array
  readonly dim: number
  readonly labels: Int32Array
}

/** How far apart people lie, so that about 0, 0.36 % and 2.1 % of pairs of two people lie within 0.6. */
export const spreads = { wide: 0.95, near: 0.673, dense: 0.612 } as const

/**
 * People with 2 to 15 photos each, most with few. People are spread over 52 directions, photos of one over 14 others, some people's clouds wider than others'.
 *
 * @param spread of people, see {@link spreads}
 */
export function faceCollection(seed: number, people: number, spread: number): FaceCollection {
  const random = rng(seed)
  const [between, within] = [52, 14]
  const values: number[] = []
  const labels: number[] = []
  for (let person = 0; person < people; person++) {
    const centre = Array.from({ length: between }, () => (random.normal() * spread) / Math.sqrt(2 * between))
    const own = 0.42 * (0.85 + 0.3 * random.uniform())
    const photos = 2 + Math.floor(14 * random.uniform() ** 3)
    for (let photo = 0; photo < photos; photo++) {
      const wide = own * (0.8 + 0.4 * random.uniform())
      for (const c of centre) values.push(c)
      for (let d = 0; d < within; d++) values.push((random.normal() * wide) / Math.sqrt(2 * within))
      labels.push(person)
    }
  }
  return { vectors: Float32Array.from(values), dim: between + within, labels: Int32Array.from(labels) }
}
