/** @file What a miner is: it chooses triplets or pairs from a batch, inside the graph. */
import type { Tensor } from '../tensor/index.ts'
import type { Pairs, Triplets, Tuples } from '../tuples/index.ts'

/** What a miner may know of a batch beside its embeddings and labels. */
export interface MinerBatch {
  /** The first so many rows have a class; those after them are outliers, each with a label of its own. All rows where it is left out. */
  readonly labelled?: number
}

/** A way to choose tuples. It never invents one: a place for which there is no positive or no negative has `exists` 0. */
export interface TripletMiner {
  readonly name: string
  readonly gives: 'triplets'
  /** What it was made with, as plain data: a resumed run compares it. */
  readonly options?: Readonly<Record<string, unknown>>
  /** @param embeddings float32 [n, d] @param labels int64 [n] */
  mine(embeddings: Tensor, labels: Tensor, batch?: MinerBatch): Triplets
}

/** {@link TripletMiner} for pairs. */
export interface PairMiner {
  readonly name: string
  readonly gives: 'pairs'
  readonly options?: Readonly<Record<string, unknown>>
  mine(embeddings: Tensor, labels: Tensor, batch?: MinerBatch): Pairs
}

/** A miner of either kind. */
export type Miner = TripletMiner | PairMiner

/** A miner of your own in its shortest form. */
export type MinerFunction = (embeddings: Tensor, labels: Tensor, batch: MinerBatch) => Tuples
