/** @file Outliers for training, and others for the validation loss. */
import { ensure, rng } from '../base/index.ts'
import { subset, type Dataset } from '../dataset/index.ts'

/**
 * Parts a set of outliers by a seeded shuffle: a tenth (but at least one batch's worth) for validation, the rest for training.
 *
 * @param perBatch outliers in a batch
 * @throws KindredError `usage` when there are fewer than two batches' worth
 */
export function shuffledSplit(outliers: Dataset, perBatch: number, seed: number): { train: Dataset; validation: Dataset } {
  ensure(
    outliers.count >= 2 * perBatch,
    'trainEmbedder, outliers',
    `there must be at least ${2 * perBatch} outliers, two batches of ${perBatch}`,
    outliers.count,
    'Pass more outliers, or a smaller batch.outliers.',
  )
  const order = rng(seed)
    .fork('outliers')
    .shuffle(Int32Array.from({ length: outliers.count }, (_, i) => i))
  const held = Math.max(perBatch, Math.round(outliers.count / 10))
  return { train: subset(outliers, order.slice(held)), validation: subset(outliers, order.slice(0, Math.min(held, 2000))) }
}
