/**
 * @file The rule "reject when Gini is above 0.87", as it was once used on digits: kept so that it can be reproduced.
 *
 * It is about the Gini **impurity** of the softmax (1 - sum p^2; 0.9 for a uniform row of ten), not the Gini coefficient,
 * and it works only while the head is barely trained and its softmax still flat: on digits against Omniglot's Latin
 * letters it kept-and-got-right 23 % / rejected 96.5 % after 469 steps of the head, 87 % / 44 % after 938, and 96 % / 0 %
 * after 9,380: a well-trained head is never that unsure. Choose thresholds from data instead (`conformalThreshold`).
 * See docs/decisions/0001-two-ginis.md.
 */
import { giniImpurity } from './softmax-scores.ts'
import type { LogitScoreName } from './score-table.ts'
import { isRejected, type RejectionRule } from './thresholds.ts'
import type { Rows } from './rows.ts'

/** Reject when the Gini impurity of the softmax over ten classes is above 0.87. */
export const giniImpurityRule087: RejectionRule & { readonly score: LogitScoreName } = {
  score: 'gini-impurity',
  threshold: 0.87,
  rejectWhen: 'above',
}

/**
 * Which rows the rule of {@link giniImpurityRule087} rejects.
 *
 * @param probabilities softmax rows, row-major [n, classes]
 * @returns 1 for rejected, one per row. Cost: O(n classes)
 */
export function rejectByGiniImpurity(probabilities: Rows, classes: number, threshold = giniImpurityRule087.threshold): Uint8Array {
  return Uint8Array.from(giniImpurity(probabilities, classes), (impurity) =>
    isRejected(impurity, { threshold, rejectWhen: 'above' }) ? 1 : 0,
  )
}
