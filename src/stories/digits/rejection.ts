/**
 * @file Telling what is no digit: every score with the student's rule, and with thresholds and directions chosen on held-out data.
 *
 * Held out for choosing: the validation digits, and letters of other fonts than those that are judged. Judged on: the test digits and each set
 * of letters. Nothing is chosen on what is judged.
 */
import type { Dataset } from '../../dataset/index.ts'
import { lookAlikeOf } from '../../digits/index.ts'
import { evaluateRejection } from '../../metrics/index.ts'
import { conformalPromise, isRejected, keepShare, minimumError, type ConformalPromise, type RejectionRule } from '../../openset/index.ts'
import type { RejectionResult, OutliersSeen } from './digits-report.ts'
import type { Look } from './look.ts'

/** What a network makes of each image: its embedding and the features before it, row by row. */
export interface Outputs {
  readonly embedding: Float32Array
  readonly features: Float32Array
}

/** What the network and its head make of one set of images; `moved` is the same after small random moves, once a move. */
export interface Population extends Outputs {
  readonly count: number
  readonly logits: Float32Array
  readonly moved: readonly Outputs[]
}

/** One way to score, ready to use. */
export interface NamedScore {
  /** As in room `openset`, or a name of its own; the report turns it into words. */
  readonly name: string
  readonly note?: string
  readonly score: (p: Population) => ArrayLike<number>
  /** How the same score is had of a picture alone; needed where the score is to lead, as the file beside the model holds it. */
  readonly look?: Look
}

/** Everything rejection is measured on. */
export interface RejectionData {
  /** Validation digits, and for each whether the head reads it right. */
  readonly held: Population
  /** What they are, in words, as a promise names them: "5,000 validation digits of MNIST". */
  readonly heldOf: string
  readonly heldRight: ArrayLike<boolean>
  /** Test digits likewise. */
  readonly test: Population
  readonly testRight: ArrayLike<boolean>
  /** Letters on which directions and least-error thresholds are chosen. */
  readonly choose: Population
  /** Letters that are judged. */
  readonly letters: readonly { readonly name: string; readonly population: Population; readonly images: Dataset }[]
}

/** What a rule is judged on. */
export type Judgeable = Pick<RejectionData, 'test' | 'testRight' | 'letters'>

/** The scores of one way on everything, for the figures. */
export interface ScoredRejection {
  readonly name: string
  readonly rejectWhen: 'above' | 'below'
  readonly test: ArrayLike<number>
  readonly letters: readonly ArrayLike<number>[]
  /** Where 84 % of the validation digits are kept and right, the student's working point. */
  readonly at84: RejectionRule
  /** Where 95 % of digits are kept by split conformal prediction on the validation digits: the working point that leads. */
  readonly at95: RejectionRule
  /** What that promises. */
  readonly promise: ConformalPromise
  readonly look?: Look
  /** Share of the held-out letters rejected at `at95`: by this, not by what is judged, one score is preferred to another. */
  readonly heldOutRejected: number
  /** How many those letters are. */
  readonly heldOutCount: number
  readonly rows: readonly RejectionResult[]
}

/** Working points: 95 % kept, which leads, and the student's 84 % kept and right. */
export const keptRight84 = '84 % of digits kept and right'
/** Where a network reads fewer of them right. */
const keptRightAll = 'all digits kept that are read right'
export const kept95 = '95 % of digits kept'
/** Where so few digits are held out that 95 % cannot be promised. */
const keptMost = 'as many digits kept as so few can promise'

/**
 * Judges one score: direction from held-out letters, thresholds from held-out digits.
 *
 * @returns two rows for each set of letters
 */
export function judgeScore(data: RejectionData, score: NamedScore, seen: OutliersSeen): ScoredRejection {
  const held = score.score(data.held)
  const test = score.score(data.test)
  const letters = data.letters.map((l) => score.score(l.population))
  const choose = score.score(data.choose)
  const { rejectWhen } = minimumError(held, choose, { balanced: true })
  const right = Array.from(data.heldRight).filter(Boolean).length / data.heldRight.length
  const at84 = keepShare(held, Math.min(0.84, right), rejectWhen, { correct: data.heldRight })
  const keep = Math.min(0.95, held.length / (held.length + 1))
  const { rule: at95, promise } = conformalPromise(held, keep, rejectWhen, { of: data.heldOf })
  const rules: { at: string; rule: RejectionRule; leads?: boolean }[] = [
    { at: right < 0.84 ? keptRightAll : keptRight84, rule: at84 },
    { at: keep < 0.95 ? keptMost : kept95, rule: at95, leads: false }, // true for the score that is preferred
  ]
  const rows = data.letters.flatMap(({ name, images }, i) =>
    rules.map(({ at, rule, leads }): RejectionResult => ({
      letters: name,
      score: score.name,
      ...judged(data, test, letters[i], rule),
      ...unlike(images, letters[i], rule),
      rule: 'chosen',
      at,
      leads,
      trainedWithOutliers: seen === 'letters',
      strangers: seen,
      note: score.note,
    })),
  )
  return {
    name: score.name,
    rejectWhen,
    test,
    letters,
    at84,
    at95,
    promise,
    look: score.look,
    heldOutRejected: rejectedIndices(choose, at95).rejected.length / choose.length,
    heldOutCount: choose.length,
    rows,
  }
}

/** Share rejected of the letters that look like no digit, where the set has some that do: it tells a weak score from an impossible task. */
function unlike({ classes, labels }: Dataset, scores: ArrayLike<number>, rule: RejectionRule): { lettersRejectedUnlike?: number } {
  const others = [...labels.keys()].filter((i) => lookAlikeOf(classes[labels[i]]) === undefined)
  if (others.length === 0 || others.length === labels.length) return {}
  return { lettersRejectedUnlike: others.filter((i) => isRejected(scores[i], rule)).length / others.length }
}

/** A rule taken over from elsewhere, as it is. */
export function judgeRule(data: Judgeable, score: NamedScore, rule: RejectionRule): RejectionResult[] {
  const test = score.score(data.test)
  return data.letters.map(({ name, population }) => ({
    letters: name,
    score: score.name,
    ...judged(data, test, score.score(population), rule),
    rule: 'student' as const,
    note: score.note,
  }))
}

function judged(data: Judgeable, test: ArrayLike<number>, letters: ArrayLike<number>, rule: RejectionRule) {
  const r = evaluateRejection({
    inScores: test,
    inCorrect: data.testRight,
    outScores: letters,
    threshold: rule.threshold,
    rejectWhen: rule.rejectWhen,
  })
  return {
    rejectWhen: rule.rejectWhen,
    threshold: rule.threshold,
    digitsKept: r.keptShare,
    digitsKeptRight: r.keptRightShare,
    lettersRejected: r.rejectedShare,
    auroc: r.auroc,
    fpr95: r.fpr95,
  }
}

/** Which of a set's images a rule rejects. */
export function rejectedIndices(scores: ArrayLike<number>, rule: RejectionRule): { rejected: number[]; accepted: number[] } {
  const rejected: number[] = []
  const accepted: number[] = []
  for (let i = 0; i < scores.length; i++) (isRejected(scores[i], rule) ? rejected : accepted).push(i)
  return { rejected, accepted }
}
