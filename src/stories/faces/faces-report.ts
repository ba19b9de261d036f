/**
 * @file What a faces run found: the contract of report.json, and the names of its figures.
 *
 * Parts that a run has not reached yet, or that the folder does not allow, are missing. All shares are 0..1, all times seconds, all distances Euclidean.
 */
import type {
  AddedToGallery,
  FaceDistances,
  FaceRetrieval,
  HeadJudgement,
  IgnoredFiles,
  MissedPhoto,
  RegionFindings,
  SplitFolder,
} from '../../people/index.ts'
import type { Look } from '../../faces/index.ts'
import type { ReportState } from '../../report/index.ts'
import type { OverAllPhotos } from './over-all-photos.ts'

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
    /** `total - withFace`: photos in which no face was found, and those that could not be read; `missed` below names them. */
    missed?: number
    /** Photos of formats that are not read here; not in `total`. */
    notRead?: number
    /** Files that were left alone, for whatever reason; `ignored` below names them. */
    ignored: number
  }
  faces: number
  /** Faces by the look that found them (`whole`: the first); missing in reports of versions that took one look. */
  looks?: Readonly<Record<Look, number>>
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
  /** Photos that lie, byte for byte, in the folders of several people, and count as nobody's. */
  contested?: readonly { readonly photos: readonly string[]; readonly names: readonly string[] }[]
  /** Names that other programs wrote for faces: how many faces have one, which boxes hold no face that was found, where folders say otherwise. */
  regions?: RegionFindings
  /** Photos without a crop, and why. */
  missed: readonly MissedPhoto[]
  /** Files that were left alone, by reason. */
  ignored?: readonly IgnoredFiles[]
  /** What was passed over in the folder (links that lead nowhere, pipes, folders that kindred made), and why. */
  skipped?: readonly { readonly path: string; readonly reason: string }[]
  retrieval?: FaceRetrieval
  /** The same over all labelled photos, those without a found face counted as wrong. */
  overAll?: OverAllPhotos
  /** Why there is no retrieval. */
  noRetrieval?: string
  distances?: FaceDistances
  /** Places in 0..1, y upwards. */
  map?: {
    method: string
    perplexity?: number
    neighbourPreservation?: number
    neighbours?: number
    drawn: number
    points: { photo: string; face: number; person: string | null; x: number; y: number }[]
  }
  /** A space learnt on the folder's own people; missing where nobody asked and none was learnt earlier. */
  learned?: {
    /** Why nothing was learnt. */
    refused?: string
    /** Learnt in an earlier run and used: its recipe. */
    earlier?: string
    /** Whether the new space is used. */
    taken?: boolean
    verdict?: string
    people?: number
    photos?: number
    /** Worse copies that were learnt from. */
    copies?: number
    judged?: HeadJudgement
    /** Distance up to which two faces count as one person in the new space. */
    threshold?: number
    recipe?: string
  }
  /** What became of the faces in the gallery; reports of earlier versions know `place`, `added`, `skipped` and `count` alone. */
  /** Groups, folders and lone faces that may be one person, nearest first (50 of `count`), and folders that may show two. */
  suggestions?: {
    /** Whose distances decide, in words. */
    words: string
    radius: number
    reach: number
    count: number
    pairs: {
      a: string
      b: string
      /** Photos of the closest two faces, and which of their faces these are. */
      photos: [string, string]
      faces: [number, number]
      /** Mean distance of their faces, and that of the closest two. */
      distance: number
      nearest: number
      /** How many labelled pairs about as far apart show one person; null where too few are known. */
      odds: { same: number; of: number } | null
      why: string
    }[]
    split: readonly SplitFolder[]
  }
  gallery?: AddedToGallery
}

/** All figures of the page, each an SVG document. */
export type FacesFigure =
  | 'crops'
  | 'missed'
  | 'map'
  | 'mapPoints'
  | 'mapPca'
  | 'precision'
  | 'neighbours'
  | 'wrong'
  | 'distances'
  | 'learned'
  | 'learning'
  | 'pairs'
