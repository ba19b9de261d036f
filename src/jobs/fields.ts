/** @file The fields of a verb's input, read from its schema: what flags, forms and messages are made of. */
import type * as z from 'zod'
import type { FieldMeta, Verb } from './verb.ts'

/** One field. */
export interface Field extends FieldMeta {
  readonly name: string
  readonly description: string
  /** As it is where it is given: without what makes it optional. */
  readonly schema: z.ZodType
  readonly required: boolean
  readonly default?: unknown
}

/** The fields of a verb, in the order in which they are declared. */
export function fieldsOf({ input }: Pick<Verb, 'input'>): Field[] {
  return Object.entries(input.shape).map(([name, declared]) => fieldOf(name, declared as z.ZodType))
}

function fieldOf(name: string, declared: z.ZodType): Field {
  let [schema, required, standard]: [z.ZodType, boolean, unknown] = [declared, true, undefined]
  let meta: FieldMeta & { readonly description?: string } = {}
  for (;;) {
    meta = { ...(schema.meta() as object | undefined), ...meta }
    const { type, innerType, defaultValue } = schema.def as z.core.$ZodTypeDef & { innerType?: z.ZodType; defaultValue?: unknown }
    if ((type !== 'optional' && type !== 'default') || innerType === undefined) break
    required = false
    standard ??= defaultValue
    schema = innerType
  }
  return { description: '', ...meta, name, schema, required, default: standard }
}

/** The choices of a field that has some. */
export function choicesOf(schema: z.ZodType): readonly string[] | undefined {
  return schema.def.type === 'enum' ? (schema as z.ZodEnum).options.map(String) : undefined
}

/** What the elements of a list are; undefined for what is no list. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  return schema.def.type === 'array' ? (schema as z.ZodArray<z.ZodType>).element : undefined
}

/**
 * What is wrong with a value of a field: what it must do, in words that go on "must"; undefined when nothing is.
 *
 * A check of a field's own has its message in this form: `.refine(..., 'end in .svg')`.
 */
export function problemWith({ schema }: Pick<Field, 'schema'>, value: unknown): string | undefined {
  const result = schema.safeParse(value)
  if (result.success) return undefined
  const [{ code, message }] = result.error.issues
  return code === 'custom' ? message : `be ${mustBe(schema)}`
}

/** What a value must be, in words that go on "must be". */
function mustBe(schema: z.ZodType): string {
  const choices = choicesOf(schema)
  if (choices !== undefined) return `one of ${choices.join(', ')}`
  const element = elementOf(schema)
  if (element !== undefined) {
    const { minLength, maxLength } = lengths(schema)
    const count = minLength === undefined ? '' : minLength === maxLength ? ` of ${minLength}` : ` of at least ${minLength}`
    return `a list${count}, each ${mustBe(element)}`
  }
  if (schema.def.type === 'number') return numberWords(schema as z.ZodNumber)
  if (schema.def.type === 'boolean') return 'true or false'
  return 'text'
}

function lengths(schema: z.ZodType): { minLength?: number; maxLength?: number } {
  const { minimum, maximum, length } = (schema as { _zod: { bag: Record<string, number | undefined> } })._zod.bag
  return { minLength: length ?? minimum, maxLength: length ?? maximum }
}

function numberWords({ isInt, minValue, maxValue }: z.ZodNumber): string {
  const bound = (value: number | null): value is number => value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const range = bound(minValue)
    ? bound(maxValue)
      ? ` from ${minValue} to ${maxValue}`
      : ` >= ${minValue}`
    : bound(maxValue)
      ? ` <= ${maxValue}`
      : ''
  return `a ${isInt ? 'whole number' : 'number'}${range}`
}
