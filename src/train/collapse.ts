/**
 * @file Says in words when training has made all embeddings alike, or shrinks them towards one point, and what to try.
 *
 * Where all images fall on one point, d(a, p) = d(a, n) and every triplet costs exactly the margin: the loss stands still there, because the
 * gradients of positive and negative cancel (Hermans, Beyer & Leibe 2017, section 4.4, on loss curves stuck at the margin; Wu et al. 2017, section 4.1).
 *
 * Without a margin the hinge loss of unscaled embeddings is proportional to their size: embeddings c f(x) cost c times as much as f(x), so the space shrinks
 * for as long as it is trained, and the neighbours' order may survive all the while. No length and no loss of its own tells that; its size before the first
 * step does.
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
  /** The spread before the first step, where it is known. */
  readonly initialSpread?: number
  /** In 0..1. */
  readonly knnAccuracy: number
  /** Share of the largest class: what a constant answer scores. */
  readonly chance: number
}

/** Spread below this share of the embeddings' length counts as one point. */
const onePoint = 0.01
/** A space that training has made smaller than this share of what it was is on its way to one point, unless the margin holds it at that size. */
const shrunkTo = 1 / 2
/** Margins hold a space in which embeddings lie at least this many margins apart. */
const heldAt = 1 / 4

/** Whether neighbours still name the class far better than a constant answer does. @param chance share of the largest class */
export function orderSurvives(knnAccuracy: number, chance: number): boolean {
  return knnAccuracy >= chance + 0.25 * (1 - chance)
}

/**
 * Whether training has shrunk a space towards one point: its spread is below half of what it was before the first step, and no margin holds it there.
 *
 * A margin above 0 holds it when the root mean square distance of two embeddings, sqrt(2) x spread, is at least a quarter of the margin. A loss without a
 * margin says nothing of sizes, so nothing is said of it.
 */
export function isShrunk({ spread, initialSpread, margin }: Pick<CollapseSigns, 'spread' | 'initialSpread' | 'margin'>): boolean {
  if (initialSpread === undefined || margin === undefined) return false
  return spread < shrunkTo * initialSpread && (margin === 0 || Math.SQRT2 * spread < heldAt * margin)
}

/**
 * One sentence or two when the embedding has collapsed, else undefined.
 *
 * Collapsed is: a spread under 1 % of the embeddings' own length; a space that has shrunk (see {@link isShrunk}), also where its order survives; or the loss
 * within 1 % of that of coinciding embeddings while kNN answers little better than the largest class alone.
 */
export function collapseInWords(s: CollapseSigns): string | undefined {
  const tight = s.spread <= onePoint * Math.max(s.length, 1e-12)
  const shrunk = isShrunk(s)
  const ordered = orderSurvives(s.knnAccuracy, s.chance)
  const { collapsedLoss = 0 } = s
  const stuck = collapsedLoss > 0 && Math.abs(s.trainLoss - collapsedLoss) <= 0.01 * collapsedLoss && !ordered
  if (!tight && !shrunk && !stuck) return undefined
  const seen = [
    ...(tight ? [`all embeddings lie at nearly one point (spread ${s.spread.toPrecision(2)} at length ${s.length.toPrecision(2)})`] : []),
    ...(shrunk && !tight
      ? [
          `the space shrinks towards one point (spread ${s.spread.toPrecision(2)}, ${percent(s.spread / s.initialSpread!)} of the ` +
            `${s.initialSpread!.toPrecision(2)} before the first step)`,
        ]
      : []),
    ...(stuck
      ? [
          `the loss stands at ${s.trainLoss.toPrecision(3)}, what it is when all embeddings coincide${collapsedLoss === s.margin ? ', the margin' : ''}`,
        ]
      : []),
  ].join(', and ')
  const order = ordered ? `its order survives, kNN accuracy ${percent(s.knnAccuracy)}` : `kNN accuracy ${percent(s.knnAccuracy)}`
  return `Collapsed: ${seen}; ${order}. ${advice(s)}`
}

function advice({ margin, miner }: CollapseSigns): string {
  if (margin === 0)
    return 'With margin 0 this is the trivial solution: the loss is 0 when all embeddings coincide. Use a margin such as 0.4.'
  if (miner === 'batch-hard')
    return 'Batch-hard mining collapses easily: try soft-negative or semi-hard mining, a lower learning rate, or a warm-up.'
  return 'Try a lower learning rate, a warm-up, or soft-negative mining.'
}
