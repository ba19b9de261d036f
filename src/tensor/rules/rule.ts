/**
 * @file What the table holds for each primitive: how it is computed (the slow, exact reference) and how gradients flow back.
 */
import type { Attrs, DifferentiableOp, OpName } from '../ops/attrs.ts'
import type { Node, Tensor } from '../tensor.ts'

/** Numbers of the reference evaluator: float64, row-major, whatever the symbolic element type (bool is 0 or 1). */
export interface NdArray {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** The reference computation of one node. */
export type Evaluate<K extends OpName> = (inputs: readonly NdArray[], attrs: Attrs[K]) => NdArray[]

/**
 * The vector-Jacobian product: from the gradient of the node's first output to the gradients of its inputs,
 * `undefined` for inputs through which none flows. Rules build graph nodes, never closures over numbers.
 */
export type Vjp<K extends OpName> = (g: Tensor, node: Node<K>) => readonly (Tensor | undefined)[]

export type Rule<K extends OpName> = K extends DifferentiableOp
  ? { readonly evaluate: Evaluate<K>; readonly vjp: Vjp<K> }
  : { readonly evaluate: Evaluate<K> }

/** A total table over a set of primitives: one missing does not compile. */
export type Rules<Ops extends OpName> = { readonly [K in Ops]: Rule<K> }

export function ndarray(shape: readonly number[], data?: Float64Array): NdArray {
  return { shape, data: data ?? new Float64Array(shape.reduce((a, b) => a * b, 1)) }
}
