/** @file Up to which distance faces are grouped, and whose word that is. */
import { KindredError } from '../base/index.ts'
import type { FaceRecipe } from '../faces/index.ts'
import { shareText } from './labelled-pairs.ts'
import { publishedRadius, publishedRadiusBy, reachFactor } from './published.ts'
import { findCalibration, type SavedThreshold } from './threshold-file.ts'

/** The distances of groups, and where they come from. */
export interface UsedRadius {
  readonly radius: number
  readonly reach: number
  /** Published by the network's author on other people's photos; calibrated on labelled photos; or given by the user. */
  readonly from: 'published' | 'calibrated' | 'given'
  /** Who published it, and on what. */
  readonly by?: string
  /** The file of a calibration that was read. */
  readonly file?: string
  readonly calibration?: SavedThreshold
  /** False where the calibration knows a threshold alone (too few people, or an older file), so that the radius is a fixed part of it. */
  readonly chosen?: boolean
}

/** Which distances to use: what is given, else what was calibrated, else what lies beside the faces, else what is published. */
export interface RadiusChoice {
  readonly radius?: number
  readonly reach?: number
  /** A saved calibration. */
  readonly calibration?: string
  /** One made just now. */
  readonly calibrated?: SavedThreshold
}

const where = 'group'

/**
 * Chooses radius and reach.
 *
 * A calibration with a radius gives both; with a threshold alone, that is the reach, and the radius 1 / 1.2 of it, as dlib's published distances relate.
 * @param beside a calibration that counts when it is there
 * @throws KindredError `mismatch` for a calibration of another recipe (one beside the faces is then passed over, with a warning); `usage` where there is none
 *   of these, and for a reach below the radius
 */
export function radiusFor(
  choice: RadiusChoice,
  recipe: FaceRecipe,
  beside: string | undefined,
  warn: (message: string) => void,
): UsedRadius {
  const { radius, reach } = choice
  const found = radius === undefined ? fromCalibration(choice, recipe, beside, warn) : undefined
  const own = radius ?? found?.radius ?? publishedRadius(recipe) ?? noRadius(recipe)
  const used: UsedRadius = {
    ...(found ?? (radius === undefined ? { from: 'published' as const, by: publishedRadiusBy } : { from: 'given' as const })),
    radius: own,
    reach: reach ?? found?.reach ?? own * reachFactor,
  }
  if (used.reach < used.radius)
    throw new KindredError('usage', where, 'reach must be a number not below radius', String(reach), `The radius is ${used.radius}.`, {
      option: 'reach',
    })
  return used
}

function fromCalibration(
  choice: RadiusChoice,
  recipe: FaceRecipe,
  beside: string | undefined,
  warn: (message: string) => void,
): UsedRadius | undefined {
  const found = findCalibration(choice, recipe, beside, warn)
  if (found === undefined) return undefined
  const { saved, file } = found
  const { grouping, threshold } = saved
  const distances = grouping ?? { radius: threshold / reachFactor, reach: threshold }
  return { radius: distances.radius, reach: distances.reach, from: 'calibrated', file, calibration: saved, chosen: grouping !== undefined }
}

function noRadius({ model }: FaceRecipe): never {
  throw new KindredError(
    'usage',
    where,
    `a radius must be given for vectors of ${model.name}`,
    'none',
    'Pass `calibrate` with a folder of labelled photos, or `radius`: the distance up to which two faces count as one person.',
    { option: 'radius' },
  )
}

/** Whose distances these are, in one sentence. */
export function radiusLine({ radius, reach, from, by, file, calibration: c, chosen }: UsedRadius): string {
  const words = `radius ${Number(radius.toPrecision(4))} and reach ${Number(reach.toPrecision(4))}`
  if (from === 'given') return `${words}: given, not measured`
  if (c === undefined) return `${words}: published by ${by}, so from other people's photos`
  const source = `${words}: calibrated on ${c.people} people of ${c.folder}${file === undefined ? '' : ` (${file})`}`
  const g = c.grouping
  const pairs =
    `threshold ${Number(c.threshold.toPrecision(4))} for at most ${shareText(c.farAsked)} of pairs of two people taken for one (there: ${shareText(c.far)}, ` +
    `95 % interval ${shareText(c.farInterval.low)} to ${shareText(c.farInterval.high)})`
  return chosen !== true || g === undefined
    ? `${source}, which knows no radius but the ${pairs}; the radius is 1/${reachFactor} of it`
    : `${source}: a quarter up the radii with the best groups there (${g.range.map((r) => Number(r.toPrecision(3))).join(' to ')}; B-cubed F ` +
        `${g.f1.toFixed(3)}, chosen on half of the people and tried on the others ${g.heldOut.f1.toFixed(3)} of at best ${g.heldOut.best.toFixed(3)}); ${pairs}`
}
