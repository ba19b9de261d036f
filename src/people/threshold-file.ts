/** @file A threshold that was calibrated on labelled photos, kept with the recipe it holds for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { faceRecipeSchema, type FaceRecipe } from '../faces/index.ts'
import { readJson, writeFileAtomic } from '../files/index.ts'
import type { Interval } from '../metrics/index.ts'
import { assertSameRecipe, describeRecipe, sameRecipe } from '../recipe/index.ts'
import type { ChosenRadius } from './choose-radius.ts'
import { shareText } from './labelled-pairs.ts'

/** What `threshold.json` holds. */
export interface SavedThreshold {
  readonly kindred: 'face threshold'
  /** The same person: Euclidean distance at most this. */
  readonly threshold: number
  /** The false-accept rate that was asked for. */
  readonly farAsked: number
  /** Measured: the share of pairs of two people within the threshold, and of pairs of one person. */
  readonly far: number
  readonly tar: number
  /** 95 %. People were resampled where there are enough, else as if pairs were independent. */
  readonly farInterval: Interval
  readonly tarInterval: Interval
  readonly intervalsBy: 'people' | 'pairs'
  readonly genuine: number
  readonly impostors: number
  /**
   * Each person left out in turn: photos of theirs that find somebody else within the threshold. This, and not the rate of pairs, is what a search errs by;
   * it grows with the number of faces.
   */
  readonly strangers: { readonly asked: number; readonly accepted: number; readonly interval: Interval }
  readonly people: number
  readonly faces: number
  /** The labelled folder. */
  readonly folder: string
  readonly recipe: FaceRecipe
  /** On people that the threshold was not set with, in folds; missing for fewer than twenty people, and in files of older versions. */
  readonly heldOut?: { readonly far: number; readonly farInterval: Interval; readonly tar: number; readonly folds: number }
  /** For `group()`: the radius with the best groups of the labelled photos; missing where they are too few to say, and in files of older versions. */
  readonly grouping?: ChosenRadius
  /** Pairs by distance, so that others can say how often pairs that far apart show one person; missing in files of older versions. */
  readonly histogram?: PairHistogram
}

/** Counts of pairs in steps of distance from 0 on; what lies beyond the last step is left out. */
export interface PairHistogram {
  readonly step: number
  readonly same: readonly number[]
  readonly different: readonly number[]
}

const where = 'threshold file'

/** Where the threshold for the faces of an output folder lies: that of a learnt head, which was made while learning, beside that of the network's own space. */
export const thresholdPath = (out: string, { head }: FaceRecipe): string =>
  join(out, head === undefined ? 'threshold.json' : 'head.threshold.json')

/** Writes it. */
export function saveThreshold(path: string, threshold: SavedThreshold): void {
  writeFileAtomic(path, `${JSON.stringify(threshold, null, 2)}\n`)
}

const share = z.number().min(0).max(1)
const interval = z.object({ low: share, high: share })
const count = z.int().nonnegative()
const schema: z.ZodType<SavedThreshold> = z.object({
  kindred: z.literal('face threshold'),
  threshold: z.number().nonnegative(),
  farAsked: share,
  far: share,
  tar: share,
  farInterval: interval,
  tarInterval: interval,
  intervalsBy: z.enum(['people', 'pairs']),
  genuine: count,
  impostors: count,
  strangers: z.object({ asked: count, accepted: count, interval }),
  people: count,
  faces: count,
  folder: z.string(),
  recipe: faceRecipeSchema,
  heldOut: z.object({ far: share, farInterval: interval, tar: share, folds: count }).optional(),
  grouping: z
    .object({
      radius: z.number().positive(),
      reach: z.number().positive(),
      minPoints: z.int().positive(),
      f1: share,
      range: z.tuple([z.number().positive(), z.number().positive()]),
      people: count,
      faces: count,
      heldOut: z.object({ splits: count, f1: share, best: share }),
    })
    .refine(({ radius, reach }) => reach >= radius, 'reach must not be below radius')
    .optional(),
  histogram: z
    .object({ step: z.number().positive(), same: z.array(count).max(4000), different: z.array(count).max(4000) })
    .refine(({ same, different }) => same.length === different.length, 'same and different must have the same steps')
    .optional(),
})

