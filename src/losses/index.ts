/** @file Room `losses`: one file a loss. A loss sees embeddings and tuples (or labels), never a miner. */
export { crossEntropy } from './cross-entropy.ts'
export { reduceLosses, type LossOutput, type ReducerName } from './reducers.ts'
export { softNegativeTripletLoss, type SoftNegativeOptions } from './soft-negative-triplet-loss.ts'
export { checkMargin, tripletMarginLoss, type TripletMarginOptions } from './triplet-margin-loss.ts'
