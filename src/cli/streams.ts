/** @file The world outside, as far as the command line touches it, and the options that every command takes. */
import type { Limits } from '../base/index.ts'
import type { RuntimeKind } from '../runtime/index.ts'
import type { ProgressStream } from './progress.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly threads?: number
  readonly runtime?: RuntimeKind
  readonly limit?: Partial<Limits>
}

/**
 * Standard output carries results alone; progress, warnings and errors go to standard error. With `--json` both are JSON: one result object on standard output,
 * one object a line on standard error. Whatever comes from outside (file names, messages) is shown with its control characters escaped, and without passwords.
 */
export interface Streams {
  readonly out: { write(text: string): unknown }
  readonly err: ProgressStream
}
