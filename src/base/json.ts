/** @file Reads JSON that came from outside. */
import { KindredError, show } from './errors.ts'
import { limits, overLimit } from './limits.ts'

/** The part of a zod schema that is needed here; this room imports nothing. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } }
}
interface SchemaIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * The value of a JSON text that a schema describes.
 *
 * @param what the file or thing the text comes from
 * @param schema a zod schema; its `z.number()` refuses numbers that are not finite
 * @param fix how to get a good file
 * @throws KindredError `corrupt`, naming the place (`weights[3].name`), what must hold there and what came; `limit` for nesting
 */
export function parseJsonAs<T>(text: string, what: string, schema: Schema<T>, fix?: string): T {
  return checkAs(parsed(text, what, fix), what, schema, fix)
}

function parsed(text: string, what: string, fix: string | undefined): unknown {
  checkNesting(text, what)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new KindredError('corrupt', what, 'it must hold JSON', error instanceof Error ? error.message : String(error), fix, {
      cause: error,
    })
  }
}

/** A value in memory, checked by a schema; as {@link parseJsonAs}. */
export function checkAs<T>(value: unknown, what: string, schema: Schema<T>, fix?: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [{ path, message }] = result.error.issues
  const place = path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('')
  const mustHold = message
    .replace(/^Invalid (input|option): /, '')
    .replace(', received undefined', '')
    .replace('expected record', 'expected an object')
  const got = valueAt(value, path)
  throw new KindredError(
    'corrupt',
    what,
    `${place === '' ? 'its content' : place} must be as the format says: ${mustHold}`,
    got === undefined ? 'nothing' : show(got).slice(0, 120),
    fix,
  )
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

/** Counts open brackets outside strings, so that nothing that walks the value can run out of stack. */
function checkNesting(text: string, what: string): void {
  const most = limits().nesting
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > most) throw overLimit('nesting', what, 'its lists and objects')
    } else if (c === 0x5d || c === 0x7d) depth--
  }
}
