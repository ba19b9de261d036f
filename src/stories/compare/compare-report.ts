/** @file What a comparison of two models found: the contract of its report.json, and the names of its figures. */
import type { FaceRetrieval, Range } from '../../people/index.ts'
import type { FacesReport } from '../faces/faces-report.ts'
import type { ReportState } from '../../report/index.ts'

/** One model's side. */
export interface ComparedModel {
  model: string
  dim: number
  recipe: string
  /** Missing where the folder has no labels to measure with. */
  retrieval?: FaceRetrieval
  map: NonNullable<FacesReport['map']>
}

/** A difference, second model minus first, and whether chance could make it. */
export interface Difference extends Range {
  value: number
  /** `more than luck` when chance alone would make such a difference in fewer than 5 of 100 folders like this one. */
  verdict: 'more than luck' | 'may be luck'
}

/** The whole report of `kindred compare`. */
export interface CompareReport extends ReportState {
  seed: number
  folder: string
  environment?: Readonly<Record<string, string>>
  photos: FacesReport['photos']
  faces: number
  detector: string
  people: FacesReport['people']
  missed: FacesReport['missed']
  ignored?: FacesReport['ignored']
  skipped?: FacesReport['skipped']
  /** The names of both, from the start. */
  names: [string, string]
  models: ComparedModel[]
  noRetrieval?: string
  difference?: {
    /** Faces that asked. */
    queries: number
    /** Of nearest neighbours right; judged by McNemar's exact test, the interval by paired bootstrap. */
    knnAccuracy: Difference & { onlyFirst: number; onlySecond: number; pValue: number }
    /** Of mean average precision; paired bootstrap over the faces that asked. */
    map: Difference
    recallAt: Record<string, Difference>
    silhouette: number
  }
}

/** All figures of the page. */
export type CompareFigure = 'maps' | 'firstWrong' | 'secondWrong' | 'precisionFirst' | 'precisionSecond'
