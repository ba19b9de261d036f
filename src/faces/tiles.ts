/**
 * @file Faces that are small in their photo, looked for in overlapping tiles, level by level.
 *
 * A detector scales its picture down to a fixed size, in which faces of less than some 40 pixels are lost. Long photos are cut into frames first. Then each
 * frame is cut into tiles of about half its side, and a tile again where it shows small faces, or hints of such.
 */
import type { Box, Photo } from '../images/index.ts'
import { boxInPhoto, renderView, viewOf } from './face-view.ts'
import type { LookingDetector } from './looking-detector.ts'
import { mergeSights, type Sight } from './sight.ts'
import { judged } from './upright.ts'

/** Sides of a tile and of what it is cut from; the rest is overlap. */
const share = 0.6
/** A photo this many times longer than wide is cut into frames. */
const longPhoto = 2
/** A tile smaller than this is not cut again: a face of 12 pixels has 64 of the detector's 512 there. */
const leastTile = 96
/** Up to this share of a tile's side a face is small, and others beside it may have been too small. */
const smallShare = 0.18
/** Longest side of a picture shown to the detector. */
const viewSide = 512
/** Looks at one photo at most: some 10 s. */
const mostLooks = 256

/** Pixels of a photo. */
export type Size = Pick<Photo, 'width' | 'height'>

/** What {@link lookAtTiles} needs to know. */
export interface TileSearch {
  /** Least width and height of a face, pixels of the photo. */
  readonly minSize: number
  /** Least evidence of a face. */
  readonly leastEvidence: number
  /** Levels of tiles that are cut whether or not there is a hint of small faces. */
  readonly levels: number
}

/** Overlapping squares that cover a region: as few as leave every neighbour pair an overlap of a third of the side. */
export function squaresOver(region: Box, side: number): Box[] {
  const starts = (from: number, length: number): number[] => {
    if (length <= side) return [from]
    const count = Math.ceil((length - side) / (side * (2 / 3))) + 1
    return Array.from({ length: count }, (_, i) => Math.round(from + (i * (length - side)) / (count - 1)))
  }
  return starts(region.y, region.height).flatMap((y) =>
    starts(region.x, region.width).map((x) => ({ x, y, width: Math.min(side, region.width), height: Math.min(side, region.height) })),
  )
}

/** Whether the whole photo in one look loses faces because it is long. */
export const isLong = ({ width, height }: Size): boolean => Math.max(width, height) > longPhoto * Math.min(width, height)

/**
 * Looks for small faces.
 *
 * @param hints boxes of the first look, down to doubtful ones: the first tiles are cut where one of them is small, or everywhere where `levels` is above 0
 * cost: one run of the detector a tile, at most 256
 */
export async function lookAtTiles(photo: Photo, hints: readonly Box[], detector: LookingDetector, search: TileSearch): Promise<Sight[]> {
  const whole = { x: 0, y: 0, width: photo.width, height: photo.height }
  let looks = 0
  let found: Sight[] = []
  const look = async (tile: Box): Promise<Box[]> => {
    looks++
    const view = viewOf(tile, 0, viewSide)
    const boxes = await detector.find(renderView(photo, view), detector.hint)
    const seen = boxes.map(({ box, score }) => ({ box: boxInPhoto(box, view), score, turns: 0 as const }))
    const good = seen.filter(
      ({ box, score }) => score > detector.sure && Math.min(box.width, box.height) >= search.minSize && isWhole(box, tile, whole),
    )
    const sights = (await judged(photo, good, detector))
      .filter((face) => face.evidence >= search.leastEvidence)
      .map((face): Sight => ({ ...face, look: 'tiles' }))
    found = mergeSights(found, sights)
    return seen.filter(({ box }) => Math.max(box.width, box.height) < smallShare * Math.max(tile.width, tile.height)).map(({ box }) => box)
  }
  let open: { tile: Box; small: readonly Box[] }[] = [{ tile: whole, small: hints }]
  if (isLong(photo)) {
    const frames = squaresOver(whole, Math.min(photo.width, photo.height))
    open = []
    for (const tile of frames.slice(0, mostLooks)) open.push({ tile, small: await look(tile) })
  }
  for (let level = 1; open.length > 0 && looks < mostLooks; level++) {
    const next: typeof open = []
    const taken = new Set<string>()
    for (const { tile, small } of open) {
      const side = Math.ceil(Math.max(tile.width, tile.height) * share)
      if (side < leastTile) continue
      for (const part of squaresOver(tile, side)) {
        const name = [part.x, part.y, part.width].join()
        const wanted = level <= search.levels || small.some((box) => holdsMiddle(part, box))
        if (!wanted || taken.has(name) || looks >= mostLooks) continue
        taken.add(name)
        next.push({ tile: part, small: await look(part) })
      }
    }
    open = next
  }
  return found
}

function holdsMiddle(tile: Box, { x, y, width, height }: Box): boolean {
  const [cx, cy] = [x + width / 2, y + height / 2]
  return cx >= tile.x && cy >= tile.y && cx <= tile.x + tile.width && cy <= tile.y + tile.height
}

/** Whether a face ends before the tile does, or where the photo does: one that is cut by a tile is whole in another. */
function isWhole(box: Box, tile: Box, whole: Box): boolean {
  const margin = 0.02 * tile.width
  const ends = (low: number, high: number, from: number, to: number, last: number) =>
    (low > from + margin || from <= 0) && (high < to - margin || to >= last)
  return (
    ends(box.x, box.x + box.width, tile.x, tile.x + tile.width, whole.width) &&
    ends(box.y, box.y + box.height, tile.y, tile.y + tile.height, whole.height)
  )
}
