/**
 * @file The tables of a gallery, as a list of migrations; the same SQL in PGlite and on a server with pgvector 0.5 or newer.
 */
import { KindredError } from '../base/index.ts'
import type { Database } from './database.ts'

/** Migration i brings format i to format i + 1; only ever append. */
const migrations: readonly (readonly string[])[] = [
  [
    `create table recipes (
      hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
      recipe jsonb not null)`,
    `create table gallery (
      one boolean primary key default true check (one),
      recipe text references recipes(hash),
      dim int check (dim between 1 and 16000),
      unit_norm boolean not null)`,
    `create table items (
      ord bigint generated always as identity primary key,
      id text not null unique check (id <> ''),
      recipe text not null references recipes(hash) on delete cascade,
      source text not null,
      label text,
      crop text,
      box float8[] check (box is null or array_length(box, 1) = 4),
      meta jsonb not null default '{}',
      embedding vector not null)`,
    `create index items_label on items (label)`,
    `create index items_source on items (source)`,
  ],
  // Readers that keep a copy in memory: which version added each item, and which last changed or removed any.
  [
    `alter table gallery add version bigint not null default 0, add rewritten bigint not null default 0`,
    `alter table items add version bigint not null default 0`,
    `create index items_version on items (version)`,
  ],
  // What a gallery in a folder holds, so that what a damaged file takes is missed; unknown until it is opened.
  [`alter table gallery add items bigint, add pages jsonb not null default '{}'`],
]

/** The format this program reads and writes. */
export const format = migrations.length

/**
 * Brings the schema to the newest format, making it where it is missing, all in one transaction; two clients that start together wait for each other.
 *
 * @param upTo stop at this format (for tests)
 * @throws KindredError `unsupported` when a newer program wrote it, or pgvector is missing
 */
export async function migrate(database: Database, schema: string, place: string, upTo = format): Promise<void> {
  let path = ''
  await database.transaction(async (query) => {
    await query(`select pg_advisory_xact_lock(hashtext('kindred gallery'))`)
    await query(`create extension if not exists vector`)
    const [{ home }] = await query<{ home: string }>(
      `select nspname as home from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector'`,
    )
    path = [schema, home, 'public'].map(quoted).join(', ')
    if ((await query(`select from pg_namespace where nspname = $1`, [schema])).length === 0) await query(`create schema ${quoted(schema)}`)
    await query(`set local search_path to ${path}`)
    await query(`create table if not exists format (one boolean primary key default true check (one), format int not null)`)
    const [row] = await query<{ format: number }>(`select format from format`)
    const have = row?.format ?? 0
    if (have > format)
      throw new KindredError(
        'unsupported',
        'gallery',
        `${place} must be of format ${format} or older`,
        `format ${have}`,
        'Use the newer version of kindred that made it.',
      )
    if (have >= upTo) return
    for (const statements of migrations.slice(have, upTo)) for (const sql of statements) await query(sql)
    await query(`insert into format (format) values ($1) on conflict (one) do update set format = excluded.format`, [upTo])
  })
  await database.query(`set search_path to ${path}`)
}

/** Whether the schema holds a gallery already. */
export async function hasGallery(database: Database, schema: string): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(
    `select exists (select from pg_tables where schemaname = $1 and tablename = 'items') as found`,
    [schema],
  )
  return row.found
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
