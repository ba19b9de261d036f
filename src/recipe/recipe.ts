/**
 * @file The identity of a vector: the recipe that made it. Vectors of different recipes must not be compared.
 *
 * Two recipes are the same when their canonical forms are: JSON with sorted keys, without what is there for people. What a `hash` names needs no other name,
 * so an object that holds one loses its `name`, `path`, `file` and `licence`: a model file that is renamed, moved or fetched from elsewhere stays the same
 * model.
 */
import { ensure, KindredError, sha256 } from '../base/index.ts'

/**
 * How a vector was made: whatever must agree before two of them may be compared. Plain data, which survives JSON.
 *
 * By custom `{ model: { name, hash }, preprocessing, ... }`, where `hash` is the SHA-256 of the model's file; faces add `alignment` and `detector`.
 */
export type Recipe = { readonly [field: string]: unknown }

const where = 'recipe'
/** Fields of an object with a `hash` that are there for people. */
const forPeople = new Set(['name', 'path', 'file', 'licence'])

const isObject = (value: unknown): value is Recipe => value !== null && typeof value === 'object' && !Array.isArray(value)

/** What of a recipe, or of one of its fields, makes it what it is. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essence)
  if (!isObject(value)) return value
  const named = typeof value.hash === 'string'
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]) => (named && forPeople.has(key) ? [] : [[key, essence(v)]])))
}

/**
 * JSON with sorted keys: the same text for the same data, in whatever order it was written. Fields that are undefined are left out, as JSON does.
 *
 * @throws KindredError `usage` for what JSON cannot say: functions, numbers that are not finite, undefined in a list
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (isObject(value))
    return `{${Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
      .join(',')}}`
  const plain = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
  ensure(plain, where, 'a recipe must be plain data: texts, finite numbers, true, false, null, lists, objects', value)
  return JSON.stringify(value)
}

/**
 * The hash of a recipe: SHA-256 of its canonical form.
 *
 * @returns 64 lower-case hex digits
 * @throws KindredError `usage` for a recipe that is no plain data
 */
export function recipeHash(recipe: Recipe): string {
  ensure(isObject(recipe), where, 'a recipe must be an object of fields', recipe)
  return sha256(canonicalJson(essence(recipe)))
}

/** Whether vectors of two recipes may be compared; either may be a recipe's hash. */
export function sameRecipe(a: Recipe | string, b: Recipe | string): boolean {
  const [mine, yours] = [a, b].map((recipe) => (typeof recipe === 'string' ? recipe : recipeHash(recipe)))
  return mine === yours
}

/** The fields in which two recipes differ, as `preprocessing.size`. */
function differences(a: unknown, b: unknown, path: string): string[] {
  if (!isObject(a) || !isObject(b)) return canonicalJson(a ?? null) === canonicalJson(b ?? null) ? [] : [path]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path === '' ? key : `${path}.${key}`),
  )
}

/**
 * Throws unless vectors of two recipes may be compared.
 *
 * @param other its hash will do, but then the error cannot say in what they differ
 * @param said where it happened and how to mend it, for the error
 * @throws KindredError `mismatch` that names both recipes and the fields in which they differ
 */
export function assertSameRecipe(
  recipe: Recipe,
  other: Recipe | string,
  said: { readonly where?: string; readonly fix?: string } = {},
): void {
  if (sameRecipe(recipe, other)) return
  const got =
    typeof other === 'string'
      ? `that of the hash ${other.slice(0, 12)}`
      : `[${describeRecipe(other)}], which differs in ${differences(essence(recipe), essence(other), '').join(', ')}`
  const fix = said.fix ?? 'Distances between vectors of different recipes mean nothing: make both sides again with one recipe.'
  throw new KindredError('mismatch', said.where ?? where, `vectors must be made by the recipe [${describeRecipe(recipe)}]`, got, fix)
}

/**
 * A recipe on one line, for messages and reports: its fields in the order they were written, and the start of its hash.
 *
 * @example model dlib@b413e420d684; preprocessing size 150, layout NCHW; detector ssd:1c9b3c4f5e6d7a8b (0f1e2d3c4b5a)
 */
export function describeRecipe(recipe: Recipe): string {
  const fields = Object.entries(recipe).filter(([, value]) => value !== undefined)
  return `${fields.map(([field, value]) => `${field} ${inWords(value)}`).join('; ')} (${recipeHash(recipe).slice(0, 12)})`
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.every((v) => !isObject(v)) ? value.join(' ') : short(canonicalJson(value))
  if (!isObject(value)) return short(String(value))
  const { hash, name, ...rest } = value
  const shown = typeof hash === 'string' ? { ...rest } : { ...value }
  for (const key of forPeople) if (typeof hash === 'string') delete shown[key]
  const words = Object.entries(shown)
    .filter(([, v]) => v !== undefined)
    .map(([key, v]) => `${key} ${isObject(v) ? `(${inWords(v)})` : inWords(v)}`)
  if (typeof hash === 'string') words.unshift(`${typeof name === 'string' ? name : ''}@${hash.slice(0, 12)}`)
  return words.join(', ')
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)
