/**
 * @file A gallery on a PostgreSQL server, by URL: one connection, one statement at a time (package `pg`).
 */
import { databaseError, type Database, type Query } from './database.ts'

/** The address without its password, for messages. */
export function redact(url: string): string {
  return url.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:***@')
}

/**
 * Connects.
 *
 * @param url `postgres://user:password@host:port/database`
 * @throws KindredError when the server cannot be reached or refuses the user
 */
export async function openServer(url: string): Promise<Database> {
  const place = redact(url)
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, application_name: 'kindred', connectionTimeoutMillis: 15_000 })
  client.on('error', () => {}) // a lost connection shows in the next statement
  try {
    await client.connect()
  } catch (error) {
    throw databaseError('gallery', place, error instanceof AggregateError ? error.errors[0] : error)
  }
  const query: Query = async <T>(sql: string, params?: readonly unknown[]) => {
    try {
      return (await client.query(sql, params as unknown[])).rows as T[]
    } catch (error) {
      throw databaseError('gallery', place, error)
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
    close: () => inTurn(() => client.end()),
  }
}
