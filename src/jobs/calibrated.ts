/** @file A rejection rule calibrated on a folder of the user's own digits. */
import { loadPictures } from '../digits/index.ts'
import type { TrainedEmbedder } from '../models/index.ts'
import { scoreDrift } from '../openset/index.ts'
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
 * @throws KindredError `usage` where there are too few, and what reading and scoring throw
 */
export async function calibrated(
  { rule, model, head, folder, keep = 0.95 }: ToCalibrate,
  context: Pick<JobContext, 'progress' | 'signal'>,
): Promise<{ readonly rule: RejectionFile; readonly calibration: RejectCalibration }> {
  const { pixels, ids, skipped } = await loadPictures([folder], model, context)
  const each = pixels.length / ids.length
  const rows = withoutCopies(pixels, each)
  const images = new Uint8Array(rows.length * each)
  rows.forEach((row, i) => images.set(pixels.subarray(row * each, (row + 1) * each), i * each))
  const scores = await scoreImages(rule, model, images, head, context)
  const made = calibrateRule(rule, scores, keep, `${rows.length.toLocaleString('en')} pictures of ${folder}`)
  const { promise } = rule
  return {
    rule: made.rule,
    calibration: {
      folder,
      pictures: made.pictures,
      copies: ids.length - rows.length,
      keptBefore: made.keptBefore,
      drift: promise && scoreDrift(promise, scores, rule.detector.rule!.rejectWhen),
      before: promise?.of,
      skipped,
    },
  }
}
