/**
 * @file Builds pgvector's HNSW graph over a gallery.
 */
import { KindredError, checkChoice, checkOptions, ensure, type Progress } from '../base/index.ts'
import type { Database } from './database.ts'
import type { IndexOptions } from './types.ts'
import { recordWhole } from './whole.ts'

/** pgvector's limit for an index over type `vector`. */
const maxDim = 2000

/** Makes the index `items_hnsw` anew; `dim` is null in a gallery that knows no vectors. */
export async function buildHnsw(database: Database, dim: number | null, options: IndexOptions, progress: Progress): Promise<void> {
  const context = 'gallery index'
  checkOptions(context, options, ['method', 'm', 'efConstruction'])
  const { method = 'hnsw', m = 16, efConstruction = Math.max(64, 2 * m) } = options
  checkChoice(context, 'method', method, ['hnsw'])
  ensure(Number.isInteger(m) && m >= 2 && m <= 100, context, 'm must be a whole number from 2 to 100', m)
  ensure(
    Number.isInteger(efConstruction) && efConstruction >= 2 * m && efConstruction <= 1000,
    context,
    `efConstruction must be a whole number from 2 m = ${2 * m} to 1000`,
    efConstruction,
  )
  ensure(
    dim !== null,
    context,
    'a gallery must know the length of its vectors',
    'an empty gallery',
    'Add items first, or open it with { dim }.',
  )
  if (dim > maxDim)
    throw new KindredError(
      'unsupported',
      context,
      `HNSW takes vectors of at most ${maxDim} numbers`,
      `${dim}`,
      'Exact search needs no index.',
    )
  const [{ count }] = await database.query<{ count: number }>(`select count(*)::float8 as count from items`)
  database.reserve(count * (32 * m + 12 * dim)) // the graph, and its pages once more in the log
  const task = progress.start('building the HNSW index', 1, 'index')
  await database.transaction(async (query) => {
    await query(`set local maintenance_work_mem = '512MB'`) // the graph is built in memory while it fits
    await query(`drop index if exists items_hnsw`)
    await query(
      `create index items_hnsw on items using hnsw (embedding vector_l2_ops) with (m = ${m}, ef_construction = ${efConstruction})`,
    )
    if (database.exclusive) await recordWhole(query, 0)
  })
  task.update(1)
  task.end()
}
