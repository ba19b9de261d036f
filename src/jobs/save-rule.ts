/** @file A rule that is kept in a file of the user's choice. */
import { existsSync } from 'node:fs'
import { KindredError } from '../base/index.ts'
import { readText, writeFileAtomic } from '../files/index.ts'
import { rejectionFromJson, rejectionToJson, type RejectionFile } from '../stories/index.ts'

/** Throws where a rule would be written over what is none; looked at before any work. @throws KindredError `usage` */
export function ensureRuleOrNothing(path: string): void {
  if (!existsSync(path)) return
  try {
    rejectionFromJson(readText(path, 'reject'), path)
  } catch (error) {
    if (!(error instanceof KindredError)) throw error
    throw new KindredError(
      'usage',
      'reject',
      'what a rule is written over must be an earlier rule',
      path,
      'Name another file with `save`.',
      {
        option: 'save',
        cause: error,
      },
    )
  }
}

/** Writes it. */
export function saveRule(path: string, rule: RejectionFile): void {
  writeFileAtomic(path, rejectionToJson(rule))
}
