/** @file Items into the tables: those that are new, and those that have changed. */
import type { Query } from './database.ts'
import type { Item } from './types.ts'
import { encodeVectors } from './vector-bytes.ts'

/** How items are written. */
interface WriteOptions {
  readonly dim: number
  /** The oid of the type `vector`. */
  readonly vectorType: number
}

/** Seven lists, $1 to $7, one place an item. */
const columns = '$1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::vector[]'
const named = '(id, source, label, crop, box, meta, embedding, n)'

function lists(items: readonly Item[], { dim, vectorType }: WriteOptions): unknown[] {
  return [
    items.map((item) => item.id),
    items.map((item) => item.source),
    items.map((item) => item.label ?? null),
    items.map((item) => item.crop ?? null),
    items.map((item) => (item.box == null ? null : `{${item.box.join(',')}}`)),
    items.map((item) => JSON.stringify(item.meta ?? {})),
    encodeVectors(
      items.map((item) => item.vector),
      dim,
      vectorType,
    ),
  ]
}

/** Adds the items whose id is not there yet; tells how many. */
export async function insertItems(
  query: Query,
  items: readonly Item[],
  { recipe, version, ...how }: WriteOptions & { readonly recipe: string; readonly version: number },
): Promise<number> {
  const [{ added }] = await query<{ added: number }>(
    `with inserted as (
      insert into items (id, recipe, source, label, crop, box, meta, embedding, version)
      select id, $8, source, label, crop, box::float8[], meta::jsonb, embedding, $9
      from unnest(${columns}) with ordinality as new ${named}
      order by n
      on conflict (id) do nothing returning 1)
    select count(*)::int as added from inserted`,
    [...lists(items, how), recipe, version],
  )
  return added
}

/** An item that was brought up to date, and what of it had changed. */
export interface ChangedItem {
  readonly ord: number
  readonly label: string | null
  readonly source: string
  readonly renamed: boolean
  readonly moved: boolean
  /** The box. */
  readonly other: boolean
  readonly vector: boolean
}

/** Brings the items whose id is there up to date; tells which were not. No two may have one id. */
export async function updateItems(query: Query, items: readonly Item[], how: WriteOptions): Promise<ChangedItem[]> {
  return query<ChangedItem>(
    `with new as (select * from unnest(${columns}) with ordinality as new ${named}),
    old as (
      select items.ord, new.*, items.label is distinct from new.label as renamed, items.source <> new.source as moved,
        items.box is distinct from new.box::float8[] as other, items.embedding <> new.embedding as changed,
        items.crop is distinct from new.crop or items.meta <> new.meta::jsonb as aside
      from items join new on new.id = items.id)
    update items set source = old.source, label = old.label, crop = old.crop, box = old.box::float8[], meta = old.meta::jsonb, embedding = old.embedding
    from old where items.ord = old.ord and (old.renamed or old.moved or old.other or old.changed or old.aside)
    returning items.ord::float8 as ord, items.label, items.source, old.renamed, old.moved, old.other, old.changed as vector`,
    lists(items, how),
  )
}
