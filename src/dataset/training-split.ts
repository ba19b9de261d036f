/** @file Which images of a set a training takes, and which it is judged on while it trains. */
import { checkOptions, ensure } from '../base/index.ts'
import { stratifiedSplit, take } from './cut.ts'
import type { ImageSource } from './image-source.ts'
import type { Dataset } from './in-memory.ts'

/** Settings of {@link trainingSplit}. */
export interface TrainingSplitOptions {
  /** How many images are split off for validation, every class in its proportion. */
  readonly validation: number
  /** How many training images are used, drawn by the seed from those that are left (default: all of them). */
  readonly images?: number
  readonly seed: number
}

/**
 * Training and validation images of a set.
 *
 * The validation images depend on the seed alone, so that trainings on more and on fewer images are judged on the same.
 * @throws KindredError `usage` for more images than are left
 */
export function trainingSplit(source: Dataset, options: TrainingSplitOptions): { train: Dataset; validation: Dataset }
export function trainingSplit(source: ImageSource, options: TrainingSplitOptions): { train: ImageSource; validation: ImageSource }
export function trainingSplit(source: ImageSource, options: TrainingSplitOptions): { train: ImageSource; validation: ImageSource } {
  const where = 'training split'
  checkOptions(where, options, ['validation', 'images', 'seed'])
  const { images, seed } = options
  const { train, validation } = stratifiedSplit(source, { count: options.validation, seed })
  if (images === undefined) return { train, validation }
  ensure(
    Number.isInteger(images) && images > 0 && images <= train.count,
    where,
    `images must be a whole number in 1..${train.count}, the training images of ${source.source} beside ${validation.count} for validation`,
    images,
  )
  return { train: take(train, images, { seed }), validation }
}
