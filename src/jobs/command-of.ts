/** @file A call of a verb, and texts that speak of verbs and options, as the command line writes them. */
import { callText, flagOf } from '../base/index.ts'
import { fieldsOf } from './fields.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

/**
 * The command line that calls a verb with this input, ready to paste and without passwords.
 *
 * @param input as it is given; defaults are left out
 */
export function commandOf(verb: Pick<Verb, 'name' | 'input'>, input: Readonly<Record<string, unknown>>): string {
  const positional = fieldsOf(verb).filter((field) => field.positional === true)
  const words = positional.flatMap(({ name }) => (input[name] === undefined ? [] : [input[name]].flat().map(String)))
  const names = new Set(positional.map(({ name }) => name))
  const options = Object.fromEntries(Object.entries(input).filter(([name]) => !names.has(name)))
  return callText(verb.name, words, options)
}

/**
 * A text for readers of the command line: `minSharpness` in backticks becomes --min-sharpness where the verb takes it, `faces()` becomes kindred faces.
 *
 * @param verb whose options are meant; without it those of none
 * @param others flags that stand for other names in backticks
 */
export function asCommandLine(text: string, verb?: Pick<Verb, 'input'>, others: Readonly<Record<string, string>> = {}): string {
  const fields = verb === undefined ? [] : fieldsOf(verb)
  return text.replace(/`(\w+)(\(\))?`/g, (quoted, name: string, call: string | undefined) => {
    if (call !== undefined) return Object.hasOwn(verbs, name) ? `kindred ${name}` : quoted
    const field = fields.find((f) => f.name === name)
    if (field !== undefined) return field.positional === true ? `<${name}>` : flagOf(name)
    return Object.hasOwn(others, name) ? others[name] : quoted
  })
}
