/** @file The reference evaluator: computes a graph in float64, slowly and exactly. It is the oracle of the gradient checks and of the runtimes. */
import { KindredError } from '../base/index.ts'
import { rules } from './rules/index.ts'
import type { Evaluate, NdArray } from './rules/rule.ts'
import { topologicalOrder, type Tensor } from './tensor.ts'

/**
 * Computes tensors in float64.
 *
 * @param outputs what to compute
 * @param feeds numbers for every input, by name
 */
export function evaluate(outputs: readonly Tensor[], feeds: Readonly<Record<string, NdArray>> = {}): NdArray[] {
  const values = new Map<Tensor, NdArray>()
  for (const node of topologicalOrder(outputs)) {
    const fed = node.op === 'input' ? feeds[(node.attrs as { name: string }).name] : undefined
    if (fed !== undefined && fed.data.length !== fed.shape.reduce((a, b) => a * b, 1))
      throw new KindredError('shape', 'evaluate', 'fed numbers must fill their shape', `${fed.data.length} for [${fed.shape.join(', ')}]`)
    const results =
      fed !== undefined
        ? [fed]
        : (rules[node.op].evaluate as Evaluate<never>)(
            node.inputs.map((t) => values.get(t)!),
            node.attrs as never,
          )
    node.outputs.forEach((t, i) => values.set(t, results[i]))
  }
  return outputs.map((t) => values.get(t)!)
}
