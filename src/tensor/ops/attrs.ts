/**
 * @file The names of all primitives and the attributes each carries.
 *
 * Everything else is a total mapped type over these names: the rule table (shape rule, reference evaluation, derivative),
 * the gradient checks in the tests, and the ONNX emitters. Add a name here and the compiler lists what is missing.
 */
import type { DType, Shape } from '../shape.ts'

type None = Record<never, never>

/** Windowing of a 2-D convolution; `pads` are [top, left, bottom, right]. */
export interface ConvAttrs {
  readonly strides: readonly [number, number]
  readonly pads: readonly [number, number, number, number]
  readonly dilations: readonly [number, number]
  readonly groups: number
}

export interface PoolAttrs {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly pads: readonly [number, number, number, number]
}

export interface ReduceAttrs {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

/** Primitives that have a derivative. */
export interface DifferentiableAttrs {
  neg: None
  exp: None
  log: None
  sqrt: None
  abs: None
  relu: None
  sigmoid: None
  tanh: None
  add: None
  sub: None
  mul: None
  div: None
  pow: None
  maximum: None
  minimum: None
  largerOf: None
  where: None
  sum: ReduceAttrs
  mean: ReduceAttrs
  max: ReduceAttrs
  min: ReduceAttrs
  softmax: { readonly axis: number }
  logSoftmax: { readonly axis: number }
  reshape: { readonly shape: Shape }
  transpose: { readonly perm: readonly number[] }
  expand: { readonly shape: Shape }
  concat: { readonly axis: number }
  slice: { readonly axis: number; readonly start: number; readonly end: number; readonly step: number }
  pad: { readonly axis: number; readonly before: number; readonly after: number }
  matmul: { readonly transA: boolean; readonly transB: boolean }
  conv2d: ConvAttrs
  conv2dInputGrad: ConvAttrs & { readonly inputSize: readonly [number, number] }
  conv2dWeightGrad: ConvAttrs & { readonly kernel: readonly [number, number] }
  maxPool2d: PoolAttrs
  maxUnpool2d: PoolAttrs & { readonly inputSize: readonly [number, number] }
  gather: { readonly axis: number }
  scatterAdd: { readonly axis: number; readonly size: number }
  gatherElements: { readonly axis: number }
  scatterElementsAdd: { readonly axis: number; readonly size: number }
  topK: { readonly k: number; readonly axis: number; readonly largest: boolean }
}

/** Primitives through which no gradient flows. */
export interface OtherAttrs {
  input: { readonly name: string; readonly dtype: DType; readonly shape: Shape }
  constant: { readonly data: Float32Array | BigInt64Array | Uint8Array; readonly dtype: DType; readonly shape: Shape }
  stopGradient: None
  cast: { readonly dtype: DType }
  sign: None
  floor: None
  equal: None
  greater: None
  greaterEqual: None
  and: None
  or: None
  not: None
  argMax: { readonly axis: number; readonly keepDims: boolean }
  argMin: { readonly axis: number; readonly keepDims: boolean }
  randomUniform: { readonly shape: Shape }
}

export type Attrs = DifferentiableAttrs & OtherAttrs
export type OpName = keyof Attrs
export type DifferentiableOp = keyof DifferentiableAttrs
