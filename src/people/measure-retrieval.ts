/** @file All retrieval figures of one embedding, as reports hold them. */
import { gatherRows, largest } from '../base/index.ts'
import { precisionAtK, silhouette } from '../metrics/index.ts'
import { precisionPanels } from '../plots/index.ts'
import type { FaceRetrieval } from './face-figures.ts'
import { retrievalFigures } from './ask-each-other.ts'
import type { EmbeddedFaces } from './embed-folder.ts'
import type { Asked } from './ask-each-other.ts'

/** Leave-one-out retrieval of labelled faces; undefined where there is nothing to measure, see {@link whyNoRetrieval}. */
export function measureRetrieval({ found, answers }: Asked, seed: number): FaceRetrieval | undefined {
  const { vectors, dim, labels, people, records } = found
  const figures = retrievalFigures(answers, labels, seed)
  if (figures === undefined) return undefined
  const { queries, lone, knn, map, recallAt } = figures
  const byPerson = people.map((person, p) => {
    const mine = [...answers.rows.keys()].filter((q) => labels[answers.rows[q]] === p)
    return {
      person,
      queries: mine.length,
      right: mine.filter((q) => answers.firstMatch[q] === 1).length,
      map: mine.reduce((s, q) => s + answers.averagePrecision[q], 0) / mine.length,
    }
  })
  const known = [...labels.keys()].filter((i) => labels[i] >= 0)
  const rows = gatherRows(vectors, dim, known)
  const own = Int32Array.from(known, (i) => labels[i])
  const range = ({ low, high }: { low: number; high: number }) => ({ low, high })
  const precision = precisionAtK(vectors, dim, labels, { ks: telling(own) })
  const wrong = [...answers.rows.keys()].filter((q) => answers.firstMatch[q] > 1)
  return {
    queries,
    lone,
    knnAccuracy: knn.value,
    map: map.value,
    recallAt: Object.fromEntries(Object.entries(recallAt).map(([k, f]) => [k, f.value])),
    intervals: {
      knnAccuracy: range(knn),
      map: range(map),
      recallAt: Object.fromEntries(Object.entries(recallAt).map(([k, f]) => [k, range(f)])),
    },
    silhouette: silhouette(rows, dim, own),
    precisionAt: precision.flatMap(({ label, k, precision: p, ceiling, interval }) =>
      label === null ? [] : [{ person: people[label], k, precision: p, ceiling, interval: range(interval) }],
    ),
    people: byPerson.filter((p) => p.queries > 0),
    wrong: wrong.map((q) => {
      const [row, near] = [answers.rows[q], answers.nearest[q]]
      return {
        photo: records[row].source,
        person: people[labels[row]],
        nearest: records[near].source,
        nearestPerson: people[labels[near]],
        distance: Number(answers.distance[q].toFixed(4)),
      }
    }),
  }
}

/** In words for the reader. */
export function whyNoRetrieval(labels: Int32Array): string {
  const names = new Set(labels.filter((l) => l >= 0)).size
  if (names === 0) return 'The photos have no labels. Put each person’s photos into a folder of their own to have retrieval measured.'
  return names === 1
    ? 'There is only one person, so every face found is right. Add a folder of someone else.'
    : 'No person has two photos, so no face has anything to find.'
}

/**
 * The k at which precision is told: all up to half as many again as the largest person has photos, thinned beyond 60, and each person's own number of others.
 */
function telling(labels: Int32Array): number[] {
  const counts = new Map<number, number>()
  for (const l of labels) counts.set(l, (counts.get(l) ?? 0) + 1)
  const last = Math.min(labels.length - 1, 600, Math.max(10, Math.ceil(1.5 * largest(counts.values()))))
  const ks = new Set([...counts.values()].map((n) => n - 1).filter((k) => k >= 1 && k <= last))
  for (let k = 1; k <= last; k += k < 60 ? 1 : Math.ceil(k / 12)) ks.add(k)
  return [...ks.add(last)].sort((a, b) => a - b)
}

/** A panel for each person; of many, the twelve furthest below their ceiling. */
export function precisionFigure({ precisionAt, people }: FaceRetrieval, { people: names }: Pick<EmbeddedFaces, 'people'>): string {
  const all = people.map(({ person, queries }) => {
    const points = precisionAt
      .filter((p) => p.person === person)
      .map(({ k, precision, ceiling, interval }) => ({ k, precision, ceiling, ...interval }))
    return { name: person, others: queries - 1, points, gap: largest(points.map((p) => p.ceiling - p.precision)) }
  })
  const shown = all.length <= 12 ? all : all.toSorted((a, b) => b.gap - a.gap).slice(0, 12)
  return precisionPanels(shown, {
    title:
      shown.length < all.length
        ? `Precision at k: the twelve of ${names.length} people furthest below their ceiling`
        : 'Precision at k, by person',
  })
}
