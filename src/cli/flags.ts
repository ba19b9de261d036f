/** @file Flags and words of a verb, made from its fields. */
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { flagOf, nearestName } from '../base/index.ts'
import { asCommandLine, choicesOf, commandOf, elementOf, fieldsOf, problemWith, type Field, type Verb } from '../jobs/index.ts'

/** Adds to a command what its verb takes, its examples and notes. */
export function define(command: Command, verb: Verb): void {
  const say = (text: string): string => asCommandLine(text, verb)
  for (const field of fieldsOf(verb)) {
    if (field.positional === true) command.addArgument(wordOf(field, say))
    else for (const option of optionsOf(field, say)) command.addOption(option)
  }
  const examples = verb.examples.map((input) => `  ${commandOf(verb, input)}`)
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}${verb.notes === undefined ? '' : `\n\n${say(verb.notes)}`}`)
}

/** What was given, by the names of the fields: commander's words and options put together. */
export function inputOf(verb: Verb, words: readonly unknown[], command: Command): Record<string, unknown> {
  const fields = fieldsOf(verb)
  const positional = fields.filter((field) => field.positional === true)
  const input: Record<string, unknown> = {}
  for (const [i, { name, schema }] of positional.entries()) {
    const empty = words[i] === undefined || (elementOf(schema) !== undefined && (words[i] as readonly string[]).length === 0)
    if (!empty) input[name] = words[i]
  }
  for (const { name } of fields) {
    const given = command.getOptionValue(name)
    if (given !== undefined) input[name] = given
  }
  return input
}

function wordOf({ name, schema, required, description }: Field, say: (text: string) => string): Argument {
  const shown = elementOf(schema) === undefined ? name : `${name}...`
  return new Argument(required ? `<${shown}>` : `[${shown}]`, say(description))
}

/** The options of a field: for a switch its `--no-` form too, of which help shows the one that changes something. */
function optionsOf(field: Field, say: (text: string) => string): Option[] {
  const flag = flagOf(field.name)
  if (field.schema.def.type !== 'boolean') {
    const option = new Option(`${flag} <${field.placeholder ?? 'value'}>`, say(described(field)))
    return [option.argParser((text: string) => valueOf(field, text)).makeOptionMandatory(field.required)]
  }
  const on = new Option(flag, say(field.description))
  const off = new Option(`--no-${flag.slice(2)}`, field.off === undefined ? `not: ${say(field.description)}` : say(field.off))
  return [on.hideHelp(field.default === true), off.hideHelp(field.default !== true)]
}

/** A description with its choices and default. */
function described({ schema, description, default: standard, defaultText }: Field): string {
  const choices = choicesOf(schema) ?? choicesOf(elementOf(schema) ?? schema)
  const shown = defaultText ?? (standard === undefined ? undefined : String(standard))
  const more = [...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]), ...(shown === undefined ? [] : [`default: ${shown}`])]
  return more.length === 0 ? description : `${description} (${more.join('; ')})`
}

/** The value that a text stands for. @throws InvalidArgumentError saying what it must be */
function valueOf(field: Field, text: string): unknown {
  const { schema } = field
  const element = elementOf(schema)
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part, _, all) => part !== '' || all.length > 1)
  const value = element === undefined ? single(schema, text) : parts.map((part) => single(element, part))
  const problem = problemWith(field, value)
  if (problem === undefined) return value
  const near = nearestName(text, choicesOf(schema) ?? [])
  throw new InvalidArgumentError(
    `It must ${problem}${element === undefined ? '' : ', separated by commas'}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
  )
}

const single = (schema: Field['schema'], text: string): unknown =>
  schema.def.type === 'number' ? (text.trim() === '' ? Number.NaN : Number(text)) : text
