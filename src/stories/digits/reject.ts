/** @file Which images belong to no known class, by a rejection rule. */
import { silent, stopIfAborted, type Progress } from '../../base/index.ts'
import type { TrainedEmbedder } from '../../models/index.ts'
import { conformalPValues, isRejected, l2Normalize } from '../../openset/index.ts'
import { headLogits, type SoftmaxHead } from '../../train/index.ts'
import { meanScores } from './look.ts'
import type { RejectionFile } from './rejection-file.ts'
import { movedImages } from './small-moves.ts'

/** What a rule says of one image. */
export interface Rejected {
  readonly kept: boolean
  readonly rejected: boolean
  /** What the rule compares with its threshold. */
  readonly score: number
  /** (1 + calibration digits as extreme) / (n + 1): how ordinary it is; undefined for a rule without a promise. */
  readonly p?: number
}

/** How long work is watched. */
export interface RejectOptions {
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Images scored between two looks at the signal. */
const atOnce = 500

/**
 * The rule's score of each image: of its embedding, of the unit-length features before it, or of the head's logits; where the rule says so, the mean over the
 * image and its small moves. It does not depend on what other images are asked with it.
 *
 * @param images bytes, as {@link TrainedEmbedder.embed} takes them
 * @param head   opened only for a rule on logits
 * @throws KindredError `interrupted`
 */
export async function scoreImages(
  { detector, input, moves }: Pick<RejectionFile, 'detector' | 'input' | 'moves'>,
  model: TrainedEmbedder,
  images: Uint8Array,
  head: () => SoftmaxHead,
  { progress = silent, signal }: RejectOptions = {},
): Promise<Float64Array> {
  const look = async (pixels: Uint8Array): Promise<Float64Array> => {
    if (input === 'embedding') return detector.scores(await model.embed(pixels))
    if (input === 'logits') return detector.scores(headLogits(head(), await model.embed(pixels)))
    return detector.scores(l2Normalize((await model.run(pixels, ['features'])).features, model.outputs.features))
  }
  const each = model.size[0] * model.size[1] * model.channels
  const count = images.length / each
  const out = new Float64Array(count)
  const task = progress.start('scoring', count, 'picture')
  try {
    for (let from = 0; from < count; from += atOnce) {
      stopIfAborted(signal, 'reject', `a stop after ${from} of ${count} pictures`)
      const some = images.subarray(from * each, Math.min(count, from + atOnce) * each)
      const looks = [await look(some)]
      if (moves !== undefined) for (const moved of movedImages(some, moves, model)) looks.push(await look(moved))
      out.set(meanScores(looks), from)
      task.update(Math.min(count, from + atOnce))
    }
  } finally {
    task.end()
  }
  return out
}

/** Asks a rule about each image. Parameters as for {@link scoreImages}. */
export async function rejectImages(
  rule: RejectionFile,
  model: TrainedEmbedder,
  images: Uint8Array,
  head: () => SoftmaxHead,
  options: RejectOptions = {},
): Promise<Rejected[]> {
  return judgeScores(rule, await scoreImages(rule, model, images, head, options))
}

/** What a rule says of scores. */
export function judgeScores({ detector, promise }: Pick<RejectionFile, 'detector' | 'promise'>, scores: Float64Array): Rejected[] {
  const decides = detector.rule!
  const p = promise === undefined ? undefined : conformalPValues(promise.scores, scores, decides.rejectWhen)
  return Array.from(scores, (score, i) => {
    const rejected = isRejected(score, decides)
    return { kept: !rejected, rejected, score, p: p?.[i] }
  })
}
