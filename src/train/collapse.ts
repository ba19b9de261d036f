/**
 * @file Says in words when training has made all embeddings alike, and what to try.
 *
 * Where all images fall on one point, d(a, p) = d(a, n) and every triplet costs exactly the margin: the loss stands still there, because the
 * gradients of positive and negative cancel (Hermans, Beyer & Leibe 2017, section 4.4, on loss curves stuck at the margin; Wu et al. 2017, section 4.1).
 */
import { percent } from '../base/index.ts'

/** What one epoch showed. */
export interface CollapseSigns {
  /** The loss's margin, where it has one. */
  readonly margin?: number
  /** The miner's name, where there is one. */
  readonly miner?: string
  /** The loss of coinciding embeddings, where it is known. */
  readonly collapsedLoss: number | undefined
  readonly trainLoss: number
  /** Root mean square distance of the validation embeddings to their mean. */
  readonly spread: number
  /** Root mean square length of the validation embeddings. */
  readonly length: number
  /** In 0..1. */
  readonly knnAccuracy: number
  /** Share of the largest class: what a constant answer scores. */
  readonly chance: number
}

/** Spread below this share of the embeddings' length counts as one point. */
const onePoint = 0.01

/**
 * One sentence or two when the embedding has collapsed, else undefined.
 *
 * Collapsed is: a spread under 1 % of the embeddings' own length; or the loss within 1 % of that of coinciding embeddings while kNN answers
 * little better than the largest class alone.
 */
export function collapseInWords(s: CollapseSigns): string | undefined {
  const tight = s.spread <= onePoint * Math.max(s.length, 1e-12)
  const useless = s.knnAccuracy < s.chance + 0.25 * (1 - s.chance)
  const { collapsedLoss = 0 } = s
  const stuck = collapsedLoss > 0 && Math.abs(s.trainLoss - collapsedLoss) <= 0.01 * collapsedLoss && useless
  if (!tight && !stuck) return undefined
  const seen = [
    ...(tight ? [`all embeddings lie at nearly one point (spread ${s.spread.toPrecision(2)} at length ${s.length.toPrecision(2)})`] : []),
    ...(stuck
      ? [
          `the loss stands at ${s.trainLoss.toPrecision(3)}, what it is when all embeddings coincide${collapsedLoss === s.margin ? ', the margin' : ''}`,
        ]
      : []),
  ].join(', and ')
  return `Collapsed: ${seen}; kNN accuracy ${percent(s.knnAccuracy)}. ${advice(s)}`
}

function advice({ margin, miner }: CollapseSigns): string {
  if (margin === 0)
    return 'With margin 0 this is the trivial solution: the loss is 0 when all embeddings coincide. Use a margin such as 0.4.'
  if (miner === 'batch-hard')
    return 'Batch-hard mining collapses easily: try soft-negative or semi-hard mining, a lower learning rate, or a warm-up.'
  return 'Try a lower learning rate, a warm-up, or soft-negative mining.'
}
