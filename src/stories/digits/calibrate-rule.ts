/** @file A rule's threshold set anew, so that it keeps a share of other digits: the user's own. */
import { askedPercent, KindredError, sha256 } from '../../base/index.ts'
import { calibrationNeeded, conformalPromise, isRejected, keepAnother } from '../../openset/index.ts'
import type { RejectionFile } from './rejection-file.ts'

/** Pictures below which a calibration is refused, whatever the share: its interval would say nothing. */
export const leastCalibration = 30

/** A rule with another threshold, and what it is worth beside the one before. */
export interface CalibratedRule {
  readonly rule: RejectionFile
  /** How many of the calibration pictures the rule before keeps. */
  readonly keptBefore: number
  readonly pictures: number
}

/**
 * Sets a rule's threshold so that at least a share of further digits like these is kept, on average over calibrations, by split conformal prediction.
 *
 * Where the digits must come from: the same hand, pen and camera as those that are asked later, and none of them asked again.
 *
 * @param scores of the user's digits, by `scoreImages` with this rule; infinite for pictures that were refused before they had a score
 * @param keep in (0, 1)
 * @param of what they are, in words
 * @throws KindredError `usage` for fewer than 30, or too few to keep the share
 */
export function calibrateRule(rule: RejectionFile, scores: Float64Array, keep: number, of: string): CalibratedRule {
  const needed = Math.max(leastCalibration, calibrationNeeded(keep))
  if (scores.length < needed)
    throw new KindredError(
      'usage',
      'calibrate',
      `there must be ${needed} digits or more to promise that ${askedPercent(keep)} are kept`,
      `${scores.length}`,
      needed > leastCalibration ? 'Give more pictures, or a smaller share to `keep`.' : 'Give more pictures.',
      { option: 'calibrate' },
    )
  const before = rule.detector.rule!
  const found = conformalPromise(scores, keep, before.rejectWhen, { of })
  return {
    rule: { ...rule, detector: rule.detector.withRule(found.rule), promise: found.promise },
    keptBefore: scores.filter((score) => !isRejected(score, before)).length,
    pictures: scores.length,
  }
}

/**
 * The rule at another working point, by the calibration scores that it carries.
 *
 * @throws KindredError `usage` where it carries none, or too few for the share
 */
export function ruleToKeep(rule: RejectionFile, keep: number): RejectionFile {
  const { promise, detector } = rule
  if (promise === undefined)
    throw new KindredError(
      'usage',
      'reject',
      'the rule must carry a promise, so that another share can be kept',
      'one of an older version, without',
      'Run `digits()` again, or calibrate on your own digits.',
      { option: 'keep' },
    )
  const found = keepAnother(promise, keep, detector.rule!)
  return { ...rule, detector: detector.withRule(found.rule), promise: found.promise }
}

/** Row numbers of images without copies: of images with the same bytes the first. */
export function withoutCopies(images: Uint8Array, each: number): number[] {
  const seen = new Set<string>()
  return Array.from({ length: images.length / each }, (_, i) => i).filter((i) => {
    const hash = sha256(images.subarray(i * each, (i + 1) * each))
    return !seen.has(hash) && seen.add(hash)
  })
}
