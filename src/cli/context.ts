/**
 * @file What every command is given: progress, a signal for Ctrl-C, the runtime, and two ways to speak. Standard output carries results alone;
 * progress, warnings and errors go to standard error. With `--json` both are JSON: one result object on standard output, one object a line on
 * standard error.
 */
import { KindredError, type Progress } from '../base/index.ts'
import { nodeRuntime, type Runtime } from '../runtime/index.ts'
import { barProgress, jsonProgress, lineProgress, quietProgress, type ProgressStream } from './progress.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly threads?: number
}

/** The world outside, as far as the command line touches it. */
export interface Streams {
  readonly out: { write(text: string): unknown }
  readonly err: ProgressStream
}

/** What a command works with. */
export interface Context {
  readonly progress: Progress
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal
  readonly json: boolean
  /** The native runtime with `--threads`. */
  runtime(): Promise<Runtime>
  /** The command's result: `value` with `--json`, else `text`. */
  result(value: unknown, text: string): void
}

/** Builds the context of one command. */
export function context({ json = false, quiet = false, threads }: GlobalOptions, streams: Streams, signal: AbortSignal): Context {
  const progress = quiet ? quietProgress(streams.err) : json ? jsonProgress(streams.err) : streams.err.isTTY === true ? barProgress(streams.err) : lineProgress(streams.err)
  return {
    progress,
    signal,
    json,
    runtime: () => nodeRuntime(threads === undefined ? {} : { threads }),
    result: (value, text) => streams.out.write(json ? `${JSON.stringify(value)}\n` : text === '' ? '' : `${text}\n`),
  }
}

/** Prints an error as the user should see it and says with which code the process ends: 2 for the caller's words, 130 when stopped, else 1. */
export function reportError(error: unknown, { json = false }: GlobalOptions, streams: Streams, debug: boolean): number {
  const known = error instanceof KindredError
  const message = known ? error.message : `unexpected: ${error instanceof Error ? error.message : String(error)}${debug ? '' : ' (KINDRED_DEBUG=1 shows where)'}`
  streams.err.write(json ? `${JSON.stringify({ event: 'error', error: known ? error.toJSON() : { code: 'unexpected', message } })}\n` : `error: ${message}\n`)
  if (debug && error instanceof Error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) streams.err.write(`${cause.stack}\n`)
  }
  if (!known) return 1
  return error.code === 'usage' ? 2 : error.code === 'interrupted' ? 130 : 1
}
