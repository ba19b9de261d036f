/**
 * @file Second looks at a photo: with a border, in tiles, and turned; only where the first look found nothing, or what it found or the photo's size gives
 * reason to.
 */
import type { Box, Photo } from '../images/index.ts'
import type { ScoredBox } from './box-finders.ts'
import { allTurns, boxInPhoto, renderView, viewOf, type Turns } from './face-view.ts'
import type { LookingDetector } from './looking-detector.ts'
import { mergeSights, sameFace, type Sight } from './sight.ts'
import { isLong, lookAtTiles, type Size } from './tiles.ts'
import { facesByTurn, judged, likelyTurns, type JudgedFace } from './upright.ts'

/** Settings of {@link secondLooks}. */
export interface SecondLookOptions {
  readonly faces: 'largest' | 'all'
  /** Least width and height of a face that a second look finds, pixels. */
  readonly minSize: number
}

/** Widths of the border in longer sides of the photo, the likeliest first. */
const borders: readonly number[] = [1, 0.5, 2.2, 0.75]
/** Least evidence (see `upright.ts`) of a face that only a second look finds. */
const leastEvidence = 4
/** With this much no other look is taken for comparison. */
const clearEvidence = 8.5
/** With this much a turn is certain, and so is an upright face of this probability. */
const certainEvidence = 10
const certain = 0.9
/** Least share of a photo that a face must take to be looked for with a border: others have room enough. */
const closeUp = 0.4
/** How much more evidence another turn must have. */
const turnMargin = 0.7
/** A photo with a longer side has room for faces that one look loses. */
const largePhoto = 1600
/** A face of this share of the photo's longer side is what the photo is about. */
const mainFace = 0.15
/** So many small boxes make a crowd, and so many where the photo is about a larger face. */
const crowd = 3
const crowdBehind = 8
const viewSide = 512
/** Faces of one photo that are shown to the detector in four turns, at most. */
const mostTurned = 3
/** Smaller faces are not judged by their landmarks, pixels. */
const leastTurned = 24
/** Boxes of one look that are judged, at most. */
const mostJudged = 24

/**
 * Looks again where there is reason to.
 *
 * @param first the faces of the first look, of any size
 * @param hints all its boxes, down to doubtful ones
 * @returns the faces of all looks; those of the first unchanged, unless they turn out to stand on their side or head
 */
export async function secondLooks(
  photo: Photo,
  first: readonly Sight[],
  hints: readonly ScoredBox[],
  detector: LookingDetector,
  options: SecondLookOptions,
): Promise<readonly Sight[]> {
  const known = hints.filter(({ score }) => score > detector.sure)
  // Where only faces are known that are smaller than asked for, nobody else is looked for but small faces.
  const { sights, convincing } =
    first.length === 0 ? { sights: first, convincing: known.length > 0 } : await uprightSights(photo, first, known, detector)
  const tooSmall = known.filter(({ box }) => Math.min(box.width, box.height) < options.minSize)
  const isNew = ({ box }: Sight) => !tooSmall.some((other) => sameFace(box, other.box))
  const large = isLarge(photo)
  if (!convincing) {
    let found: Sight[] = []
    if (large || isLong(photo) || smallBoxes(photo, hints).length > 0)
      found = await lookAtTiles(photo, smallBoxes(photo, hints), detector, { ...options, leastEvidence, levels: large ? 2 : 1 })
    if (found.length === 0) found = await lookForOne(photo, detector, options.minSize)
    return found.some((one) => one.turns !== 0) ? found : mergeSights(sights, found.filter(isNew))
  }
  if (options.faces === 'largest' && !isLong(photo)) return sights
  const small = smallBoxes(photo, hints)
  const longest = Math.max(photo.width, photo.height)
  const main = known.some(({ box }) => Math.max(box.width, box.height) >= mainFace * longest)
  const reason = isLong(photo) || small.length >= (main && !large ? crowdBehind : crowd) || (large && (!main || small.length > 0))
  if (!reason) return sights
  const levels = isLong(photo) && Math.min(photo.width, photo.height) < 600 ? 0 : isLong(photo) || large ? 1 : 0
  const found = await lookAtTiles(photo, small, detector, { ...options, leastEvidence, levels })
  return mergeSights(sights, found.filter(isNew))
}

/** Whether a photo has room for faces that one look loses. */
export const isLarge = ({ width, height }: Size): boolean => Math.max(width, height) > largePhoto

/** Boxes that are small in their photo. */
function smallBoxes({ width, height }: Photo, hints: readonly ScoredBox[]): Box[] {
  return hints
    .filter(({ box, score }) => score > 0.2 && Math.max(box.width, box.height) < 0.15 * Math.max(width, height))
    .map(({ box }) => box)
}

/**
 * Turns faces that stand on their side or head, all by the same turns, as photos are turned whole: up to three of the largest faces vote. Tells
 * whether any face is more than a box with a score.
 */
