/** @file A fresh clone: npm install says nothing of ours, and runs nobody's install script. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const read = (name: string): string => readFileSync(resolve(import.meta.dirname, '..', name), 'utf8')
interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean; readonly [field: string]: unknown }>>
}

test('the lock file has npm run no install script (after a change: npm run lock)', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  expect(Object.entries(packages).flatMap(([name, { hasInstallScript }]) => (hasInstallScript === undefined ? [] : [name]))).toEqual([])
})

test('the lock file is that of package.json, as npm ci demands (after a change: npm run lock)', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>
  for (const field of ['name', 'version', 'dependencies', 'devDependencies', 'peerDependencies', 'peerDependenciesMeta'])
    expect(packages[''][field], field).toEqual(manifest[field])
})

test('.npmrc holds settings that every npm knows', () => {
  const known = ['audit', 'fund']
  expect(
    read('.npmrc')
      .split('\n')
      .filter((line) => !/^\s*([#;]|$)/.test(line))
      .map((line) => line.split('=')[0].trim())
      .filter((key) => !known.includes(key)),
  ).toEqual([])
})
