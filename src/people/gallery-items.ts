/**
 * @file Faces of a folder into a gallery, and kept in step with it: adding them again does nothing, names and paths follow.
 *
 * A row is a face by content: the hash of its photo and its box. Rows of earlier versions, whose ids hold the face's number instead, are found by the same.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { counted, silent, type Progress } from '../base/index.ts'
import { contentOfItem, itemId, openGallery, type Gallery, type Item, type ItemEntry } from '../gallery/index.ts'
import type { EmbeddedFaces } from './embed-folder.ts'
import { sameBox, type FaceBox } from './face-content.ts'
import { personsOf } from './people-of.ts'

/** Where the faces come from, and how to be stopped. */
export interface AddToGalleryOptions {
  /** The folder of the photos. */
  readonly dir: string
  /** The folder that holds `crops/`. */
  readonly out: string
  /** Remove the rows of this folder that are no longer among its faces. Default false: they are counted as `gone`. */
  readonly sync?: boolean
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** What adding did; `added`, `moved`, `renamed`, `updated` and `unchanged` are the faces, each counted once. */
export interface AddedToGallery {
  /** The folder, or the address without its passwords. */
  readonly place: string
  readonly added: number
  /** There already, whether or not anything of them has changed. */
  readonly skipped: number
  /** Another path, the same name. */
  readonly moved: number
  /** Another name. */
  readonly renamed: number
  /** Another box or vector. */
  readonly updated: number
  readonly unchanged: number
  readonly removed: number
  /** Rows of this folder that are no longer among its faces, and stay because `sync` was not asked for. */
  readonly gone: number
  /** Faces that stand in the gallery with a photo of another folder and another name, which they keep. */
  readonly elsewhere: readonly { readonly photo: string; readonly label: string; readonly other: string; readonly otherLabel: string }[]
  /** In the gallery now. */
  readonly count: number
}

type Faces = Pick<EmbeddedFaces, 'records' | 'vectors' | 'dim' | 'labels' | 'people' | 'recipe'> &
  Partial<Pick<EmbeddedFaces, 'quarantine' | 'skipped'>>

/** Rows that are asked for at a time. */
const atOnce = 5000

/**
 * Adds faces to a gallery, which is made where there is none, and brings the rows that are there up to date: a photo that was renamed or moved gets its new
 * path, a person that was renamed the new name. Copies of a photo are one row. A photo that lies in another folder, too, keeps the path and the name it has
 * there.
 *
 * Names are those of `personsOf`: given in `OUT/groups.jsonl`, or else written by other programs, or else of folders. "Of this folder" are rows
 * whose photo lay below it, or below the folder that has become this one by being moved as a whole: it is gone, and more than half of its rows are found
 * here; a disk that is away just now, of which this folder holds some copies, is none. Rows of files that cannot be read just now are left alone.
 * @param place a folder, or `postgres://…`
 * @throws KindredError `mismatch` when the gallery holds vectors of another recipe, and as {@link openGallery} does
 */
export async function addToGallery(place: string, faces: Faces, options: AddToGalleryOptions): Promise<AddedToGallery> {
  const { dir, sync = false, progress = silent, signal } = options
  const gallery = await openGallery(place, { recipe: faces.recipe, dim: faces.dim, progress })
  try {
    const known = await rowsOfContents(gallery, new Set(faces.records.map((r) => r.sourceHash)))
    const { items, elsewhere, formerFolders } = matched(faces, known, options)
    const { added, moved, renamed, updated, unchanged } = await gallery.put(items, { signal })
    const gone = await goneRows(gallery, faces, { dir, here: new Set(items.map((item) => item.id)), formerFolders })
    if (sync && gone.length > 0) {
      const shown = [...new Set(gone.map((row) => row.source))].slice(0, 3)
      progress.log(
        `${counted(gone.length, 'row')} of faces that are no longer there go from the gallery (${shown.join(', ')}${gone.length > shown.length ? ', …' : ''})`,
      )
      await gallery.delete({ ids: gone.map((row) => row.id) })
    }
    return {
      place: gallery.place,
      added,
      skipped: items.length - added,
      moved,
      renamed,
      updated,
      unchanged,
      removed: sync ? gone.length : 0,
      gone: sync ? 0 : gone.length,
      elsewhere,
      count: await gallery.count(),
    }
  } finally {
    await gallery.close()
  }
}

/** What became of the faces in a gallery, in words. */
export function galleryLine({ added, moved, renamed, updated, removed, unchanged }: AddedToGallery): string {
  const always = [`${added} added`, `${moved} moved`, `${renamed} renamed`, `${removed} removed`]
  return [...always, ...(updated === 0 ? [] : [`${updated} found anew`]), `${unchanged} unchanged`].join(', ')
}

/** The rows of this folder that are none of its faces, but for those of files and folders that cannot be read just now. */
async function goneRows(
  gallery: Gallery,
  { quarantine = [], skipped = [] }: Faces,
  { dir, here, formerFolders }: { dir: string; here: ReadonlySet<string>; formerFolders: ReadonlyMap<string, number> },
): Promise<ItemEntry[]> {
  const own = below(resolve(dir))
  const unread = new Set(
    [...quarantine.filter((q) => q.kind !== 'no-face').map((q) => q.source), ...skipped.map((s) => s.path)].map((path) =>
      resolve(dir, path),
    ),
  )
  const isUnread = (path: string): boolean => unread.has(path) || (path.startsWith(own) && isUnread(dirname(path)))
  const ours: ItemEntry[] = []
  const left = new Map<string, ItemEntry[]>([...formerFolders.keys()].map((folder) => [folder, []]))
  for await (const row of gallery.entries({ below: [own, ...formerFolders.keys()] }, { batch: atOnce })) {
    if (here.has(row.id) || isUnread(row.source)) continue
    if (row.source.startsWith(own)) ours.push(row)
    else left.get([...formerFolders.keys()].find((folder) => row.source.startsWith(folder))!)!.push(row)
  }
  for (const [folder, rows] of left) if (formerFolders.get(folder)! > rows.length) for (const row of rows) ours.push(row)
  return ours
}

/** The beginning of all paths below a folder. */
const below = (folder: string): string => (folder.endsWith(sep) ? folder : `${folder}${sep}`)

/** The rows of these photos, by hash. */
async function rowsOfContents(gallery: Gallery, contents: ReadonlySet<string>): Promise<Map<string, ItemEntry[]>> {
  const rows = new Map<string, ItemEntry[]>()
  const all = [...contents]
  for (let at = 0; at < all.length; at += atOnce)
    for await (const row of gallery.entries({ contents: all.slice(at, at + atOnce) }, { batch: atOnce })) {
      const hash = contentOfItem(row.id)
      const list = rows.get(hash) ?? []
      rows.set(hash, list)
      list.push(row)
    }
  return rows
}

/** Faces as items, with the ids of the rows that they are. */
function matched(
  { records, vectors, dim, labels, people }: Faces,
  known: ReadonlyMap<string, ItemEntry[]>,
  { dir, out }: AddToGalleryOptions,
): { items: Item[]; elsewhere: AddedToGallery['elsewhere']; formerFolders: ReadonlyMap<string, number> } {
  const persons = personsOf(out, records, { people: [...people], labels })
  const nameOf = (i: number): string | null => persons[i]
  const faces = new Map<string, number[]>() // rows of the same face in copies of its photo
  for (const [i, { sourceHash, box }] of records.entries()) {
    const key = itemId(sourceHash, box)
    faces.set(key, [...(faces.get(key) ?? []), i])
  }
  const left = new Map([...known].map(([hash, rows]) => [hash, [...rows]]))
  const items: Item[] = []
  const elsewhere: { photo: string; label: string; other: string; otherLabel: string }[] = []
  const formerFolders = new Map<string, number>() // and the rows of each that are found here
  for (const [id, copies] of faces) {
    const { sourceHash, box, face } = records[copies[0]]
    const row = takeRow(left.get(sourceHash) ?? [], box, itemId(sourceHash, face))
    const at = (source: string): number | undefined => copies.find((i) => resolve(dir, records[i].source) === source)
    const i = (row === undefined ? undefined : at(row.source)) ?? copies.find((copy) => nameOf(copy) !== null) ?? copies[0]
    const record = records[i]
    const [source, label] = [resolve(dir, record.source), nameOf(i)]
    const item: Item = {
      id: row?.id ?? id,
      source,
      crop: resolve(out, record.crop),
      label,
      box,
      meta: { score: record.score, face: record.face },
      vector: vectors.slice(i * dim, (i + 1) * dim),
    }
    if (row !== undefined && row.source !== source) {
      if (isElsewhere(row.source, dir)) {
        Object.assign(item, { source: row.source, crop: row.crop, label: row.label ?? label })
        if (row.label !== null && label !== null && row.label !== label)
          elsewhere.push({ photo: source, label, other: row.source, otherLabel: row.label })
      } else {
        const tail = `${sep}${record.source.replaceAll('/', sep)}`
        const folder = row.source.endsWith(tail) ? row.source.slice(0, -tail.length) : undefined
        if (folder !== undefined && isAbsolute(folder) && folder !== resolve(dir) && !existsSync(folder)) {
          const former = below(folder)
          formerFolders.set(former, (formerFolders.get(former) ?? 0) + 1)
        }
      }
    }
    items.push(item)
  }
  return { items, elsewhere, formerFolders }
}

/** Takes the row that is this face out of those of its photo. */
function takeRow(rows: ItemEntry[], box: FaceBox, numbered: string): ItemEntry | undefined {
  const boxed = rows.filter((row) => row.box !== null)
  const best = sameBox(
    box,
    boxed.map((row) => row.box as unknown as FaceBox),
  )
  const row = best === undefined ? rows.find(({ id, box: none }) => none === null && id === numbered) : boxed[best]
  if (row !== undefined) rows.splice(rows.indexOf(row), 1)
  return row
}

/** Whether a photo lies where the gallery says, outside this folder: then it was copied, not moved. */
const isElsewhere = (source: string, dir: string): boolean =>
  isAbsolute(source) && !source.startsWith(below(resolve(dir))) && existsSync(source)
