/**
 * @file Names that other programs wrote for faces: read from photos and sidecars at every run, kept in `OUT/regions.jsonl`, and matched to the faces found.
 *
 * ```
 * {"source":"party.jpg","sourceHash":"…","name":"Anna","box":[120.5,80,64,70],"from":"photo"}
 * ```
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { counted, inOrder, KindredError, stopIfAborted, type Progress } from '../base/index.ts'
import { readPhotoRegions, type CropRecord, type FaceRegion, type PhotoRegions, type QuarantineRecord } from '../faces/index.ts'
import { ioError, readJsonLines, writeFileAtomic } from '../files/index.ts'
import { overlapOf, type FaceBox } from './face-content.ts'

/** A region of one photo: a line of `regions.jsonl`. */
export interface NamedRegion {
  readonly source: string
  readonly sourceHash: string
  readonly name: string
  /** x, y, width, height in pixels of the upright photo. */
  readonly box: FaceBox
  /** `photo`: inside the file; `sidecar`: beside it. */
  readonly from: 'photo' | 'sidecar'
}

const schema: z.ZodType<NamedRegion> = z.object({
  source: z.string(),
  sourceHash: z.string(),
  name: z.string().min(1),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  from: z.enum(['photo', 'sidecar']),
})

const fileOf = (out: string): string => join(out, 'regions.jsonl')

/** The regions that an output folder knows of. @throws KindredError `corrupt` naming the line */
export function readRegions(out: string): NamedRegion[] {
  const path = fileOf(out)
  return existsSync(path) ? readJsonLines(path, schema, { where: 'regions', fix: 'Delete it: the next run makes it again.' }) : []
}

/** Keeps regions; no file where there are none. @throws KindredError `io` */
function writeRegions(out: string, regions: readonly NamedRegion[]): void {
  const path = fileOf(out)
  try {
    if (regions.length > 0) writeFileAtomic(path, regions.map((r) => `${JSON.stringify(r)}\n`).join(''))
    else rmSync(path, { force: true })
  } catch (error) {
    throw ioError('regions', path, error)
  }
}

/** Forgets the regions of photos other than these. @throws KindredError `io` */
export function forgetRegions(out: string, photos: ReadonlySet<string>): void {
  let all: NamedRegion[] = []
  try {
    all = readRegions(out)
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    writeRegions(out, []) // damaged: nobody can say whose they are
  }
  const left = all.filter((r) => photos.has(r.source))
  if (left.length < all.length) writeRegions(out, left)
}

/** From here on a region and a face are one person's; programs draw boxes of very different size around a face. */
const leastRegionOverlap = 0.3

/**
 * Which face each region is, one face at most and most overlapping first: by intersection over union, or where the middle of each lies in the other.
 *
 * @returns one entry a region: a place among the boxes, or -1
 */
export function matchBoxes(regions: readonly FaceBox[], boxes: readonly FaceBox[]): Int32Array {
  const pairs: { r: number; b: number; overlap: number }[] = []
  for (const [r, region] of regions.entries())
    for (const [b, box] of boxes.entries()) {
      const overlap = overlapOf(region, box)
      if (overlap >= leastRegionOverlap || (holdsMiddle(region, box) && holdsMiddle(box, region))) pairs.push({ r, b, overlap })
    }
  const out = new Int32Array(regions.length).fill(-1)
  const taken = new Set<number>()
  for (const { r, b } of pairs.sort((x, y) => y.overlap - x.overlap || x.r - y.r || x.b - y.b)) {
    if (out[r] >= 0 || taken.has(b)) continue
    out[r] = b
    taken.add(b)
  }
  return out
}

const holdsMiddle = ([x, y, width, height]: FaceBox, of: FaceBox): boolean => {
  const [mx, my] = [of[0] + of[2] / 2, of[1] + of[3] / 2]
  return mx >= x && mx <= x + width && my >= y && my <= y + height
}

/**
 * The regions of a photo as the guidelines say, or taken for areas of the upright photo where that fits better: where the size they were drawn on says so, or
 * the faces found do.
 */
