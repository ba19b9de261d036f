/**
 * @file A gallery in a folder: PostgreSQL as WebAssembly (PGlite) with pgvector, in this process.
 *
 * The folder holds `gallery.json` (what it is and whether its making was finished), `lock` (who has it open), `pg/` (PostgreSQL's own files) and
 * `acknowledged-SCHEMA` (up to which version its changes were acknowledged).
 * PGlite runs with fsync off: what is acknowledged has been given to the system, so it outlives the process, whatever ends it, but not a power cut.
 */
import { existsSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { KindredError, type Progress } from '../base/index.ts'
import { ioError, lockFolder, makeFolder, needParts, readJson, writeFileAtomic, type Lock } from '../files/index.ts'
import { openCounter } from './counter.ts'
import { damaged, databaseError, restoreIt, type Database, type Query } from './database.ts'
import { startEngine, type Engine } from './engine.ts'

/** Always kept free: PostgreSQL's log grows by segments of 16 MiB, and PGlite never returns when it cannot make the next one. */
const spareBytes = 64 * 2 ** 20

/**
 * Opens the gallery in a folder, or makes one where the folder is missing or empty.
 *
 * @throws KindredError `not-found`, `usage` (a folder of something else), `mismatch` (open elsewhere), `corrupt`, `io`
 */
export async function openFolder(folder: string, create: boolean, progress: Progress, schema = 'kindred'): Promise<Database> {
  if (!existsSync(folder) && !create)
    throw new KindredError('not-found', 'gallery', `${folder} must exist`, 'no such folder', 'Check the path, or add to a gallery first.')
  checkFolder(folder, create)
  needParts('gallery', ['gallery'])
  makeFolder(folder, 'gallery')
  const lock = await lockFolder(folder, 'gallery', {
    progress,
    instead: 'or use a PostgreSQL server (postgres://...), which many processes may share',
  })
  try {
    checkFolder(folder, create) // again: only now is it ours
    return await start(folder, lock, progress, schema)
  } catch (error) {
    lock.release()
    throw error
  }
}

const markerSchema = z.object({ kindred: z.literal('gallery'), state: z.enum(['creating', 'ready']) })

/** What `gallery.json` says; undefined without one. */
function marker(folder: string): 'creating' | 'ready' | undefined {
  const path = join(folder, 'gallery.json')
  return existsSync(path)
    ? readJson(path, markerSchema, {
        where: 'gallery',
        fix: 'It must say that this is a gallery: restore it from a copy, or choose another folder.',
      }).state
    : undefined
}

/** Throws unless the folder is a gallery, or may become one. */
function checkFolder(folder: string, create: boolean): void {
  let names: string[]
  try {
    names = existsSync(folder) ? readdirSync(folder).filter((name) => !/^(lock|\.lock\..*)$/.test(name)) : []
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new KindredError('usage', 'gallery', `${folder} must be a folder or a postgres:// address`, 'a file', undefined, {
        cause: error,
      })
    throw ioError('gallery', folder, error)
  }
  if (marker(folder) !== undefined) return
  if (names.length > 0)
    throw new KindredError(
      'usage',
      'gallery',
      `${folder} must be a gallery or empty`,
      `a folder of something else (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', ...' : ''})`,
      'Choose another folder.',
    )
  if (!create)
    throw new KindredError(
      'not-found',
      'gallery',
      `${folder} must be a gallery`,
      'an empty folder',
      'Check the path, or add to a gallery first.',
    )
}

async function start(folder: string, lock: Lock, progress: Progress, schema: string): Promise<Database> {
  const data = join(folder, 'pg')
  const mark = (state: 'creating' | 'ready'): void =>
    writeFileAtomic(join(folder, 'gallery.json'), `${JSON.stringify({ kindred: 'gallery', format: 1, state })}\n`)
  const fresh = marker(folder) !== 'ready'
  if (fresh) {
    mark('creating') // interrupted from here on, the next opening begins anew: nothing was acknowledged
    for (const name of readdirSync(folder))
      if (name === 'pg' || name.startsWith('acknowledged-')) rmSync(join(folder, name), { recursive: true, force: true })
    progress.log(`Making a gallery in ${folder}`)
  } else if (!['PG_VERSION', 'global/pg_control', 'base', 'pg_wal'].every((name) => existsSync(join(data, name))))
    throw damaged(folder, 'one without files that it needs')
  const counter = openCounter(join(folder, `acknowledged-${schema}`))
  reserve(folder, fresh ? spareBytes : 0)
  const exitCode = process.exitCode
  let engine: Engine
  try {
    engine = await startEngine(data, lock.pulse)
    if (fresh) mark('ready')
  } catch (error) {
    process.exitCode = exitCode // the WebAssembly program sets it when it gives up
    const told = databaseError('gallery', folder, error)
    throw fresh || told.code !== 'io' || /room on the disk|writable|the disk must take/.test(told.expected)
      ? told
      : damaged(folder, `files that PGlite cannot start with (${told.got ?? told.message})`, restoreIt, error)
  }
  const { pglite } = engine
  const asIs = (value: unknown): string => value as string // Buffers go through in binary form
  let serializers: Record<number, (value: unknown) => string> | undefined
  const through =
    (query: typeof pglite.query): Query =>
    async <T>(sql: string, params?: readonly unknown[]) => {
      try {
        lock.check()
        if (params?.some((value) => Buffer.isBuffer(value)) && serializers === undefined) {
          const { rows } = await query<{ oid: number }>(`select oid::int as oid from pg_type where typname in ('vector', '_vector')`)
          serializers = Object.fromEntries(rows.map(({ oid }) => [oid, asIs]))
        }
        return (await query<T>(sql, params as unknown[], serializers === undefined ? undefined : { serializers })).rows
      } catch (error) {
        throw databaseError('gallery', folder, engine.ended ?? error)
      }
    }
  return {
    exclusive: true,
    query: through(pglite.query.bind(pglite)),
    transaction: async (work) => {
      try {
        return (await pglite.transaction((tx) => work(through(tx.query.bind(tx))))) as Awaited<ReturnType<typeof work>>
      } catch (error) {
        throw databaseError('gallery', folder, engine.ended ?? error)
      }
    },
    reserve: (bytes) => reserve(folder, bytes),
    acknowledged: counter.value,
    acknowledge: (version) => {
      try {
        counter.set(version)
      } catch (error) {
        throw databaseError('gallery', folder, error)
      }
    },
    close: async () => {
      try {
        lock.check()
        if (engine.ended === undefined) await pglite.close()
      } catch (error) {
        throw databaseError('gallery', folder, engine.ended ?? error)
      } finally {
        process.exitCode = exitCode
        counter.close()
        lock.release()
      }
    },
  }
}

/** Throws unless the disk has room for so many bytes and some to spare. */
function reserve(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder)
  const [free, needed] = [bavail * bsize, bytes + spareBytes]
  if (free < needed)
    throw new KindredError(
      'io',
      'gallery',
      `there must be room on the disk for ${folder}: ${Math.ceil(needed / 2 ** 20)} MiB free`,
      `${Math.floor(free / 2 ** 20)} MiB`,
      'Free some space and go on: nothing was half-written, and what is there already is skipped.',
    )
}
