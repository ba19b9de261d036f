/** @file What the chapters of the digits story share. */
import type { Progress } from '../../base/index.ts'
import type { Dataset } from '../../dataset/index.ts'
import type { MnistOptions } from '../../digits/index.ts'
import type { EmbedderCard } from '../../models/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { trainingInWords, type Preset } from '../../digits/index.ts'
import type { DigitsReport, FigureName } from './digits-report.ts'
import type { GrowingReport } from '../../report/index.ts'
import type { Embedded } from './embed-sets.ts'

/** Options of {@link digits}. */
export interface DigitsOptions {
  /** Folder for everything the run writes. */
  readonly out: string
  readonly preset?: string
  readonly dim?: number
  readonly margin?: number
  readonly epochs?: number
  /** Steps an epoch, of the training and of each further one. Default: the preset's, and 700. */
  readonly steps?: number
  readonly seed?: number
  /** Where MNIST comes from; see room `data`. */
  readonly data?: Pick<MnistOptions, 'from' | 'cache'>
  /** A zip or folder of hand-drawn letters (Omniglot), judged beside the rendered ones: Latin where it is there leads, other alphabets are judged too. */
  readonly letters?: string
  /** Train on against invented characters and then against rendered letters, and compare. Default true. */
  readonly outliers?: boolean
  /** Steps for each margin of the short sweep; 0 leaves it out. Default 200. */
  readonly sweepSteps?: number
  /** Its margins. Default 0, 0.1, 0.2, 0.4 and 0.9. */
  readonly margins?: readonly number[]
  /** Images on the map. Default 5000. */
  readonly mapPoints?: number
  /**
   * How many training images are used, drawn by the seed, and outliers of each kind to train against at most; one image for validation to eleven of them.
   * Default: eleven twelfths of all.
   */
  readonly images?: number
  readonly resume?: boolean
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** The command, for the report. */
  readonly command?: string
  /** Versions, for report and model file. */
  readonly versions?: Readonly<Record<string, string>>
}

/** The digits report while it grows. */
export type Story = GrowingReport<DigitsReport, FigureName>

/** The state the chapters share. */
export interface Run {
  readonly options: DigitsOptions
  readonly story: Story
  readonly runtime: Runtime
  /** For what is trained while other chapters go on: threads of its own, where the runtime has them. */
  readonly apart: Runtime
  readonly progress: Progress
  readonly preset: Preset
  readonly seed: number
  readonly train: Dataset
  readonly validation: Dataset
  readonly test: Dataset
}

/** A trained network with everything it says of the digits. */
export interface Judged {
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly train: Embedded
  readonly validation: Embedded
  readonly test: Embedded
  readonly dim: number
  /** Embeds another set, and with it so many small moves of each image (default 4). */
  readonly embed: (dataset: Dataset, moves?: number) => Promise<Embedded>
  readonly hash: string
}

/** The model file's card. @param what in a few words, how this model was trained */
export function card({ preset: p, options, seed, train }: Run, what: string): EmbedderCard {
  return {
    labels: train.classes,
    preprocessing: { range: '0..255', frame: 'mnist' },
    metric: 'euclidean',
    recipe: { preset: p.name, what, architecture: p.architecture, margin: p.margin, mining: p.mining, ...trainingInWords(p.training) },
    seed,
    datasetHash: train.hash,
    versions: options.versions ?? {},
  }
}
