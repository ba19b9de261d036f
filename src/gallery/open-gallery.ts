/** @file Opens a gallery in a folder or on a server. */
import { KindredError, checkOptions, ensure, silent } from '../base/index.ts'
import { parsePlace } from './address.ts'
import { openFolder } from './embedded.ts'
import { Gallery } from './gallery.ts'
import { hasGallery, migrate } from './schema.ts'
import { openServer } from './server.ts'
import { settle } from './settle.ts'
import type { GalleryOptions } from './types.ts'
import { checkWhole, takeAsWhole } from './whole.ts'

/**
 * Opens a gallery, or makes one where there is none.
 *
 * @param place a folder (PostgreSQL runs inside this process, PGlite), or `postgres://user:password@host:port/database` (a server with pgvector)
 * @throws KindredError `mismatch` when the recipe, length or unit norm differ from the gallery's or another process has the folder open; `not-found`; `usage`
 *   for a
 *   folder of something else; `unsupported` for a server without pgvector or a gallery of a newer program; `corrupt`; `io`
 * Cost: about a second for a folder, several for a new one
 */
export async function openGallery(place: string, options: GalleryOptions = {}): Promise<Gallery> {
  checkOptions('gallery', options, ['recipe', 'dim', 'unitNorm', 'create', 'schema', 'acceptDamage', 'progress'])
  const { create = true, schema = 'kindred', acceptDamage = false, progress = silent, dim } = options
  ensure(typeof place === 'string' && place !== '', 'gallery', 'place must be a folder or a postgres:// address', place)
  ensure(
    dim === undefined || (Number.isInteger(dim) && dim >= 1 && dim <= 16000),
    'gallery',
    'dim must be a whole number from 1 to 16000',
    dim,
  )
  ensure(/^[a-z_][a-z0-9_]{0,62}$/.test(schema), 'gallery', 'schema must be lower-case letters, digits and _', schema)
  const parsed = parsePlace(place)
  const { name } = parsed
  const remote = parsed.kind === 'server'
  const database = remote ? await openServer(parsed.url, name) : await openFolder(parsed.path, create, progress, schema)
  try {
    if (remote && !create && !(await hasGallery(database, schema)))
      throw new KindredError(
        'not-found',
        'gallery',
        `${name} must hold a gallery in schema ${schema}`,
        'none',
        'Check the address, or add to a gallery first.',
      )
    await migrate(database, schema, name)
    const problem = remote ? undefined : await checkWhole(database, name, acceptDamage)
    const state = await database.transaction((query) => settle(query, options))
    if (!remote) await takeAsWhole(database, name, problem, progress)
    const [{ oid }] = await database.query<{ oid: number }>(`select 'vector'::regtype::oid::int as oid`)
    return new Gallery(name, database, state, oid, progress)
  } catch (error) {
    await database.close().catch(() => {}) // the first error is the one to tell
    throw error
  }
}
