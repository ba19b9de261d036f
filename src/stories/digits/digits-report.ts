/**
 * @file What a digits run found: the contract of report.json, and the names of its figures.
 *
 * Parts that a run has not reached yet are missing; the page then says "computing". All shares are 0..1, all times seconds.
 */
import type { EpochFigures, SweepFigures } from '../../plots/index.ts'
import type { ReportState } from '../../report/index.ts'
import type { OutlierTable } from './outlier-table.ts'

/** How well nearest neighbours name the class: share of test images right, and mean average precision at R (Musgrave et al. 2020, section 3.2). */
export interface NeighbourFigures {
  accuracy: number
  mapAtR: number
}

/** One score with one threshold, judged on one set of non-digits. */
export interface RejectionResult {
  /** Name of the set of non-digits, e.g. "Omniglot Latin". */
  letters: string
  /** Name of the score, e.g. "Gini impurity". */
  score: string
  rejectWhen: 'above' | 'below'
  threshold: number
  /** Share of all test digits that are kept and read right. */
  digitsKeptRight: number
  /** Share of all test digits that are kept. */
  digitsKept?: number
  /** Share of the letters that are rejected. */
  lettersRejected: number
  /** The same among the letters whose form is no digit's; only for sets in which such look-alikes are known. */
  lettersRejectedUnlike?: number
  /** Area under the ROC curve, digits against letters; 0.5 is a coin. */
  auroc: number
  /** Share of letters accepted when 95 % of digits are kept. */
  fpr95: number
  /** `student`: a threshold taken over from elsewhere (0.87); `chosen`: found on one half of the data and judged on the other. Default `chosen`. */
  rule?: 'student' | 'chosen'
  /** The working point the threshold was chosen for, e.g. "95 % of digits kept". */
  at?: string
  /** True for the score that held-out letters favour; the page puts it first. */
  preferred?: boolean
  /**
   * Of the rows at the working point that leads (95 % of digits kept, by split conformal prediction): true for the preferred score, whose rule lies beside the
   * model. Missing at other working points, and in reports of older versions.
   */
  leads?: boolean
  /** With `leads`: what the threshold promises. `interval`: the share kept by thresholds of this calibration set, 95 %. */
  promise?: { keep: number; interval: { low: number; high: number }; of: string }
  /** Whether the network and the detector saw letters (in other fonts) while they were trained. Default false. */
  trainedWithOutliers?: boolean
  /** Which outliers the network was trained against. Default `letters` with `trainedWithOutliers`, else `none`. */
  strangers?: OutliersSeen
  /** One line for the table. */
  note?: string
}

/** What a network was shown as no digit: nothing, characters that no one writes, or those and then letters in other fonts than the judged ones. */
export type OutliersSeen = 'none' | 'invented' | 'letters'
export const allOutliersSeen: readonly OutliersSeen[] = ['none', 'invented', 'letters']

/** Which outliers a row's network saw. */
export function outliersSeenBy(row: RejectionResult): OutliersSeen {
  return row.strangers ?? (row.trainedWithOutliers === true ? 'letters' : 'none')
}

/** The whole report of `kindred digits`. */
export interface DigitsReport extends ReportState {
  seed?: number
  dataset: {
    name?: string
    train: number
    validation?: number
    test: number
    /** Non-digits that were judged. */
    letters?: number
    /** File name -> SHA-256. */
    sha256?: Record<string, string>
  }
  embedding: { dim: number; architecture?: string; parameters?: number; margin?: number; miner?: string; normalised?: boolean }
  /** How the network was trained, for the words about loss and curves; missing in reports of older versions. */
  training?: {
    /** Loss, miner and reducer with what they were made with, as in a model's recipe. */
    objective: Readonly<Record<string, string>>
    /** Whether training images were turned, scaled and moved at random. */
    augmented: boolean
    /** Whether a running mean of the weights is judged and kept in place of the weights themselves. */
    averaged: boolean
  }
  history: readonly EpochFigures[]
  /** The epoch whose weights were kept. */
  bestEpoch?: number
  knn?: NeighbourFigures & { k?: number }
  baselines?: { rawPixels?: NeighbourFigures; untrained?: NeighbourFigures }
  head?: { accuracy: number; ece: number; nll?: number; temperature?: number; seconds?: number }
  map?: { neighbourPreservation: number; points?: number; neighbours?: number; method?: string }
  /** Networks that are still being trained while all else is there: what they learn to reject, and seconds that they take from then on, about. */
  coming?: { networks: readonly string[]; seconds: number }
  /** The map shown is an early one: drawn after so many steps of the training, of so many validation images. */
  earlyMap?: { steps: number; points: number }
  rejection?: readonly RejectionResult[]
  /** The same network after it has also been trained against outliers. */
  after?: Partial<Record<OutliersSeen, { knn: NeighbourFigures; headAccuracy: number }>>
  /**
   * Controls: digits that came about as the letters did. Share rejected, by each network's preferred score, where 95 % of MNIST's digits are kept; where
   * it is far higher after training against outliers than before, the network has learned how they are drawn, not what they show.
   */
  digitControls?: readonly { digits: string; count: number; rejected: Partial<Record<OutliersSeen, number>> }[]
  /** What each network keeps, by its preferred score, of scripts, shapes, noise and more, and of digits of other sources. */
  outlierTable?: OutlierTable
  sweep?: readonly SweepFigures[]
  /** Versions and machine, e.g. { kindred: '0.1.0', node: 'v20.20.2' }. */
  environment?: Record<string, string | number>
  /** What to try next; by default the page proposes from the figures. */
  next?: readonly { command: string; why: string }[]
}

/** The figures that the page has a place for; each is an SVG document of room `plots`. */
export type FigureName =
  | 'loss'
  | 'triplets'
  | 'baselines'
  | 'map'
  | 'mapImages'
  | 'neighbours'
  | 'sweepPanels'
  | 'sweepCurves'
  | 'confusion'
  | 'errors'
  | 'reliability'
  | 'rejectionHistogram'
  | 'rejectionHistogramStudent'
  | 'rejectionCurve'
  | 'lettersRejected'
  | 'lettersAccepted'

/** SVG of each figure that is there already. */
export type Figures = Partial<Record<FigureName, string>>
