/** @file What a verb is: one thing kindred does, as a value, from which command line, server and forms are made. */
import type * as z from 'zod'
import type { KindredError } from '../base/index.ts'
import type { JobContext } from './context.ts'
import { verbs } from './verbs.ts'

/** One thing kindred does. */
export interface Verb<Input extends z.ZodObject = z.ZodObject, Result = unknown> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** What it takes. Each field has a description; what {@link FieldMeta} holds says how it is shown. */
  readonly input: Input
  /** Inputs that show what can be done. */
  readonly examples: readonly z.input<Input>[]
  /** What else a reader of its help should know. */
  readonly notes?: string
  /**
   * Does it. What does the work is loaded here.
   *
   * @param input checked, with defaults
   * @returns plain data that JSON can hold
   */
  run(input: z.output<Input>, context: JobContext): Promise<Result>
  /** The result as lines for a person; without this it is shown as JSON. */
  render?(result: Result, input: z.output<Input>): readonly string[] | Promise<readonly string[]>
  /** An error that a complete result amounts to. */
  failure?(result: Result): KindredError | undefined
}

/** What `.meta()` of a field may hold, beside its description. */
export interface FieldMeta {
  /** Given without a name, in the order of the fields. */
  readonly positional?: boolean
  /** What stands for its value in help: `file` in `--head <file>`. */
  readonly placeholder?: string
  /** What happens where it is left out, when that is no plain value. */
  readonly defaultText?: string
  /** A path of a file or folder that is written. */
  readonly writes?: boolean
  /** What false does, for a switch that is on by itself. */
  readonly off?: string
}

/** Makes a verb; its summary stands in the list of verbs, so that the list can be shown without loading them. */
export function verb<Input extends z.ZodObject, Result>(definition: Omit<Verb<Input, Result>, 'summary'>): Verb<Input, Result> {
  return { ...definition, summary: verbs[definition.name as keyof typeof verbs].summary }
}
