/**
 * @file What a faces run found: the contract of report.json, and the names of its figures.
 *
 * Parts that a run has not reached yet, or that the folder does not allow, are missing. All shares are 0..1, all times seconds, all distances Euclidean.
 */
import type { ReportState } from './report-state.ts'

/** A range that covers the truth with a probability of 95 %. */
export interface Range {
  low: number
  high: number
}

/** Leave-one-out retrieval: each labelled face asks all the others. */
export interface FaceRetrieval {
  /** Faces that asked: those whose person has another one. */
  queries: number
  /** Faces of persons with no other: nothing to find. */
  lone: number
  /** Share whose nearest face shows the same person (leave-one-out 1-NN). */
  knnAccuracy: number
  /** Mean average precision over whole rankings. */
  map: number
  /** Share with a face of the same person among the k nearest, by k. */
  recallAt: Record<string, number>
  /** How sure these are: Wilson's interval of shares, bootstrap over queries of the mean. */
  intervals: { knnAccuracy: Range; map: Range; recallAt: Record<string, Range> }
  /** How tight and apart the persons lie, -1 to 1. */
  silhouette?: number
  /** Mean share of the right person among the k nearest, by person and k, and the most that the number of their photos allows. */
  precisionAt: { person: string; k: number; precision: number; ceiling: number; interval?: Range }[]
  /** By person: faces that asked, those whose nearest is right, mean average precision. */
  people: { person: string; queries: number; right: number; map: number }[]
  /** Every face whose nearest is another person's. */
  wrong: { photo: string; person: string; nearest: string; nearestPerson: string; distance: number }[]
}

/** Distances between faces of one person and of two, and thresholds between them. */
export interface FaceDistances {
  samePairs: number
  otherPairs: number
  /** Medians. */
  same: number
  other: number
  /** The distance below which two photos are held to show one person, how it was chosen, and what it does here. */
  thresholds: { name: string; value: number; falseAccepts: number; falseAcceptsInterval?: Range; trueAccepts: number; trueAcceptsInterval?: Range }[]
  /** Why no threshold was chosen from this folder. */
  refused?: string
}

/** The whole report of `kindred faces`. */
export interface FacesReport extends ReportState {
  seed: number
  folder: string
  environment?: Readonly<Record<string, string>>
  photos: {
    total: number
    withFace: number
    withoutFace: number
    /** Files that are no readable photos. */
    quarantined: number
    /** Of `total`, looked at in this run; the rest was known from an earlier one. */
    processed: number
    ignored: number
  }
  faces: number
  /** Vectors made in this run; the others were kept from an earlier one. */
  embedded?: number
  /** Photos through detector, alignment and network a second, models being open; null when everything was known already. */
  photosPerSecond: number | null
  model: string
  detector: string
  /** Length of a vector. */
  dim?: number
  /** Everything that decides what the vectors mean, on one line. */
  recipe?: string
  licence?: string
  /** By person (null: photos without a label): photos in the folder, those with a face, faces. */
  people: { person: string | null; photos: number; withFace: number; faces: number }[]
  /** Photos without a crop, and why. */
  missed: { photo: string; kind: string; reason: string }[]
  /** What was passed over in the folder (links that lead nowhere, pipes, folders that kindred made), and why. */
  skipped?: readonly { readonly path: string; readonly reason: string }[]
  retrieval?: FaceRetrieval
  /** Why there is no retrieval. */
  noRetrieval?: string
  distances?: FaceDistances
  /** Places in 0..1, y upwards. */
  map?: { method: string; perplexity?: number; neighbourPreservation?: number; neighbours?: number; drawn: number; points: { photo: string; face: number; person: string | null; x: number; y: number }[] }
  gallery?: { place: string; added: number; skipped: number; count: number }
}

/** All figures of the page, each an SVG document. */
export type FacesFigure = 'crops' | 'map' | 'mapPoints' | 'mapPca' | 'precision' | 'neighbours' | 'wrong' | 'distances'
