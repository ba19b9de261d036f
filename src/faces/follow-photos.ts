/**
 * @file Photos that were renamed, moved or copied: what is known of a photo's content is known at its new path, too, and nobody is looked for again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inOrder, sha256, stopIfAborted } from '../base/index.ts'
import { sha256File, writeFileAtomic } from '../files/index.ts'
import type { CropRecord, CropsByPhoto, PhotoEntry } from './crop-records.ts'
import { labelOf } from './photo-files.ts'

/** What is known of a photo's content. */
export type KnownPhoto = Pick<PhotoEntry, 'faces' | 'quarantine'>

/** The crops of faces as they lie on the disk; undefined where one is not what it was. */
export function wholeCrops(out: string, faces: readonly Pick<CropRecord, 'crop' | 'cropHash'>[]): Uint8Array[] | undefined {
  const crops: Uint8Array[] = []
  for (const { crop, cropHash } of faces) {
    try {
      const bytes = readFileSync(join(out, crop))
      if (sha256(bytes) !== cropHash) return undefined
      crops.push(bytes)
    } catch {
      return undefined // they are made again, or that fails with a reason
    }
  }
  return crops
}

/**
 * What is known of a photo, for another path at which it lies: label and crops get the names of that path.
 *
 * @param crops the crops, which are written under their new names
 * @throws KindredError `io`
 */
export function knownAt(
  source: string,
  { faces, quarantine }: KnownPhoto,
  crops: readonly Uint8Array[],
  { out, nameOf }: { readonly out: string; readonly nameOf: (source: string, face: number) => string },
): PhotoEntry {
  const label = labelOf(source)
  const moved = faces.map((face, i): CropRecord => {
    const crop = nameOf(source, face.face)
    writeFileAtomic(join(out, ...crop.split('/')), crops[i])
    return { ...face, source, label, crop }
  })
  return { source, faces: moved, quarantine: quarantine === null ? null : { ...quarantine, source, label } }
}

/** Settings of {@link followMoved}. */
export interface FollowOptions {
  readonly dir: string
  readonly out: string
  /** Of the crops: those of others are made again. */
  readonly settings: string
  readonly nameOf: (source: string, face: number) => string
  readonly signal: AbortSignal | undefined
}

/** Files that are hashed at a time. */
const atOnce = 4

/**
 * Finds photos that no longer lie where they were among those that are new, by content. What is known of them is copied before anything is forgotten.
 *
 * @param sources the photos there are
 * @returns what is known of new paths
 * @throws KindredError `io`; `interrupted` when the signal fires
 * Cost: nothing unless some photos are gone and others new; then a SHA-256 of each new one
 */
export async function followMoved(
  sources: readonly string[],
  known: CropsByPhoto,
  { dir, out, settings, nameOf, signal }: FollowOptions,
): Promise<PhotoEntry[]> {
  const there = new Set(sources)
  const gone = new Map<string, KnownPhoto>()
  for (const [source, { faces, quarantine }] of known) {
    const records = quarantine === null ? faces : [...faces, quarantine]
    const hash = records[0]?.sourceHash ?? null
    if (!there.has(source) && hash !== null && records.every((r) => r.settings === settings)) gone.set(hash, { faces, quarantine })
  }
  const fresh = sources.filter((source) => !known.has(source))
  if (gone.size === 0 || fresh.length === 0) return []
  const followed: PhotoEntry[] = []
  let at = 0
  for await (const hash of inOrder(fresh.length, atOnce, (i) => sha256File(join(dir, fresh[i])).catch(() => undefined))) {
    stopIfAborted(signal, 'crop folder', `a stop after ${at} of ${fresh.length} new photos`, 'Run it again: it goes on from there.')
    const source = fresh[at++]
    const photo = hash === undefined ? undefined : gone.get(hash)
    if (photo === undefined || photo.quarantine?.kind === 'too-large') continue
    const crops = wholeCrops(out, photo.faces)
    if (crops !== undefined) followed.push(knownAt(source, photo, crops, { out, nameOf }))
  }
  return followed
}
