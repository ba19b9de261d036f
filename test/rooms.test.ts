/** @file The import gate: the linter refuses planted violations, and its configuration is the one the table makes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, copyFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const planted = mkdtempSync(join(tmpdir(), 'kindred-planted-'))
copyFileSync(join(root, '.oxlintrc.json'), join(planted, '.oxlintrc.json'))
symlinkSync(join(root, 'node_modules'), join(planted, 'node_modules'))
afterAll(() => rmSync(planted, { recursive: true, force: true }))

/** What the linter says of one file in a room. */
function lint(file: string, code: string): { refused: boolean; says: string } {
  const path = join(planted, 'src', file)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, code)
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), path], {
    cwd: planted,
    encoding: 'utf8',
  })
  rmSync(path)
  return { refused: status !== 0, says: stdout }
}

test.each([
  ['tensor/planted.ts', `import { x } from '../train/index.ts'\nexport const y = x\n`, 'Room tensor may enter only: base'],
  ['losses/planted.ts', `import { x } from '../miners/index.ts'\nexport const y = x\n`, 'Room losses may enter only'],
  ['metrics/planted.ts', `import { x } from '../neighbours/brute-force.ts'\nexport const y = x\n`, 'entered through its index.ts'],
  ['projection/planted.ts', `import fs from 'node:fs'\nexport const y = fs\n`, 'in a folder node/ alone'],
  ['train/planted.ts', `import { x } from '../files/index.ts'\nexport const y = x\n`, 'Room train may enter only'],
  ['runtime/planted.ts', `import fs from 'node:fs'\nexport const y = fs\n`, 'in a folder node/ alone'],
  ['runtime/planted.ts', `import { x } from './node/load-native.ts'\nexport const y = x\n`, 'entered through its index.ts'],
  ['runtime/planted.ts', `import { x } from '../files/index.ts'\nexport const y = x\n`, 'Room runtime may enter only'],
  ['stories/faces/planted.ts', `import { x } from '../../cli/run.ts'\nexport const y = x\n`, 'Room stories may enter only'],
  ['nn/architectures/planted.ts', `import { x } from '../../stories/index.ts'\nexport const y = x\n`, 'Room nn may enter only'],
])('the linter refuses a planted violation in %s', (file, code, message) => {
  const { refused, says } = lint(file, code)
  expect(says.replaceAll(/\s+/g, ' ')).toContain(message)
  expect(refused).toBe(true)
})

test('and passes what the table allows', () => {
  expect(lint('train/node/planted.ts', `import { x } from '../../files/index.ts'\nexport const y = x\n`)).toMatchObject({ refused: false })
  expect(lint('runtime/node/planted.ts', `import fs from 'node:fs'\nexport const y = fs\n`)).toMatchObject({ refused: false })
  expect(lint('runtime/planted.ts', `import { x } from './node/index.ts'\nexport const y = x\n`)).toMatchObject({ refused: false })
  expect(lint('stories/faces/planted.ts', `import { x } from '../digits/digits.ts'\nexport const y = x\n`)).toMatchObject({
    refused: false,
  })
  expect(
    lint('plots/planted.ts', `import fs from 'node:fs'\nimport { x } from '../images/index.ts'\nexport const y = [fs, x]\n`),
  ).toMatchObject({ refused: false })
})

test('a room of the browser floor enters none that is above it', async () => {
  const { config, rooms } = (await import(new URL('../scripts/rooms.mjs', import.meta.url).href)) as {
    config: (table?: object) => object
    rooms: Record<string, string[]>
  }
  expect(() => config({ ...rooms, metrics: [...rooms.metrics, 'files'] })).toThrow(
    'metrics is of the browser floor and may not enter files',
  )
  expect(() => config()).not.toThrow()
})

test('.oxlintrc.json is what scripts/rooms.mjs makes', () => {
  expect(() => execFileSync(process.execPath, ['scripts/rooms.mjs'], { cwd: root, stdio: 'pipe' })).not.toThrow()
})
