/** @file Faces of a folder into a gallery: adding them again does nothing. */
import { resolve } from 'node:path'
import type { Progress } from '../base/index.ts'
import { itemId, openGallery, type Item } from '../gallery/index.ts'
import type { EmbeddedFaces } from './embed-folder.ts'

/** Where the faces come from, and how to be stopped. */
export interface AddToGalleryOptions {
  /** The folder of the photos. */
  readonly dir: string
  /** The folder that holds `crops/`. */
  readonly out: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** What adding did. */
export interface AddedToGallery {
  /** The folder, or the address without its passwords. */
  readonly place: string
  readonly added: number
  /** There already. */
  readonly skipped: number
  /** In the gallery now. */
  readonly count: number
}

/**
 * Adds faces to a gallery, which is made where there is none. A face is known by the content of its photo and its place among the photo's faces.
 *
 * @param place a folder, or `postgres://…`
 * @throws KindredError `mismatch` when the gallery holds vectors of another recipe, and as {@link openGallery} does
 */
export async function addToGallery(
  place: string,
  faces: Pick<EmbeddedFaces, 'records' | 'vectors' | 'dim' | 'labels' | 'people' | 'recipe'>,
  options: AddToGalleryOptions,
): Promise<AddedToGallery> {
  const { dir, out, progress, signal } = options
  const { records, vectors, dim, labels, people } = faces
  const items = records.map((r, i): Item => ({
    id: itemId(r.sourceHash, r.face),
    source: resolve(dir, r.source),
    crop: resolve(out, r.crop),
    label: labels[i] < 0 ? null : people[labels[i]],
    box: r.box,
    meta: { score: r.score },
    vector: vectors.slice(i * dim, (i + 1) * dim),
  }))
  const gallery = await openGallery(place, { recipe: faces.recipe, dim, progress })
  try {
    const { added, skipped } = await gallery.add(items, { signal })
    return { place: gallery.place, added, skipped, count: await gallery.count() }
  } finally {
    await gallery.close()
  }
}
