/** @file What emitters write through. */
import type { Tensor } from '../tensor/index.ts'
import type { OnnxAttribute, OnnxTensor } from './model.ts'

/** What an emitter may do: add operators, and name constants. */
export interface EmitContext {
  /** Adds one operator; returns the names of its outputs. */
  add(opType: string, inputs: readonly string[], attributes?: Record<string, OnnxAttribute>, outputs?: number): string[]
  /** The name of an int64 vector. */
  ints(values: readonly number[]): string
  /** The name of an int64 scalar. */
  scalarInt(value: number): string
  /** The name of a float32 scalar. */
  scalar(value: number): string
  constant(t: OnnxTensor): string
  /** Whether this name is a constant of the file. */
  isFixed(name: string): boolean
  /** Whether anything reads this tensor. */
  isUsed(t: Tensor): boolean
}

/** A Slice along some axes. */
export function sliced(
  c: EmitContext,
  x: string,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): string {
  return c.add('Slice', [x, c.ints(starts), c.ints(ends), c.ints(axes), c.ints(steps)])[0]
}
