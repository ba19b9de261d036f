/**
 * @file The odds of being an outlier, by a linear softmax that has one class more: "none of these".
 *
 * Idea: a background class trained on examples of what does not belong. Source: outlier exposure with a reject class, Mohseni et al. 2020,
 * "Self-supervised learning for generalizable out-of-distribution detection"; the linear layer stands on frozen features here.
 */
import { checkRows, ensure, largest } from '../base/index.ts'
import { toBase64 } from './base64.ts'
import type { Scorer } from './scorer.ts'

/**
 * Log odds of the last class against all others together: z_s - log sum_{c < s} e^(z_c), z = W x + b. Outliers lie above; 0 means even odds.
 *
 * @param weight [classes + 1, dim] row-major; the last row is that of the outliers
 * @param bias [classes + 1]
 * @param dim entries of a row that is scored
 * @returns a scorer; cost O(classes dim) per row
 * @throws KindredError `usage` when the lengths do not fit
 * @example
 * const head = await trainSoftmaxHead({ vectors, dim, labels, classes: [...classes, 'none of these'] }) // outliers labelled classes.length
 * outlierOdds(head.weight, head.bias, dim)
 */
export function outlierOdds(weight: Float32Array, bias: Float32Array, dim: number): Scorer {
  const where = 'outlier odds'
  const outputs = bias.length
  ensure(outputs >= 2, where, 'there must be one known class or more, and the outliers', `${outputs} outputs`)
  ensure(
    weight.length === outputs * dim,
    where,
    `weight must be [${outputs}, ${dim}], one row for each of ${outputs} biases`,
    `${weight.length} numbers`,
  )
  return {
    name: 'stranger-odds',
    width: dim,
    outlierWhen: 'above',
    score(x) {
      const z = new Float64Array(outputs)
      return Float64Array.from({ length: checkRows(where, x, dim, 'embeddings') }, (_, row) => {
        for (let c = 0; c < outputs; c++) {
          let sum = bias[c]
          for (let d = 0; d < dim; d++) sum += weight[c * dim + d] * x[row * dim + d]
          z[c] = sum
        }
        const known = z.subarray(0, outputs - 1)
        const top = largest(known)
        return z[outputs - 1] - top - Math.log(known.reduce((sum, v) => sum + Math.exp(v - top), 0))
      })
    },
    state: () => ({ name: 'stranger-odds', width: dim, settings: {}, arrays: { weight: toBase64(weight), bias: toBase64(bias) } }),
  }
}
