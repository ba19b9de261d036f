/** @file What a loss is: from a batch of embeddings to one number for each tuple or row, as graph nodes. */
import { ensure } from '../base/index.ts'
import type { Scope } from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Tuples } from '../tuples/index.ts'

/** What a loss is built from. */
export interface LossBatch {
  /** float32 [n, d] */
  readonly embeddings: Tensor
  /** int64 [n]: class of each row; an outlier has a label of its own, at least as high as the number of classes. */
  readonly labels: Tensor
  /** What the miner chose, for a loss that needs pairs or triplets. */
  readonly tuples: Tuples | undefined
  /**
   * Where weights of the loss's own come from: proxies, learnable margins, memory banks. They are trained and kept in checkpoints, and are no part of the
   * model.
   */
  readonly scope: Scope
}

/** What a loss gives. */
export interface LossParts {
  /** float32 [t]: the loss of each tuple or row; a reducer makes one number of them. A scalar is taken as it is. */
  readonly each: Tensor
  /** float32 [t] of 0 and 1: which count. Those of the tuples when left out. */
  readonly exists?: Tensor
  /** bool [t]: which still pull. Those whose loss is above 0 when left out. */
  readonly active?: Tensor
  /** Scalars to report beside the loss. */
  readonly figures?: Readonly<Record<string, Tensor>>
}

/** A batch as far as its sizes go. */
export interface BatchShape {
  /** All rows. */
  readonly images: number
  /** Rows with a class; the others are outliers. */
  readonly labelled: number
  /** Rows of each class that is there, on average. */
  readonly perClass: number
}

/** A loss: what it takes, and how it is computed. */
export interface Loss {
  readonly name: string
  /** `labels`: the whole batch; else what a miner chooses from it. */
  readonly needs: 'labels' | 'pairs' | 'triplets'
  /** What it was made with, as plain data: a resumed run compares it. */
  readonly options?: Readonly<Record<string, unknown>>
  build(batch: LossBatch): LossParts
  /** The mean loss when all embeddings lie at one point; a training that stands there has collapsed. */
  atCollapse?(batch: BatchShape): number
}

/** A loss of your own in its shortest form: one number, or one a row. */
export type LossFunction = (embeddings: Tensor, labels: Tensor, scope: Scope) => Tensor

/** Throws unless the margin is a finite number >= 0. */
export function checkMargin(where: string, margin: number): void {
  ensure(Number.isFinite(margin) && margin >= 0, where, 'margin must be a number >= 0', margin, 'Pass a margin such as 0.4.')
}
