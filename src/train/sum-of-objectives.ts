/** @file Several objectives at once, each with a weight. */
import { ensure } from '../base/index.ts'
import { add, mul, type Tensor } from '../tensor/index.ts'
import type { Objective } from './objective.ts'

/** One term of {@link sumOfObjectives}. */
export interface WeightedObjective {
  readonly objective: Objective
  /** Default 1. */
  readonly weight?: number
}

/**
 * sum_k weight_k * objective_k on the same embeddings, each with its own loss, miner and reducer.
 *
 * Reports the mean of their active shares, and the tuples of all together. @throws KindredError `usage` for no terms or a weight that is no number
 */
export function sumOfObjectives(terms: readonly WeightedObjective[]): Objective {
  ensure(terms.length > 0, 'sum of objectives', 'there must be at least one term', 'none')
  for (const { weight = 1 } of terms) ensure(Number.isFinite(weight), 'sum of objectives', 'weights must be numbers', weight)
  const total = (tensors: readonly Tensor[]) => tensors.reduce((a, b) => add(a, b))
  return {
    words: Object.fromEntries(
      terms.flatMap(({ objective, weight = 1 }, i) => [
        [`weight ${i + 1}`, String(weight)],
        ...Object.entries(objective.words).map(([key, value]) => [`${key} (${i + 1})`, value]),
      ]),
    ),
    build({ scope, ...batch }) {
      const parts = terms.map(({ objective }, i) => objective.build({ ...batch, scope: scope.child(`term${i + 1}`) }))
      const figures: Record<string, Tensor> = {}
      parts.forEach((p, i) => {
        for (const [name, value] of Object.entries(p.figures))
          if (name !== 'active' && name !== 'tuples') figures[`${name} ${i + 1}`] = value
      })
      figures.active = mul(total(parts.map((p) => p.figures.active)), 1 / parts.length)
      // a batch is empty when it is empty for every term
      if (parts.every((p) => p.figures.tuples !== undefined)) figures.tuples = total(parts.map((p) => p.figures.tuples))
      return { loss: total(parts.map(({ loss }, i) => (terms[i].weight === undefined ? loss : mul(loss, terms[i].weight)))), figures }
    },
    atCollapse(batch) {
      let sum: number | undefined = 0
      for (const { objective, weight = 1 } of terms) {
        const each = objective.atCollapse(batch)
        sum = each === undefined || sum === undefined ? undefined : sum + weight * each
      }
      return sum
    },
  }
}
