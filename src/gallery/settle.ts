/**
 * @file What a gallery settles once: its recipe, the length of its vectors, whether they have norm 1.
 */
import { z } from 'zod'
import { checkAs, KindredError, ensure } from '../base/index.ts'
import type { Query } from './database.ts'
import { assertSameRecipe, recipeHash, type Recipe } from '../recipe/index.ts'
import type { GalleryOptions } from './types.ts'

/** What is settled; null where nothing has been said yet. */
export interface State {
  recipe: Recipe | null
  /** What the tables call the recipe: its hash, as it was reckoned when the gallery was made. */
  hash: string | null
  dim: number | null
  unitNorm: boolean
}

/** Makes the gallery's row if need be, checks the caller's wishes against it, and fixes what was open. */
export async function settle(query: Query, { recipe, dim, unitNorm }: GalleryOptions): Promise<State> {
  await query(`insert into gallery (unit_norm) values ($1) on conflict (one) do nothing`, [unitNorm ?? false])
  const state = await readState(query)
  if (unitNorm !== undefined && unitNorm !== state.unitNorm)
    throw new KindredError('mismatch', 'gallery', `unitNorm must be ${state.unitNorm}, as when it was made`, String(unitNorm))
  return adopt(query, 'gallery', state, recipe, dim)
}

const objectSchema = z.record(z.string(), z.unknown())

/** What a JSON column must hold: whoever may write in the database can put anything there. @throws KindredError `corrupt` */
export function jsonObject(value: unknown, what: string): Recipe {
  return checkAs(value, what, objectSchema, 'Somebody has changed the database: restore it, or make the gallery again.') as Recipe
}

/** The gallery's row, held until the transaction ends. */
export async function readState(query: Query): Promise<State> {
  const [row] = await query<{ hash: string | null; recipe: Recipe | null; dim: number | null; unit: boolean }>(
    `select gallery.recipe as hash, recipes.recipe, dim, unit_norm as unit from gallery left join recipes on recipes.hash = gallery.recipe for update ` +
      `of gallery`,
  )
  const recipe = row.recipe === null ? null : jsonObject(row.recipe, 'the recipe of the gallery')
  return { hash: row.hash, recipe, dim: row.dim, unitNorm: row.unit }
}

/** Throws unless a recipe, or what names it, is the gallery's own; any is where nothing is settled. @throws KindredError `mismatch` */
export function assertOwnRecipe(context: string, { hash, recipe: own }: State, recipe: Recipe | string): void {
  if (hash === null || own === null || recipe === hash) return
  const fix =
    'Distances between vectors of different recipes mean nothing: make the vectors again with this recipe, or use another gallery.'
  assertSameRecipe(own, recipe, { where: context, fix })
}

/** Gives the gallery a recipe and a length if it has none; throws if it has others. */
export async function adopt(
  query: Query,
  context: string,
  state: State,
  recipe: Recipe | string | undefined,
  dim: number | undefined,
): Promise<State> {
  const next = { ...state }
  if (recipe !== undefined) {
    assertOwnRecipe(context, state, recipe)
    if (state.hash === null) {
      ensure(typeof recipe !== 'string', context, 'the first recipe of a gallery must be given whole', recipe, 'Open it with { recipe }.')
      const hash = recipeHash(recipe)
      await query(`insert into recipes (hash, recipe) values ($1, $2::jsonb) on conflict (hash) do nothing`, [hash, JSON.stringify(recipe)])
      await query(`update gallery set recipe = $1`, [hash])
      Object.assign(next, { recipe, hash })
    }
  }
  if (dim !== undefined && state.dim !== null && state.dim !== dim)
    throw new KindredError(
      'mismatch',
      context,
      `vectors must have the gallery's ${state.dim} numbers`,
      `${dim}`,
      'Use the model that the gallery was made with, or another gallery.',
    )
  if (dim !== undefined && state.dim === null) {
    await query(`update gallery set dim = $1`, [dim])
    await query(`alter table items alter column embedding type vector(${dim})`)
    next.dim = dim
  }
  return next
}
