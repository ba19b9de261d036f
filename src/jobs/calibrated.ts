/** @file A rejection rule calibrated on a folder of the user's own digits. */
import { loadPictures } from '../digits/index.ts'
import type { TrainedEmbedder } from '../models/index.ts'
import { scoreDrift, type RejectionRule } from '../openset/index.ts'
import { calibrateRule, scoreImages, withoutCopies, type RejectionFile } from '../stories/index.ts'
import type { SoftmaxHead } from '../train/index.ts'
import type { JobContext } from './context.ts'
import type { RejectCalibration } from './lines/reject.ts'

/** What is calibrated, and on what. */
export interface ToCalibrate {
  readonly rule: RejectionFile
  readonly model: TrainedEmbedder
  readonly head: () => SoftmaxHead
  readonly folder: string
  /** Default 0.95. */
  readonly keep?: number
}

/**
 * Scores the pictures of the folder by the rule, and sets its threshold anew.
 *
 * One in which no digit is found is a digit that was refused: it counts, as the most outlying. One that cannot be decoded says nothing, and is left out.
 *
 * @throws KindredError `usage` where there are too few, and what reading and scoring throw
 */
export async function calibrated(
  { rule, model, head, folder, keep = 0.95 }: ToCalibrate,
  context: Pick<JobContext, 'progress' | 'signal'>,
): Promise<{ readonly rule: RejectionFile; readonly calibration: RejectCalibration }> {
  const { progress, signal } = context
  const { pixels, answers, skipped } = await loadPictures([folder], model, { progress, signal, answerRefused: true })
  const noDigit = answers.filter(({ row }) => row === undefined).length
  const each = model.size[0] * model.size[1] * model.channels
  const rows = withoutCopies(pixels, each)
  const images = new Uint8Array(rows.length * each)
  rows.forEach((row, i) => images.set(pixels.subarray(row * each, (row + 1) * each), i * each))
  const asked = await scoreImages(rule, model, images, head, context)
  const scores = withoutDigit(asked, noDigit, rule.detector.rule!)
  const made = calibrateRule(rule, scores, keep, `${scores.length.toLocaleString('en')} pictures of ${folder}`)
  const { promise } = rule
  return {
    rule: made.rule,
    calibration: {
      folder,
      pictures: made.pictures,
      copies: answers.length - noDigit - rows.length,
      noDigit,
      keptBefore: made.keptBefore,
      drift: promise && scoreDrift(promise, scores, rule.detector.rule!.rejectWhen),
      before: promise?.of,
      skipped,
    },
  }
}

/** Scores, and beside them as many that lie beyond all others: of pictures that were refused before they had one. */
export function withoutDigit(scores: Float64Array, count: number, { rejectWhen }: RejectionRule): Float64Array {
  const all = new Float64Array(scores.length + count).fill(rejectWhen === 'above' ? Infinity : -Infinity)
  all.set(scores)
  return all
}
