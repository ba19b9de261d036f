/** @file The gallery on a real PostgreSQL server with pgvector: the common suite, and what only a shared server can do. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonWith } from '../bench/peer.ts'
import { openGallery } from '../src/gallery/index.ts'
import { recipe } from './gallery-items.ts'
import { bruteForce, gallerySuite, someItems } from './gallery-suite.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-postgres-'))
const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  )

/** Starts the server; undefined, and why, where it cannot be had. */
async function start(): Promise<{ server: ChildProcess; url: string; python: string } | undefined> {
  try {
    const python = pythonWith('gallery-server')
    const server = spawn(python, [new URL('gallery_server.py', import.meta.url).pathname, join(root, 'data')], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const { value: url } = await createInterface({ input: server.stdout! })[Symbol.asyncIterator]().next()
    if (typeof url !== 'string') throw new Error('the server did not start')
    return { server, url, python }
  } catch (error) {
    console.warn(`Tests on a PostgreSQL server are skipped: ${(error as Error).message}`)
    return undefined
  }
}

const started = await start()
afterAll(async () => {
  if (started !== undefined) {
    const ended = new Promise((resolve) => started.server.on('exit', resolve))
    started.server.stdin!.end()
    await ended
  }
  rmSync(root, { recursive: true, force: true })
})

describe.skipIf(started === undefined)('on PostgreSQL', () => {
  const url = started?.url ?? ''
  let admin: pg.Client
  beforeAll(async () => {
    admin = new pg.Client({ connectionString: url })
    await admin.connect()
  })
  afterAll(() => admin?.end())

  gallerySuite('gallery on a server', async () => ({ place: url, schema: 'suite' }))

  it('is shared: each client sees what the others added, changed and deleted', async () => {
    const [one, two] = await Promise.all([openGallery(url, { schema: 'shared', recipe }), openGallery(url, { schema: 'shared', recipe })])
    const items = someItems(40, 8, 1)
    await one.add(items.slice(0, 20))
    expect((await two.search(items[0].vector, 1))[0].neighbours[0].id).toBe(items[0].id)
    await two.add(items.slice(20, 30))
    await one.search(items[0].vector, 1)
    await Promise.all([one.add(items.slice(25)), two.add(items.slice(25)), one.add(items.slice(25))])
    await two.delete({ ids: [items[3].id] })
    await one.relabel([items[5].id], 'renamed')
    const left = items.filter((_, i) => i !== 3)
    for (const gallery of [one, two]) {
      const [{ neighbours }] = await gallery.search(items[0].vector, 100)
      const expected = bruteForce(left, items[0].vector, 100).map(({ id }) => id)
      expect(neighbours.map(({ id }) => id)).toEqual(expected)
      expect(neighbours.find(({ id }) => id === items[5].id)!.label).toBe('renamed')
      expect(await gallery.count()).toBe(39)
    }
    await Promise.all([one.close(), two.close()])
  })

  it('keeps galleries of different schemas apart', async () => {
    const one = await openGallery(url, { schema: 'apart_1', recipe })
    const two = await openGallery(url, { schema: 'apart_2', recipe: { model: 'other' }, dim: 3 })
    await one.add(someItems(4, 8, 2))
    expect([await two.count(), two.dim]).toEqual([0, 3])
    expect(await message(openGallery(url, { schema: 'apart_3', create: false }))).toMatch(/must hold a gallery in schema apart_3, got none/)
    await Promise.all([one.close(), two.close()])
  })

  it('refuses what breaks its constraints, whoever asks, and deletes a recipe with all that it made', async () => {
    const gallery = await openGallery(url, { schema: 'constraints', recipe })
    await gallery.add(someItems(4, 8, 3))
    await admin.query('set search_path to constraints, public')
    await expect(admin.query(`update items set embedding = '[1,2]'`)).rejects.toThrow(/expected 8 dimensions/)
    await expect(admin.query(`update items set recipe = repeat('0', 64)`)).rejects.toThrow(/foreign key/)
    await expect(admin.query(`update items set id = ''`)).rejects.toThrow(/check constraint/)
    await expect(admin.query(`update items set box = '{1,2}'`)).rejects.toThrow(/check constraint/)
    await expect(admin.query(`insert into gallery (one, unit_norm) values (false, true)`)).rejects.toThrow(/check constraint/)
    await admin.query('update gallery set recipe = null')
    await admin.query('delete from recipes')
    expect(await gallery.count()).toBe(0)
    await gallery.close()
  })

  it('says what is wrong with a server', async () => {
    expect(await message(openGallery('postgres://user:secret@127.0.0.1:1/nothing'))).toMatch(
      /gallery: postgres:\/\/user:\*\*\*@127\.0\.0\.1:1\/nothing must be a PostgreSQL server that answers, got .*ECONNREFUSED.*Is it running/,
    )
    expect(await message(openGallery(url.replace('/postgres?', '/nowhere?')))).toMatch(
      /must name a database that exists, got database "nowhere" does not exist/,
    )
    await admin.query('create role plain login')
    await admin.query('create database bare')
    expect(await message(openGallery(url.replace('postgres:@/postgres?', 'plain:@/bare?')))).toMatch(
      /must be allowed to make what a gallery needs.*permission denied.*Let an administrator run CREATE EXTENSION vector/,
    )
  })

  it('says so when the server has no pgvector', async () => {
    const control = find(dirname(dirname(started!.python)), 'vector.control')
    renameSync(control, `${control}.aside`)
    try {
      await admin.query('create database without')
      expect(await message(openGallery(url.replace('/postgres?', '/without?')))).toMatch(
        /must offer the extension pgvector, got a server without it\. Install pgvector/,
      )
    } finally {
      renameSync(`${control}.aside`, control)
    }
  })

  it('survives the loss of its connection with an error, not a crash', async () => {
    const gallery = await openGallery(url, { schema: 'cut', recipe })
    await gallery.add(someItems(4, 8, 4))
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kindred'`)
    expect(await message(gallery.count())).toMatch(/must (stay connected|be a PostgreSQL server that answers), got/)
    await gallery.close()
  })
})

/** The file of that name somewhere below a folder. */
function find(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(
    (path) => path.endsWith(`/${name}`) || path.endsWith(`/${name}.aside`),
  )
  if (found === undefined || !existsSync(folder)) throw new Error(`${name} must lie in ${folder}`)
  return join(folder, found.replace(/\.aside$/, ''))
}
