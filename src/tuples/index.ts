/** @file Room `tuples`: triplets and pairs as index arrays, and the masks of pairs they come from. */
export { anchorsOf, constantTriplets, listTriplets, pairMasks, type Pairs, type Triplets, type Tuples } from './tuples.ts'
