/** @file The check of line lengths can fail. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'kindred-lines-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const check = () => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/lines.mjs', import.meta.url)), root])
  return { status, words: String(stderr) }
}

test('160 characters pass, 161 do not, a file may keep what it had and no more', () => {
  for (const folder of ['src/room', 'scripts']) mkdirSync(join(root, folder), { recursive: true })
  const file = join(root, 'src/room/planted.ts')
  writeFileSync(file, `// ${'x'.repeat(157)}\n`)
  expect(check()).toEqual({ status: 0, words: '' })
  writeFileSync(file, `\n// ${'x'.repeat(158)}\n`)
  expect(check()).toEqual({
    status: 1,
    words: expect.stringContaining('src/room/planted.ts: 1 lines over 160 characters, 0 allowed; lines 2.'),
  })
  writeFileSync(join(root, 'scripts/lines.json'), '{ "src/room/planted.ts": 1 }')
  expect(check().status).toBe(0)
  writeFileSync(file, `// ${'x'.repeat(158)}\n// ${'x'.repeat(158)}\n`)
  expect(check().status).toBe(1)
})
