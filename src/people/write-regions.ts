/** @file Names of faces into XMP sidecars, where other programs read them. The photos themselves are never written to. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, stopIfAborted } from '../base/index.ts'
import {
  areaOfBox,
  boxOfArea,
  readSidecar,
  readXmpRegions,
  sidecarsOf,
  storedSize,
  uprightSize,
  writeXmpRegions,
  xmpText,
  type CropRecord,
  type NamedArea,
  type StoredArea,
  type StoredSize,
} from '../faces/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { matchBoxes } from './named-regions.ts'

/** What {@link writeSidecars} did. */
export interface WrittenSidecars {
  /** Sidecars that were made or changed. */
  readonly written: number
  /** Sidecars that said all this already. */
  readonly unchanged: number
  /** Photos whose sidecar was left as it is, and why. */
  readonly refused: readonly { readonly photo: string; readonly reason: string }[]
}

/**
 * Writes the names of faces into `PHOTO.EXT.xmp` beside each photo, as regions of the Metadata Working Group.
 *
 * A sidecar that is there keeps everything else in it; one that cannot be read is left alone and told. A new one begins with the regions that stand in the
 * photo, or in `PHOTO.xmp`, as readers that take the sidecar's regions look no further. A region of another program that is one of these faces gets the name
 * given here.
 * @param dir   the folder of the photos
 * @param named faces with names
 * @throws KindredError `io`; `interrupted` when the signal fires, whole sidecars staying
 */
export async function writeSidecars(
  dir: string,
  named: readonly { readonly record: CropRecord; readonly name: string }[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<WrittenSidecars> {
  const photos = new Map<string, { record: CropRecord; name: string }[]>()
  for (const face of named) photos.set(face.record.source, [...(photos.get(face.record.source) ?? []), face])
  let [written, unchanged] = [0, 0]
  const refused: { photo: string; reason: string }[] = []
  for (const [source, faces] of photos) {
    stopIfAborted(signal, 'write regions', `a stop after ${written} sidecars`, 'Run it again.')
    const path = join(dir, source)
    const size = await storedSize(path)
    if (size === undefined) {
      refused.push({ photo: source, reason: 'its size cannot be read' })
      continue
    }
    try {
      if (writeSidecar(path, size, faces)) written++
      else unchanged++
    } catch (error) {
      if (!(error instanceof KindredError) || error.code === 'io') throw error
      refused.push({ photo: source, reason: error.message })
    }
  }
  return { written, unchanged, refused }
}

/** Tells whether anything had to be written. */
function writeSidecar(
  path: string,
  size: StoredSize & { xmp: Buffer | undefined },
  named: readonly { record: CropRecord; name: string }[],
): boolean {
  const [sidecar, ...others] = sidecarsOf(path).filter((each, i) => i === 0 || existsSync(each))
  const before = existsSync(sidecar) ? readSidecar(sidecar) : undefined
  const own = named.map(({ record, name }): NamedArea => ({ name, area: areaOfBox(record.box, size) }))
  const kept = before === undefined ? regionsElsewhere(path, size, others) : []
  const matches = matcher(own, size)
  const faces = [...own, ...kept.filter(({ area }) => matches(area) === undefined)]
  const text = writeXmpRegions(before, faces, { size, same: matches, what: sidecar })
  if (text === before) return false
  writeFileAtomic(sidecar, text)
  return true
}

/** The regions that a reader of the photo has found so far: in another sidecar, else in the file. */
function regionsElsewhere(path: string, { xmp }: { xmp: Buffer | undefined }, sidecars: readonly string[]): readonly NamedArea[] {
  for (const other of sidecars) {
    const { faces } = readXmpRegions(readSidecar(other), other)
    if (faces.length > 0) return faces
  }
  return xmp === undefined ? [] : readXmpRegions(xmpText(xmp, path), `the XMP in ${path}`).faces
}

/** Which of some faces an area is: by the stored image, or, as some programs write it, by the upright one. */
function matcher(own: readonly NamedArea[], size: StoredSize): (area: StoredArea) => number | undefined {
  const boxes = own.map(({ area }) => boxOfArea(area, size))
  const place = (area: StoredArea, as: StoredSize): number => matchBoxes([boxOfArea(area, as)], boxes)[0]
  return (area) => {
    const at = place(area, size)
    const found = at >= 0 || size.orientation === 1 ? at : place(area, { ...uprightSize(size), orientation: 1 })
    return found < 0 ? undefined : found
  }
}
