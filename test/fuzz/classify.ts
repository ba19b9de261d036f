/** @file What became of a case. */
import { basename } from 'node:path'
import { KindredError } from '../../src/base/index.ts'
import { fitting, WrongAcceptance, type Files, type Reader } from './readers/reader.ts'

/**
 * `clear`: refused with an error that fits and names the file; `accepted`: read, and what was read is right. Forbidden: `uncaught` (anything else was thrown,
 * or the process died), `wrong` (accepted what must be refused), `slow`, `large`.
 */
export type Outcome = 'clear' | 'accepted' | 'uncaught' | 'wrong' | 'slow' | 'large'
export const outcomes: readonly Outcome[] = ['clear', 'accepted', 'uncaught', 'wrong', 'slow', 'large']
export const forbidden: readonly Outcome[] = ['uncaught', 'wrong', 'slow', 'large']

export interface Judged {
  readonly outcome: Outcome
  /** Of forbidden outcomes: what was seen. */
  readonly what?: string
}

/** JavaScript's own complaints, which say nothing to the owner of a file. */
const foreign = new RegExp(
  [
    /Cannot read propert|is not a function|is not iterable|is not defined|Cannot convert|Invalid array length/,
    /Maximum call stack|Array buffer allocation|Invalid typed array|Cannot destructure/,
    /\bundefined\b|\[object \w+\]|must be of type|out of range\. It must/,
  ]
    .map(({ source }) => source)
    .join('|'),
)

/** Judges what a reader threw. */
export function judgeError(reader: Reader, files: Files, error: unknown): Judged {
  if (error instanceof WrongAcceptance) return { outcome: 'wrong', what: error.message }
  if (!(error instanceof KindredError))
    return {
      outcome: 'uncaught',
      what: error instanceof Error ? `${error.name}: ${error.message}\n${stackOf(error)}` : `thrown: ${String(error)}`,
    }
  const bad = (what: string): Judged => ({ outcome: 'uncaught', what: `${what}: ${error.code}: ${error.message}\n${stackOf(error)}` })
  if (![...fitting, ...(reader.codes ?? [])].includes(error.code)) return bad('an error whose code does not fit')
  const called = reader.called ?? Object.keys(files).map((name) => basename(name))
  if (!called.some((name) => error.message.includes(name))) return bad('an error that does not name the file')
  if (foreign.test(error.message)) return bad("an error in JavaScript's words")
  if (error.message.length > 3000) return bad(`an error of ${error.message.length} characters`)
  return { outcome: 'clear' }
}

/** The product's lines of a stack. */
function stackOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.includes('/src/'))
    .slice(0, 4)
    .map((line) => line.trim().replace(/\(?file:\/\/.*?\/src\//, '(src/'))
    .join('\n')
}
