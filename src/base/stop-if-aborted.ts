/** @file How long-running work is stopped from outside: one error everywhere, with the reason kept. */
import { KindredError } from './errors.ts'

/**
 * Throws when a signal has fired.
 *
 * @param got how far the work is, in words: "a stop after step 12"
 * @param fix how to go on
 * @throws KindredError `interrupted`, whose `cause` is the signal's reason
 */
export function stopIfAborted(signal: AbortSignal | undefined, where: string, got: string, fix?: string): void {
  if (signal?.aborted !== true) return
  throw new KindredError('interrupted', where, 'the run must not be stopped before its end', got, fix, { cause: signal.reason })
}
