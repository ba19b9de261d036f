/**
 * @file A sampler as a value: which images make up the next batch, said before there are any images.
 */
import { ensure, KindredError, rng, rngFromState, type Rng, type RngState } from '../base/index.ts'
import type { Labels } from './labels.ts'

/** Batches of image numbers, without end. */
export interface Batches<State = unknown> {
  /** Image numbers of the next batch. */
  next(): Int32Array
  /** Where the batches are; survives JSON. */
  state(): State
  /** Images in a batch. */
  readonly size: number
  /** Batches until each image has come once, on average. */
  readonly stepsPerEpoch: number
}

/** Where batches begin. */
export interface DrawOptions<State = unknown> {
  /** Which batches; ignored when `state` is given. Default 0. */
  readonly seed?: number
  /** Goes on exactly where {@link Batches.state} was taken. */
  readonly state?: State
  /** Take smaller batches where the images cannot fill those asked for, in place of an error: a validation set is smaller than a training set. */
  readonly fit?: boolean
}

/**
 * A way to draw batches. One of your own is such an object, or its `over` alone as a function.
 *
 * The same labels and seed must give the same batches, and a state that went through JSON must go on exactly.
 */
export interface Sampler<State = unknown> {
  readonly name: string
  /** What it was made with, as plain data: a resumed run compares it. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Batches of images with these labels. @param labels [n] class of each image */
  over(labels: Labels, from?: DrawOptions<State>): Batches<State>
}

/** {@link Sampler.over} as a function. */
export type SamplerFunction = (labels: Labels, from: DrawOptions<never>) => Batches

/** The random numbers of a sampler: fresh ones of the seed, or those that a state goes on with. @throws KindredError `corrupt` when the state holds none */
export function randomOf(where: string, seed: number, state: { readonly random: unknown } | undefined): Rng {
  ensure(Number.isSafeInteger(seed), where, 'seed must be a whole number', seed)
  if (state === undefined) return rng(seed).fork(where)
  const { random } = state
  if (!isRngState(random))
    throw new KindredError('corrupt', where, 'the random numbers of the state must be four 32-bit integers', JSON.stringify(random))
  return rngFromState(random)
}

/** Whether a value from a file is the state of random numbers. */
export function isRngState(value: unknown): value is RngState {
  return Array.isArray(value) && value.length === 4 && value.every((v) => Number.isInteger(v) && v === (v | 0))
}

/** Checks a position in a state. @throws KindredError `corrupt` */
export function checkPosition(where: string, position: unknown, most: number): asserts position is number {
  if (!Number.isInteger(position) || (position as number) < 0 || (position as number) > most)
    throw new KindredError('corrupt', where, `the position of the state must be a whole number in 0..${most}`, JSON.stringify(position))
}
