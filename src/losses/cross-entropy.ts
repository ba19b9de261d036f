/** @file Softmax cross-entropy, for the linear head on frozen embeddings and for networks that end in a column a class. */
import {
  argMax,
  cast,
  div,
  equal,
  gatherElements,
  integers,
  less,
  logSoftmax,
  maximum,
  mul,
  neg,
  numeric,
  reshape,
  sum,
  where,
} from '../tensor/index.ts'
import type { Loss } from './loss.ts'

/**
 * loss_i = -log softmax(logits_i)[label_i], the embeddings being the logits [n, classes]. A row whose label has no column (an outlier) does not count.
 * Reports `accuracy`: the share of counted rows whose largest logit is the label's.
 */
export function crossEntropy(): Loss {
  return {
    name: 'cross-entropy',
    needs: 'labels',
    build({ embeddings: logits, labels }) {
      const n = numeric(logits.shape[0], 'cross-entropy')
      const known = less(labels, integers([numeric(logits.shape[1], 'cross-entropy')], []))
      const column = reshape(where(known, labels, integers([0], [])), [n, 1])
      const exists = cast(known, 'float32')
      const right = cast(equal(argMax(logits, 1), labels), 'float32')
      return {
        each: neg(reshape(gatherElements(logSoftmax(logits, 1), column, 1), [n])),
        exists,
        figures: { accuracy: div(sum(mul(right, exists)), maximum(sum(exists), 1)) },
      }
    },
    // coinciding logits answer alike for every row: at best the shares of the classes
    atCollapse: ({ labelled, perClass }) => Math.log(Math.max(1, labelled / perClass)),
  }
}
