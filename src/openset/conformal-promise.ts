/**
 * @file A conformal threshold with all that it promises: the share kept, how sure that is with this calibration set, and for what data it holds.
 */
import * as z from 'zod'
import { checkAs, checkOptions, ensure, KindredError } from '../base/index.ts'
import { clopperPearson, type Interval } from '../metrics/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { conformalPlace, conformalThreshold } from './conformal.ts'
import type { Side } from './score-table.ts'
import type { RejectionRule } from './thresholds.ts'

/** What a conformal threshold promises. */
export interface ConformalPromise {
  /** Of further points like the calibration points at least this share is kept, on average over calibration sets. */
  readonly keep: number
  /** With this calibration set: the share that its threshold keeps lies in here with probability 95 %. */
  readonly interval: Interval
  /** What it holds for, in words: "5,000 validation digits of MNIST". */
  readonly of: string
  /** Scores of the calibration points, ascending: for p-values, for other shares, and to see drift. Those of points that have no score are infinite. */
  readonly scores: Float64Array
}

/** The promise as plain JSON. */
export interface ConformalPromiseJson {
  keep: number
  interval: Interval
  of: string
  n: number
  /** Float64, little-endian, base64. */
  scores: string
}

/**
 * A threshold that keeps a share of in-distribution points, by split conformal prediction, and what it promises.
 *
 * With n calibration scores, alpha = 1 - keep and l = floor(alpha (n + 1)): P(kept) = 1 - l / (n + 1) >= keep for a further exchangeable point; given this
 * calibration set the share kept is a Beta(n + 1 - l, l) number (at least so much where scores tie), whose middle 95 % is the interval.
 *
 * @param scores of held-out in-distribution points, used for nothing else
 * @param keep in (0, 1)
 * @param rejectWhen where outliers lie
 * @param options `of`: what the points are, in words
 * @throws KindredError `usage` where n < 1 / alpha - 1, or where so many scores are infinite that no threshold keeps the share
 * Cost: O(n log n). Source: Vovk 2012, "Conditional validity of inductive conformal predictors"; Angelopoulos, Bates 2021, "A gentle introduction to
 * conformal prediction", section 3.2
 */
export function conformalPromise(
  scores: ArrayLike<number>,
  keep: number,
  rejectWhen: Side,
  options: { of: string },
): { rule: RejectionRule; promise: ConformalPromise } {
  const where = 'conformal promise'
  checkOptions(where, options, ['of'])
  ensure(keep > 0 && keep < 1, where, 'keep must be in (0, 1)', keep)
  const alpha = lossOf(keep)
  const found = conformalThreshold(scores, alpha, rejectWhen)
  ensure(
    Number.isFinite(found.threshold),
    where,
    `at least ${scores.length + 1 - conformalPlace(scores.length, alpha)} of ${scores.length} calibration points must have a finite score`,
    Array.from(scores).filter(Number.isFinite).length,
    'Keep a smaller share, or calibrate on better points.',
  )
  return {
    rule: found,
    promise: { keep, interval: keptInterval(scores.length, keep), of: options.of, scores: Float64Array.from(scores).sort() },
  }
}

/**
 * The middle `level` of the share that a conformal threshold keeps, given its calibration set: Beta(n + 1 - l, l), l = floor((1 - keep) (n + 1)).
 *
 * Its ends are those of Clopper-Pearson intervals, low of n + 1 - l in n and high of n - l in n, which are quantiles of the same two Beta numbers.
 *
 * @param n calibration points
 * @param keep the share asked for, in (0, 1)
 * @throws KindredError `usage` where n is too small for the share
 * Cost: sixty incomplete beta functions. Source: as {@link conformalPromise}
 */
export function keptInterval(n: number, keep: number, level = 0.95): Interval {
  const place = conformalPlace(n, lossOf(keep))
  ensure(place >= 1, 'kept interval', `n must be at least ${calibrationNeeded(keep)} to keep ${keep}`, n)
  return { low: clopperPearson(n + 1 - place, n, level).low, high: clopperPearson(n - place, n, level).high }
}

/** How many calibration points a share needs: floor((1 - keep) (n + 1)) >= 1. */
export function calibrationNeeded(keep: number): number {
  return Math.ceil(1 / lossOf(keep) - 1 - 1e-9)
}

/** 1 - keep without the last bits of its rounding: 1 - 0.95 is 0.05. */
const lossOf = (keep: number): number => Number((1 - keep).toPrecision(12))

/** As plain JSON; {@link promiseFromJson} reads it. */
export function promiseToJson({ keep, interval, of, scores }: ConformalPromise): ConformalPromiseJson {
  return { keep, interval: { low: interval.low, high: interval.high }, of, n: scores.length, scores: toBase64(scores) }
}

const share = z.number().min(0).max(1)
const schema = z.object({
  keep: z.number().gt(0).lt(1),
  interval: z.object({ low: share, high: share }),
  of: z.string().max(1000),
  n: z.int().positive().max(10_000_000),
  scores: z.base64(),
})

/**
 * The promise that {@link promiseToJson} wrote.
 *
 * @param found the rule that it is about
 * @throws KindredError `corrupt` when it is none of ours, or is not what the scores promise of this rule
 */
export function promiseFromJson(json: unknown, found: RejectionRule, where = 'conformal promise'): ConformalPromise {
  const { keep, of, n, scores: text, interval } = checkAs(json, where, schema)
  const bytes = fromBase64(text)
  const corrupt = (must: string, got: string): KindredError => new KindredError('corrupt', where, must, got)
  if (bytes.byteLength !== 8 * n) throw corrupt(`promise.scores must hold ${n} numbers`, `${bytes.byteLength} bytes`)
  const scores = new Float64Array(bytes)
  const odd = scores.findIndex((score, i) => Number.isNaN(score) || (i > 0 && score < scores[i - 1]))
  if (odd >= 0) throw corrupt('promise.scores must be numbers in ascending order', `${scores[odd]} at ${odd}`)
  if (n < calibrationNeeded(keep)) throw corrupt(`promise.scores must hold ${calibrationNeeded(keep)} or more to keep ${keep}`, String(n))
  const { rule: again, promise } = conformalPromise(scores, keep, found.rejectWhen, { of })
  if (again.threshold !== found.threshold)
    throw corrupt(`the threshold must be that of the promise, ${again.threshold}`, String(found.threshold))
  if (Math.abs(interval.low - promise.interval.low) > 1e-6 || Math.abs(interval.high - promise.interval.high) > 1e-6)
    throw corrupt('promise.interval must be that of its scores', `${interval.low} to ${interval.high}`)
  return promise
}

/** The same scores with a threshold for another share. @throws KindredError as {@link conformalPromise} */
export function keepAnother(promise: ConformalPromise, keep: number, { rejectWhen }: RejectionRule): ReturnType<typeof conformalPromise> {
  return conformalPromise(promise.scores, keep, rejectWhen, { of: promise.of })
}
