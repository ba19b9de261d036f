/** @file The embedded gallery: the common suite, and what only a folder can suffer. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGallery } from '../src/gallery/index.ts'
import { openFolder } from '../src/gallery/embedded.ts'
import { format, migrate } from '../src/gallery/schema.ts'
import { sha256, silent } from '../src/base/index.ts'
import { canonicalJson } from '../src/recipe/index.ts'
import { recipe } from './gallery-items.ts'
import { gallerySuite, someItems } from './gallery-suite.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-gallery-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

gallerySuite('gallery in a folder', async () => ({ place: join(root, 'suite') }))

describe('a folder', { timeout: 300_000 }, () => {
  const made = join(root, 'made')
  const items = someItems(30, 4, 1)
  const message = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: Error) => error.message,
    )
  const copy = (name: string): string => {
    cpSync(made, join(root, name), { recursive: true })
    return join(root, name)
  }

  beforeAll(async () => {
    const gallery = await openGallery(made, { recipe, unitNorm: true, dim: 4 })
    for (const { vector } of items) vector.set(vector.map((x, _, all) => x / Math.hypot(...all)))
    await gallery.add(items)
    await gallery.close()
  })

  it('keeps the norm of vectors where it was asked to', async () => {
    const gallery = await openGallery(copy('norm'))
    expect(gallery.unitNorm).toBe(true)
    expect(await message(gallery.add([{ id: 'x', source: 'x', vector: Float32Array.of(1, 1, 0, 0) }]))).toMatch(
      /must have norm 1.*got 1\.414/,
    )
    expect(await message(gallery.search(Float32Array.of(1, 1, 0, 0), 1))).toMatch(/must have norm 1/)
    expect(await message(gallery.search(Float32Array.of(1, 0, 0, 0), 1, { method: 'hnsw' }))).toMatch(
      /needs an index, got a gallery without one\. Call gallery\.index/,
    )
    await gallery.close()
  })

  it('made when names of models counted is the same gallery, and keeps what its recipe is called there', async () => {
    const folder = join(root, 'named')
    const named = (name: string) => ({ model: { name, hash: 'a1b2' }, detector: 'ssd' })
    const [item, other] = someItems(2, 4, 1)
    const first = await openGallery(folder, { recipe: named('face') })
    await first.add([item])
    await first.close()
    const before = sha256(canonicalJson(named('face')))
    const database = await openFolder(folder, false, silent)
    await database.query('alter table kindred.gallery drop constraint gallery_recipe_fkey')
    await database.query('alter table kindred.items drop constraint items_recipe_fkey')
    for (const sql of ['gallery set recipe', 'items set recipe', 'recipes set hash'])
      await database.query(`update kindred.${sql} = $1`, [before])
    await database.close()
    for (const name of ['face', 'renamed']) {
      await using gallery = await openGallery(folder, { recipe: named(name) })
      await gallery.add([{ ...other, recipe: named('again') }])
      expect((await gallery.search(item.vector, 1, { recipe: before }))[0].nearest!.id).toBe(item.id)
      expect(await gallery.recipes()).toEqual([{ hash: before, recipe: named('face'), count: 2 }])
    }
    expect(await message(openGallery(folder, { recipe: { ...named('face'), detector: 'tiny' } }))).toContain('differs in detector')
  })

  it('is opened once at a time: the error names the process, and closing frees it', async () => {
    const folder = copy('locked')
    const gallery = await openGallery(folder)
    expect(await message(openGallery(folder))).toMatch(/one process at a time, got this process, which has it open already/)
    const other = spawnSync(process.execPath, ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, folder, 'count'], {
      encoding: 'utf8',
    })
    expect(other.stderr).toContain(`got process ${process.pid}, which has it open. Close it there first`)
    expect(other.status).toBe(1)
    await gallery.close()
    expect(existsSync(join(folder, 'lock'))).toBe(false)
    const after = spawnSync(process.execPath, ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, folder, 'count'], {
      encoding: 'utf8',
    })
    expect(after).toMatchObject({ stdout: '30\n', status: 0 })
    expect(existsSync(join(folder, 'lock'))).toBe(false) // the child ended without closing: its exit gave the lock back
  })

  it('is not made over something else, nor out of nothing when it must exist', async () => {
    const photos = join(root, 'photos')
    mkdirSync(photos)
    expect(await message(openGallery(photos, { create: false }))).toMatch(/must be a gallery, got an empty folder/)
    writeFileSync(join(photos, 'me.jpg'), 'x')
    expect(await message(openGallery(photos))).toMatch(/must be a gallery or empty, got a folder of something else \(me\.jpg\)/)
    expect(await message(openGallery(join(photos, 'me.jpg')))).toMatch(/must be a folder or a postgres:\/\/ address, got a file/)
    expect(await message(openGallery(join(root, 'nowhere'), { create: false }))).toMatch(/must exist, got no such folder/)
    expect(existsSync(join(root, 'nowhere'))).toBe(false)
    expect(await message(openGallery('mysql://host/db'))).toMatch(
      /must be a folder or a postgres:\/\/ address, got an address of scheme mysql/,
    )
  })

  it('says so when the database is damaged', async () => {
    const damage = async (name: string, how: (folder: string) => void): Promise<string> => {
      const folder = copy(name)
      how(folder)
      const told = await message(openGallery(folder))
      expect(existsSync(join(folder, 'lock'))).toBe(false)
      return told
    }
    const whole = /the database in .* must be whole, got .*\. Restore the folder from a copy/s
    expect(await damage('no-version', (folder) => rmSync(join(folder, 'pg/PG_VERSION')))).toMatch(whole)
    expect(await damage('no-control', (folder) => truncateSync(join(folder, 'pg/global/pg_control'), 100))).toMatch(whole)
    expect(await damage('no-catalogue', (folder) => rmSync(join(folder, 'pg/base'), { recursive: true }))).toMatch(whole)
    for (const text of ['{', 'null', '{"kindred":"gallery"}', '{"kindred":"gallery","state":"lost"}']) {
      expect(await damage(`marker ${text.length}`, (folder) => writeFileSync(join(folder, 'gallery.json'), text))).toMatch(
        /gallery\.json: .* must .*It must say that this is a gallery: restore it from a copy/,
      )
    }
    expect(process.exitCode).toBeUndefined()
  })

  it('is made anew when its making was interrupted', async () => {
    const folder = copy('half-made')
    writeFileSync(join(folder, 'gallery.json'), JSON.stringify({ kindred: 'gallery', format: 1, state: 'creating' }))
    truncateSync(join(folder, 'pg/global/pg_control'), 100)
    const gallery = await openGallery(folder, { recipe })
    expect(await gallery.add(someItems(3, 5, 2))).toEqual({ added: 3, skipped: 0 })
    await gallery.close()
    expect(JSON.parse(readFileSync(join(folder, 'gallery.json'), 'utf8'))).toMatchObject({ state: 'ready' })
  })

  it('carries an older format on, keeps its rows, and leaves a newer one alone', async () => {
    const folder = copy('older')
    const database = await openFolder(folder, false, silent)
    await database.transaction(async (query) => {
      await query(`set local search_path to kindred, public`)
      await query(`alter table items drop column version`)
      await query(`alter table gallery drop column version, drop column rewritten, drop column items, drop column pages`)
      await query(`update format set format = 1`)
    })
    await database.close()
    rmSync(join(folder, 'acknowledged-kindred')) // no older program wrote one
    const gallery = await openGallery(folder)
    expect((await gallery.search(items[0].vector, 1))[0].neighbours[0].id).toBe(items[0].id)
    expect(await gallery.count()).toBe(30)
    await gallery.close()
    const again = await openFolder(folder, false, silent)
    await migrate(again, 'kindred', folder)
    await again.query(`update format set format = ${format + 1}`)
    await again.close()
    expect(await message(openGallery(folder))).toMatch(
      new RegExp(`must be of format ${format} or older, got format ${format + 1}\\. Use the newer version`),
    )
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)('says so when the folder cannot be written', () => {
    const folder = copy('read-only')
    chmodSync(root, 0o755)
    const child = spawnSync(process.execPath, ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, folder, 'count'], {
      encoding: 'utf8',
      uid: 65534,
      env: { ...process.env, HOME: '/nonexistent' },
    })
    expect(child.stderr).toMatch(/lock must be accessible, got EACCES \(no permission\)\. Check its permissions/)
  })

  it('says so when the disk is full, keeps what it acknowledged, and goes on when there is room', (context) => {
    const mount = join(root, 'small-disk')
    mkdirSync(mount)
    const size = Number(spawnSync('du', ['-sm', made], { encoding: 'utf8' }).stdout.split('\t')[0]) + 110
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'none', mount]).status !== 0)
      return context.skip('this test mounts a small disk, which is not allowed here')
    // In a process of its own, which can be stopped: PGlite 0.5.14 spins for ever when it meets a full disk, and only looking beforehand prevents it.
    const child = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, join(mount, 'gallery'), ...args],
        { encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
      )
    try {
      cpSync(made, join(mount, 'gallery'), { recursive: true })
      const full = child('fill', '0', '20000', '200')
      expect(full.stderr).toMatch(/there must be room on the disk for .*: \d+ MiB free, got \d+ MiB\. Free some space and go on/)
      expect(full.status).toBe(1)
      const acknowledged = Number(full.stdout.trim().split('\n').at(-1))
      expect(acknowledged).toBeGreaterThan(0)
      spawnSync('mount', ['-o', 'remount,size=600m', mount])
      expect(child('count').stdout).toBe(`${acknowledged + 30}\n`)
      expect(child('fill', '0', String(acknowledged + 100), '200')).toMatchObject({ status: 0, stderr: '' })
      expect(child('count').stdout).toBe(`${acknowledged + 130}\n`)
    } finally {
      spawnSync('umount', [mount])
    }
  })
})
