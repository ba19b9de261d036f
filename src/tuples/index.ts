/** @file Room `tuples`: triplets as index arrays, and the masks of pairs they come from. */
export { allTriplets, constantTriplets, pairMasks, stackedTriplets, type Triplets } from './tuples.ts'
