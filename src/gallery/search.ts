/**
 * @file Search by the database, filters in memory, and the answer with its threshold.
 */
import { KindredError } from '../base/index.ts'
import { euclideanDistance } from '../neighbours/index.ts'
import type { Query } from './database.ts'
import { contentOfItem } from './item-id.ts'
import type { Mirror } from './mirror.ts'
import type { Filter, Found, Neighbour } from './types.ts'
import { decodeVectors } from './vector-bytes.ts'
import { isEmpty, where } from './where.ts'

/** One item near a query. */
export interface Hit {
  row: { ord: number; id: string; label: string | null; source: string }
  distance: number
}

/** Which rows of a mirror a filter allows, one byte a row; undefined: all. */
export function allowedRows(mirror: Mirror, filter: Filter): Uint8Array | undefined {
  if (isEmpty(filter)) return undefined
  const [ids, notIds, labels, sources, contents] = [filter.ids, filter.notIds, filter.labels, filter.sources, filter.contents].map(
    (list) => (list === undefined ? undefined : new Set<string | null>(list)),
  )
  return Uint8Array.from(mirror.rows, (row) =>
    (ids === undefined || ids.has(row.id)) &&
    !notIds?.has(row.id) &&
    (labels === undefined || labels.has(row.label)) &&
    (sources === undefined || sources.has(row.source)) &&
    (contents === undefined || contents.has(contentOfItem(row.id))) &&
    (filter.below === undefined || filter.below.some((start) => row.source.startsWith(start)))
      ? 1
      : 0,
  )
}

/**
 * The database's own nearest items, with distances computed here in float64, as in memory.
 *
 * @param params the encoded queries as $1
 */
export async function searchDatabase(
  query: Query,
  queries: Float32Array[],
  params: unknown[],
  k: number,
  filter: Filter,
  method: 'sql' | 'hnsw',
  efSearch: number,
): Promise<Hit[][]> {
  if (method === 'hnsw') {
    if ((await query(`select from pg_indexes where schemaname = current_schema() and indexname = 'items_hnsw'`)).length === 0)
      throw new KindredError(
        'usage',
        'gallery search',
        'method hnsw needs an index',
        'a gallery without one',
        'Call gallery.index() once, or search with method exact.',
      )
    await query(`set local hnsw.ef_search = ${Math.min(1000, Math.max(efSearch, k))}`)
    await query(`set local enable_seqscan = off`)
  } else await query(`set local enable_indexscan = off`) // or an HNSW index would answer
  const condition = where('gallery search', filter, params)
  const rows = await query<{ n: number; ord: number; id: string; label: string | null; source: string; vector: string }>(
    `select n::int as n, ord::float8 as ord, id, label, source, encode(vector_send(embedding), 'base64') as vector from unnest($1::vector[]) with ordinality
      as queries (q, n),
      lateral (select ord, id, label, source, embedding from items where ${condition} order by embedding <-> q limit ${k}) as hit`,
    params,
  )
  const hits: Hit[][] = queries.map(() => [])
  for (const { n, vector, ...row } of rows)
    hits[n - 1].push({ row, distance: euclideanDistance(queries[n - 1], decodeVectors(vector, queries[n - 1].length)) })
  for (const list of hits) list.sort((a, b) => a.distance - b.distance || a.row.ord - b.row.ord)
  return hits
}

/** Hits as answers: those within the threshold, and whether there are any. */
export function answer(hits: Hit[][], threshold: number | undefined): Found[] {
  return hits.map((list) => {
    const all: Neighbour[] = list.map(({ row: { id, label, source }, distance }) => ({ id, label, source, distance }))
    const neighbours = threshold === undefined ? all : all.filter(({ distance }) => distance <= threshold)
    return { known: threshold === undefined ? null : neighbours.length > 0, neighbours, nearest: all[0] ?? null }
  })
}
