/** @file Leaves of a graph: what is fed at run time, and what is fixed. */
import { KindredError } from '../../base/index.ts'
import { showShape, sizeOf, type DType, type Shape } from '../shape.ts'
import { Node, Tensor } from '../tensor.ts'

/** What an operator takes beside a tensor: a number becomes a float32 scalar. */
export type Operand = Tensor | number

/**
 * A value fed when the graph runs.
 *
 * @param name unique in its graph
 * @param shape may hold named dimensions, e.g. `['N', 28, 28]`
 */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  if (name === '') throw new KindredError('usage', 'input', 'name must not be empty', '""')
  return new Node('input', [], { name, dtype, shape }, [{ dtype, shape }]).outputs[0]
}

/**
 * A fixed value.
 *
 * @param data float32 numbers; pass a BigInt64Array for int64, a Uint8Array for uint8
 * @throws KindredError `shape` when the length is not the product of the shape
 */
export function constant(data: Float32Array | BigInt64Array | Uint8Array | readonly number[] | number, shape?: Shape): Tensor {
  const values =
    typeof data === 'number'
      ? Float32Array.of(data)
      : Array.isArray(data)
        ? Float32Array.from(data as number[])
        : (data as Float32Array | BigInt64Array | Uint8Array)
  const dtype: DType = values instanceof BigInt64Array ? 'int64' : values instanceof Uint8Array ? 'uint8' : 'float32'
  const s = shape ?? (typeof data === 'number' ? [] : [values.length])
  if (sizeOf(s, 'constant') !== values.length)
    throw new KindredError('shape', 'constant', `data must hold ${sizeOf(s)} values for shape ${showShape(s)}`, String(values.length))
  return new Node('constant', [], { data: values, dtype, shape: s }, [{ dtype, shape: s }]).outputs[0]
}

/** int64 constant from plain integers. */
export function integers(data: readonly number[], shape?: Shape): Tensor {
  return constant(BigInt64Array.from(data, BigInt), shape ?? [data.length])
}

/** 0, 1, ..., n-1 as int64 [n]. */
export function iota(n: number): Tensor {
  return integers(Array.from({ length: n }, (_, i) => i))
}

/** The operand as a tensor. */
export function tensor(x: Operand): Tensor {
  return typeof x === 'number' ? constant(x) : x
}

/**
 * Uniform numbers in [0, 1), a pure function of `seed`: the same seed gives the same numbers on every runtime, so
 * a resumed run repeats them. Each element runs its index and the seed through five rounds of x <- (x^2 + c) mod (2^31 - 1) in int64.
 *
 * @param seed int64 scalar, fed anew for every step
 */
export function randomUniform(seed: Tensor, shape: Shape): Tensor {
  if (seed.dtype !== 'int64' || seed.rank !== 0)
    throw new KindredError('shape', 'randomUniform', 'seed must be an int64 scalar', `${seed.dtype}${showShape(seed.shape)}`)
  sizeOf(shape, 'randomUniform')
  return new Node('randomUniform', [seed], { shape }, [{ dtype: 'float32', shape }]).outputs[0]
}

/** The same value, but gradients do not pass. */
export function stopGradient(x: Tensor): Tensor {
  return new Node('stopGradient', [x], {}, [x]).outputs[0]
}

/** The added constants of {@link randomUniform}'s rounds; evaluator and emitters share them. */
export const randomRounds: readonly number[] = [1013904223, 374761393, 668265263, 1274126177, 961748927]
