/**
 * @file The little that a gallery asks of a database, so that the same SQL runs in PGlite and on a server; and what their refusals mean.
 */
import { KindredError } from '../base/index.ts'

/** Runs one statement; a Buffer parameter is sent in binary form. Rows are plain objects. */
export type Query = <T = Record<string, unknown>>(sql: string, params?: readonly unknown[]) => Promise<T[]>

/** A database that holds a gallery. */
export interface Database {
  /** True when no one else can write: what we know of it stays true. */
  readonly exclusive: boolean
  /** One statement in its own transaction. */
  query: Query
  /** All or nothing: commits when `work` returns, rolls back when it throws. Transactions wait for each other. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /** Throws unless the disk has room for a transaction that writes about so many bytes; a server sees to its own disk. */
  reserve(bytes: number): void
  /** The last version of the gallery that was acknowledged, where the database keeps it outside itself. */
  readonly acknowledged: number | undefined
  /** Keeps a version that has been committed, before anybody is told. */
  acknowledge(version: number): void
  close(): Promise<void>
}

/**
 * A database's refusal as a {@link KindredError}.
 *
 * Codes: PostgreSQL, appendix A.
 */
export function databaseError(where: string, place: string, error: unknown): KindredError {
  if (error instanceof KindredError) return error
  const { code } = error as { code?: string }
  const message = error instanceof Error ? error.message : String(error)
  const fail = (kind: KindredError['code'], expected: string, got: string, fix?: string): KindredError =>
    new KindredError(kind, where, expected, got, fix, { cause: error })
  if (code === '53100' || code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device/i.test(message))
    return fail(
      'io',
      `there must be room on the disk for ${place}`,
      'a full disk',
      'Free some space, open the gallery again and add again: nothing was half-written, and what is there already is skipped.',
    )
  if (/^(EIO|EFBIG|ESTALE|ENODEV|ENXIO)$/.test(code ?? ''))
    return fail(
      'io',
      `the disk must take what the gallery ${place} writes`,
      message,
      'Check the disk and open the gallery again; what was acknowledged is safe.',
    )
  if (code === '25006' || code === 'EROFS' || /read-only file system/i.test(message))
    return fail('io', `${place} must be writable`, message)
  if (/extension "vector" is not available|could not open extension control file.*vector/i.test(message))
    return fail(
      'unsupported',
      `${place} must offer the extension pgvector`,
      'a server without it',
      'Install pgvector 0.5 or newer on the server (packages: postgresql-NN-pgvector; image: pgvector/pgvector).',
    )
  if (code === '42501')
    return fail(
      'io',
      `the user must be allowed to make what a gallery needs in ${place}`,
      message,
      'Let an administrator run CREATE EXTENSION vector in this database once, and grant CREATE on it.',
    )
  if (code === '28P01' || code === '28000')
    return fail(
      'io',
      `${place} must accept the user and password`,
      message,
      'Check both in the address postgres://user:password@host:port/database.',
    )
  if (code === '3D000') return fail('not-found', `${place} must name a database that exists`, message, 'Make it with: createdb NAME')
  if (
    /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|ENOENT)/.test(code ?? '') ||
    /connection (terminated|timeout)|timeout expired|not queryable/i.test(message)
  )
    return fail('io', `${place} must be a PostgreSQL server that answers`, message || code!, 'Is it running, and are host and port right?')
  if (/^XX00|^58P01|^42(P01|P07|703|704|883)|^3F000/.test(code ?? '')) return damaged(place, message, restoreIt, error)
  if (/^57P0|^08/.test(code ?? ''))
    return fail('io', `${place} must stay connected`, message, 'Open the gallery again; what was acknowledged is safe.')
  if (error instanceof WebAssembly.RuntimeError || /unreachable|memory access out of bounds|^Aborted|PANIC/i.test(message))
    return fail(
      'io',
      `the database in ${place} must go on`,
      `its end (${message})`,
      'Open the gallery again; what was acknowledged is safe.',
    )
  return fail('io', `the database ${place} must accept the statement`, code === undefined ? message : `${message} (${code})`)
}

/** What to do with a gallery that is not whole. */
export const restoreIt = 'Restore the folder from a copy, or make the gallery again in another folder.'

/** The error of a gallery that is not whole. */
export function damaged(place: string, got: string, fix = restoreIt, cause?: unknown): KindredError {
  return new KindredError('corrupt', 'gallery', `the database in ${place} must be whole`, got, fix, { cause })
}
