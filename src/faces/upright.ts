/**
 * @file Whether a face stands upright, and if not, how it must be turned.
 *
 * Detectors find faces on their side and on their head, but landmarks read there are guesses. Three signs tell the turns apart: how well the landmarks make a
 * face, how little they change with the size of the box, both cheap; and what the detector says of the turned surroundings, asked only where these leave doubt.
 */
import type { Box, Photo } from '../images/index.ts'
import { allTurns, boxInPhoto, boxInView, renderView, squareAround, viewOf, type Turns } from './face-view.ts'
import type { LookingDetector } from './looking-detector.ts'
import { landmarkSpread, readLandmarks, type Landmarks } from './read-landmarks.ts'
import { sameFace, type Sight } from './sight.ts'

// Measured on the faces that the SSD detector finds in 118 photos of five people: 118 upright and 270 turned ones.
/** Up to this misfit a face stands upright: none of the turned ones has less, and 22 of the upright ones. */
const uprightMisfit = 0.042
/** Up to this spread, too: 1 of the turned ones, 109 of the upright ones; and up to the smaller one where only one other box is read. */
const uprightSpread = 0.05
const uprightAtOnce = 0.025
/** The short answers hold for faces of more than this probability alone: less says that something is odd, and few upright faces have it. */
const trusted = 0.7
/** The detector is shown no turn in which landmarks have so much less evidence than as they are: the right turn of 263 of 269 has more. */
const outOfQuestion = 2.5
/** Surroundings of a face that the detector is shown, in sides of its box, and their longest side in pixels. */
const around = 3
const viewSide = 512
/** No spread or misfit counts for less. */
const least = 0.005

/** A face in one turn. */
export interface JudgedFace extends Landmarks {
  readonly box: Box
  readonly score: number
  readonly turns: Turns
  readonly spread: number
  /** See {@link evidence}. */
  readonly evidence: number
}

/** Log odds of the detector's score, less the logs of misfit and spread: 7 to 11 for most upright faces. */
export function evidence(probability: number, misfit: number, spread: number): number {
  const p = Math.min(0.995, Math.max(0.02, probability))
  return Math.log(p / (1 - p)) - Math.log(Math.max(least, misfit)) - Math.log(Math.max(least, spread))
}

/** Reads and judges found boxes. */
export async function judged(
  photo: Photo,
  found: readonly { readonly box: Box; readonly score: number; readonly turns: Turns }[],
  { landmarks: network, probability }: LookingDetector,
): Promise<JudgedFace[]> {
  const out: JudgedFace[] = []
  const read = await readLandmarks(photo, network, found)
  for (const [i, face] of found.entries()) {
    const points = read[i]
    if (points === undefined) continue
    const spread = await landmarkSpread(photo, network, face, points.landmarks)
    out.push({ ...face, ...points, spread, evidence: evidence(probability(face.score), points.misfit, spread) })
  }
  return out.sort((a, b) => b.evidence - a.evidence)
}

/**
 * What landmarks alone say of how a face stands.
 *
 * cost: up to 15 runs of the landmark network, none for a fifth of all faces, one for most others
 * @returns the turns in which it may stand upright, likeliest first, none where it stands upright as it is; and its evidence as it is, Infinity where no more
 *   is asked
 */
export async function likelyTurns(
  photo: Photo,
  sight: Sight,
  { landmarks: network, probability }: LookingDetector,
): Promise<{ turns: readonly Turns[]; own: number }> {
  const upright = { turns: [], own: Infinity }
  const likelyFace = probability(sight.score) > trusted
  if (likelyFace && sight.misfit <= uprightMisfit) return upright
  const { box } = sight
  const spread = await landmarkSpread(photo, network, { box, turns: 0 }, sight.landmarks, likelyFace ? uprightAtOnce : 0)
  if (spread <= uprightSpread) return upright
  const turns = allTurns.slice(1).map((turn) => ({ box, turns: turn }))
  const read = await readLandmarks(photo, network, turns)
  const least = evidence(0.5, sight.misfit, spread) - outOfQuestion
  const likely: { turns: Turns; odds: number }[] = []
  for (const [i, points] of read.entries()) {
    if (points === undefined) continue
    const there = await landmarkSpread(photo, network, turns[i], points.landmarks)
    const odds = evidence(0.5, points.misfit, there)
    if (odds >= least) likely.push({ turns: turns[i].turns, odds })
  }
  return {
    turns: likely.sort((a, b) => b.odds - a.odds).map((one) => one.turns),
    own: evidence(probability(sight.score), sight.misfit, spread),
  }
}

/** Shows the detector a face's surroundings in these turns. Best evidence first; nothing for a turn in which it is not found. */
export async function facesByTurn(photo: Photo, box: Box, turns: readonly Turns[], detector: LookingDetector): Promise<JudgedFace[]> {
  const region = squareAround(box, around)
  const found: { box: Box; score: number; turns: Turns }[] = []
  for (const turn of turns) {
    const view = viewOf(region, turn, viewSide)
    const wanted = boxInView(box, view)
    const boxes = await detector.find(renderView(photo, view), detector.hint)
    const match = boxes.find((one) => sameFace(one.box, wanted))
    if (match !== undefined) found.push({ box: boxInPhoto(match.box, view), score: match.score, turns: turn })
  }
  return judged(photo, found, detector)
}
