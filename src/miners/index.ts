/** @file Room `miners`: choose triplets from a batch, inside the graph. One file a miner. */
export { batchHard, easyPositive } from './batch-hard.ts'
export { semiHard } from './semi-hard.ts'
