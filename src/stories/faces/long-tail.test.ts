/** @file A folder with a long tail of people: one with many photos, most with two. The page opens, stays small, and folds its lists. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { comparePage } from '../compare/compare-page.ts'
import type { CompareReport } from '../compare/compare-report.ts'
import { nodeRuntime } from '../../runtime/index.ts'
import { tailSizes, writeLongTail } from '../../../test/support/long-tail.ts'
import { facesPage } from './faces-page.ts'
import type { FacesReport } from './faces-report.ts'
import { faces } from './faces.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-tail-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const sizes = tailSizes(1680, 530)
const total = sizes.reduce((a, b) => a + b, 0)
const name = (p: number) => `person_${p}`
const around = { low: 0.9, high: 1 }
const report: FacesReport = {
  complete: true,
  seconds: 100,
  seed: 0,
  folder: 'photos',
  faces: total,
  photosPerSecond: 20,
  model: 'dlib',
  detector: 'ssd',
  dim: 128,
  photos: { total: total + 3000, withFace: total, withoutFace: 3000, quarantined: 0, processed: total, ignored: 0 },
  people: sizes.map((n, p) => ({ person: name(p), photos: n, withFace: n, faces: n })),
  missed: Array.from({ length: 3000 }, (_, i) => ({ photo: `person_1/${i}.jpg`, kind: 'no-face', reason: 'no face found' })),
  skipped: Array.from({ length: 500 }, (_, i) => ({ path: `links/${i}`, reason: 'a link that leads nowhere' })),
  map: { method: 't-SNE', perplexity: 30, drawn: 800, points: [] },
  retrieval: {
    queries: total,
    lone: 0,
    knnAccuracy: 0.9,
    map: 0.8,
    recallAt: { 1: 0.9, 5: 0.95 },
    intervals: { knnAccuracy: around, map: around, recallAt: { 1: around, 5: around } },
    people: sizes.map((n, p) => ({ person: name(p), queries: n, faces: n, right: n - 1, map: 0.8 })),
    precisionAt: sizes.flatMap((n, p) =>
      [...new Set([1, 5, n - 1])].map((k) => ({
        person: name(p),
        k,
        precision: Math.min(1, (n - 1) / k) * 0.9,
        ceiling: Math.min(1, (n - 1) / k),
      })),
    ),
    wrong: Array.from({ length: 800 }, (_, i) => ({
      photo: `person_1/${i}.jpg`,
      person: name(1),
      nearest: 'person_2/1.jpg',
      nearestPerson: name(2),
      distance: 0.5,
    })),
  },
}

describe('a report of 1,680 people', () => {
  test('folds its lists, the largest people first, and sums up the others by size', () => {
    const page = facesPage(report, {})
    expect(page.length).toBeLessThan(450_000)
    expect(page.match(/<details/g)!.length).toBeGreaterThanOrEqual(6)
    const precision = page.slice(page.indexOf('Precision by the number of photos'))
    expect(precision).toMatch(/500 or more/)
    expect(precision.indexOf('The 60 people with most photos')).toBeLessThan(precision.indexOf('>person_0<'))
    // By size: the counts are those of the folder, and the means those of the lines.
    expect(precision).toContain(
      `<td class="n">${sizes.filter((n) => n === 2).length.toLocaleString('en')}</td><td class="n">90.0\u00a0%</td>`,
    )
    expect(page).toContain('… and 2,800 more in quarantine.jsonl.')
  })

  test('of a comparison, too', () => {
    const { retrieval } = report
    const side = { model: 'a', dim: 8, recipe: 'r', retrieval, map: report.map! }
    const gap = { value: 0.1, low: 0, high: 0.2, verdict: 'may be luck' as const }
    const compared = {
      ...report,
      names: ['a', 'b'],
      models: [side, { ...side, model: 'b' }],
      difference: {
        queries: total,
        knnAccuracy: { ...gap, onlyFirst: 3, onlySecond: 9, pValue: 0.1 },
        map: gap,
        recallAt: { 5: gap },
        silhouette: 0,
      },
    } as unknown as CompareReport
    const page = comparePage(compared, {})
    expect(page.length).toBeLessThan(350_000)
    expect(page).toContain('<details>')
  })
})

test('the whole story over a small long tail: maps name the twenty largest, the page stays small', { timeout: 240_000 }, async () => {
  const [dir, out] = [join(home, 'photos'), join(home, 'out')]
  await writeLongTail(dir, out, { people: 64, largest: 12, without: 6 })
  const runtime = await nodeRuntime({ threads: 1 })
  const told = await faces(dir, { out, runtime })
  expect(told).toMatchObject({ complete: true, photos: { withoutFace: 6, processed: 0 }, embedded: 0 })
  expect(told.people).toHaveLength(64)
  const map = readFileSync(join(out, 'figures/map.svg'), 'utf8')
  expect(map).toContain('and 44 others')
  expect(map).toContain('have their own person nearest')
  const strips = readFileSync(join(out, 'figures/neighbours.svg'), 'utf8')
  expect(strips).toContain('no more photos')
  expect(readFileSync(join(out, 'report.html')).length).toBeLessThan(3_000_000)
})
