/** @file The rejection rule of a run on disk: `reject.json`, which `kindred reject` reads. */
import { z } from 'zod'
import { KindredError, parseJsonAs } from '../../base/index.ts'
import { detectorFromJson, promiseFromJson, promiseToJson, type ConformalPromise, type Detector } from '../../openset/index.ts'
import { rejectionInputs, type RejectionInput } from './look.ts'
import type { Moves } from './small-moves.ts'

/** A detector with the model it belongs to. */
export interface RejectionFile {
  /** SHA-256 of the model file. */
  readonly model: string
  readonly input: RejectionInput
  readonly detector: Detector
  /** The score is the mean over an image and these moves of it; undefined: a single look. */
  readonly moves?: Moves
  /** What the threshold promises; undefined in files of older versions. */
  readonly promise?: ConformalPromise
}

/** The file's text. */
export function rejectionToJson({ model, input, moves, detector, promise }: RejectionFile): string {
  const said = promise === undefined ? undefined : promiseToJson(promise)
  return `${JSON.stringify({ format: 'kindred-rejection-2', model, input, moves, promise: said, detector: detector.toJSON() })}\n`
}

const amount = z.number().min(0).max(360)
const schema = z.object({
  /** Version 1 had neither moves nor a promise. */
  format: z.enum(['kindred-rejection-1', 'kindred-rejection-2']),
  model: z.string(),
  input: z.enum(rejectionInputs),
  moves: z
    .object({
      count: z.int().min(1).max(64),
      seed: z.int().min(0),
      rotate: amount,
      scale: amount.lt(1),
      shear: amount,
      translate: amount,
    })
    .optional(),
  promise: z.unknown().optional(),
  detector: z.unknown(),
})

/**
 * Reads {@link rejectionToJson}, and what older versions wrote.
 *
 * @throws KindredError `corrupt` for another file, `mismatch` when it belongs to another model
 */
export function rejectionFromJson(text: string, what: string, model?: { hash: string }): RejectionFile {
  const raw = parseJsonAs(text, what, schema, '`digits()` writes such a file beside its model.')
  if (model !== undefined && raw.model !== model.hash)
    throw new KindredError(
      'mismatch',
      what,
      `the rule must belong to the model ${model.hash.slice(0, 12)}`,
      raw.model.slice(0, 12),
      'Use the rule that was written beside this model.',
    )
  const detector = detectorFromJson(raw.detector, what)
  const { rule } = detector
  if (rule === undefined) throw new KindredError('corrupt', what, 'its detector must have a rule, by which pictures are rejected', 'none')
  const first = raw.format === 'kindred-rejection-1'
  return {
    model: raw.model,
    input: raw.input,
    detector,
    moves: first ? undefined : raw.moves,
    promise: first || raw.promise === undefined ? undefined : promiseFromJson(raw.promise, rule, what),
  }
}
