/** @file Which images belong to no known class, by a rejection rule. */
import type { TrainedEmbedder } from '../../models/index.ts'
import { l2Normalize } from '../../openset/index.ts'
import { headLogits, type SoftmaxHead } from '../../train/index.ts'
import type { RejectionFile } from './rejection-file.ts'

/** What a rule says of one image. */
export interface Rejected {
  readonly rejected: boolean
  /** What the rule compares with its threshold. */
  readonly score: number
}

/**
 * Asks a rule about each image: it looks at the embedding, at the unit-length features before it, or at the head's logits.
 *
 * @param images bytes, as {@link TrainedEmbedder.embed} takes them
 * @param head   opened only for a rule on logits
 */
export async function rejectImages(
  { detector, input }: RejectionFile,
  model: TrainedEmbedder,
  images: Uint8Array,
  head: () => SoftmaxHead,
): Promise<Rejected[]> {
  const rows =
    input === 'embedding'
      ? await model.embed(images)
      : input === 'logits'
        ? headLogits(head(), await model.embed(images))
        : l2Normalize((await model.run(images, ['features'])).features, model.outputs.features)
  const scores = detector.scores(rows)
  return Array.from(detector.predict(rows), (answer, i) => ({ rejected: answer < 0, score: scores[i] }))
}
