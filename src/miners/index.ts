/** @file Room `miners`: choose triplets or pairs from a batch, inside the graph. One file a miner. */
export { allPairs } from './all-pairs.ts'
export { allTriplets } from './all-triplets.ts'
export { batchHard, type BatchHardOptions } from './batch-hard.ts'
export { easyPositive, type EasyPositiveOptions } from './easy-positive.ts'
export type { Miner, MinerBatch, MinerFunction, PairMiner, TripletMiner } from './miner.ts'
export { semiHard, type SemiHardOptions } from './semi-hard.ts'
export { stackedTriplets } from './stacked-triplets.ts'
