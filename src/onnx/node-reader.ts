/**
 * @file What the reader of a foreign model knows of one node: its inputs as tensors or as numbers known now, and its attributes.
 */
import { ensureWithin, KindredError } from '../base/index.ts'
import type { Dim, Tensor } from '../tensor/index.ts'
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './model.ts'

/** Integers (or names of dimensions) known now, rank 0 or 1. */
export interface Known {
  readonly shape: readonly number[]
  readonly values: readonly Dim[]
}

/** A value on the way: a tensor of the graph, a tensor of the file, or integers known now (each may be missing). */
export interface Value {
  tensor?: Tensor
  readonly stored?: OnnxTensor
  readonly known?: Known
}

/** What an operator's reader sees of its node. */
export class NodeReader {
  readonly node: OnnxNode
  readonly opset: number
  private readonly values: readonly (Value | undefined)[]
  private readonly materialise: (index: number) => Tensor
  constructor(node: OnnxNode, opset: number, values: readonly (Value | undefined)[], materialise: (index: number) => Tensor) {
    this.node = node
    this.opset = opset
    this.values = values
    this.materialise = materialise
  }
  get count(): number {
    return this.values.length
  }
  has(index: number): boolean {
    return this.values[index] !== undefined
  }
  tensor(index: number): Tensor {
    if (!this.has(index)) throw this.fail(`input ${index} must be given`, 'none')
    return this.materialise(index)
  }
  tensors(): Tensor[] {
    return this.values.map((_, i) => this.tensor(i))
  }
  /** Integers (or named dimensions) known now. */
  dims(index: number): readonly Dim[] {
    const known = this.values[index]?.known
    if (known === undefined) throw this.fail(`input ${index} must be known when the graph is read`, 'a value computed when it runs')
    return known.values
  }
  /** Integers known now, as numbers; undefined where the input is left out. */
  ints(index: number): number[] | undefined {
    return this.has(index) ? this.dims(index).map((d) => this.number(d)) : undefined
  }
  number(d: Dim): number {
    if (typeof d === 'number') return d
    throw this.fail('its sizes must be known numbers', `dimension ${d}`, 'Give the inputs fixed shapes: fromOnnx(model, { shapes }).')
  }
  /** A float known now; undefined where the input is left out. */
  float(index: number): number | undefined {
    const value = this.values[index]
    if (value === undefined) return undefined
    if (value.stored === undefined || value.stored.data.length !== 1)
      throw this.fail(`input ${index} must be one number of the file`, 'a value computed when it runs')
    return Number(value.stored.data[0])
  }
  attribute(name: string): OnnxAttribute | undefined {
    return this.node.attributes[name]
  }
  int(name: string, fallback: number): number {
    const a = this.attribute(name)
    return typeof a === 'number' ? a : fallback
  }
  real(name: string, fallback: number): number {
    const a = this.attribute(name)
    return typeof a === 'object' && 'float' in a ? a.float : typeof a === 'number' ? a : fallback
  }
  text(name: string, fallback: string): string {
    const a = this.attribute(name)
    return typeof a === 'string' ? a : fallback
  }
  list(name: string): readonly number[] | undefined {
    const a = this.attribute(name)
    return Array.isArray(a) ? (a as readonly number[]) : typeof a === 'object' && 'ints' in a ? a.ints : undefined
  }
  /** Axes, sizes, ...: an attribute in old opsets, an input in new ones. */
  listOrInput(name: string, index: number): readonly number[] | undefined {
    return this.list(name) ?? this.ints(index)
  }
  /** The number, where so many elements may be in one tensor (or entries in one list). */
  within(count: number, limit: 'tensorElements' | 'entries' = 'tensorElements'): number {
    if (!(count >= 0)) throw this.fail('its sizes must be numbers of at least 0', String(count))
    ensureWithin(limit, count, this.where, 'its result')
    return count
  }
  get where(): string {
    return `fromOnnx, ${this.node.opType} ${this.node.name || this.node.outputs[0]}`
  }
  fail(expected: string, got: string, fix = 'Cut the model before it: fromOnnx(model, { outputs: [NAME] }).'): KindredError {
    return new KindredError('unsupported', this.where, expected, got, fix)
  }
}

/** Integers of the file that may stand for sizes. */
export function integersOf({ dtype, shape, data }: OnnxTensor): Known | undefined {
  return dtype === 'int64' && shape.length <= 1 && data.length <= 4096
    ? { shape, values: [...(data as BigInt64Array)].map(Number) }
    : undefined
}
