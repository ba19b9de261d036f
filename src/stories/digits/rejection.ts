/**
 * @file Telling what is no digit: every score with the student's rule, and with thresholds and directions chosen on held-out data.
 *
 * Held out for choosing: the validation digits, and letters of other fonts than those that are judged. Judged on: the test digits and each set
 * of letters. Nothing is chosen on what is judged.
 */
import type { Dataset } from '../../dataset/index.ts'
import { lookAlikeOf } from '../../digits/index.ts'
import { evaluateRejection } from '../../metrics/index.ts'
import { isRejected, keepShare, minimumError, type RejectionRule } from '../../openset/index.ts'
import type { RejectionResult, OutliersSeen } from './digits-report.ts'

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
}

/** Everything rejection is measured on. */
export interface RejectionData {
  /** Validation digits, and for each whether the head reads it right. */
  readonly held: Population
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
  /** Where 84 % of the validation digits are kept and right. */
  readonly at84: RejectionRule
  /** Where 95 % of them are kept. */
  readonly at95: RejectionRule
  /** Share of the held-out letters rejected at `at84`: by this, not by what is judged, one score is preferred to another. */
  readonly heldOutRejected: number
  readonly rows: readonly RejectionResult[]
}

/** Working points: the student's 84 % kept and right, and 95 % kept. */
export const keptRight84 = '84 % of digits kept and right'
/** Where a network reads fewer of them right. */
const keptRightAll = 'all digits kept that are read right'
export const kept95 = '95 % of digits kept'

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
  const at95 = keepShare(held, 0.95, rejectWhen)
  const rules: [string, RejectionRule][] = [
    [right < 0.84 ? keptRightAll : keptRight84, at84],
    [kept95, at95],
  ]
  const rows = data.letters.flatMap(({ name, images }, i) =>
    rules.map(([at, rule]): RejectionResult => ({
      letters: name,
      score: score.name,
      ...judged(data, test, letters[i], rule),
      ...unlike(images, letters[i], rule),
      rule: 'chosen',
      at,
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
    heldOutRejected: rejectedIndices(choose, at84).rejected.length / choose.length,
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
