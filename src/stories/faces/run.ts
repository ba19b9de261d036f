/** @file What the chapters of the faces story share. */
import type { Progress } from '../../base/index.ts'
import type { DetectorName, FindOptions } from '../../faces/index.ts'
import type { Lock } from '../../files/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import type { FacesFigure, FacesReport } from './faces-report.ts'
import type { GrowingReport } from '../../report/index.ts'

/** Options of {@link faces}. */
export interface FacesOptions extends FindOptions {
  /** Folder for everything the run writes. */
  readonly out: string
  /** Default ssd. */
  readonly detector?: DetectorName
  /** See `openDetector`. */
  readonly detectorWeights?: string
  /** See `openFaceModel`. Default dlib. */
  readonly model?: string
  readonly weights?: string
  readonly layer?: string
  /** Default: the largest where photos lie in folders of persons, all where none has a label. */
  readonly faces?: 'largest' | 'all'
  /** A folder or `postgres://…` to which the faces are added. */
  readonly gallery?: string
  /** Remove the rows of this folder from the gallery that are no longer among its faces. Default false. */
  readonly sync?: boolean
  /** Learn a space on the people of the folder (default false); see `learnFolder`. */
  readonly learn?: boolean
  readonly seed?: number
  readonly runtime: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
  /** The command and versions, for the report. */
  readonly command?: string
  readonly versions?: Readonly<Record<string, string>>
}

/** The faces report while it grows. */
export type FacesStory = GrowingReport<FacesReport, FacesFigure>

/** The state the chapters share. */
export interface FacesRun {
  readonly dir: string
  readonly options: FacesOptions
  /** Of OUT. */
  readonly lock: Lock
  readonly story: FacesStory
  readonly seed: number
  readonly progress: Progress
}
