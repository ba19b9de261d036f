/** @file A small share of `npm run torture`: what it finds must be nothing, and it must be able to find something. */
import { beforeEach, expect, test } from 'vitest'
import { failWrites, killAtRandom, scenarioNames, sum } from './torture.ts'

const findings: string[] = []
const tell = (line: string): void => void findings.push(line)
beforeEach(() => void (findings.length = 0))

test('twenty kills of each: nothing acknowledged lost, nothing half-written, every next start clean', { timeout: 900_000 }, async () => {
  const tally = sum(await Promise.all(scenarioNames.map((name) => killAtRandom(name, 20, 11, tell))))
  expect(findings).toEqual([])
  expect(tally).toMatchObject({ lost: 0, halfWritten: 0, failedStarts: 0 })
  expect(tally.kills).toBeGreaterThanOrEqual(60)
  expect(tally.acknowledged).toBeGreaterThan(100)
})

test('failing writes: errors in words, and the next start goes on', { timeout: 900_000 }, async () => {
  const tally = sum(await Promise.all(scenarioNames.map((name) => failWrites(name, 8, 3, tell))))
  expect(findings).toEqual([])
  expect(tally).toMatchObject({ failedWrites: 24, lost: 0, halfWritten: 0, failedStarts: 0 })
})

test('a process that acknowledges what it never did is found out', { timeout: 300_000 }, async () => {
  const lines: string[] = []
  const tally = await killAtRandom('training', 3, 5, (line) => void lines.push(line), { lies: true })
  expect(tally.lost).toBeGreaterThan(0)
  expect(lines.join('\n')).toContain('lost')
})
