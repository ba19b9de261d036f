/** @file Which score leads, and the rule that it leaves beside the model. */
import { join } from 'node:path'
import { writeFileAtomic } from '../../files/index.ts'
import { detector, logitScorer, type LogitScoreName } from '../../openset/index.ts'
import type { RejectionResult } from './digits-report.ts'
import type { Fitted } from './fit-scores.ts'
import type { ScoredRejection } from './rejection.ts'
import { rejectionToJson } from './rejection-file.ts'
import type { Run } from './run.ts'

/** The score that rejects most of the held-out letters where 84 % of the digits are kept and right. */
export function preferred(scored: readonly ScoredRejection[]): ScoredRejection {
  return scored.reduce((a, b) => (b.heldOutRejected > a.heldOutRejected ? b : a))
}

/** All rows, those of the preferred score marked. */
export function rowsOf(scored: readonly ScoredRejection[]): RejectionResult[] {
  const best = preferred(scored)
  return scored.flatMap((s) => (s === best ? s.rows.map((r) => ({ ...r, preferred: true })) : s.rows))
}

/**
 * Writes the detector of the preferred score that needs one look at an image, so that `kindred reject` can use it; it keeps 95 % of the validation digits. It
 * looks at the head's logits as they are: the head has divided them by its temperature.
 */
export function writeDetector(
  run: Run,
  model: string,
  { knn, gauss, odds }: Fitted,
  classes: number,
  scored: readonly ScoredRejection[],
  file: string,
): void {
  const { name, at95 } = preferred(scored.filter((s) => !s.name.endsWith('-moved')))
  const [scorer, input] =
    name === 'knn-distance'
      ? ([knn, 'embedding'] as const)
      : name === 'mahalanobis'
        ? ([gauss, 'unit features'] as const)
        : name === 'stranger-odds'
          ? ([odds!, 'unit features'] as const)
          : ([logitScorer(name as LogitScoreName, classes), 'logits'] as const)
  writeFileAtomic(join(run.options.out, file), rejectionToJson({ model, input, detector: detector(scorer, at95) }))
}