function settled({ stored, upright, drawnUpright }: PhotoRegions, boxes: readonly FaceBox[]): readonly FaceRegion[] {
  if (stored === upright) return stored
  if (drawnUpright !== undefined) return drawnUpright ? upright : stored
  const fit = (regions: readonly FaceRegion[]): number => {
    const list = regions.map((r) => r.box)
    return matchBoxes(list, boxes).reduce((sum, b, r) => sum + (b < 0 ? 0 : overlapOf(list[r], boxes[b])), 0)
  }
  return fit(upright) > fit(stored) ? upright : stored
}

/** Photos whose metadata is read at a time. */
const atOnce = 4

/**
 * Reads the regions of all photos of a folder and keeps them. XMP that cannot be read is warned about and passed over.
 *
 * @param quarantine photos without a face may have regions, too
 * @throws KindredError `io`; `interrupted` when the signal fires
 * Cost: half a millisecond of processor time for a small JPEG without XMP
 */
export async function collectRegions(
  dir: string,
  out: string,
  { faces, quarantine }: { faces: readonly CropRecord[]; quarantine: readonly QuarantineRecord[] },
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
): Promise<NamedRegion[]> {
  const photos = new Map<string, { hash: string; boxes: FaceBox[] }>()
  for (const { source, sourceHash, box } of faces) {
    const photo = photos.get(source) ?? { hash: sourceHash, boxes: [] }
    photos.set(source, photo)
    photo.boxes.push(box)
  }
  for (const { source, sourceHash, kind } of quarantine)
    if (kind === 'no-face' && sourceHash !== null && !photos.has(source)) photos.set(source, { hash: sourceHash, boxes: [] })
  const sources = [...photos.keys()]
  const unread: string[] = []
  const regions: NamedRegion[] = []
  let done = 0
  const read = async (i: number): Promise<PhotoRegions | undefined> => {
    try {
      return await readPhotoRegions(dir, sources[i])
    } catch (error) {
      if (!(error instanceof KindredError)) throw error
      unread.push(error.message)
      return undefined
    }
  }
  for await (const found of inOrder(sources.length, atOnce, read)) {
    stopIfAborted(signal, 'regions', `a stop after ${done} of ${sources.length} photos`, 'Run it again.')
    const source = sources[done++]
    if (found === undefined) continue
    const { hash, boxes } = photos.get(source)!
    for (const { name, box } of settled(found, boxes))
      regions.push({ source, sourceHash: hash, name, box: rounded(box), from: found.from === 'photo' ? 'photo' : 'sidecar' })
  }
  if (unread.length > 0)
    progress.warn(
      `the XMP of ${counted(unread.length, 'photo')} cannot be read, so names in it are not known: ${unread[0]}${unread.length > 1 ? '; …' : ''}`,
    )
  writeRegions(out, regions)
  return regions
}

const rounded = (box: FaceBox): FaceBox => box.map((v) => Number(v.toFixed(2))) as unknown as FaceBox

/** Regions matched to faces. */
export interface MatchedRegions {
  /** One a record: the name that another program gave this face, or null. */
  readonly names: readonly (string | null)[]
  /** Regions in which no face was found. */
  readonly unmatched: readonly NamedRegion[]
}

/** Which face bears which region's name. */
export function matchRegions(regions: readonly NamedRegion[], records: readonly CropRecord[]): MatchedRegions {
  const names = Array.from<string | null>({ length: records.length }).fill(null)
  const unmatched: NamedRegion[] = []
  const byPhoto = new Map<string, number[]>()
  const key = ({ source, sourceHash }: Pick<NamedRegion, 'source' | 'sourceHash'>): string => `${sourceHash} ${source}`
  for (const [i, r] of records.entries()) byPhoto.set(key(r), [...(byPhoto.get(key(r)) ?? []), i])
  const ofPhoto = new Map<string, NamedRegion[]>()
  for (const region of regions) ofPhoto.set(key(region), [...(ofPhoto.get(key(region)) ?? []), region])
  for (const [photo, list] of ofPhoto) {
    const rows = byPhoto.get(photo) ?? []
    const match = matchBoxes(
      list.map((r) => r.box),
      rows.map((i) => records[i].box),
    )
    for (const [r, region] of list.entries()) {
      if (match[r] < 0) unmatched.push(region)
      else names[rows[match[r]]] = region.name
    }
  }
  return { names, unmatched }
}
