/** @file The rejection rule of a run on disk: `reject.json`, which `kindred reject` reads. */
import { KindredError, parseJson } from '../../base/index.ts'
import { detectorFromJson, type Detector } from '../../openset/index.ts'

/** What a rejection rule looks at. */
export type RejectionInput = 'embedding' | 'unit features' | 'logits'

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

/**
 * Reads {@link rejectionToJson}.
 *
 * @throws KindredError `corrupt` for another file, `mismatch` when it belongs to another model
 */
export function rejectionFromJson(text: string, what: string, model?: { hash: string }): RejectionFile {
  const raw = parseJson<{ format?: string; model: string; input: RejectionInput; detector: unknown }>(text, what, 'the file must hold JSON')
  if (raw.format !== 'kindred-rejection-1') throw new KindredError('corrupt', what, 'the file must be a rejection rule (kindred-rejection-1)', raw.format ?? 'something else')
  if (model !== undefined && raw.model !== model.hash) throw new KindredError('mismatch', what, `the rule must belong to the model ${model.hash.slice(0, 12)}`, raw.model.slice(0, 12), 'Use the rule that was written beside this model.')
  return { model: raw.model, input: raw.input, detector: detectorFromJson(raw.detector) }
}
