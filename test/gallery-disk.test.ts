/** @file A disk that refuses a write of the embedded gallery, at every kind of moment: the error says so, nothing hangs, nothing acknowledged is lost. */
import fs, { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openGallery, type Gallery } from '../src/gallery/index.ts'
import { numberedItem, recipe } from './gallery-items.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-gallery-disk-'))
const made = join(root, 'made')
const { writeSync } = fs
afterEach(() => void (fs.writeSync = writeSync))
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeAll(async () => {
  const gallery = await openGallery(made, { recipe })
  await gallery.add(Array.from({ length: 100 }, (_, i) => numberedItem(i)))
  await gallery.close()
}, 60_000)

/** From the n-th write of PostgreSQL's on, all are refused; it reaches the file system as `fs.writeSync`, which files of our own do not. */
function refuse(code: string, nth: number): () => number {
  let count = 0
  fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
    if (++count >= nth) throw Object.assign(new Error(`${code}: refused by the test, write`), { code, syscall: 'write' })
    return writeSync(...args)
  }) as typeof writeSync
  return () => count
}

/** Adds until the disk refuses; how many were acknowledged, and the error. */
async function addUntil(gallery: Gallery): Promise<{ acknowledged: number; error: Error | undefined }> {
  let acknowledged = 100
  try {
    await gallery.add(
      Array.from({ length: 400 }, (_, i) => numberedItem(100 + i)),
      { batch: 50, acknowledge: ({ added }) => (acknowledged = 100 + added) },
    )
    return { acknowledged, error: undefined }
  } catch (error) {
    return { acknowledged, error: error as Error }
  }
}

const words = {
  ENOSPC: /must be room on the disk.* a full disk.*nothing was half-written/,
  EIO: /the disk must take what the gallery .* writes, got EIO.*Check the disk/,
}

it.each(['ENOSPC', 'EIO'] as const)(
  '%s at any write ends the gallery with the reason; all that was acknowledged is there when it is opened again',
  { timeout: 300_000 },
  async (code) => {
    const seen = { before: 0, midway: 0 }
    for (let nth = 1, done = false; !done; nth = Math.ceil(nth * 1.7)) {
      const folder = join(root, `${code}-${nth}`)
      cpSync(made, folder, { recursive: true })
      const gallery = await openGallery(folder)
      refuse(code, nth)
      const { acknowledged, error } = await addUntil(gallery)
      if (error !== undefined) {
        expect(error.message).toMatch(words[code])
        // it stays ended, and says why to whatever comes
        for (const work of [
          () => gallery.count(),
          () => gallery.add([numberedItem(9999)]),
          () => gallery.search(numberedItem(1).vector, 1, { method: 'sql' }),
        ])
          await expect(work()).rejects.toThrow(words[code])
      }
      await gallery.close().catch(() => {})
      fs.writeSync = writeSync
      done = error === undefined
      seen[acknowledged === 100 ? 'before' : 'midway'] += 1
      const again = await openGallery(folder)
      const held = await again.count()
      expect(held, `write ${nth}`).toBeGreaterThanOrEqual(acknowledged)
      expect((held - 100) % 50).toBe(0) // whole batches
      expect(await again.add([numberedItem(9999)])).toEqual({ added: 1, skipped: 0 })
      await again.close()
      rmSync(folder, { recursive: true })
    }
    expect(seen.before).toBeGreaterThan(1)
    expect(seen.midway).toBeGreaterThan(1)
  },
)

it('a write that takes only a part counts as a full disk', { timeout: 60_000 }, async () => {
  const folder = join(root, 'short')
  cpSync(made, folder, { recursive: true })
  const gallery = await openGallery(folder)
  fs.writeSync = ((fd: number, buffer: Uint8Array, offset: number, length: number, position: number) =>
    writeSync(fd, buffer, offset, Math.min(length, 4096), position)) as typeof writeSync
  const { acknowledged, error } = await addUntil(gallery)
  expect([acknowledged, error?.message]).toEqual([100, expect.stringMatching(words.ENOSPC)])
  await gallery.close().catch(() => {})
})

it('a lock that is gone stops every write, those at closing, too', { timeout: 60_000 }, async () => {
  const folder = join(root, 'locked')
  cpSync(made, folder, { recursive: true })
  const gallery = await openGallery(folder)
  const work = addUntil(gallery)
  rmSync(join(folder, 'lock'), { recursive: true })
  const { error } = await work
  expect(error?.message).toMatch(/must stay locked while it is open, got a lock that is gone.*Nothing more is written/)
  const next = await openGallery(folder)
  for (const work of [() => gallery.count(), () => gallery.add([numberedItem(9999)]), () => gallery.close()])
    await expect(work()).rejects.toThrow(/got a lock that is gone/)
  const held = await next.count()
  expect(await next.add([numberedItem(9999)])).toEqual({ added: 1, skipped: 0 })
  expect(await next.count()).toBe(held + 1)
  await next.close()
})
