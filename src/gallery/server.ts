/**
 * @file A gallery on a PostgreSQL server, by URL: one connection, one statement at a time (package `pg`).
 */
import type { Client } from 'pg'
import { KindredError, redact } from '../base/index.ts'
import { needParts } from '../files/index.ts'
import { databaseError, type Database, type Query } from './database.ts'

/**
 * Connects.
 *
 * @param url  `postgres://user:password@host:port/database`, as {@link parsePlace} let it pass
 * @param name the address as it may be shown
 * @throws KindredError when the server cannot be reached or refuses the user; neither it nor its causes hold the address's secrets
 */
export async function openServer(url: string, name: string): Promise<Database> {
  const refusal = (error: unknown): KindredError =>
    databaseError('gallery', name, withoutSecrets(error instanceof AggregateError ? error.errors[0] : error))
  needParts('gallery', ['postgres'])
  const { default: pg } = await import('pg')
  let client: Client
  try {
    client = new pg.Client({ connectionString: url, application_name: 'kindred', connectionTimeoutMillis: 15_000 })
    client.on('error', () => {}) // a lost connection shows in the next statement
    await client.connect()
  } catch (error) {
    throw refusal(error)
  }
  const query: Query = async <T>(sql: string, params?: readonly unknown[]) => {
    try {
      return (await client.query(sql, params as unknown[])).rows as T[]
    } catch (error) {
      throw refusal(error)
    }
  }
  let tail: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = tail.then(work)
    tail = turn.catch(() => {})
    return turn
  }
  return {
    exclusive: false,
    query: <T>(sql: string, params?: readonly unknown[]) => inTurn(() => query<T>(sql, params)),
    transaction: (work) =>
      inTurn(async () => {
        await query('begin')
        try {
          const result = await work(query)
          await query('commit')
          return result
        } catch (error) {
          await query('rollback').catch(() => {}) // the first error is the one to tell
          throw error
        }
      }),
    reserve: () => {},
    acknowledged: undefined,
    acknowledge: () => {},
    close: () => inTurn(() => client.end()),
  }
}

/** The driver's error with its words redacted and nothing else on it that could hold the address: it is kept as a cause, which debuggers print whole. */
function withoutSecrets(error: unknown): unknown {
  if (error instanceof KindredError) return error
  if (!(error instanceof Error)) return redact(String(error))
  const { code } = error as { code?: string }
  const plain = new Error(redact(error.message))
  plain.name = error.name
  plain.stack = redact(error.stack ?? '')
  return code === undefined ? plain : Object.assign(plain, { code })
}
