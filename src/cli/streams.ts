/** @file The world outside, as far as the command line touches it. */
import type { ProgressStream } from './progress.ts'

/**
 * Standard output carries results alone; progress, warnings and errors go to standard error. With `--json` both are JSON: one result object on standard output,
 * one object a line on standard error. Whatever comes from outside (file names, messages) is shown with its control characters escaped, and without passwords.
 */
export interface Streams {
  readonly out: { write(text: string): unknown }
  readonly err: ProgressStream
}
