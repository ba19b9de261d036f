/** @file One objective for each of several embeddings that lie side by side. */
import { ensure } from '../base/index.ts'
import { add, mul, slice, type Tensor } from '../tensor/index.ts'
import type { Objective } from './objective.ts'

/**
 * The mean of one objective over `parts` equal parts of the embedding, each multiplied by sqrt(parts): what unit vectors side by side were divided by so that
 * together they have length 1. Each part then learns by itself, as the members of an ensemble do.
 *
 * Reports the mean of their active shares. @throws KindredError `usage` for a number of parts that is not whole, or embeddings that it does not divide
 */
export function objectiveOfParts(one: Objective, parts: number): Objective {
  const where = 'objective of parts'
  ensure(Number.isInteger(parts) && parts > 0, where, 'parts must be a whole number above 0', parts)
  return {
    ...one,
    words: { ...one.words, parts: String(parts) },
    build({ embeddings, scope, ...batch }) {
      const dim = embeddings.shape[1] as number
      ensure(dim % parts === 0, where, `embeddings must have a multiple of ${parts} numbers`, dim)
      const each = dim / parts
      const built = Array.from({ length: parts }, (_, i) =>
        one.build({
          ...batch,
          embeddings: mul(slice(embeddings, 1, i * each, (i + 1) * each), Math.sqrt(parts)),
          scope: scope.child(`part${i + 1}`),
        }),
      )
      const mean = (of: (part: (typeof built)[number]) => Tensor): Tensor =>
        mul(
          built.map(of).reduce((a, b) => add(a, b)),
          1 / parts,
        )
      return {
        loss: mean((part) => part.loss),
        figures: Object.fromEntries(Object.keys(built[0].figures).map((name) => [name, mean((part) => part.figures[name])])),
      }
    },
  }
}
