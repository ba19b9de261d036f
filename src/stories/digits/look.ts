/** @file How a score looks at an image: at which output of the model, and how often. The story and the rule beside a model look in the same way. */
import { l2Normalize, type Scorer } from '../../openset/index.ts'
import type { NamedScore, Outputs, Population } from './rejection.ts'

export const rejectionInputs = ['embedding', 'unit features', 'logits'] as const
/** What a score looks at: the embedding, the features before it at unit length, or the logits of the softmax head. */
export type RejectionInput = (typeof rejectionInputs)[number]

/** A fitted score and what it looks at. */
export interface Look {
  readonly scorer: Scorer
  readonly input: RejectionInput
  /** Whether it is the mean over the image and its small moves. */
  readonly moved?: boolean
}

/** What scorers said of outputs: several scores are made of one scorer, and the report asks for some again. */
const said = new WeakMap<Scorer, WeakMap<Outputs, Float64Array>>()

/** The scores of outputs, computed once. */
function scoresOnce(scorer: Scorer, of: Outputs, rows: (o: Outputs) => Float32Array): Float64Array {
  let known = said.get(scorer)
  if (known === undefined) said.set(scorer, (known = new WeakMap()))
  let scores = known.get(of)
  if (scores === undefined) known.set(of, (scores = scorer.score(rows(of))))
  return scores
}

/** The score of a look on whole sets; named as the scorer, with `-moved` where it is a mean over moves. */
export function namedScore(look: Look, note?: string): NamedScore {
  const { scorer, input, moved = false } = look
  const rows = (o: Outputs | Population): Float32Array => {
    if (input === 'embedding') return o.embedding
    if (input === 'unit features') return l2Normalize(o.features, scorer.width) as Float32Array
    return (o as Population).logits
  }
  return {
    name: moved ? `${scorer.name}-moved` : scorer.name,
    note,
    look,
    score: (p) => (moved ? meanScores([p, ...p.moved].map((o) => scoresOnce(scorer, o, rows))) : scoresOnce(scorer, p, rows)),
  }
}

/** The mean of several looks' scores, image by image. */
export const meanScores = (scores: readonly Float64Array[]): Float64Array =>
  scores[0].map((_, i) => scores.reduce((sum, s) => sum + s[i], 0) / scores.length)
