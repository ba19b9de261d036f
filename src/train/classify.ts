/** @file The class of an embedding, by a softmax head. */
import { softmax } from '../openset/index.ts'
import { headLogits, predictions, type SoftmaxHead } from './softmax-head.ts'

/** What a head says of one embedding. */
export interface Classified {
  readonly class: string
  /** Its share of the softmax, calibrated by the head's temperature. */
  readonly probability: number
}

/**
 * The most probable class of each embedding. A head knows its classes alone and names one for any embedding; `openset` says which belong to none.
 *
 * @param vectors float32 [n, head.dim], as the head's model embeds
 * @throws KindredError `usage` for rows of another length
 */
export function classify(head: SoftmaxHead, vectors: Float32Array): Classified[] {
  const n = head.classes.length
  const logits = headLogits(head, vectors)
  const probabilities = softmax(logits, n)
  return Array.from(predictions(logits, n), (c, i) => ({ class: head.classes[c], probability: probabilities[i * n + c] }))
}
