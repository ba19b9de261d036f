/**
 * @file Keeps a {@link Mirror} in step with the database: reads what is new, and all again after someone else removed or changed anything.
 */
import type { Progress } from '../base/index.ts'
import type { Query } from './database.ts'
import { Mirror, type MirrorRow } from './mirror.ts'
import { decodeVectors } from './vector-bytes.ts'

/** Rows read by one statement. */
const batch = 8192

/** The versions of a gallery: of any change, and of the last that was more than an addition; and how many items it holds, where that is kept. */
export interface Versions {
  version: number
  rewritten: number
  items: number | null
}

/** The gallery's versions now. */
export async function readVersions(query: Query): Promise<Versions> {
  const [{ version, rewritten, items }] = await query<Versions>(
    `select version::float8 as version, rewritten::float8 as rewritten, items::float8 as items from gallery`,
  )
  return { version, rewritten, items }
}

/**
 * A mirror of the gallery at `versions`, `mirror` itself where it can be carried on.
 *
 * Writers take the gallery's row first, so versions commit in order: when a version is seen, all rows up to it are there.
 */
export async function follow(
  query: Query,
  mirror: Mirror | undefined,
  dim: number,
  versions: Versions,
  progress: Progress,
): Promise<Mirror> {
  const carryOn = mirror !== undefined && versions.rewritten <= mirror.version
  const into = carryOn ? mirror : new Mirror(dim)
  if (into.version >= versions.version && carryOn) return into
  const [{ total, last }] = await query<{ total: number; last: number }>(
    `select count(*)::float8 as total, coalesce(max(ord), 0)::float8 as last from items where version > $1 and version <= $2`,
    [into.version, versions.version],
  )
  const task = progress.start('loading the gallery', total, 'item')
  let read = 0
  for (let ord = 0; ord < last;) {
    const [chunk] = await query<{ ords: number[]; ids: string[]; labels: (string | null)[]; sources: string[]; vectors: string }>(
      `select array_agg(ord::float8 order by ord) as ords, array_agg(id order by ord) as ids, array_agg(label order by ord) as labels, array_agg(source order
        by ord) as sources,
        encode(string_agg(vector_send(embedding), '' order by ord), 'base64') as vectors
      from (select * from items where version > $1 and version <= $2 and ord > $3 order by ord limit ${batch}) as chunk`,
      [into.version, versions.version, ord],
    )
    if (chunk.ords === null) break
    const rows: MirrorRow[] = chunk.ords.map((each, i) => ({
      ord: each,
      id: chunk.ids[i],
      label: chunk.labels[i],
      source: chunk.sources[i],
    }))
    into.append(rows, decodeVectors(chunk.vectors, dim))
    ord = rows[rows.length - 1].ord
    task.update((read += rows.length))
  }
  task.end()
  into.version = versions.version
  return into
}
