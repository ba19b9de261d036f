/** @file The rejection rule of a run on disk: `reject.json`, which `kindred reject` reads. */
import { z } from 'zod'
import { KindredError, parseJsonAs } from '../../base/index.ts'
import { detectorFromJson, type Detector } from '../../openset/index.ts'

const inputs = ['embedding', 'unit features', 'logits'] as const
/** What a rejection rule looks at. */
export type RejectionInput = (typeof inputs)[number]

/** A detector with the model it belongs to. */
export interface RejectionFile {
  /** SHA-256 of the model file. */
  readonly model: string
  readonly input: RejectionInput
  readonly detector: Detector
}

/** The file's text. */
export function rejectionToJson({ model, input, detector }: RejectionFile): string {
  return `${JSON.stringify({ format: 'kindred-rejection-1', model, input, detector: detector.toJSON() })}\n`
}

const schema = z.object({ format: z.literal('kindred-rejection-1'), model: z.string(), input: z.enum(inputs), detector: z.unknown() })

/**
 * Reads {@link rejectionToJson}.
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
  if (detector.rule === undefined)
    throw new KindredError('corrupt', what, 'its detector must have a rule, by which pictures are rejected', 'none')
  return { model: raw.model, input: raw.input, detector }
}
