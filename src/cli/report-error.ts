/** @file An error as the user sees it, and the exit code that goes with it. */
import { KindredError, printable, printableJson, printableLines, redact } from '../base/index.ts'
import { ioError } from '../files/index.ts'

/** Settings of {@link reportError}. */
export interface ReportErrorOptions {
  readonly json?: boolean
  /** Show stacks. */
  readonly debug?: boolean
  /** How the command line writes options and verbs that a text names. */
  readonly say?: (text: string) => string
  /** The exit code when a signal stopped the work. */
  readonly interrupted?: number
}

/**
 * Prints an error, without a stack unless asked for, and says with which code the process ends: 2 for the caller's words, `interrupted` when stopped, else 1.
 */
export function reportError(
  error: unknown,
  { json = false, debug = false, interrupted = 130, say = (text) => text }: ReportErrorOptions,
  err: { write(text: string): unknown },
): number {
  const known = said(inWords(error), say)
  const { code, message, ...more } = known?.toJSON() ?? {
    code: 'unexpected',
    message: `unexpected: ${redact(error instanceof Error ? error.message : String(error))}${debug ? '' : ' (KINDRED_DEBUG=1 shows where)'}`,
  }
  err.write(json ? `${printableJson({ event: 'error', error: { code, ...more, message } })}\n` : `error: ${printable(message)}\n`)
  if (debug) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      err.write(`${printableLines(redact(cause.stack ?? cause.message))}\n`)
  }
  return code === 'usage' ? 2 : code === 'interrupted' ? interrupted : 1
}

/** The error of a result that standard output did not take. */
export function lostResult(error: NodeJS.ErrnoException): KindredError {
  const got = error.code === 'ENOSPC' ? 'a full disk (ENOSPC)' : error.message
  return new KindredError('io', 'standard output', 'it must take the whole result', got, 'What the command wrote into files is complete.', {
    cause: error,
  })
}

/** An error in the words of the command line. */
function said(error: KindredError | undefined, say: (text: string) => string): KindredError | undefined {
  if (error === undefined) return undefined
  const { code, where, expected, got, fix, option } = error
  return new KindredError(code, where, say(expected), got, fix === undefined ? undefined : say(fix), { option })
}

/** Refusals of the system that nobody has put into words yet are put into words here. */
function inWords(error: unknown): KindredError | undefined {
  if (error instanceof KindredError) return error
  if (!(error instanceof Error)) return undefined
  const { name, code, errno, syscall, path } = error as NodeJS.ErrnoException
  if (name === 'AbortError')
    return new KindredError('interrupted', 'kindred', 'the work must not be stopped before its end', error.message, undefined, {
      cause: error,
    })
  if (code === 'ERR_MODULE_NOT_FOUND')
    return new KindredError(
      'not-found',
      'kindred',
      'all its modules must be there and open',
      error.message,
      'Install kindred again; where too few files may be open: ulimit -n 1024.',
      { cause: error },
    )
  return errno === undefined || syscall === undefined ? undefined : ioError(syscall, path ?? 'a file', error)
}
