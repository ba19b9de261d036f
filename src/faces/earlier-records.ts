/**
 * @file Records of runs that took one look at each photo. A second look changes nothing for most photos: their records stand, and only photos that might gain
 * by one are looked at again.
 */
import { join } from 'node:path'
import sharp from 'sharp'
import { inOrder } from '../base/index.ts'
import type { CropRecord, CropsByPhoto } from './crop-records.ts'
import { landmarkMisfit } from './read-landmarks.ts'
import { isLarge } from './second-looks.ts'
import { isLong } from './tiles.ts'

/** Landmarks that make a worse face are read again: 19 of 20 turned faces have more, 1 of 7 upright ones. */
const doubtfulMisfit = 0.09
/** Files of which the header is read at a time. */
const atOnce = 4

/** Settings of {@link acceptEarlier}. */
export interface EarlierOptions {
  readonly dir: string
  /** What records of one look carry, and what those of all looks do. */
  readonly earlier: string
  readonly settings: string
}

/**
 * Gives the settings of this run to the records of photos that need no second look: all but those without a face, those that are large or long, and those
 * with a face that may be turned.
 *
 * cost: the header of each photo that only an earlier run knows
 */
export async function acceptEarlier(known: CropsByPhoto, { dir, earlier, settings }: EarlierOptions): Promise<void> {
  const candidates = [...known].filter(
    ([, { faces, quarantine }]) =>
      (quarantine === null ? faces.length > 0 : quarantine.settings === earlier && quarantine.kind !== 'no-face') &&
      faces.every((face) => face.settings === earlier && recordMisfit(face) < doubtfulMisfit),
  )
  let at = 0
  for await (const again of inOrder(candidates.length, atOnce, (i) => needsAgain(join(dir, candidates[i][0])))) {
    const [source, { faces, quarantine }] = candidates[at++]
    if (!again || quarantine !== null)
      known.set(source, {
        faces: faces.map((face) => ({ ...face, settings })),
        quarantine: quarantine === null ? null : { ...quarantine, settings },
      })
  }
}

async function needsAgain(path: string): Promise<boolean> {
  try {
    const { width, height } = await sharp(path).metadata()
    return isLarge({ width, height }) || isLong({ width, height })
  } catch {
    return false // gone or no longer readable: what becomes of it does not hang on its size
  }
}

function recordMisfit({ box: [x, y, width, height], landmarks }: CropRecord): number {
  const side = Math.max(width, height)
  return landmarkMisfit(Float32Array.from(landmarks, (v, i) => (v - (i % 2 === 0 ? x : y)) / side))
}
