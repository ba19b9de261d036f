/**
 * @file What every command is given: progress, a signal for Ctrl-C, the runtime, and two ways to speak. Standard output carries results alone;
 * progress, warnings and errors go to standard error. With `--json` both are JSON: one result object on standard output, one object a line on
 * standard error. Whatever comes from outside (file names, messages) is shown with its control characters escaped, and without passwords.
 */
import { printable, printableJson, type Progress } from '../base/index.ts'
import type { Runtime, RuntimeKind } from '../runtime/index.ts'
import { progressFor } from './progress.ts'
import type { GlobalOptions, Streams } from './streams.ts'

/** What a command works with. */
export interface Context {
  readonly progress: Progress
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal
  readonly json: boolean
  /** The command line, for reports: quoted, and without passwords. */
  readonly command: string
  /** `--runtime` and `--threads`, as given. */
  readonly runtimeKind?: RuntimeKind
  readonly threads?: number
  /** The runtime of `--runtime` with `--threads`. Long commands say where a faster one could be had. */
  runtime(options?: { readonly say?: boolean }): Promise<Runtime>
  /** The command's result: `value` with `--json`, else these lines. Line breaks inside one are escaped: a file's name cannot forge a line. */
  result(value: unknown, lines: readonly string[]): void
}

/** Builds the context of one command. */
export function context(
  { json = false, quiet = false, threads, runtime: kind }: GlobalOptions,
  streams: Streams,
  signal: AbortSignal,
  command: string,
): Context {
  const progress = progressFor(streams.err, { json, quiet })
  let made: Promise<Runtime> | undefined
  return {
    progress,
    signal,
    json,
    command,
    runtimeKind: kind,
    threads,
    runtime: ({ say = true } = {}) =>
      (made ??= import('../runtime/index.ts').then(({ defaultRuntime }) =>
        defaultRuntime({ kind, threads, note: say ? progress.log : undefined }),
      )),
    result: (value, lines) => streams.out.write(json ? `${printableJson(value)}\n` : lines.map((line) => `${printable(line)}\n`).join('')),
  }
}
