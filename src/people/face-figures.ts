/** @file What is measured on faces, as reports hold it. All shares are 0..1, all distances Euclidean. */

/** A range that covers the truth with a probability of 95 %. */
export interface Range {
  low: number
  high: number
}

/** Leave-one-out retrieval: each labelled face asks all the others. */
export interface FaceRetrieval {
  /** Faces that asked: those whose person has another one. */
  queries: number
  /** Faces that could have asked, where a sample of them did: the figures are of the sample, their intervals of all. */
  askable?: number
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
  /** Of how many faces it is the mean, each against all. */
  silhouetteFaces?: number
  /** Mean share of the right person among the k nearest, by person and k, and the most that the number of their photos allows. */
  precisionAt: { person: string; k: number; precision: number; ceiling: number; interval?: Range }[]
  /** By person: faces that asked, all faces, those whose nearest is right, mean average precision. */
  people: { person: string; queries: number; faces?: number; right: number; map: number }[]
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
  thresholds: {
    name: string
    value: number
    falseAccepts: number
    falseAcceptsInterval?: Range
    trueAccepts: number
    trueAcceptsInterval?: Range
  }[]
  /** Why no threshold was chosen from this folder. */
  refused?: string
}
