/**
 * @file The loss of a digits run in words: its formula, what it is the mean of, and when nothing is left to learn. One entry a mining, so that the report
 * speaks of the loss that was used.
 */
import { figureText, html, type Html } from '../../report/index.ts'
import type { DigitsReport } from './digits-report.ts'

/** What the report says of a loss. */
export interface LossWords {
  /** E.g. "soft-negative triplet loss". */
  readonly name: string
  /** The formula as HTML and for a screen reader, and a few sentences for somebody who sees it for the first time; missing for a loss that is not known. */
  readonly formula?: { readonly html: Html; readonly spoken: string; readonly explained: Html }
  /** What the loss is the mean of, a sentence; missing where that is not known. */
  readonly meanOf?: string
  /** What is counted as active, e.g. "pairs of one digit". */
  readonly tuples: string
  /** How a loss can stand still though the network gets better; missing where it does not for this mining. */
  readonly standstill?: string
  /** How triplets are found, a sentence. */
  readonly chosen?: string
  /** Where the negative of the drawing lies in the formula. */
  readonly ring: string
  /** What all images in one place would cost. */
  readonly collapse?: string
}

const [a, p, n] = [html`<span class="a">a</span>`, html`<span class="p">p</span>`, html`<span class="n">n</span>`]
const plainRing = 'Inside the dashed ring a negative still costs; beyond it the triplet is solved.'

/** The loss of a run by its report: from what the training wrote of itself, in older reports from the name of the mining. */
export function lossWords({ embedding, training }: Pick<DigitsReport, 'embedding' | 'training'>): LossWords {
  const words = training?.objective ?? wordsOfMining(embedding.miner, embedding.margin)
  const mean = (words.reducer ?? 'mean') === 'mean'
  const margin = Number(words['loss margin'] ?? embedding.margin)
  const { loss, miner } = words
  if (loss === 'soft-negative triplet') return softNegative(Number(words['loss temperature']), mean)
  if ((loss !== 'triplet margin' && loss !== undefined) || words['loss soft'] === 'true')
    return { name: `${loss} loss`, tuples: 'triplets', ring: plainRing }
  return {
    name: 'triplet loss',
    formula: hinge,
    ring: plainRing,
    collapse: margin > 0 ? 'the whole margin on every triplet' : 'nothing: nothing holds the network back from it',
    ...(miner === undefined ? { tuples: 'triplets' } : (minings(mean)[miner] ?? { tuples: 'triplets' })),
  }
}

/** What older reports leave out. */
function wordsOfMining(mining: string | undefined, margin: number | undefined): Record<string, string> {
  const known: Record<string, string> = margin === undefined ? {} : { 'loss margin': String(margin) }
  if (mining === 'soft-negative') return { ...known, loss: 'soft-negative triplet' }
  if (mining === undefined) return known
  return { ...known, loss: 'triplet margin', miner: mining === 'random' ? 'stacked triplets' : mining }
}

const hinge: LossWords['formula'] = {
  html: html`loss = max(0, d(${a}, ${p}) − d(${a}, ${n}) + margin)`,
  spoken: 'loss equals the maximum of zero and distance of anchor and positive minus distance of anchor and negative plus margin',
  explained: html`It is zero as soon as the negative is farther from the anchor than the positive by at least the <strong>margin</strong>.`,
}

type Mined = Pick<LossWords, 'meanOf' | 'tuples' | 'standstill' | 'chosen'>

const minings = (mean: boolean): Readonly<Record<string, Mined>> => ({
  'stacked triplets': {
    tuples: 'triplets',
    chosen: 'Triplets are drawn at random: any anchor, any other image of its digit, any image of another.',
    meanOf: mean ? 'The loss is the mean over all triplets drawn; one that is solved counts as 0.' : undefined,
  },
  'batch-hard': {
    tuples: 'triplets',
    chosen: 'For each image of a batch, the farthest of its own digit and the nearest of another make the triplet.',
    meanOf: mean ? 'The loss is the mean over one triplet for each image of a batch; one that is solved counts as 0.' : undefined,
    standstill:
      'Only the hardest triplet of each image is looked at, picked anew at every step, so the loss can stand still while ever fewer of all triplets are wrong.',
  },
  'semi-hard': {
    tuples: 'triplets',
    chosen:
      'Every two images of one digit in a batch make a triplet with the nearest image of another digit that is farther away than they are from each other; ' +
      'where there is none, with the farthest.',
    meanOf: mean
      ? 'The loss is the mean over all pairs of one digit in a batch, each with its chosen negative; a triplet that is solved counts as 0.'
      : undefined,
    standstill:
      'Negatives are chosen anew at every step, the nearest that still fit, so the loss can fall slowly while ever fewer of all triplets are wrong.',
  },
})

function softNegative(temperature: number, mean: boolean): LossWords {
  const known = Number.isFinite(temperature)
  return {
    name: 'soft-negative triplet loss',
    tuples: 'pairs of one digit',
    chosen:
      'Nothing is picked: every two images of one digit in a batch are an anchor and its positive, against all images of other digits at once.',
    meanOf: mean ? 'The loss is the mean over all pairs of one digit in a batch; a pair that is solved counts as 0.' : undefined,
    formula: {
      html: html`loss = max(0, d(${a}, ${p}) − near(${a}) + margin)<br>near(${a}) = −t · ln Σ<sub>${n}</sub> e<sup>−d(${a}, ${n}) / t</sup>\
${known && html` \u00a0with t = ${figureText(temperature)}`}`,
      spoken:
        'loss equals the maximum of zero and distance of anchor and positive minus near of anchor plus margin; near of anchor is a smooth minimum of the ' +
        'distances from the anchor to all negatives',
      explained: html`Near(a) is a smooth minimum: about the distance from the anchor to its nearest negative, but all negatives of the batch count, the near \
ones most, and many near ones together count as nearer still. The smaller the <strong>temperature</strong> t, the more the nearest alone decides. \
The loss of a pair is zero as soon as near(a) is larger than the distance to the positive by at least the <strong>margin</strong>.`,
    },
    ring: 'The drawing has one negative. The loss of this run looks at all of them at once: a crowd of negatives costs something beyond the dashed ring, too.',
    collapse: 'at least the margin on every pair',
  }
}
