/** @file Files of an embedded gallery that lost something: it says so at opening, with what is missing and how to go on; what only a kill left is no damage. */
import { spawn } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silent } from '../src/base/index.ts'
import { openFolder } from '../src/gallery/embedded.ts'
import { openGallery, type GalleryOptions, type Item } from '../src/gallery/index.ts'
import { numberedItem, recipe } from './gallery-items.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-gallery-damage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const made = join(root, 'made')
const count = 1500
/** Files of the gallery's tables and indexes by name, relative to the folder; `aside` is where PostgreSQL keeps long vectors. */
let files: Record<string, string>
let columns = 0
const numbered = (first: number, n: number): Item[] => Array.from({ length: n }, (_, i) => numberedItem(first + i))
const message = (folder: string, options: GalleryOptions = {}): Promise<string> =>
  openGallery(folder, options).then(
    (gallery) => gallery.close().then(() => 'no error'),
    (error: Error) => error.message,
  )

async function filesOf(folder: string): Promise<Record<string, string>> {
  const database = await openFolder(folder, false, silent)
  const rows = await database.query<{ name: string; path: string }>(
    `select relname as name, pg_relation_filepath(oid) as path from pg_class where relnamespace = 'kindred'::regnamespace and relkind in ('r', 'i')
    union all select 'aside', pg_relation_filepath(reltoastrelid) from pg_class where oid = 'kindred.items'::regclass`,
  )
  await database.close()
  return Object.fromEntries(rows.map(({ name, path }) => [name, join('pg', path)]))
}

/** A copy with a file changed. */
function damage(from: string, name: string, file: string, how: (path: string, size: number) => void): string {
  const folder = join(root, name)
  cpSync(from, folder, { recursive: true })
  how(join(folder, file), statSync(join(folder, file)).size)
  return folder
}

const half = (path: string, size: number): void => truncateSync(path, size / 2)
const write = (path: string, bytes: Uint8Array, at: number): void => {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, at)
  closeSync(fd)
}
const whole = (folder: string): string => `gallery: the database in ${folder} must be whole, got`
const goOn =
  'Restore the folder from a copy, or make the gallery again in another folder. To save what is left, open a copy of the folder with { acceptDamage: true }.'

beforeAll(async () => {
  const gallery = await openGallery(made, { recipe })
  await gallery.add(numbered(0, count))
  await gallery.close()
  files = await filesOf(made)
}, 120_000)

describe('a gallery whose files lost something', { timeout: 120_000 }, () => {
  it('cut short, says how much is left, and goes on with that when told to', async () => {
    const folder = damage(made, 'half', files.items, half)
    const told = await message(folder)
    expect(told).toMatch(/ got one with [1-9]\d\d of 1,500 items; files were cut short: items has \d+ of \d+ pages\. Restore/)
    expect(told).toContain(goOn)
    const left = Number(/with (\d+) of/.exec(told)![1])
    const warned: string[] = []
    const gallery = await openGallery(folder, { acceptDamage: true, progress: { ...silent, warn: (line: string) => warned.push(line) } })
    expect(warned).toEqual([expect.stringMatching(/ is taken as it is: with \d+ of 1,500 items/)])
    expect(await gallery.count()).toBe(left)
    expect(await gallery.add(numbered(0, count))).toEqual({ added: count - left, skipped: left })
    const [{ nearest }] = await gallery.search(numberedItem(count - 1).vector, 1)
    expect(nearest?.id).toBe(`item ${count - 1}`)
    await gallery.close()
    expect(await message(folder)).toBe('no error')
  })

  it('at every table and index it has: cut to a half, to nothing, removed, overwritten with zeros or with anything', async () => {
    const ways = [half, (path: string) => truncateSync(path, 0), (path: string) => rmSync(path)]
    for (const [i, name] of [
      'items_pkey',
      'items',
      'items_id_key',
      'items_label',
      'items_source',
      'items_version',
      'gallery',
      'recipes',
      'format',
    ].entries()) {
      const folder = damage(made, name, files[name], ways[(i + Math.floor(i / 3)) % 3])
      expect(await message(folder), name).toContain(whole(folder))
      rmSync(folder, { recursive: true })
    }
    const zeroed = damage(made, 'zeroed', files.items, (path) => write(path, new Uint8Array(8192), 8192))
    expect(await message(zeroed)).toMatch(/ got one with 1,4\d\d of 1,500 items\. Restore/)
    const flipped = damage(made, 'flipped', files.items, (path) => write(path, Uint8Array.of(0xa5), 12_345))
    expect(await message(flipped)).toMatch(/ must be whole, got invalid page in block 1 of relation "base\/5\/\d+"\. Restore/)
  })

  it('where long vectors are kept aside', async () => {
    const long = join(root, 'long')
    const gallery = await openGallery(long, { recipe })
    await gallery.add(
      Array.from({ length: 30 }, (_, i) => ({
        id: `${i}`,
        source: 'x',
        vector: Float32Array.from({ length: 1024 }, (_, j) => Math.sin(i + j)),
      })),
    )
    await gallery.close()
    const { aside } = await filesOf(long)
    expect(await message(damage(long, 'aside', aside, half))).toMatch(
      / got one with all its items; files were cut short: pg_toast_\d+ has \d+ of \d+ pages\. Restore/,
    )
  })

  it('in a gallery too large to be counted at opening, when all of it is first read', async () => {
    const large = join(root, 'large')
    const gallery = await openGallery(large, { recipe, dim: 2 })
    await gallery.add(Array.from({ length: 20_100 }, (_, i) => ({ id: `${i}`, source: 'x', vector: Float32Array.of(i, 1) })))
    await gallery.close()
    const { items } = await filesOf(large)
    expect(await message(damage(large, 'large-half', items, half))).toMatch(
      / got one with \d+,\d+ of 20,100 items; files were cut short: items has/,
    )
    const opened = await openGallery(damage(large, 'large-zero', items, (path) => write(path, new Uint8Array(8192), 8192)))
    for (const read of [() => opened.count(), () => opened.search(Float32Array.of(1, 1), 1)])
      await expect(read()).rejects.toThrow(/ must be whole, got one with 20,0\d\d of 20,100 items\. Restore/)
    expect(await opened.count({ ids: ['1'] })).toBe(1)
    await opened.close()
  })

  it('whose log was cut short after a kill, though what is left agrees with itself', async () => {
    const folder = join(root, 'killed')
    cpSync(made, folder, { recursive: true })
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, folder, 'add', String(count), '1000000', '50'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let acknowledged = 0
    for await (const line of createInterface({ input: child.stdout }))
      if ((acknowledged = Number(line)) >= count + 500) child.kill('SIGKILL')
    await ended
    const wal = join(folder, 'pg', 'pg_wal')
    const uncut = join(root, 'uncut')
    cpSync(folder, uncut, { recursive: true, filter: (path) => path !== join(folder, 'lock') }) // a copy is not open, and Node copies no sockets
    // its second half, from the middle of what is used
    const [segment] = readdirSync(wal)
      .filter((name) => /^[0-9A-F]{24}$/.test(name))
      .sort()
    const bytes = readFileSync(join(wal, segment))
    const used = bytes.findLastIndex((byte) => byte !== 0)
    write(join(wal, segment), new Uint8Array(used), Math.floor(used - 200_000))
    expect(await message(folder)).toMatch(/ got one with what was acknowledged up to change \d+ of \d+\. Restore/)
    // nothing of that in the gallery that was only killed
    const gallery = await openGallery(uncut)
    expect(await gallery.count()).toBeGreaterThanOrEqual(acknowledged)
    await gallery.close()
    const rest = await openGallery(folder, { acceptDamage: true })
    expect(await rest.count()).toBeGreaterThanOrEqual(count)
    expect((await rest.add(numbered(0, count))).added).toBe(0)
    await rest.close()
    expect(await message(folder)).toBe('no error')
  })
})

