/** @file Checks what a verb is given. */
import type * as z from 'zod'
import { checkOptions, KindredError, nearestName, show } from '../base/index.ts'
import { choicesOf, fieldsOf, problemWith } from './fields.ts'
import type { Verb } from './verb.ts'

/**
 * A verb's input with its defaults.
 *
 * @throws KindredError `usage` for an unknown name (suggests the nearest), a missing field and a value that its field does not take; `option` names the field
 */
export function checkInput<Input extends z.ZodObject>(verb: Pick<Verb<Input>, 'name' | 'input'>, value: unknown): z.output<Input> {
  const result = verb.input.safeParse(value)
  if (result.success) return result.data
  const { name: where } = verb
  const fields = fieldsOf(verb)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new KindredError('usage', where, 'the input must be an object', show(value))
  checkOptions(
    where,
    value,
    fields.map(({ name }) => name),
  )
  const [issue] = result.error.issues
  const field = fields.find(({ name }) => name === issue.path[0])
  const option = { option: field?.name }
  const got = field && (value as Readonly<Record<string, unknown>>)[field.name]
  const problem = field && got !== undefined ? problemWith(field, got) : undefined
  // a check of several fields says its own sentence
  if (field === undefined || (problem === undefined && issue.code === 'custom'))
    throw new KindredError('usage', where, issue.message, undefined, undefined, option)
  const name = `\`${field.name}\``
  if (problem === undefined)
    throw new KindredError('usage', where, `${name} must be given: ${field.description}`, undefined, undefined, option)
  const near = nearestName(String(got), choicesOf(field.schema) ?? [])
  throw new KindredError('usage', where, `${name} must ${problem}`, show(got), near && `Did you mean ${show(near)}?`, option)
}
