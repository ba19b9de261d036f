/**
 * @file Documents say what is there: links lead somewhere, files that are named exist, and each decision record has its number, date, status and place in the
 * index.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const records = join(root, 'docs/decisions')
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]

/** Whether there is a file or folder of that path, whose last name may have a `*`. */
function isThere(path: string): boolean {
  const [before, after] = basename(path).split('*')
  if (after === undefined) return existsSync(path)
  return existsSync(dirname(path)) && readdirSync(dirname(path)).some((name) => name.startsWith(before) && name.endsWith(after))
}

/** What a text links to, or names in backticks as a file of ours, that is not there; `folder` is where the text lies. */
function missing(text: string, folder: string, { files }: { files: boolean }): string[] {
  const links = [...text.replaceAll(/```.*?```/gs, '').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(folder, target)))
  if (!files) return links
  const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.*-]+)+\/?)`/g)]
    .map(([, path]) => path)
    .filter((path) => /^(src|test|bench|scripts|docs|examples|assets)\//.test(path) || /\.(ts|mjs|py|json)$/.test(path))
    .filter((path) => !['', 'src'].some((below) => isThere(join(root, below, path))))
  return [...links, ...named]
}

test('a link that leads nowhere and a file that is not there are found', () => {
  const text = '[one](docs/nowhere.md), [two](README.md), `src/base/nothing.ts`, `base/errors.ts`, `test/golden/make_*.py`'
  expect(missing(text, root, { files: true })).toEqual(['docs/nowhere.md', 'src/base/nothing.ts'])
})

test.each(documents)('%s links to what is there', (path) => {
  // Records keep the names of their day; the others describe what is.
  const files = ['docs/architecture.md', 'CONTRIBUTING.md', 'SECURITY.md'].includes(path)
  expect(missing(readFileSync(join(root, path), 'utf8'), dirname(join(root, path)), { files })).toEqual([])
})

test('each decision record has a number of its own, date, status, a decision of at most three lines, and a line in the index', () => {
  const index = readFileSync(join(records, 'README.md'), 'utf8')
  const names = readdirSync(records).filter((name) => name.endsWith('.md') && name !== 'README.md')
  const faults = names.flatMap((name) => {
    const [title, , head, , ...rest] = readFileSync(join(records, name), 'utf8').split('\n')
    const number = name.slice(0, 4)
    const decision = rest.slice(0, rest.indexOf(''))
    const checks: Record<string, boolean> = {
      'file name NNNN-name.md': /^\d{4}-[a-z0-9-]+\.md$/.test(name),
      'number used once': names.filter((other) => other.startsWith(number)).length === 1,
      'title with its number': title.startsWith(`# ${number}. `),
      'date and status':
        /^Date: \d{4}-\d\d-\d\d\. (Last change: \d{4}-\d\d-\d\d\. )?Status: (accepted|superseded by|partly superseded by)/.test(head),
      'decision first, in three lines': decision[0]?.startsWith('**Decision.** ') === true && decision.length <= 3,
      'line in the index': index.includes(`[${number}](${name})`),
    }
    return Object.entries(checks)
      .filter(([, holds]) => !holds)
      .map(([what]) => `${name}: ${what}`)
  })
  expect(faults).toEqual([])
})
