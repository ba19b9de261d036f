/** @file kill -9 during ingestion, again and again: every row that was acknowledged is there, whole, and only rows that were sent. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, it } from 'vitest'
import { rng } from '../src/base/index.ts'
import { openGallery } from '../src/gallery/index.ts'
import { numberedItem, recipe } from './gallery-items.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-gallery-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Adds from `first` on in a process of its own, killed a while after its n-th acknowledgement (0: after opening); the last number acknowledged. */
function addAndKill(folder: string, first: number, afterLines: number, delay: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('gallery-child.ts', import.meta.url).pathname, folder, 'add', String(first), '1000000', '50'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let acknowledged = first
    let lines = 0
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line !== 'open') acknowledged = Number(line)
      if (lines++ === afterLines) setTimeout(() => child.kill('SIGKILL'), delay)
    })
    child.on('close', (_, signal) => (signal === 'SIGKILL' ? resolve(acknowledged) : reject(new Error('the child ended by itself'))))
  })
}

it('loses nothing acknowledged when the process is killed', { timeout: 600_000 }, async () => {
  const folder = join(root, 'gallery')
  const made = await openGallery(folder, { recipe })
  await made.close()
  const random = rng(7)
  let acknowledged = 0
  for (let kill = 0; kill < 5; kill++) {
    const before = acknowledged
    acknowledged = await addAndKill(folder, acknowledged, kill === 0 ? 0 : random.integer(40), random.uniform() * 30)
    if (kill > 0) expect(acknowledged).toBeGreaterThan(before)
    const gallery = await openGallery(folder) // the dead process's lock is taken over
    const numbers = new Map<string, Float32Array>()
    for await (const { ids, points, dim } of gallery.vectors())
      ids.forEach((id, i) => numbers.set(id, points.slice(i * dim, (i + 1) * dim)))
    const held = numbers.size
    for (let i = 0; i < held; i++) expect(numbers.get(`item ${i}`)).toEqual(numberedItem(i).vector)
    expect(held, `kill ${kill}`).toBeGreaterThanOrEqual(acknowledged)
    expect(held).toBeLessThanOrEqual(acknowledged + 100) // whole batches: what was on its way may have arrived
    expect(held % 50).toBe(0)
    if (held > 0)
      expect((await gallery.search(numberedItem(held - 1).vector, 1))[0].nearest).toMatchObject({ id: `item ${held - 1}`, distance: 0 })
    acknowledged = held
    await gallery.close()
  }
  expect(acknowledged).toBeGreaterThan(200)
})
