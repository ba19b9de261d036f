/**
 * @file What goes into a gallery and what comes out: items, filters, neighbours.
 */
import type { Progress } from '../base/index.ts'
import type { Recipe } from '../recipe/index.ts'

/** Anything JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** One image, or one face in it, with its embedding. */
export interface Item {
  /** Names the content, so that adding it twice does nothing: see {@link itemId}. */
  id: string
  /** The file or address it came from. */
  source: string
  /** Its class or person; absent or null: nobody has said yet. */
  label?: string | null
  /** Where the cropped picture lies. */
  crop?: string | null
  /** The region of the source it was cut from: x, y, width, height in pixels. */
  box?: readonly number[] | null
  /** Anything else worth keeping. */
  meta?: { [key: string]: Json }
  /** The recipe that made the vector, whole or as its hash; absent: the gallery's. */
  recipe?: Recipe | string
  /** The embedding, `dim` numbers. */
  vector: Float32Array
}

/** An {@link Item} as a gallery gives it back: nothing absent, the recipe as its hash. */
export interface StoredItem {
  id: string
  source: string
  label: string | null
  crop: string | null
  box: number[] | null
  meta: { [key: string]: Json }
  recipe: string
  vector: Float32Array
}

/** An item without its vector. */
export type ItemEntry = Omit<StoredItem, 'vector'>

/** What {@link Gallery.put} did: how many items are new, and how many were there, each counted once under the first that fits. */
export interface PutCounts {
  /** New. */
  added: number
  /** Another label. */
  renamed: number
  /** Another source. */
  moved: number
  /** Another vector or box. */
  updated: number
  /** As they were; what differs in crop or meta alone is brought up to date and counts here. */
  unchanged: number
}

/** Which items: all conditions must hold; an empty filter means every item. */
export interface Filter {
  /** Items with one of these ids. */
  ids?: readonly string[]
  /** Items with none of these ids. */
  notIds?: readonly string[]
  /** Items with one of these labels; null stands for "no label". */
  labels?: readonly (string | null)[]
  /** Items cut from one of these sources. */
  sources?: readonly string[]
  /** Items of one of these contents: hashes, as {@link itemId} puts them before its `#`. */
  contents?: readonly string[]
  /** Items whose source begins with one of these texts, such as a folder with the `/` at its end. */
  below?: readonly string[]
}

/** One item near a query. */
export interface Neighbour {
  id: string
  label: string | null
  source: string
  /** Euclidean distance, computed in float64 from the stored float32 coordinates. */
  distance: number
}

/** The answer to one query. */
export interface Found {
  /** True when something lies within the threshold; false: nobody you know; null: no threshold was given, so nobody can say. */
  known: boolean | null
  /** Up to k items within the threshold, nearest first; equal distances in the order they were added. */
  neighbours: Neighbour[]
  /** The nearest item the filter allows, within the threshold or not; null in an empty gallery. */
  nearest: Neighbour | null
}

/** How {@link Gallery.search} searches. */
export interface SearchOptions {
  /** Greatest Euclidean distance at which an item counts as known. */
  threshold?: number
  /** Only these items. */
  filter?: Filter
  /** The recipe of the query vectors; one that differs from the gallery's is an error. */
  recipe?: Recipe | string
  /** `exact` (default): all items, in memory. `sql`: all items, by the database. `hnsw`: the graph index, near the truth and fast at any size. */
  method?: 'exact' | 'sql' | 'hnsw'
  /** Candidates HNSW keeps while it searches, 1 to 1000 (default 100): more is slower and nearer the truth. */
  efSearch?: number
}

/** How {@link openGallery} opens. */
export interface GalleryOptions {
  /** How the vectors are made: `model.recipe`. A new gallery takes it for its own; an old one must have been made with the same. */
  recipe?: Recipe
  /** Length of the vectors; absent: that of the first one added. */
  dim?: number
  /** Refuse vectors whose norm is not 1 (to 0.001). Fixed when the gallery is made; default false. */
  unitNorm?: boolean
  /** Make the gallery where there is none; default true. */
  create?: boolean
  /** The schema that holds the tables: several galleries in one database; default `kindred`. */
  schema?: string
  /** Of a folder whose files have lost something, take what is left for the whole of it from now on, instead of an error; default false. */
  acceptDamage?: boolean
  /** Where long work is shown; default nowhere. */
  progress?: Progress
}

/** How {@link Gallery.add} adds. */
export interface AddOptions {
  /** Items in one transaction; default 1000. */
  batch?: number
  /** Called after each transaction is safe, with what has been added and skipped so far. */
  acknowledge?: (sofar: { added: number; skipped: number }) => void
  /** Stops between two transactions. */
  signal?: AbortSignal
}

/** How {@link Gallery.put} puts. */
export interface PutOptions {
  /** Items in one transaction; default 1000. */
  batch?: number
  /** Called after each transaction is safe, with what has been done so far. */
  acknowledge?: (sofar: PutCounts) => void
  /** Stops between two transactions. */
  signal?: AbortSignal
}

/** The shape of the graph index. */
export interface IndexOptions {
  method?: 'hnsw'
  /** Links a node, 2 to 100; default 16. */
  m?: number
  /** Candidates kept while building, 2m to 1000; default 64. */
  efConstruction?: number
}

/** Some rows of a gallery, as points. */
export interface VectorBatch {
  ids: string[]
  labels: (string | null)[]
  sources: string[]
  /** One row an item, `dim` numbers each. */
  points: Float32Array
  dim: number
}
