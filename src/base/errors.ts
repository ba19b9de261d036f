/**
 * @file The one error class of the package, and the helpers that build it.
 *
 * Every message has the form `where: what must hold, got what. How to fix.`
 * The command line prints it without a stack; the server answers the same object.
 */

import { redact } from './redact.ts'

/** What went wrong, by kind; the command line maps `usage` to exit 2 and all others to exit 1. */
export type ErrorCode =
  | 'usage' // the caller's words are off: unknown option, bad value
  | 'shape' // tensor shapes or dtypes do not fit, found while a graph is built
  | 'not-found' // a file, folder, package or name is missing
  | 'corrupt' // a file's bytes are not what its format says
  | 'limit' // an input larger than a limit allows; the limit can be raised
  | 'unsupported' // a valid input that this version cannot process
  | 'io' // the disk, the network or the system refused
  | 'mismatch' // two things that must agree (a model and its vectors, a run and its options) do not
  | 'collapsed' // training produced an unusable embedding
  | 'interrupted' // the user or the system asked to stop

/**
 * An error that says what must hold, what came, and how to fix it.
 *
 * A text that speaks of an option names it in backticks (`minSharpness`), and a verb with a call's brackets (`faces()`): whoever shows the text knows how its
 * readers write them. The command line shows `--min-sharpness` and `kindred faces`; see docs/decisions/0024-verbs-as-values.md.
 *
 * @example throw new KindredError('usage', 'triplet margin loss', '`margin` must be >= 0', '-1', 'Pass a margin such as 0.4.', { option: 'margin' })
 */
export class KindredError extends Error {
  readonly code: ErrorCode
  readonly where: string
  readonly expected: string
  readonly got: string | undefined
  readonly fix: string | undefined
  /** The option that is to be given otherwise, by its name in code. */
  readonly option: string | undefined

  constructor(
    code: ErrorCode,
    where: string,
    expected: string,
    got?: string,
    fix?: string,
    { option, ...options }: ErrorOptions & { readonly option?: string } = {},
  ) {
    expected = shortened(expected)
    got = got === undefined ? undefined : shortened(got)
    super(`${where}: ${expected}${got === undefined ? '' : `, got ${got}`}.${fix === undefined ? '' : ` ${fix}`}`, options)
    this.name = 'KindredError'
    this.code = code
    this.where = where
    this.expected = expected
    this.got = got
    this.fix = fix
    this.option = option
  }

  /** The error as plain data, as the server and `--json` print it: without passwords. */
  toJSON(): { code: ErrorCode; where: string; expected: string; got?: string; fix?: string; option?: string; message: string } {
    return {
      code: this.code,
      where: redact(this.where),
      expected: redact(this.expected),
      got: this.got === undefined ? undefined : redact(this.got),
      fix: this.fix === undefined ? undefined : redact(this.fix),
      option: this.option,
      message: redact(this.message),
    }
  }
}

/** The value may be a whole file, and what must hold may quote one: no message is longer than a person reads. */
const shortened = (text: string): string =>
  text.length <= 1500 ? text : `${text.slice(0, 1200)} ... ${text.slice(-100)} (${text.length.toLocaleString('en-US')} characters)`

/** Throws a {@link KindredError} with code `usage` unless `condition` holds. */
export function ensure(condition: unknown, where: string, expected: string, got?: unknown, fix?: string): asserts condition {
  if (!condition) throw new KindredError('usage', where, expected, got === undefined ? undefined : show(got), fix)
}

/** A short printable form of any value, for error messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as unknown as { length: number }).length})`
  if (value === null || typeof value !== 'object') return String(value)
  try {
    if (Array.isArray(value))
      return value.length > 12
        ? `[${value.slice(0, 12).map(show).join(', ')}, ... ${value.length} in all]`
        : `[${value.map(show).join(', ')}]`
    return JSON.stringify(value).slice(0, 200)
  } catch {
    return 'an object that cannot be shown' // it holds itself, or is nested too deep
  }
}
