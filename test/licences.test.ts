/** @file LICENSES.md names every package that comes with an install, with its licence. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { dev?: boolean; license: string }>
}
const text = readFileSync(new URL('../LICENSES.md', import.meta.url), 'utf8')
/** The names in a cell: words between blanks, commas and quotes; one that ends in `*` stands for many. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const named = rows.map(([part, , licence]) => ({ licence, names: part.split(/[\s,`()]+/) }))
const covers = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))

const installed = Object.entries(lock.packages)
  .filter(([path, { dev }]) => path !== '' && dev !== true)
  .map(([path, { license }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }))

test('LICENSES.md names all packages of the production tree, with their licences', () => {
  expect(installed.length).toBeGreaterThan(8)
  const missing = installed.filter(({ name, license }) => {
    const all = named.filter(({ names }) => names.some((pattern) => covers(pattern, name)))
    return !license.split(' AND ').every((one) => all.some(({ licence }) => licence.includes(one)))
  })
  expect(missing).toEqual([])
})

test('it names no package of them that is no longer there', () => {
  const names = named
    .flatMap((row) => row.names)
    .filter(
      (name) =>
        name.startsWith('@img/') ||
        ['detect-libc', 'semver', 'tslib', 'commander', 'fflate', 'zod', 'sharp', 'onnxruntime-common', '@xmldom/xmldom'].includes(name),
    )
  expect(names.length).toBeGreaterThan(8)
  for (const name of names)
    expect(
      installed.some((p) => covers(name, p.name)),
      name,
    ).toBe(true)
})
