/** @file Softmax cross-entropy on embeddings with one class more: "none of these", for outliers in a batch. */
import { checkOptions, ensure } from '../base/index.ts'
import { dense } from '../nn/index.ts'
import { integers, less, mul, where } from '../tensor/index.ts'
import { crossEntropy } from './cross-entropy.ts'
import type { Loss } from './loss.ts'

/** Options of {@link classOrNone}. */
export interface ClassOrNoneOptions {
  /** Classes that have a name; every label from this number up is an outlier. */
  readonly classes: number
  /** Embeddings are multiplied by it, as those of unit length are too short for sure answers. Default 8. */
  readonly scale?: number
}

/**
 * loss_i = -log softmax(W scale e_i + b)[min(label_i, classes)], W [classes + 1, d] and b the loss's own weights: a row whose label has no name counts as the
 * last class. Beside a triplet loss it pulls outliers together on one side of a plane. Reports `accuracy`.
 *
 * @throws KindredError `usage` for no classes or a scale that is not above 0
 */
export function classOrNone(options: ClassOrNoneOptions): Loss {
  const name = 'class or none'
  checkOptions(name, options, ['classes', 'scale'])
  const { classes, scale = 8 } = options
  ensure(Number.isInteger(classes) && classes > 0, name, 'classes must be a whole number above 0', classes)
  ensure(Number.isFinite(scale) && scale > 0, name, 'scale must be > 0', scale)
  return {
    name,
    needs: 'labels',
    options: { classes, scale },
    build({ embeddings, labels, tuples, scope }) {
      const none = integers([classes], [])
      const logits = dense(classes + 1)(mul(embeddings, scale), scope)
      return crossEntropy().build({ embeddings: logits, labels: where(less(labels, none), labels, none), tuples, scope })
    },
    // coinciding embeddings answer alike for every row: at best the shares of the classes and of the outliers
    atCollapse({ images, labelled, perClass }) {
      const part = (count: number, of: number): number => (count === 0 ? 0 : (count / images) * Math.log(images / of))
      return part(labelled, perClass) + part(images - labelled, images - labelled)
    },
  }
}