/** Reads one. @throws KindredError `not-found`, or `corrupt` for another file */
export function readThreshold(path: string): SavedThreshold {
  return readJson(path, schema, { where, fix: 'Calibrate again: `verify()` with `calibrate` and `save`.' })
}

/** The greatest distance at which two faces count as one person, and where that comes from. */
export interface UsedThreshold {
  readonly value: number
  /** Given by the user, or calibrated and read from `file`. */
  readonly from: 'given' | 'calibrated'
  readonly file?: string
  readonly calibration?: SavedThreshold
}

/** Which threshold to use. */
export interface ThresholdChoice {
  /** A distance. */
  readonly threshold?: number
  /** A saved calibration. */
  readonly calibration?: string
}

/**
 * The calibration the user has just made, names, or has lying beside the faces; undefined where there is none.
 *
 * @param beside a file that counts when it is there
 * @throws KindredError `mismatch` when one that was made or named holds for another recipe; one beside the faces is then passed over, with a warning
 */
export function findCalibration(
  { calibration, calibrated }: { readonly calibration?: string; readonly calibrated?: SavedThreshold },
  recipe: FaceRecipe,
  beside: string | undefined,
  warn: (message: string) => void,
): { readonly saved: SavedThreshold; readonly file: string | undefined } | undefined {
  const file = calibrated !== undefined ? undefined : (calibration ?? (beside !== undefined && existsSync(beside) ? beside : undefined))
  const saved = calibrated ?? (file === undefined ? undefined : readThreshold(file))
  if (saved === undefined) return undefined
  if (calibrated !== undefined || calibration !== undefined) assertSameRecipe(saved.recipe, recipe, { where: file ?? saved.folder })
  if (!sameRecipe(saved.recipe, recipe)) {
    warn(`${file} was calibrated for [${describeRecipe(saved.recipe)}], not for [${describeRecipe(recipe)}]: it is not used`)
    return undefined
  }
  return { saved, file }
}

/**
 * The threshold the user gives, names, or has lying beside the faces; undefined where there is none.
 *
 * @param beside, warn see {@link findCalibration}
 * @throws KindredError `mismatch`, see {@link findCalibration}
 */
export function chooseThreshold(
  { threshold, calibration }: ThresholdChoice,
  recipe: FaceRecipe,
  beside: string | undefined,
  warn: (message: string) => void,
): UsedThreshold | undefined {
  if (threshold !== undefined) return { value: threshold, from: 'given' }
  const found = findCalibration({ calibration }, recipe, beside, warn)
  return found === undefined ? undefined : { value: found.saved.threshold, from: 'calibrated', file: found.file, calibration: found.saved }
}

/** What a calibrated threshold does to strangers who are searched for, in one sentence. */
export function strangersLine({ strangers: { asked, accepted, interval }, faces }: SavedThreshold): string {
  return (
    `strangers: with each person left out in turn, ${accepted} of ${asked} photos found somebody else within it (95 % interval ` +
    `${shareText(interval.low)} to ${shareText(interval.high)}), among ${faces} faces; more faces, more of these`
  )
}

/** What a threshold is worth where it was calibrated, in one sentence. */
export function thresholdLine({ value, from, file, calibration: c }: UsedThreshold): string {
  if (from === 'given' || c === undefined) return `threshold ${value} as given; nothing is known of its false accepts here`
  return (
    `threshold ${value.toFixed(4)} of ${file ?? c.folder}: calibrated on ${c.people} people of ${c.folder} for at most ${shareText(c.farAsked)} of ` +
    `pairs of two people taken for one (there: ${shareText(c.far)}, 95 % interval ${shareText(c.farInterval.low)} to ${shareText(c.farInterval.high)}); it ` +
    `keeps ${shareText(c.tar)} of pairs of one person` +
    (c.heldOut === undefined
      ? ''
      : `; set on other people of that folder, it takes ${shareText(c.heldOut.far)} of pairs of two for one (95 % interval ` +
        `${shareText(c.heldOut.farInterval.low)} to ${shareText(c.heldOut.farInterval.high)})`)
  )
}
