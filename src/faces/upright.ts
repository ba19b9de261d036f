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

// Measured on 349 faces that the SSD detector finds in photos of five people, upright and turned.
/** Up to this misfit a face stands upright: 1 of 233 turned ones has less, and 42 of 116 upright ones. */
const uprightMisfit = 0.05
/** Up to this spread, too: 1 of 233 turned ones, 110 of 116 upright ones; and up to the smaller one where only one other box is read. */
const uprightSpread = 0.05
const uprightAtOnce = 0.025
/** With so much more evidence from landmarks than any other turn has, and so much in all, a face stands upright, too. */
const clearly = 1
const ownEvidence = 6
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
 * Whether landmarks alone say that a face stands upright, and if not, which turns are likely, best first.
 *
 * cost: up to 15 runs of the landmark network, none for a third of all faces, one for most others
 */
export async function uprightByLandmarks(
  photo: Photo,
  sight: Sight,
  { landmarks: network, probability }: LookingDetector,
): Promise<{ upright: boolean; turns: readonly Turns[] }> {
  const yes = { upright: true, turns: [] }
  if (sight.misfit <= uprightMisfit) return yes
  const { box } = sight
  const spread = await landmarkSpread(photo, network, { box, turns: 0 }, sight.landmarks, uprightAtOnce)
  if (spread <= uprightSpread) return yes
  const turns = allTurns.slice(1).map((turn) => ({ box, turns: turn }))
  const read = await readLandmarks(photo, network, turns)
  const others: { turns: Turns; odds: number }[] = []
  for (const [i, points] of read.entries()) {
    if (points === undefined) continue
    const there = await landmarkSpread(photo, network, turns[i], points.landmarks)
    others.push({ turns: turns[i].turns, odds: evidence(0.5, points.misfit, there) })
  }
  const odds = evidence(0.5, sight.misfit, spread)
  const own = evidence(probability(sight.score), sight.misfit, spread)
  if (own >= ownEvidence && others.every((other) => odds >= other.odds + clearly)) return yes
  return { upright: false, turns: others.sort((a, b) => b.odds - a.odds).map((other) => other.turns) }
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
