/**
 * @file Recipes: how a vector was made, as a hash that can be compared and words that can be read.
 */
import { KindredError, ensure } from '../base/index.ts'
import { sha256 } from '../base/index.ts'
import type { Json, Recipe } from './types.ts'

/**
 * The hash of a recipe: SHA-256 of its JSON with sorted keys, so that the order of fields does not matter.
 *
 * @returns 64 lower-case hex digits
 */
export function recipeHash(recipe: Recipe): string {
  return sha256(Buffer.from(canonical(recipe)))
}

/**
 * The id of an item: the hash of its content and its place in it, `hash#index`.
 *
 * @param content the bytes of the file, or their hash where it is known already
 * @param index   which face (or region) of the photo; default 0
 */
export function itemId(content: Uint8Array | string, index = 0): string {
  ensure(Number.isInteger(index) && index >= 0, 'item id', 'index must be a whole number >= 0', index)
  return `${typeof content === 'string' ? content : sha256(content)}#${index}`
}

/** JSON with sorted keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`
}

/** A recipe's fields on one line, long values shortened, and the start of its hash. */
export function describeRecipe(recipe: Recipe): string {
  const short = (value: Json): string => {
    const text = typeof value === 'string' ? value : canonical(value)
    return text.length > 40 ? `${text.slice(0, 37)}...` : text
  }
  return `{${Object.entries(recipe)
    .map(([field, value]) => `${field}: ${short(value)}`)
    .join(', ')}} (${recipeHash(recipe).slice(0, 12)})`
}

/** The error that names two recipes and the fields in which they differ; `other` may be a hash alone. */
export function recipeMismatch(where: string, own: Recipe, other: Recipe | string): KindredError {
  const fix =
    'Distances between vectors of different recipes mean nothing: make the vectors again with this recipe, or use another gallery.'
  if (typeof other === 'string')
    return new KindredError(
      'mismatch',
      where,
      `vectors must be made by the gallery's recipe ${describeRecipe(own)}`,
      `recipe ${other.slice(0, 12)}`,
      fix,
    )
  const fields = [...new Set([...Object.keys(own), ...Object.keys(other)])].filter(
    (field) => canonical(own[field] ?? null) !== canonical(other[field] ?? null),
  )
  return new KindredError(
    'mismatch',
    where,
    `vectors must be made by the gallery's recipe ${describeRecipe(own)}`,
    `${describeRecipe(other)}, which differs in ${fields.join(', ')}`,
    fix,
  )
}
