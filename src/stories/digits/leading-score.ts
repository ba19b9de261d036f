/** @file Which score leads, and the rule that it leaves beside the model: the same score at the same threshold. */
import { join } from 'node:path'
import { writeFileAtomic } from '../../files/index.ts'
import { detector } from '../../openset/index.ts'
import type { RejectionResult } from './digits-report.ts'
import type { ScoredRejection } from './rejection.ts'
import { rejectionToJson } from './rejection-file.ts'
import type { Run } from './run.ts'
import { smallMoves } from './small-moves.ts'

/**
 * The score that rejects most of the held-out letters where 95 % of the digits are kept; of all that lie within one standard error of it, the last in the
 * list, which goes from the simplest to what looks at most: so few letters cannot tell them apart, and what hangs on one thing alone fails alone.
 */
export function preferred(scored: readonly ScoredRejection[]): ScoredRejection {
  const best = scored.reduce((a, b) => (b.heldOutRejected > a.heldOutRejected ? b : a))
  const { heldOutRejected: share, heldOutCount: count } = best
  return scored.findLast((s) => s.heldOutRejected >= share - Math.sqrt((share * (1 - share)) / count))!
}

/** All rows, those of the preferred score marked, and of these the one whose threshold is kept beside the model. */
export function rowsOf(scored: readonly ScoredRejection[]): RejectionResult[] {
  const best = preferred(scored)
  return scored.flatMap((s) => {
    if (s !== best) return s.rows
    const { keep, interval, of } = s.promise
    return s.rows.map((r) =>
      r.leads === undefined ? { ...r, preferred: true } : { ...r, preferred: true, leads: true, promise: { keep, interval, of } },
    )
  })
}

/** Writes the rule of the preferred score, with its promise, so that `kindred reject` says what the report says. @param moves how often each image was moved */
export function writeRule(run: Run, model: string, scored: readonly ScoredRejection[], moves: number, file: string): void {
  const { look, at95, promise, name } = preferred(scored)
  if (look === undefined) throw new Error(`the score ${name} leads, and nothing says how it looks at a picture`)
  writeFileAtomic(
    join(run.options.out, file),
    rejectionToJson({
      model,
      input: look.input,
      moves: look.moved === true ? smallMoves(moves, run.seed) : undefined,
      detector: detector(look.scorer, at95),
      promise,
    }),
  )
}
