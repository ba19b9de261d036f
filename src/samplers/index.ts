/** @file Room `samplers`: which images make up the next batch. Indices only; seeded; every state can be saved and resumed. */
export { balanced, type BalancedState } from './balanced.ts'
export { mPerClass, type BatchSampler, type MPerClassOptions, type MPerClassState } from './m-per-class.ts'
export { randomTriplets, type TripletBatch, type TripletSampler, type TripletState } from './random-triplets.ts'
export { shuffledBatches, type ShuffleState } from './shuffled-batches.ts'
export type { Labels } from './labels.ts'
