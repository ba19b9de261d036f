/** @file The examples run and say what they should, and what README.md shows of them is what they hold. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rng } from '../src/base/index.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'examples')
const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'run.ts')

/** What each must print, in the order in which they run: later ones use what earlier ones wrote. */
const says: Record<string, RegExp> = {
  'train.ts': /^epoch 1: loss 0\.\d{4}, kNN accuracy 9\d\.\d %\nepoch 2: loss 0\.\d{4}, kNN accuracy 9\d\.\d %\n$/,
  'reject.ts': /^\d\d % of letters rejected\nof digits like the 1,000 test digits, between 93.6 and 96.3 % are kept\n$/,
  'own-loss.ts': /^kNN accuracy [89]\d\.\d %\n$/,
  'folder.ts': /^180 pictures of columns, disc, rows: kNN accuracy (?:9\d|100) %\n$/,
  'map.ts': /^runs\/example-map\/map\.svg\n$/,
  'faces.ts': new RegExp(
    /^sample1\.jpg, face 1: most like sample3\.jpg, face \d \(distance 0\.44\)\n/.source +
      /(?:sample\d\.jpg, face \d: most like sample\d\.jpg, face \d \(distance 0\.\d\d\)\n){21}$/.source,
  ),
}

const place = mkdtempSync(join(tmpdir(), 'kindred-examples-'))
afterAll(() => rmSync(place, { recursive: true }))

/** A folder per class: 60 photos each of discs, rows and columns, of any colour, place and size. */
beforeAll(async () => {
  const random = rng(7)
  const between = (low: number, high: number) => low + (high - low) * random.uniform()
  for (const kind of ['columns', 'disc', 'rows']) {
    mkdirSync(join(place, 'shapes', kind), { recursive: true })
    for (let i = 0; i < 60; i++) {
      const [x, y, size] = [between(20, 60), between(20, 60), between(12, 28)]
      const bars = [0, 1, 2, 3].map((k) => k * 22 + size / 4)
      const shape = {
        columns: bars.map((at) => `<rect x="${at}" y="0" width="8" height="100"/>`).join(''),
        disc: `<circle cx="${x}" cy="${y}" r="${size}"/>`,
        rows: bars.map((at) => `<rect x="0" y="${at}" width="80" height="8"/>`).join(''),
      }[kind]
      const paint = `<rect width="100%" height="100%" fill="#ddd"/><g fill="hsl(${between(0, 360)},70%,50%)">${shape}</g>`
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="${Math.round(between(60, 100))}">${paint}</svg>`
      await sharp(Buffer.from(svg))
        .jpeg()
        .toFile(join(place, 'shapes', kind, `${i}.jpg`))
    }
  }
})

test('every example is tested', () => {
  expect(Object.keys(says).toSorted()).toEqual(names.toSorted())
})

test.each(Object.entries(says))('examples/%s', { timeout: 300_000 }, (name, said) => {
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') }
  const loader = join(root, 'node_modules/tsx/dist/loader.mjs')
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', loader, join(folder, name), ...(name === 'folder.ts' ? ['shapes'] : [])],
    {
      cwd: place,
      encoding: 'utf8',
      env,
    },
  )
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(said)
})

test('npm run examples has pictures for the example that wants a folder', { timeout: 300_000 }, () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(folder, 'run.ts'), 'folder.ts'],
    { cwd: place, encoding: 'utf8', env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') } },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^\nfolder\.ts\n300 pictures of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9: kNN accuracy \d+ %\n$/)
})

test('README.md shows examples as they are', () => {
  const code = names.map((name) =>
    readFileSync(join(folder, name), 'utf8')
      .replace(/^\/\/ [^\n]*\n/, '')
      .trim(),
  )
  const shown = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([^]*?)```/g)].map(([, text]) => text.trim())
  expect(shown.length).toBeGreaterThan(1)
  for (const text of shown) expect(code).toContain(text)
})
