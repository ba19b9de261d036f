/** @file Precision at k as a figure: a panel a person, and a title that says how near to their ceilings people come. */
import { largest } from '../base/index.ts'
import { precisionPanels } from '../plots/index.ts'
import type { FaceRetrieval } from './face-figures.ts'

/** Panels of a figure. */
const mostPanels = 12

const whole = (n: number): string => n.toLocaleString('en')

type At = FaceRetrieval['precisionAt'][number]

/** A panel for each person; of many, the twelve furthest below their ceiling. The title says how near to it they come. */
export function precisionFigure({ precisionAt, people }: Pick<FaceRetrieval, 'precisionAt' | 'people'>): string {
  const byPerson = new Map<string, At[]>(people.map((p) => [p.person, []]))
  for (const p of precisionAt) byPerson.get(p.person)?.push(p)
  const all = people.map(({ person, queries, faces = queries }) => {
    const points = (byPerson.get(person) ?? []).map(({ k, precision, ceiling, interval }) => ({ k, precision, ceiling, ...interval }))
    const gap = largest(
      points.map((p) => p.ceiling - p.precision),
      0,
    )
    return { name: person, others: faces - 1, points, gap, at: points.find((p) => p.ceiling - p.precision === gap)?.k ?? 1 }
  })
  const worst = all.toSorted((a, b) => b.gap - a.gap)
  const shown = all.length <= mostPanels ? all : worst.slice(0, mostPanels)
  return precisionPanels(shown, {
    title: precisionTitle(worst),
    note: shown.length < all.length ? `Drawn: the ${shown.length} of ${whole(all.length)} people that are furthest below it.` : undefined,
  })
}

/** What the panels show, as a sentence. @param worst the furthest below the ceiling first */
function precisionTitle(worst: readonly { name: string; gap: number; at: number; points: readonly unknown[] }[]): string {
  const full = worst.every((p) => p.points.length === worst[0].points.length) // of very many people, only some are told at every k
  const reach = full ? worst.filter((p) => p.gap < 1e-9).length : 0
  const n = worst.length
  if (reach === n)
    return n === 1 ? `${worst[0].name} reaches the ceiling at every k` : `All ${whole(n)} people reach their ceiling at every k`
  const { name, gap, at } = worst[0]
  const points = (100 * gap).toFixed(gap < 0.001 ? 2 : 1)
  const rest = reach === 0 ? '' : `; ${whole(reach)} of ${whole(n)} ${reach === 1 ? 'reaches it' : 'reach theirs'} at every k`
  return `${name} falls furthest below the ceiling, by ${points} points at k = ${at}${rest}`
}
