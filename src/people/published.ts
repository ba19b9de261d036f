/** @file Distances that a network's author has published: they come from other people's photos, and say nothing of how often they err on yours. */
import { dlibTemplate, type FaceRecipe } from '../faces/index.ts'

/** For dlib's vectors: two core points are joined up to 0.5, as in dlib's own face_clustering.py. */
export const dlibRadius = 0.5
/** For dlib's vectors: up to 0.6 two photos count as one person. */
const dlibThreshold = 0.6
/** How much farther than the radius a straggler may lie: 0.6 / 0.5. */
export const reachFactor = 1.2

/** A distance somebody else has published, and on what. */
export interface PublishedDistance {
  readonly threshold: number
  readonly by: string
}

/** Where a radius comes from that is not the user's own. */
export const publishedRadiusBy = `dlib's author (0.5 in face_clustering.py, 0.6 on Labeled Faces in the Wild)`

/** The threshold that is published for vectors of this recipe: dlib's own figure, for crops as its author cuts them; undefined where there is none. */
export function publishedThreshold({ model, alignment, preprocessing, head }: FaceRecipe): PublishedDistance | undefined {
  if (head !== undefined) return undefined // another space
  const own = model.name === 'dlib' && alignment.name === 'similarity' && alignment.padding === 0.25 && !preprocessing.flip
  return own ? { threshold: dlibThreshold, by: "dlib's author, on Labeled Faces in the Wild" } : undefined
}

/** The radius that is published for vectors of this recipe; undefined where there is none. */
export const publishedRadius = ({ model, alignment, head }: FaceRecipe): number | undefined =>
  head === undefined && model.name === 'dlib' && alignment.name === dlibTemplate.name ? dlibRadius : undefined

/** A published distance and whose photos it is from, in one sentence. */
export const publishedLine = ({ threshold, by }: PublishedDistance): string =>
  `${threshold} is published by ${by}: from other people's photos, not calibrated on yours`