describe('no false alarm', { timeout: 120_000 }, () => {
  it('from a kill between commit and acknowledgement, a deletion, a new index, or a gallery of before there were numbers', async () => {
    const folder = join(root, 'calm')
    cpSync(made, folder, { recursive: true })
    const counter = join(folder, 'acknowledged-kindred')
    writeFileSync(counter, `${String(Number(readFileSync(counter, 'utf8')) - 1).padStart(16)}\n`)
    const gallery = await openGallery(folder)
    await gallery.index({ m: 4 })
    await gallery.delete({ labels: ['person 1'] })
    await gallery.relabel({ labels: ['person 2'] }, 'x')
    const held = await gallery.count()
    await gallery.index({ m: 2 }) // a smaller one
    await gallery.close()
    const again = await openGallery(folder)
    expect(await again.count()).toBe(held)
    await again.delete({ all: true })
    await again.close()
    rmSync(counter)
    expect(await message(folder)).toBe('no error')
  })

  it('the counter is checked as everything that is read', async () => {
    const folder = join(root, 'counter')
    cpSync(made, folder, { recursive: true })
    for (const text of ['', '-1', '1.5', '"1"', '{', 'null']) {
      writeFileSync(join(folder, 'acknowledged-kindred'), text)
      expect(await message(folder), text).toMatch(
        /acknowledged-kindred: .* must .*It must hold a number: restore the folder from a copy, or delete this file/,
      )
    }
    expect(readdirSync(folder)).not.toContain('lock')
  })
})

describe('a gallery whose database somebody has changed', { timeout: 120_000 }, () => {
  it('what stands in columns of JSON must be objects, whoever has written there', async () => {
    const changed = async (sql: string): Promise<string> => {
      const folder = join(root, `columns${++columns}`)
      cpSync(made, folder, { recursive: true })
      const database = await openFolder(folder, false, silent)
      await database.query(sql)
      await database.close()
      return folder
    }
    expect(await message(await changed(`update kindred.recipes set recipe = '[3]'`))).toMatch(
      /the recipe of the gallery: its content must be as the format says.*expected an object, received array/,
    )
    const gallery = await openGallery(await changed(`update kindred.items set meta = '"x"' where ord = 7`))
    await expect(
      (async () => {
        for await (const _ of gallery.items());
      })(),
    ).rejects.toMatchObject({ code: 'corrupt', message: expect.stringMatching(/gallery item .*, meta: its content must be/) })
    await gallery.close()
  })
})
