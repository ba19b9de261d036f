/**
 * @file Retrieval over all photos of a folder, those without a found face counted as wrong: figures over found faces alone flatter a detector that misses.
 */
import { wilsonInterval } from '../../metrics/index.ts'
import type { FaceRetrieval } from '../../people/index.ts'
import type { FacesReport } from './faces-report.ts'

/** See {@link overAllPhotos}. */
export interface OverAllPhotos {
  /** Labelled photos of people with two or more. */
  readonly photos: number
  /** Of these, those whose face was found, and another one of the same person, so that it can ask. */
  readonly asking: number
  /** Of these, those whose face finds the right person first; where only a sample of faces asked, as its share says. */
  readonly right: number
  readonly share: number
  readonly interval: { readonly low: number; readonly high: number }
  /** Mean average precision, 0 for a photo without a face. */
  readonly map: number
}

/**
 * Retrieval over all labelled photos: share = right / photos, where a photo without a found face, and one whose person has no other found face, is wrong.
 *
 * @param people see the report: how many photos there are of each person
 * @returns undefined where no person has two photos
 */
export function overAllPhotos(
  people: FacesReport['people'],
  retrieval: Pick<FaceRetrieval, 'knnAccuracy' | 'map' | 'queries' | 'askable'>,
): OverAllPhotos | undefined {
  let photos = 0
  for (const { person, photos: all } of people) if (person !== null && all > 1) photos += all
  if (photos === 0) return undefined
  const asking = Math.min(photos, retrieval.askable ?? retrieval.queries)
  const right = Math.round(retrieval.knnAccuracy * asking)
  return { photos, asking, right, share: right / photos, interval: wilsonInterval(right, photos), map: (retrieval.map * asking) / photos }
}
