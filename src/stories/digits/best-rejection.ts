/** @file Which row of the rejection chapter speaks for a network, and a score's name in words. */
import { outliersSeenBy, type OutliersSeen, type RejectionResult } from './digits-report.ts'

/** "stranger-odds-moved" -> "Outlier odds over small moves": a score's name as words. @param inSentence without a capital, but for names */
export function scoreWords(name: string, inSentence = false): string {
  const words = name
    .replace(/^stranger/, 'outlier')
    .replace(/-moved$/, ' over small moves')
    .replaceAll('-', ' ')
    .replace(/\bknn\b/i, 'kNN')
    .replace(/^gini/i, 'Gini')
    .replace(/^mahalanobis/i, 'Mahalanobis')
  return inSentence || words.startsWith('kNN') ? words : words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * The row that leads, whose rule lies beside the model, on the last set of letters, so that two networks are compared on the same ones; in older reports, which
 * mark none, the rule that held-out data favours, or the one with the largest sum of digits kept and right and letters rejected.
 */
export function bestRejection(list: readonly RejectionResult[] | undefined, seen: OutliersSeen): RejectionResult | undefined {
  const letters = list?.at(-1)?.letters
  return (list ?? [])
    .filter((r) => r.letters === letters && r.rule !== 'student' && outliersSeenBy(r) === seen)
    .filter((r) => r.leads === true || r.at !== '95 % of digits kept')
    .toSorted(
      (a, b) =>
        Number(b.leads ?? false) - Number(a.leads ?? false) ||
        Number(b.preferred ?? false) - Number(a.preferred ?? false) ||
        b.digitsKeptRight + b.lettersRejected - a.digitsKeptRight - a.lettersRejected,
    )[0]
}
