/** @file Who speaks how: below this room nobody knows flags or commands. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadVerb, verbNames } from './run-verb.ts'

/** Flags of other programs, and signs that are no flags. */
const others = /npm |--ignore-scripts|--global|page-style|var\(--|`--no-\$\{|<!--|-->/
const spoken = new RegExp(`(?<![\\w-])--[a-z]|\\bkindred (${verbNames.join('|')})\\b`)

/** Lines of code with a string that speaks of a flag or a command; comments are for readers of the source. */
function speaking(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return code.split('\n').filter((line) => /['"`]/.test(line) && spoken.test(line.replace(/\s\/\/ .*$/, '')) && !others.test(line))
}

test('what speaks of flags is found', () => {
  expect(speaking("throw new KindredError('usage', 'x', 'pass --margin')").length).toBe(1)
  expect(speaking('const fix = `Run kindred faces again.`').length).toBe(1)
  expect(speaking("/** See kindred faces --help. */\nconst a = 'b' // as --margin\nif (--open > 0) return")).toEqual([])
})

test('no room below names a flag or a command: errors carry the name of the option', () => {
  const found: string[] = []
  const below = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory() && !['jobs', 'cli'].includes(entry.name))
  for (const { name: room } of below) {
    for (const name of readdirSync(join('src', room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.endsWith('page-style.ts')) continue
      for (const line of speaking(readFileSync(join('src', room, name), 'utf8'))) found.push(`${room}/${name}: ${line.trim()}`)
    }
  }
  expect(found).toEqual([])
})

test('a verb that is none is answered with the nearest', () => {
  expect(() => loadVerb('mapp' as never)).toThrow('Did you mean "map"?')
})