async function uprightSights(
  photo: Photo,
  first: readonly Sight[],
  known: readonly ScoredBox[],
  detector: LookingDetector,
): Promise<{ sights: readonly Sight[]; convincing: boolean }> {
  const asFound = (convincing: boolean) => ({ sights: first, convincing })
  const certainly = first.length > mostTurned || first.some(({ score }) => detector.probability(score) > certain)
  const voters = await largestFaces(photo, first, known, detector)
  if (voters.length === 0) return asFound(certainly)
  const doubted: { sight: Sight; turns: readonly Turns[]; own: number }[] = []
  for (const sight of voters) {
    const { turns, own } = await likelyTurns(photo, sight, detector)
    if (turns.length > 0 || own < leastEvidence) doubted.push({ sight, turns, own })
  }
  if (voters.length >= 2 * doubted.length) return asFound(true)
  const [alone] = voters.length === 1 ? doubted : []
  let seen: JudgedFace[] = []
  if (alone !== undefined) {
    const { box } = alone.sight
    let best = -Infinity
    const asked = new Set<Turns>()
    for (const turn of alone.turns) {
      asked.add(turn)
      const found = await facesByTurn(photo, box, [turn], detector)
      seen = [...seen, ...found]
      best = Math.max(best, found[0]?.evidence ?? -Infinity)
      if (best >= certainEvidence) break
    }
    if (best < leastEvidence && alone.own >= leastEvidence) return asFound(true)
    if (best < certainEvidence || best < alone.own + 3) {
      const rest = allTurns.filter((turn) => turn === 0 || (best >= leastEvidence && !asked.has(turn)))
      seen = [...seen, ...(await facesByTurn(photo, box, rest, detector))]
    }
  } else for (const { box } of voters) seen = [...seen, ...(await facesByTurn(photo, box, allTurns, detector))]
  const convincing = seen.filter((face) => face.evidence >= leastEvidence)
  if (convincing.length === 0) return asFound(false)
  const votes = allTurns.map((turns) => convincing.reduce((sum, face) => sum + (face.turns === turns ? face.evidence : 0), 0))
  const turns = allTurns.toSorted((x, y) => votes[y] - votes[x])[0]
  if (turns === 0 || votes[turns] < votes[0] + turnMargin) return asFound(true)
  const found = await lookTurned(photo, turns, 0, detector)
  const good = [...convincing.filter((face) => face.turns === turns), ...found.filter((one) => isFace(one, detector))].map(asTurned)
  const others = alone === undefined ? first : first.filter((one) => one !== alone.sight)
  return { sights: mergeSights(mergeSights([], good), others), convincing: true }
}

/** The faces that tell how a photo stands: the largest that are known, none much smaller than the first. */
async function largestFaces(
  photo: Photo,
  first: readonly Sight[],
  known: readonly ScoredBox[],
  detector: LookingDetector,
): Promise<readonly Sight[]> {
  const sides = ({ box }: { box: Box }) => Math.min(box.width, box.height)
  const least = Math.max(leastTurned, sides(first[0]) / 2)
  const large = first.filter((sight) => sides(sight) >= least).slice(0, mostTurned)
  const rest = known
    .filter((one) => sides(one) >= least && !large.some((sight) => sameFace(sight.box, one.box)))
    .slice(0, mostTurned - large.length)
  const read = await judged(
    photo,
    rest.map((one) => ({ ...one, turns: 0 })),
    detector,
  )
  return [...large, ...read.map((face): Sight => ({ ...face, look: 'whole' }))]
}

/** Whether a judged box is taken for a face. */
const isFace = ({ score, evidence: how }: JudgedFace, { sure, likely }: LookingDetector): boolean =>
  how >= leastEvidence && (score > sure || (score > likely && how >= leastEvidence + 2))

const asTurned = (face: JudgedFace): Sight => ({ ...face, look: 'turned' })

/** Looks at the whole photo, turned and with a border, and judges what is there. Best evidence first. */
async function lookTurned(photo: Photo, turns: Turns, border: number, detector: LookingDetector): Promise<JudgedFace[]> {
  const margin = Math.round(border * Math.max(photo.width, photo.height))
  const view = viewOf({ x: -margin, y: -margin, width: photo.width + 2 * margin, height: photo.height + 2 * margin }, turns, viewSide)
  const boxes = await detector.find(renderView(photo, view), detector.hint)
  const found = boxes
    .filter(({ score }, rank) => rank < 3 || score > detector.sure)
    .map(({ box, score }) => ({ box: boxInPhoto(box, view), score, turns }))
    .filter(({ box }) => areaInside(box, photo) > 0.5 * box.width * box.height)
  return judged(photo, found.slice(0, mostJudged), detector)
}

/** Looks for a face that fills its photo or stands on its side: borders first, then turns. */
async function lookForOne(photo: Photo, detector: LookingDetector, minSize: number): Promise<Sight[]> {
  let best: JudgedFace[] = []
  const area = photo.width * photo.height
  const clear = (found: readonly JudgedFace[], close: boolean): boolean => {
    const good = found.filter(
      ({ box }) => Math.min(box.width, box.height) >= minSize && (!close || areaInside(box, photo) >= closeUp * area),
    )
    if (good.length > 0 && (best.length === 0 || good[0].evidence > best[0].evidence)) best = good
    return best.length > 0 && best[0].score > detector.sure && best[0].evidence >= clearEvidence
  }
  search: for (const turns of allTurns)
    for (const border of turns === 0 ? borders : [0, 1])
      if (clear(await lookTurned(photo, turns, border, detector), border > 0)) break search
  if (best.length === 0) return []
  let faces = best
  if (best[0].evidence < clearEvidence) {
    const [checked] = await facesByTurn(photo, best[0].box, allTurns, detector)
    if (checked !== undefined && checked.evidence > best[0].evidence)
      faces = [checked, ...best.filter((one) => one.turns === checked.turns)]
  }
  return mergeSights(
    [],
    faces.filter((one) => isFace(one, detector)).map((one): Sight => ({ ...one, look: one.turns === 0 ? 'border' : 'turned' })),
  )
}

/** How much of a box lies in the photo, pixels. */
function areaInside({ x, y, width, height }: Box, photo: Photo): number {
  const across = Math.min(photo.width, x + width) - Math.max(0, x)
  const down = Math.min(photo.height, y + height) - Math.max(0, y)
  return Math.max(0, across) * Math.max(0, down)
}
