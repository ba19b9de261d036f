/** @file The chapter on outliers says what its table holds, and reads well before there is one. */
import { expect, test } from 'vitest'
import { inMemory } from '../../dataset/index.ts'
import type { DigitsReport } from './digits-report.ts'
import { withNetwork, type JudgedSet, type SetKind } from './outlier-table.ts'
import { outliers } from './outliers-section.ts'

const early: DigitsReport = { complete: false, seconds: 1, dataset: { train: 10, test: 10 }, embedding: { dim: 10 }, history: [] }
const rules = { kept95: { threshold: 9, rejectWhen: 'above' }, kept84: { threshold: 5, rejectWhen: 'above' } } as const
const made = (name: string, kind: SetKind, classes: readonly string[], scores: readonly number[]) => ({
  set: {
    name,
    kind,
    images: inMemory({
      images: new Uint8Array(scores.length * 784),
      labels: Int32Array.from(scores, (_, i) => i % classes.length),
      height: 28,
      width: 28,
      classes,
      source: name,
    }),
  } satisfies JudgedSet,
  scores,
})
const scripts = [
  made('Latin', 'script', ['o', 'a'], [1, 20, 1, 20]),
  made('Early_Aramaic', 'script', ['Early_Aramaic/character01', 'Early_Aramaic/character16'], [20, 1, 1, 1]),
  made('Klingon', 'script', ['Klingon/character01'], [20, 20, 20, 20]),
]
const others = [made('noise', 'outliers', ['noise'], [20, 20, 7, 1]), made('test digits', 'digits', ['0'], [1, 1, 7, 20])]
const words = (r: DigitsReport): string =>
  outliers(r)
    .body.html.replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('\u2060', '')

test('waits while nothing is judged, and says so when nothing was', () => {
  expect(words(early)).toContain('computing…')
  expect(words({ ...early, complete: true })).toContain('No outliers were judged in this run.')
})

test('leads with mean and lowest of the scripts; without scripts with the extremes', () => {
  const whole = words({ ...early, outlierTable: withNetwork({ rows: [] }, 'none', [...scripts, ...others], rules) })
  expect(whole).toContain('On average 58.3 % of 3 scripts is refused; of the hardest, Early Aramaic, 25.0 %')
  expect(whole).toContain('Early Aramaic 4 2 look like digits 25.0 % 5–70 % others 50.0 %')
  expect(whole).toContain('noise 4 50.0 %')
  expect(whole).toContain('test digits 4 75.0 % 30–95 % other threshold 50.0 %')
  expect(whole).toContain('Nobody has judged which characters of Klingon look like digits.')
  const plain = words({ ...early, outlierTable: withNetwork({ rows: [] }, 'none', others, rules) })
  expect(plain).toContain('What else is no digit: from 50.0 % (noise) to 50.0 % (noise) is refused')
  expect(plain).not.toMatch(/Mean of the scripts|look like digits|digits to the eye/)
})

test('a column a network, as soon as it is judged on every row', () => {
  const one = withNetwork({ rows: [] }, 'none', [...scripts, ...others], rules)
  const two = withNetwork(one, 'invented', [...scripts, ...others], rules)
  const half = withNetwork(one, 'invented', others, rules)
  const head = (outlierTable: DigitsReport['outlierTable']) => /No digits Images (.*?) Early/.exec(words({ ...early, outlierTable }))![1]
  expect(head(one)).toBe('Digits alone')
  expect(head(two)).toBe('Digits alone And invented characters')
  expect(head(half)).toBe('Digits alone')
})
