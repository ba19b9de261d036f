/** @file Optional parts: the table holds what package.json asks for, and one command brings what is missing. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { installCommand, missingParts, parts, type PartName } from './index.ts'

const { peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>

test('every package of a part is an optional peer of the version in the table, and there in a clone', () => {
  const inTable = Object.assign({}, ...Object.values(parts).map((part) => part.packages)) as Record<string, string>
  // onnxruntime-web is for bundlers alone: its part for Node is in the package
  expect({ ...inTable, 'onnxruntime-web': peerDependencies['onnxruntime-web'] }).toEqual(peerDependencies)
  for (const [name, range] of Object.entries(peerDependencies)) {
    expect(peerDependenciesMeta[name], name).toEqual({ optional: true })
    expect(devDependencies[name], name).toBe(range)
  }
})

test('the command names every package, in words that no shell changes', () => {
  expect(installCommand(['gallery'])).toBe('npm install @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15')
  expect(installCommand(['hdf5', 'postgres'])).toBe('npm install h5wasm@0.10 pg@8')
  expect(installCommand(['native'])).toBe('npm install onnxruntime-node@1.30 --ignore-scripts')
  for (const name of Object.keys(parts) as PartName[]) expect(installCommand([name])).toMatch(/^npm install( [\w@/.-]+)+$/)
})

test('the error says what is missing, where, and how to get it', () => {
  const error = missingParts('gallery', ['gallery'])
  expect(error.toJSON()).toMatchObject({ code: 'not-found', where: 'gallery', fix: `Run: ${installCommand(['gallery'])}` })
  expect(error.message).toContain('the packages @electric-sql/pglite and @electric-sql/pglite-pgvector must be installed')
  expect(missingParts('weights', ['hdf5']).message).toBe(
    'weights: the package h5wasm must be installed beside kindred, got no such package. Run: npm install h5wasm@0.10',
  )
})
