/** @file What a margin sweep found: the contract of sweep.json. All shares are 0..1, all times seconds. */
import type { Interval } from '../../metrics/index.ts'
import type { TrainEmbedderOptions } from '../../train/index.ts'

/** Root mean square distance of the test images to their mean, and mean distances of images of one class and of two. */
export interface SpaceSize {
  readonly spread: number
  readonly within: number
  readonly between: number
}

/** What one training gave. */
export interface SweepRun extends SpaceSize {
  readonly seed: number
  /** Mean over the last tenth of the steps. */
  readonly loss: number
  readonly validationLoss: number
  /** Share of triplets with a loss above zero, mean over the last tenth of the steps. */
  readonly activeTriplets: number
  readonly knnAccuracy: number
  readonly headAccuracy: number
  readonly silhouette: number
  /** Spread of the same network before the first step. */
  readonly initialSpread: number
  readonly collapsed: boolean
  /** What happened, in words, when the embedding collapsed. */
  readonly collapse?: string
  readonly seconds: number
}

/** One margin's outcome: the mean over its trainings, one a seed. */
export interface SweepEntry extends Omit<SweepRun, 'seed'> {
  readonly margin: number
  /** Covers the kNN accuracy with 95 %: over seeds and judged images, with one seed over the images alone. See `knnInterval`. */
  readonly knnInterval: Interval
  /** The names of `within` and `between` in earlier versions. */
  readonly intraDistance: number
  readonly interDistance: number
  /** What was trained: the network, steps of a training, and what a step sees. */
  readonly network: string
  readonly steps: number
  readonly batch: string
  /** Each training, in the order of the seeds. */
  readonly runs: readonly SweepRun[]
}

/** The margin that reads best, and what to make of it. */
export interface BestMargin {
  /** The highest mean kNN accuracy among the margins that did not collapse; within a tie that of the recipe, where it is in it. */
  readonly margin: number
  /** In words. */
  readonly why: string
  /** Whether its interval lies above those of all other margins, each trained with two seeds or more. */
  readonly measurable: boolean
  /** All margins that are not measurably worse, this one too. */
  readonly among: readonly number[]
}

/** What a sweep found. */
export interface SweepReport {
  readonly sweep: readonly SweepEntry[]
  readonly best: BestMargin
  /** What the margin did, and which to take, in sentences made from the figures. */
  readonly findings: readonly string[]
  /** The first seed, and how many: seed, seed + 1, ... */
  readonly seed: number
  readonly seeds: number
  readonly steps: number
  readonly network: string
  readonly batch: string
  /** Length of an embedding. */
  readonly dim: number
  /** Test images that each training is judged on. */
  readonly judged: number
  /** The margin of the recipe. */
  readonly presetMargin: number
  readonly seconds: number
  /** False in a report that was written before the last training: the run goes on, or ended early. Missing in a whole one. */
  readonly complete?: false
}

/** A training but for what the sweep itself chooses. */
export type SweepTraining = Omit<
  TrainEmbedderOptions,
  'source' | 'validation' | 'network' | 'seed' | 'runtime' | 'progress' | 'signal' | 'store' | 'resume' | 'onStep' | 'onEpoch'
>
