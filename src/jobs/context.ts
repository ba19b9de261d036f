/** @file What a verb works with. */
import { silent, type Progress } from '../base/index.ts'
import type { Runtime, RuntimeKind } from '../runtime/index.ts'

/** What a verb's `run` is given beside its input. */
export interface JobContext {
  readonly progress: Progress
  /** Fires when the work is to stop. */
  readonly signal: AbortSignal
  /** The call as a command line, for reports: quoted, and without passwords. */
  readonly command: string
  /** Which runtime and how many threads were asked for. */
  readonly runtimeKind?: RuntimeKind
  readonly threads?: number
  /** The runtime, opened when it is first asked for. @param say whether to say where a faster one could be had */
  runtime(options?: { readonly say?: boolean }): Promise<Runtime>
}

/** What a caller may say of it. */
export type JobOptions = Partial<Pick<JobContext, 'progress' | 'signal' | 'command' | 'runtimeKind' | 'threads'>> & {
  /** A runtime that is open already. */
  readonly runtime?: Runtime
}

/** Makes the context of one call. */
export function jobContext({
  progress = silent,
  signal = new AbortController().signal,
  command = '',
  runtimeKind: kind,
  threads,
  runtime,
}: JobOptions): JobContext {
  let made = runtime === undefined ? undefined : Promise.resolve(runtime)
  return {
    progress,
    signal,
    command,
    runtimeKind: kind,
    threads,
    runtime: ({ say = true } = {}) =>
      (made ??= import('../runtime/index.ts').then(({ defaultRuntime }) =>
        defaultRuntime({ kind, threads, note: say ? progress.log : undefined }),
      )),
  }
}
