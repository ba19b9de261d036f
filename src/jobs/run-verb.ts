/** @file Verbs by name: loading one, and calling it. */
import type * as z from 'zod'
import { dirname } from 'node:path'
import { checkChoice } from '../base/index.ts'
import { checkInput } from './check-input.ts'
import { commandOf } from './command-of.ts'
import { jobContext, type JobOptions } from './context.ts'
import { fieldsOf } from './fields.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

/** The names of all verbs. */
export type VerbName = keyof typeof verbs
export const verbNames = Object.keys(verbs) as VerbName[]

type VerbOf<Name extends VerbName> = Awaited<ReturnType<(typeof verbs)[Name]['load']>>
/** What a verb takes, and what it gives. */
export type VerbInput<Name extends VerbName> = z.input<VerbOf<Name>['input']>
export type VerbResult<Name extends VerbName> = Awaited<ReturnType<VerbOf<Name>['run']>>

/** Loads what a verb takes; what does its work is loaded when it runs. */
export function loadVerb(name: VerbName): Promise<Verb> {
  checkChoice('kindred/jobs', 'verb', name, verbNames)
  return verbs[name].load() as Promise<Verb>
}

/**
 * Checks the input of a verb and runs it.
 *
 * @throws KindredError `usage` for a wrong input, else what the work throws
 * @example const { pictures } = await runVerb('classify', { model: 'runs/digits/model.onnx', pictures: ['seven.png'] })
 */
export async function runVerb<Name extends VerbName>(
  name: Name,
  input: VerbInput<Name>,
  options: JobOptions = {},
): Promise<VerbResult<Name>> {
  const verb = await loadVerb(name)
  const checked = checkInput(verb, input)
  return (await perform(verb, checked, { command: commandOf(verb, input), ...options })) as VerbResult<Name>
}

/** Runs a verb whose input has been checked. First goes what killed writers left beside the files that it writes. */
export async function perform(verb: Verb, input: Readonly<Record<string, unknown>>, options: JobOptions): Promise<unknown> {
  const { sweepParts } = await import('../files/index.ts')
  for (const { name, writes } of fieldsOf(verb)) {
    const path = input[name]
    if (writes === true && typeof path === 'string') sweepParts(dirname(path))
  }
  return verb.run(input, jobContext(options))
}
