/** @file The verdicts of verb `reject` as lines. */
import { askedPercent, counted, flagOf, percent } from '../../base/index.ts'
import type { Skipped } from '../../digits/index.ts'
import type { ConformalPromise, Drift, RejectionRule } from '../../openset/index.ts'
import { scoreWords } from '../../stories/index.ts'
import { columns } from '../columns.ts'
import { placeInPicture } from './place-in-picture.ts'

/** A promise without the scores it rests on. */
type Said = Pick<ConformalPromise, 'keep' | 'interval' | 'of'>

/** What is said of a calibration on the user's own digits. */
export interface RejectCalibration {
  readonly folder: string
  /** Distinct pictures that were read; copies beyond them. */
  readonly pictures: number
  readonly copies: number
  /** Of the pictures, those in which no digit was found: they count as refused. */
  readonly noDigit: number
  /** How many of them the rule before keeps, and how they score beside what that was made with. */
  readonly keptBefore: number
  readonly drift: Drift | undefined
  readonly before: string | undefined
  readonly skipped: readonly Skipped[]
}

/** What verb `reject` says. */
export interface RejectResult {
  readonly score: string
  /** How often each picture is looked at: once, or also after small moves, and the scores averaged. */
  readonly looks: number
  readonly rule: RejectionRule
  /** Undefined for a rule of an older version. */
  readonly promise: (Said & { readonly n: number }) | undefined
  readonly calibration: RejectCalibration | undefined
  readonly saved: string | undefined
  readonly pictures: readonly (RejectionRule & {
    readonly picture: string
    readonly kept: boolean
    readonly rejected: boolean
    /** null where the picture shows no digit. */
    readonly score: number | null
    readonly p?: number
    /** Why the picture shows no digit. */
    readonly reason?: string
    /** How many digits the picture shows, and where this one lies, pixels. */
    readonly digits: number
    readonly box?: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number }
    readonly promise: Said | undefined
  })[]
  readonly rejected: number
  readonly drift: Drift | undefined
  readonly skipped: readonly Skipped[]
}

/** One line a picture, then the rule, its promise, and what a calibration found. */
export function rejectLines({ score, looks, rule, promise, calibration, saved, pictures, rejected }: RejectResult): string[] {
  const short = (x: number): string => x.toPrecision(4)
  const [keeps, refuses] = rule.rejectWhen === 'above' ? ['<=', '> '] : ['>=', '< ']
  // a picture without a digit has neither score nor p, and its row as many cells as the others
  const someP = pictures.some((p) => p.p !== undefined)
  const rows = pictures.map((p) => [
    p.kept ? 'kept' : 'refused',
    p.score === null ? 'no digit' : `${short(p.score)} ${p.kept ? keeps : refuses} ${short(rule.threshold)}`,
    ...(someP ? [p.p === undefined ? '' : `p ${probability(p.p)}`] : []),
    p.score === null ? `${p.picture}: ${p.reason}` : `${p.picture}${placeInPicture(p)}`,
  ])
  const how = `${scoreWords(score, true)}${looks > 1 ? `, mean over ${looks} looks` : ''}`
  const refuse = `${how}, ${rule.rejectWhen} ${short(rule.threshold)}`
  return [
    ...(rows.length === 0 ? [] : columns(rows)),
    pictures.length === 0 ? `the rule refuses by ${refuse}` : `${rejected} of ${pictures.length} refused: ${refuse}`,
    ...(someP ? [`p: the share of the digits below that score as ${rule.rejectWhen === 'above' ? 'high or higher' : 'low or lower'}`] : []),
    promise === undefined
      ? `no promise: the rule was written by an older version; run kindred digits again, or calibrate on your own digits (${flagOf('calibrate')} DIR)`
      : promiseLine(promise),
    ...(calibration === undefined ? [] : calibrationLines(calibration)),
    ...(saved === undefined ? [] : [`kept in ${saved}`]),
  ]
}

/** A probability in three digits, and never as 0. */
function probability(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4)
}

/** A test's figure: `KS D = 0.31, p = 0.0042`. */
const testWords = ({ d, p }: Drift): string => `KS D = ${d.toFixed(2)}, p ${p < 0.0001 ? '' : '= '}${probability(p)}`

/** The promise of a rule in one sentence. */
export function promiseLine({ keep, interval, of, n }: Said & { readonly n: number }): string {
  return (
    `promise: of further digits like these (${of}), at least ${askedPercent(keep)} are kept, on average over calibrations; with these ` +
    `${n.toLocaleString('en')}, between ${percent(interval.low)} and ${percent(interval.high)} (95 % interval)`
  )
}

/** That pictures score unlike those a promise was made with, in one sentence. */
export function driftLine(drift: Drift, { of, keep }: Said): string {
  const what =
    drift.towards === 'outliers'
      ? `the ${askedPercent(keep)} does not hold for them. Where they are digits, calibrate on your own (${flagOf('calibrate')} DIR)`
      : `they are more ordinary than those, so that more than ${askedPercent(keep)} of them may be kept (${flagOf('calibrate')} DIR sets a ` +
        'threshold for digits like them)'
  return `these ${drift.n} pictures score unlike the digits that the promise is made for (${of}): ${testWords(drift)}; ${what}`
}

function calibrationLines({ folder, pictures, copies, noDigit, keptBefore, drift, before, skipped }: RejectCalibration): string[] {
  const left = [
    ...(copies === 0 ? [] : [`${counted(copies, 'copy', 'copies')} beside them counted once`]),
    ...(noDigit === 0 ? [] : [`${noDigit} in which no digit is found, which count as refused`]),
    ...(skipped.length === 0 ? [] : [`${counted(skipped.length, 'file')} left out that could not be read`]),
  ]
  const unlike =
    drift === undefined || before === undefined
      ? ''
      : drift.drifted
        ? `; they score unlike ${before} (${testWords(drift)})`
        : `; nothing shows that they score unlike ${before}`
  return [
    `calibrated on ${counted(pictures, 'picture')} of ${folder}${left.length === 0 ? '' : ` (${left.join(', ')})`}: the rule before ` +
      `keeps ${keptBefore} of them${unlike}`,
  ]
}
