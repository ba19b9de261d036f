/**
 * @file Whether a gallery in a folder is whole: what its last transaction left is held against what is there.
 *
 * In the gallery's row, changed by the transaction that changes what they count, so that no kill can come between: how many items there are, and how many pages
 * each table and index has (PostgreSQL reads a file that was cut short as a shorter table, and a page of zeros as an empty one). And outside the database,
 * after each commit: the gallery's version, for a log that was cut short takes items and row back together. Pages with other bytes than were written fail by
 * their checksums.
 */
import type { KindredError, Progress } from '../base/index.ts'
import { damaged, restoreIt, type Database, type Query } from './database.ts'

/** Up to here the items are counted at opening, some 20 ms. In larger galleries they are when all of them are read first, which costs nothing more. */
const countedAtOpening = 20_000

/** Pages by relation: of all tables and indexes of the gallery, and of what they keep aside (TOAST). */
const pagesNow = `(with own as (select oid, reltoastrelid as aside from pg_class where relnamespace = current_schema()::regnamespace and relkind in
  ('r', 'i', 'S')),
  every as (select oid from own union all select aside from own where aside <> 0 union all select indexrelid from pg_index where indrelid in (select aside
    from own where aside <> 0))
  select coalesce(jsonb_object_agg(oid::text, pg_relation_size(oid::regclass) / current_setting('block_size')::int), '{}') from every)`

/** To be called at the end of each transaction that changes items or their indexes; `change` is by how many there are more. */
export async function recordWhole(query: Query, change: number): Promise<void> {
  await query(`update gallery set items = items + $1::bigint, pages = ${pagesNow}`, [change])
}

/**
 * Throws unless the gallery is whole; to be called before anything is made that is missing.
 *
 * @returns what {@link takeAsWhole} has to do
 * @throws KindredError `corrupt`, naming what is missing and how to go on
 */
export async function checkWhole({ query, acknowledged = 0 }: Database, place: string, acceptDamage: boolean): Promise<string | undefined> {
  const [row] = await query<{ version: number; items: number | null; recipe: boolean }>(
    `select version::float8 as version, items::float8 as items, gallery.recipe is null or exists (select from recipes where hash = gallery.recipe) as ` +
      `recipe from gallery`,
  )
  if (row === undefined && acknowledged > 0) throw damaged(place, 'one without the row that says what it is')
  if (row === undefined) return undefined
  if (!row.recipe) throw damaged(place, 'one without the recipe of its vectors')
  const problem =
    row.version < acknowledged
      ? `with what was acknowledged up to change ${count(row.version)} of ${count(acknowledged)}`
      : row.items === null
        ? undefined
        : await missing(query, row.items)
  if (problem !== undefined && !acceptDamage) throw notWhole(place, problem)
  return problem
}

/** What is missing of a gallery that should have so many items, in words. */
async function missing(query: Query, items: number): Promise<string | undefined> {
  const short = await query<{ name: string; now: number; kept: number }>(
    `select relname as name, now::float8 as now, kept::float8 as kept from gallery, jsonb_each_text(pages) as each (id, kept), jsonb_each_text(${pagesNow})
      as found (oid, now), pg_class
    where id = found.oid and pg_class.oid = id::oid and now::bigint < kept::bigint order by relname`,
  )
  if (short.length === 0 && items > countedAtOpening) return undefined
  const [{ held }] = await query<{ held: number }>(`select count(*)::float8 as held from items`)
  const files = short.map(({ name, now, kept }) => `${name} has ${count(now)} of ${count(kept)} pages`).join(', ')
  if (held === items && files === '') return undefined
  return `with ${held === items ? 'all its' : `${count(held)} of ${count(items)}`} items${files === '' ? '' : `; files were cut short: ${files}`}`
}

/** Begins to keep the numbers in a gallery that has none, or takes what is there for the whole. */
export async function takeAsWhole(database: Database, place: string, problem: string | undefined, progress: Progress): Promise<void> {
  const [{ unknown }] = await database.query<{ unknown: boolean }>(`select items is null as unknown from gallery`)
  if (problem === undefined && !unknown) return
  await database.transaction(async (query) => {
    if (problem !== undefined) {
      progress.warn(`${place} is taken as it is: ${problem}`)
      for (const table of ['items', 'recipes', 'gallery', 'format']) await query(`reindex table ${table}`) // they know rows that are gone
      await query(`update gallery set version = greatest(version, $1::bigint) + 1, rewritten = greatest(version, $1::bigint) + 1`, [
        database.acknowledged ?? 0,
      ])
    }
    await query(`update gallery set items = (select count(*) from items), pages = ${pagesNow}`)
  })
}

const count = (n: number): string => n.toLocaleString('en-US')

const notWhole = (place: string, what: string): KindredError =>
  damaged(place, `one ${what}`, `${restoreIt} To save what is left, open a copy of the folder with { acceptDamage: true }.`)

/** Throws when all items were read and there are fewer, or more, than its transactions left. */
export function ensureAll(place: string, held: number, items: number | null): void {
  if (items !== null && held !== items) throw notWhole(place, `with ${count(held)} of ${count(items)} items`)
}
