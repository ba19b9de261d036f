/**
 * @file Whether a classifier that says 80 % is right 80 % of the time: ECE, MCE, reliability bins, NLL, Brier score.
 *
 * All take probabilities, and refuse anything else: the expected calibration error of logits is a known silent mistake.
 */
import { checkOptions, ensure } from '../base/index.ts'
import { checkLabels, type Labels } from './labels.ts'

/** How confidences are put into bins. */
export interface BinOptions {
  /** Equal-width bins (m/bins, (m+1)/bins]. Default 15. */
  bins?: number
}

/** The points whose confidence falls into one bin. */
export interface ReliabilityBin {
  /** Bounds of the confidence: from < confidence <= to. */
  from: number
  to: number
  count: number
  /** Mean confidence; NaN in an empty bin. */
  confidence: number
  /** Share of right predictions; NaN in an empty bin. */
  accuracy: number
}

/** How well calibrated probabilities are. */
export interface Calibration {
  /** Expected calibration error: sum over bins of (count / n) |accuracy - confidence|. */
  ece: number
  /** Maximum calibration error: the largest |accuracy - confidence| of a bin. */
  mce: number
  bins: ReliabilityBin[]
}

/**
 * Expected and maximum calibration error with the bins of the reliability diagram.
 *
 * @param probabilities row-major [n, classes], rows summing to 1; the confidence is the largest of a row
 * @param classes entries per row
 * @param labels the true class of each row, 0 to classes - 1
 * @throws KindredError `usage` when rows are not probabilities or lengths do not fit
 * Cost: O(n classes)
 * Source: Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks", equations 3 and 5
 */
export function calibration(
  probabilities: Float32Array | Float64Array,
  classes: number,
  labels: Labels,
  options: BinOptions = {},
): Calibration {
  const where = 'calibration'
  checkOptions(where, options, ['bins'])
  const { bins = 15 } = options
  ensure(Number.isInteger(bins) && bins > 0, where, 'bins must be a positive integer', bins)
  checkProbabilities(where, probabilities, classes, labels)
  const count = new Int32Array(bins)
  const right = new Int32Array(bins)
  const confidence = new Float64Array(bins)
  for (let i = 0; i < labels.length; i++) {
    let best = 0
    for (let c = 1; c < classes; c++) if (probabilities[i * classes + c] > probabilities[i * classes + best]) best = c
    const p = probabilities[i * classes + best]
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1))
    count[bin]++
    confidence[bin] += p
    if (best === labels[i]) right[bin]++
  }
  const table = Array.from(count, (n, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    count: n,
    confidence: confidence[bin] / n,
    accuracy: right[bin] / n,
  }))
  let ece = 0
  let mce = 0
  for (const bin of table) {
    if (bin.count === 0) continue
    const gap = Math.abs(bin.accuracy - bin.confidence)
    ece += (bin.count / labels.length) * gap
    mce = Math.max(mce, gap)
  }
  return { ece, mce, bins: table }
}

/**
 * Negative log-likelihood: the mean of -ln p(true class), in nats; probabilities are floored at 2^-52 (as scikit-learn).
 *
 * @param probabilities row-major [n, classes], rows summing to 1
 * @throws KindredError `usage` when rows are not probabilities or lengths do not fit
 * Cost: O(n classes). Source: scikit-learn log_loss
 */
export function negativeLogLikelihood(probabilities: Float32Array | Float64Array, classes: number, labels: Labels): number {
  checkProbabilities('negative log-likelihood', probabilities, classes, labels)
  let sum = 0
  for (let i = 0; i < labels.length; i++) sum -= Math.log(Math.max(Number.EPSILON, probabilities[i * classes + labels[i]]))
  return sum / labels.length
}

/**
 * Brier score: the mean over points of sum_c (p_c - [c = true class])^2.
 *
 * @param probabilities row-major [n, classes], rows summing to 1
 * @returns 0 for perfect, 2 at worst
 * @throws KindredError `usage` when rows are not probabilities or lengths do not fit
 * Cost: O(n classes). Source: Brier 1950; scikit-learn brier_score_loss with scale_by_half=False
 */
export function brierScore(probabilities: Float32Array | Float64Array, classes: number, labels: Labels): number {
  checkProbabilities('Brier score', probabilities, classes, labels)
  let sum = 0
  for (let i = 0; i < labels.length; i++) {
    for (let c = 0; c < classes; c++) {
      const gap = probabilities[i * classes + c] - (c === labels[i] ? 1 : 0)
      sum += gap * gap
    }
  }
  return sum / labels.length
}

function checkProbabilities(where: string, probabilities: Float32Array | Float64Array, classes: number, labels: Labels): void {
  ensure(Number.isInteger(classes) && classes > 0, where, 'classes must be a positive integer', classes)
  checkLabels(where, 'labels', labels, probabilities.length / classes)
  for (let i = 0; i < labels.length; i++) {
    ensure(labels[i] >= 0 && labels[i] < classes, where, `labels must be from 0 to ${classes - 1}`, labels[i])
    let sum = 0
    let least = 0
    for (let c = 0; c < classes; c++) {
      const p = probabilities[i * classes + c]
      sum += p
      least = Math.min(least, p)
    }
    if (!(Math.abs(sum - 1) <= 1e-3 && least >= 0))
      ensure(
        false,
        where,
        'each row must be probabilities that sum to 1',
        `row ${i} with sum ${sum} and least ${least}`,
        'Put logits through a softmax first.',
      )
  }
}
