/** @file All retrieval figures of one embedding, as reports hold them. */
import { gatherRows, inSlices, largest, type Progress } from '../base/index.ts'
import { precisionRow, silhouettePieces } from '../metrics/index.ts'
import type { FaceRetrieval } from './face-figures.ts'
import { retrievalFigures } from './ask-each-other.ts'
import type { Asked } from './ask-each-other.ts'

/** People whose precision is told at every k; of more, those furthest below their ceiling, the others at five. */
const mostCurves = 60
/** Distances that the silhouette is made of, at most: two seconds of work or so at 128 numbers. */
const silhouetteDistances = 2e7

/**
 * Leave-one-out retrieval of labelled faces; undefined where there is nothing to measure, see {@link whyNoRetrieval}.
 *
 * @throws KindredError `interrupted` when the signal fires
 * Cost: O(queries), and the silhouette of at most so many faces that 20 million distances are measured
 */
export async function measureRetrieval(
  { found, answers }: Asked,
  seed: number,
  watched: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<FaceRetrieval | undefined> {
  const { vectors, dim, labels, people, records } = found
  const figures = await retrievalFigures(answers, labels, seed, watched)
  if (figures === undefined) return undefined
  const { queries, askable, lone, knn, map, recallAt } = figures
  const known = Int32Array.from(labels.keys()).filter((i) => labels[i] >= 0)
  const own = known.map((i) => labels[i])
  const faces = new Int32Array(people.length)
  for (const label of own) faces[label]++
  const byPerson = people.map((person, p) => ({ person, queries: 0, faces: faces[p], right: 0, map: 0 }))
  for (const [q, row] of answers.rows.entries()) {
    const mine = byPerson[labels[row]]
    mine.queries++
    if (answers.firstMatch[q] === 1) mine.right++
    mine.map += answers.averagePrecision[q]
  }
  for (const mine of byPerson) mine.map /= mine.queries
  const range = ({ low, high }: { low: number; high: number }) => ({ low, high })
  const ks = telling(faces, answers.depth)
  const curves = [...answers.matchesAt].sort(([a], [b]) => a - b).map(([label, tally]) => curveOf(label, tally, byPerson[label]))
  const gaps = new Map(curves.map((curve) => [curve, largest(ks.map((k) => curve.ceiling(k) - curve.precision(k)))]))
  const furthest = curves.toSorted((a, b) => gaps.get(b)! - gaps.get(a)!).slice(0, mostCurves)
  const whole = new Set(curves.length <= mostCurves ? curves : furthest)
  const precisionAt = curves.flatMap((curve) => {
    const { person, queries: asked, others, precision, ceiling } = curve
    const told = whole.has(curve) ? ks : ks.filter((k) => [1, 5, 10, others, answers.depth].includes(k))
    return told.map((k) => {
      const row = precisionRow({ label: null, k, precision: precision(k), ceiling: ceiling(k), queries: asked })
      return { person, k, precision: row.precision, ceiling: row.ceiling, interval: range(row.interval) }
    })
  })
  const sample = Math.max(1, Math.min(known.length, Math.floor(silhouetteDistances / known.length)))
  const silhouette = await inSlices(silhouettePieces(gatherRows(vectors, dim, known), dim, own, { sample, seed }), {
    ...watched,
    where: 'retrieval',
  })
  const wrong = [...answers.rows.keys()].filter((q) => answers.firstMatch[q] > 1)
  return {
    queries,
    askable,
    lone,
    knnAccuracy: knn.value,
    map: map.value,
    recallAt: Object.fromEntries(Object.entries(recallAt).map(([k, f]) => [k, f.value])),
    intervals: {
      knnAccuracy: range(knn),
      map: range(map),
      recallAt: Object.fromEntries(Object.entries(recallAt).map(([k, f]) => [k, range(f)])),
    },
    silhouette,
    silhouetteFaces: sample,
    precisionAt,
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

/** Precision at k of one person, and the most that is possible. */
function curveOf(label: number, tally: Int32Array, { person, queries, faces }: { person: string; queries: number; faces: number }) {
  const upTo = Float64Array.from(tally)
  for (let k = 1; k < upTo.length; k++) upTo[k] += upTo[k - 1]
  return {
    label,
    person,
    queries,
    others: faces - 1,
    precision: (k: number) => upTo[k - 1] / (k * queries),
    ceiling: (k: number) => Math.min(k, faces - 1) / k,
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

/** The k at which precision is told: all up to the last, thinned beyond 60, and each person's own number of others. */
function telling(faces: Int32Array, last: number): number[] {
  const ks = new Set(Array.from(faces, (n) => n - 1).filter((k) => k >= 1 && k <= last))
  for (let k = 1; k <= last; k += k < 60 ? 1 : Math.ceil(k / 12)) ks.add(k)
  return [...ks.add(last)].sort((a, b) => a - b)
}
