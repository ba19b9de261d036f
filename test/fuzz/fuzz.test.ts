/**
 * @file A share of the fuzzer's cases, every input that was ever found, and planted faults that show that it can fail. The whole: `npm run fuzz -- --cases
 * 35000`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { inputOf, makeCase } from './case.ts'
import { judgeError, type Judged } from './classify.ts'
import { allFound, filesOf, type Found } from './found.ts'
import { fuzz, table } from './fuzz.ts'
import { readers as planted } from './planted.ts'
import { readers } from './readers/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-found-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Readers whose conversion to limits and schemas is under way; the list ends empty. */
const underWay: readonly string[] = []

test('mutated inputs are refused clearly or read rightly', { timeout: 180_000 }, async () => {
  const result = await fuzz({
    cases: 1000,
    seed: 7,
    only: readers.map((r) => r.name).filter((name) => !underWay.includes(name)),
    commands: false,
  })
  expect(
    result.found.map((f) => `${f.reader} ${f.number}: ${f.outcome} ${f.what}`),
    table(result),
  ).toEqual([])
  expect(result.counts.clear).toBeGreaterThan(300)
  expect(result.counts.accepted).toBeGreaterThan(100)
})

test('planted faults are found, each by its kind, and the process goes on', { timeout: 180_000 }, async () => {
  const module = fileURLToPath(new URL('./planted.ts', import.meta.url))
  const result = await fuzz({ cases: 45, seed: 18, module, commands: false, seconds: 0.6, bytes: 300 << 20 })
  const seen = new Map<string, Set<string>>()
  for (const f of result.found) seen.set(f.reader, (seen.get(f.reader) ?? new Set()).add(f.outcome))
  const kinds = Object.fromEntries([...seen].map(([name, set]) => [name, [...set].join()]))
  expect(kinds).toEqual({
    'type-error': 'uncaught',
    'no-name': 'uncaught',
    'wrong-code': 'uncaught',
    'foreign-words': 'uncaught',
    stray: 'uncaught',
    dies: 'uncaught',
    nan: 'wrong',
    fewer: 'wrong',
    hangs: 'slow',
    waits: 'slow',
    swells: 'large',
  })
  expect(result.byReader.get('good')).toMatchObject({ uncaught: 0, wrong: 0, slow: 0, large: 0 })
  expect([...result.byReader.keys()].sort()).toEqual(planted.map((r) => r.name).sort())
  rmSync(result.out!, { recursive: true, force: true })
})

test('the same numbers give the same bytes', async () => {
  for (const number of [1, 2, 3, 50]) {
    const [a, b] = [await makeCase(readers, 3, number), await makeCase(readers, 3, number)]
    expect(a).toEqual(b)
    expect(await makeCase(readers, 4, number)).not.toEqual(a)
  }
})

test('inputs that were found stay found out', { timeout: 180_000 }, async () => {
  const bad: string[] = []
  for (const [i, found] of allFound().entries()) {
    if (underWay.includes(found.reader)) continue
    const { outcome, what = '' } = await judged(found)
    if (outcome !== 'clear' && outcome !== 'accepted')
      bad.push(`line ${i + 1}, ${found.reader}, found as ${found.what}: now ${outcome}: ${what}`)
  }
  expect(bad).toEqual([])
})

async function judged(found: Found): Promise<Judged> {
  const reader = readers.find((r) => r.name === found.reader)!
  const { files, seed } = await filesOf(found)
  try {
    await reader.read(inputOf({ files, seed, resealed: found.resealed ?? true }, join(folder, 'case')))
    return { outcome: 'accepted' }
  } catch (error) {
    return judgeError(reader, files, error)
  }
}
