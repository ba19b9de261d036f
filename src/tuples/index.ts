/** @file Room `tuples`: triplets as index arrays, and the masks of pairs they come from. */
export { allTriplets, anchorsOf, constantTriplets, pairMasks, stackedTriplets, type Triplets } from './tuples.ts'
