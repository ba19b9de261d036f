/**
 * @file Reverse-mode automatic differentiation: adds to the graph the nodes that compute gradients.
 *
 * Source: Griewank & Walther, Evaluating Derivatives (2008), chapter 3, adjoint mode; one sweep in reverse topological order.
 */
import { KindredError } from '../base/index.ts'
import { add } from './ops/elementwise.ts'
import { constant } from './ops/leaves.ts'
import { rules } from './rules/index.ts'
import type { Vjp } from './rules/rule.ts'
import { showType } from './shape.ts'
import { topologicalOrder, type Node, type Tensor } from './tensor.ts'

/**
 * The gradients of a scalar with respect to tensors: d loss / d w for each w of `wrt`, as new graph nodes.
 *
 * Only nodes between `wrt` and `loss` are differentiated: no gradient is built for what nobody asked.
 * @param loss float32 scalar
 * @param wrt tensors of the same graph
 * @returns one tensor of the shape of each `wrt`
 * @throws KindredError `shape` when the loss is not a scalar or does not depend on a `wrt`
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== 'float32' || loss.rank !== 0)
    throw new KindredError('shape', 'grad', 'the loss must be a float32 scalar', showType(loss), 'Reduce it with mean or sum.')
  const order = topologicalOrder([loss])
  const needed = new Set<Tensor>(wrt)
  const onPath = new Set<Node>()
  for (const node of order) {
    if (node.inputs.some((t) => needed.has(t)) && 'vjp' in rules[node.op]) {
      onPath.add(node)
      needed.add(node.outputs[0])
    }
  }
  const gradients = new Map<Tensor, Tensor>([[loss, constant(1)]])
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]
    if (!onPath.has(node)) continue
    const g = gradients.get(node.outputs[0])
    if (g === undefined) continue
    const rule = rules[node.op] as { vjp: Vjp<never> }
    rule.vjp(g, node as never).forEach((part, k) => {
      const target = node.inputs[k]
      if (part === undefined || !needed.has(target)) return
      const soFar = gradients.get(target)
      gradients.set(target, soFar === undefined ? part : add(soFar, part))
    })
  }
  return wrt.map((w) => {
    const g = gradients.get(w)
    if (g === undefined)
      throw new KindredError(
        'shape',
        'grad',
        'the loss must depend on every tensor asked for',
        `no path to ${w.node.op === 'input' ? (w.node.attrs as { name: string }).name : w.node.op} ${showType(w)}`,
      )
    return g
  })
}
