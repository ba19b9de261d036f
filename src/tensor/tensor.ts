/**
 * @file The symbolic tensor: a value in a graph that has not been computed.
 *
 * A graph is nothing but nodes that point at their inputs; there is no builder object and no tape.
 * Autodiff (`grad.ts`) walks the pointers and adds nodes; room `onnx` turns the nodes that some outputs
 * need into a model; `evaluate.ts` computes them in float64 for tests. The design learns from jax-js
 * (one table of primitives) and micrograd (forward and backward rule side by side).
 */
import type { Attrs, OpName } from './ops/attrs.ts'
import type { DType, Shape, TensorType } from './shape.ts'

/** One application of a primitive. */
export class Node<K extends OpName = OpName> {
  readonly op: K
  readonly inputs: readonly Tensor[]
  readonly attrs: Attrs[K]
  readonly outputs: readonly Tensor[]

  constructor(op: K, inputs: readonly Tensor[], attrs: Attrs[K], types: readonly TensorType[]) {
    this.op = op
    this.inputs = inputs
    this.attrs = attrs
    this.outputs = types.map((type, index) => new Tensor(this as unknown as Node, index, type))
  }
}

/** One output of a node: element type and shape are known, the numbers are not. */
export class Tensor implements TensorType {
  readonly node: Node
  readonly index: number
  readonly dtype: DType
  readonly shape: Shape

  constructor(node: Node, index: number, type: TensorType) {
    this.node = node
    this.index = index
    this.dtype = type.dtype
    this.shape = type.shape
  }

  get rank(): number {
    return this.shape.length
  }
}

/** The nodes that `outputs` need, each after its inputs. Iterative, so deep graphs do not overflow the stack. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  const stack: { node: Node; next: number }[] = []
  for (const output of outputs) {
    if (seen.has(output.node)) continue
    seen.add(output.node)
    stack.push({ node: output.node, next: 0 })
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      if (top.next < top.node.inputs.length) {
        const { node } = top.node.inputs[top.next++]
        if (!seen.has(node)) {
          seen.add(node)
          stack.push({ node, next: 0 })
        }
      } else {
        order.push(top.node)
        stack.pop()
      }
    }
  }
  return order
}
