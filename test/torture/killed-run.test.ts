/** @file Many photos in one run of `kindred faces`, killed and continued: nothing about the results tells. The full size is `npm run bench -- faces-many`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeManyPhotos } from '../../bench/many-photos.ts'
import { rng } from '../../src/base/index.ts'
import { writePeople } from '../support/face-people.ts'
import { facesLife, killedRun, outcome } from '../support/killed-run.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-killed-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('sixty photos, three kills: files and report are those of an undisturbed run', { timeout: 600_000 }, async () => {
  const [people, photos, whole, hurt] = ['people', 'photos', 'whole', 'hurt'].map((name) => join(root, name))
  await writePeople(people, { each: 4 })
  await makeManyPhotos(people, photos, 60)
  const words = ['--detector', 'tiny', '--threads', '1']

  const undisturbed = await facesLife(photos, whole, words)
  expect(undisturbed.code, undisturbed.stderr).toBe(0)
  const lives = await killedRun(photos, hurt, words, { kills: 3, count: 60, random: rng(5) })
  expect(lives.at(-1)!.code, lives.at(-1)!.stderr).toBe(0)
  expect(lives.filter((life) => life.killed).length).toBeGreaterThanOrEqual(1)
  const expected = outcome(whole)
  expect(outcome(hurt)).toEqual(expected)
  expect(Object.keys(expected).filter((path) => path.startsWith('crops/')).length).toBeGreaterThan(40)

  writeFileSync(join(hurt, 'quarantine.jsonl'), '\n') // what is compared must be able to differ
  expect(outcome(hurt)).not.toEqual(expected)
})
