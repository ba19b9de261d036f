/** @file Outliers for training, and others for the validation loss. */
import { ensure, rng } from '../base/index.ts'
import type { ImageSource } from '../dataset/index.ts'

/**
 * Parts a set of outliers by a seeded shuffle: a tenth (but at least one batch's worth, and at most 2000) for validation, the rest for training.
 *
 * @param perBatch outliers in a batch
 * @returns row numbers
 * @throws KindredError `usage` when there are fewer than two batches' worth
 */
export function outlierSplit({ count }: ImageSource, perBatch: number, seed: number): { train: Int32Array; validation: Int32Array } {
  ensure(
    count >= 2 * perBatch,
    'trainEmbedder, outliers',
    `there must be at least ${2 * perBatch} outliers, two batches of ${perBatch}`,
    count,
    'Pass more outliers, or a smaller outliersPerBatch.',
  )
  const order = rng(seed)
    .fork('outliers')
    .shuffle(Int32Array.from({ length: count }, (_, i) => i))
  const held = Math.max(perBatch, Math.round(count / 10))
  return { train: order.slice(held), validation: order.slice(0, Math.min(held, 2000)) }
}
