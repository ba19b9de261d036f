/** @file An even choice of a set without chance: the first images of each class. */
import { indicesByClass, type Dataset } from '../dataset/index.ts'

/** Row numbers of the first `perClass` images of each class, class after class. */
export function firstPerClass(dataset: Dataset, perClass: number): number[] {
  return indicesByClass(dataset).flatMap((list) => list.slice(0, perClass))
}
