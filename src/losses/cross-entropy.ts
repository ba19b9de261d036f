/** @file Softmax cross-entropy, for the linear head on frozen embeddings. */
import { argMax, cast, equal, gatherElements, logSoftmax, mean, neg, reshape, type Tensor } from '../tensor/index.ts'

/**
 * loss = -mean_i log softmax(logits_i)[label_i].
 *
 * @param logits [n, classes]
 * @param labels int64 [n]
 * @returns the loss, and the share of rows whose largest logit is the label's
 */
export function crossEntropy(logits: Tensor, labels: Tensor): { loss: Tensor; accuracy: Tensor } {
  const column = reshape(labels, [...labels.shape, 1])
  return {
    loss: neg(mean(gatherElements(logSoftmax(logits, 1), column, 1))),
    accuracy: mean(cast(equal(argMax(logits, 1), labels), 'float32')),
  }
}
