/** @file Ctrl-C and its kin: the first signal asks the work to stop and to save, the second ends the process at once. */
import { KindredError } from '../base/index.ts'

/**
 * Signals that ask a process to end, and their numbers: Ctrl-C, `kill`, a terminal that was closed, Ctrl-Break on Windows. There SIGTERM is never heard:
 * whoever sends it ends the process at once, as SIGKILL does elsewhere, and a closed console leaves ten seconds.
 */
const stopSignals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGBREAK: 21 } as const
export type StopSignal = keyof typeof stopSignals
const names = Object.keys(stopSignals) as StopSignal[]

/** The exit code of work that a signal stopped, as shells count: 130, 143, 129, 149. */
export const exitCodeOf = (signal: StopSignal): number => 128 + stopSignals[signal]

/** Settings of {@link interruptible}. */
export interface InterruptOptions {
  /** Told, in words, what a signal has set going. */
  readonly say: (message: string) => void
  /** Called with the first signal. */
  readonly onSignal?: (signal: StopSignal) => void
  /** Milliseconds after which work that has not ended yet is told of. */
  readonly patience?: number
}

/** Milliseconds in which a signal that comes again is the same one: `timeout` sends its signal twice, to the process and to its group, and keys repeat. */
const sameSignal = 300

/**
 * Runs work that signals can stop.
 *
 * The first signal aborts the work's AbortSignal. From then on the system has its own way with signals: the next one ends the process whatever it is doing,
 * also in the middle of native code.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { say, onSignal, patience = 5000 }: InterruptOptions,
): Promise<T> {
  const controller = new AbortController()
  let watchdog: NodeJS.Timeout | undefined
  const off = (): void => names.forEach((signal) => process.off(signal, stop))
  function stop(signal: StopSignal): void {
    say(`Stopping after the running step (${signal}); ${signal === 'SIGINT' ? 'Ctrl-C again' : 'another signal'} stops at once.`)
    // asleep, so that a second copy of this signal has come before the system gets its way
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, sameSignal)
    off()
    onSignal?.(signal)
    watchdog = setTimeout(
      () =>
        say(
          `The running step has not ended after ${patience / 1000} s; still waiting. ` +
            `${signal === 'SIGINT' ? 'Ctrl-C again' : 'Another signal'} stops at once: nothing is half-written then either.`,
        ),
      patience,
    )
    watchdog.unref()
    controller.abort(
      new KindredError(
        'interrupted',
        'kindred',
        'the work must not be stopped before its end',
        signal === 'SIGINT' ? 'Ctrl-C (SIGINT)' : signal,
      ),
    )
  }
  for (const signal of names) process.on(signal, stop)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(watchdog)
    off()
  }
}
