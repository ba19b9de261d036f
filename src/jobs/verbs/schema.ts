/** @file Verb `schema`: what every verb takes, as JSON Schema. */
import * as z from 'zod'
import { loadVerb, verbNames } from '../run-verb.ts'
import { verb } from '../verb.ts'

export const schema = verb({
  name: 'schema',
  input: z.strictObject({}),
  examples: [{}],
  notes:
    'One object a verb: name, summary, and input as JSON Schema (draft 2020-12), of which each property has its description and default.',
  run: (): Promise<{ name: string; summary: string; input: unknown }[]> =>
    Promise.all(
      verbNames.map(async (name) => {
        const { summary, input } = await loadVerb(name)
        return { name, summary, input: z.toJSONSchema(input, { io: 'input' }) }
      }),
    ),
})
