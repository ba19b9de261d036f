/**
 * @file Room `tensor`: symbolic tensors, the table of primitives, reverse-mode autodiff, and a float64 reference evaluator. Knows no runtime.
 *
 * @example
 * const x = input('x', ['N', 2])
 * const y = matmul(x, constant([1, 2], [2, 1]))
 */
export { Node, Tensor, topologicalOrder } from './tensor.ts'
export {
  broadcastShapes,
  normaliseAxis,
  numeric,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type Dim,
  type DType,
  type Shape,
  type TensorType,
} from './shape.ts'
export type { Attrs, ConvAttrs, DifferentiableOp, OpName, PoolAttrs, ReduceAttrs } from './ops/attrs.ts'
export * from './ops/elementwise.ts'
export * from './ops/leaves.ts'
export * from './ops/linear.ts'
export * from './ops/reduce.ts'
export * from './ops/shaping.ts'
export { grad } from './grad.ts'
export { evaluate } from './evaluate.ts'
export { ndarray, type NdArray } from './rules/rule.ts'
