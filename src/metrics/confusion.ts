/** @file What is taken for what: accuracy, the confusion matrix, precision and recall of each class. As scikit-learn. */
import { ensure } from '../base/index.ts'
import { checkLabels, compactLabels, type Labels } from './labels.ts'

/** Counts of (true class, predicted class). */
export interface ConfusionMatrix {
  /** The labels that occur in either, ascending: rows and columns. */
  classes: Int32Array
  /** counts[i * c + j]: points of class i predicted as class j. */
  counts: Int32Array
}

/** How well one class is predicted. */
export interface ClassReport {
  label: number
  /** True points of the class. */
  support: number
  /** Right among those predicted as the class; NaN when none is. */
  precision: number
  /** Right among the true points of the class; NaN when there is none. */
  recall: number
  /** Harmonic mean of both: 2 tp / (2 tp + fp + fn). */
  f1: number
}

/** The share of equal entries, in [0, 1]. Cost: O(n) */
export function accuracy(truth: Labels, predicted: Labels): number {
  checkPair('accuracy', truth, predicted)
  let right = 0
  for (let i = 0; i < truth.length; i++) if (truth[i] === predicted[i]) right++
  return right / truth.length
}

/**
 * Counts every (true, predicted) pair of classes.
 *
 * @param truth one label per point
 * @param predicted one label per point
 * @throws KindredError `usage` when lengths differ
 * Cost: O(n + c^2)
 */
export function confusionMatrix(truth: Labels, predicted: Labels): ConfusionMatrix {
  checkPair('confusion matrix', truth, predicted)
  const { classes, ids } = compactLabels(Int32Array.from([...truth, ...predicted]))
  const c = classes.length
  const counts = new Int32Array(c * c)
  for (let i = 0; i < truth.length; i++) counts[ids[i] * c + ids[truth.length + i]]++
  return { classes, counts }
}

/**
 * Precision, recall and F1 of each class.
 *
 * @returns one entry per class of the matrix, in its order. Cost: O(c^2)
 */
export function classReport(matrix: ConfusionMatrix): ClassReport[] {
  const c = matrix.classes.length
  return Array.from(matrix.classes, (label, i) => {
    let support = 0
    let predicted = 0
    for (let j = 0; j < c; j++) {
      support += matrix.counts[i * c + j]
      predicted += matrix.counts[j * c + i]
    }
    const right = matrix.counts[i * c + i]
    return { label, support, precision: right / predicted, recall: right / support, f1: (2 * right) / (support + predicted) }
  })
}

function checkPair(where: string, truth: Labels, predicted: Labels): void {
  ensure(truth.length === predicted.length, where, 'truth and predicted must be equally long', `${truth.length} and ${predicted.length}`)
  checkLabels(where, 'truth', truth, truth.length)
  checkLabels(where, 'predicted', predicted, truth.length)
}
