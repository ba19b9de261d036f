/** @file The check of conditional spreads can fail. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'kindred-spreads-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
for (const folder of ['src/room', 'scripts']) mkdirSync(join(root, folder), { recursive: true })
const check = (text: string) => {
  writeFileSync(join(root, 'src/room/planted.ts'), text)
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/spreads.mjs', import.meta.url)), root])
  return { status, words: String(stderr) }
}

test('a part or nothing is found, whichever way it is written; a file may keep what it had and no more', () => {
  expect(check('const a = { ...b, ...(c ? d : e), f: [...(g ? [1] : [])] }\n')).toEqual({ status: 0, words: '' })
  const forms = ['c ? {} : { d }', 'c ? { d } : {}', '\n  c\n    ? ({ d } as E)\n    : {}\n', 'c ? d : ({} as E)', 'c && { d }']
  for (const form of forms)
    expect(check(`\nconst a = { ...b, ...(${form}) }\n`), form).toEqual({
      status: 1,
      words: expect.stringContaining('src/room/planted.ts: 1 conditional spreads, 0 allowed; lines 2.'),
    })
  writeFileSync(join(root, 'scripts/spreads.json'), '{ "src/room/planted.ts": 1 }')
  expect(check('const a = { ...(c ? {} : { d }) }\n').status).toBe(0)
  expect(check('const a = { ...(c ? {} : { d }), ...(e ? {} : { f }) }\n').status).toBe(1)
})
