/** @file Room `samplers`: which images make up the next batch. Indices only; seeded; every state can be saved and resumed. */
export { balanced, type BalancedOptions, type BalancedState } from './balanced.ts'
export { mPerClass, type MPerClassOptions, type MPerClassState } from './m-per-class.ts'
export { randomTriplets, type RandomTripletsOptions, type TripletState } from './random-triplets.ts'
export { shuffledBatches, type ShuffledBatchesOptions, type ShuffleState } from './shuffled-batches.ts'
export type { Batches, DrawOptions, Sampler, SamplerFunction } from './sampler.ts'
export type { Labels } from './labels.ts'
