/** @file What the faces story does before it begins. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Runtime } from '../../runtime/index.ts'
import { faces } from './faces.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-faces-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

test('a folder without photos takes the place of no earlier run of another folder', async () => {
  const [dir, out] = [join(home, 'mistyped'), join(home, 'out')]
  mkdirSync(dir)
  mkdirSync(join(out, 'crops'), { recursive: true })
  const report = JSON.stringify({ folder: join(home, 'photos'), complete: true })
  writeFileSync(join(out, 'report.json'), report)
  writeFileSync(join(out, 'crops/a.jpg.0.png'), 'x')
  const nothing = { name: 'none', threads: 1, load: () => Promise.reject(new Error('no network is needed')) } as unknown as Runtime
  await expect(faces(dir, { out, runtime: nothing })).rejects.toThrow(
    expect.objectContaining({ code: 'not-found', message: expect.stringContaining('which is left as it is') }),
  )
  expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(report)
  expect(existsSync(join(out, 'crops/a.jpg.0.png'))).toBe(true)
})
