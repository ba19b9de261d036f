/** @file Precision at k in numbers: person by person where they are few; of many the largest, folded, and all by how many photos they have. */
import { largest } from '../../base/index.ts'
import { html, pct, table, whole, type Html } from '../../report/index.ts'
import type { FacesReport } from './faces-report.ts'
import { many } from './faces-sections.ts'

type Retrieval = NonNullable<FacesReport['retrieval']>
type At = Retrieval['precisionAt'][number]

/** People up to which the table stands open. */
const mostOpen = 16
/** People in the folded table. */
const mostFolded = 60
/** Sizes of people that are told together: from this number of other photos on. */
const steps = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500]

/** Precision at a few telling k. */
export function precisionTable(f: Retrieval): Html {
  const byPerson = new Map<string, At[]>()
  for (const p of f.precisionAt) {
    const list = byPerson.get(p.person)
    if (list === undefined) byPerson.set(p.person, [p])
    else list.push(p)
  }
  const people = f.people
    .filter((p) => byPerson.has(p.person))
    .map(({ person, queries, faces = queries }) => ({ person, others: faces - 1, at: byPerson.get(person)! }))
  const last = largest(
    f.precisionAt.map((p) => p.k),
    0,
  )
  if (people.length <= mostOpen) return rowsOf(people, last)
  const bySize = people.toSorted((a, b) => b.others - a.others)
  const shown = bySize.slice(0, mostFolded)
  return html`${sizesOf(people)}
<details><summary>${shown.length < people.length ? `The ${shown.length} people with most photos` : many(shown.length, 'person', 'people')}, one by one\
</summary>${rowsOf(shown, last)}</details>`
}

interface Row {
  readonly person: string
  readonly others: number
  readonly at: readonly At[]
}

/** One line a person. */
function rowsOf(people: readonly Row[], last: number): Html {
  const rows = people.map(({ person, others, at: mine }) => {
    const cell = (k: number) => {
      const p = mine.find((q) => q.k === k)
      return p === undefined ? '—' : p.ceiling < 1 ? `${pct(p.precision)} of ${pct(p.ceiling)}` : pct(p.precision)
    }
    const upTo = largest(
      mine.filter((p) => p.ceiling === 1 && p.precision === 1).map((p) => p.k),
      0,
    ) // all right among k means all right among fewer
    return [
      person,
      whole(others),
      cell(1),
      cell(5),
      cell(others),
      cell(largest(mine.map((p) => p.k))),
      upTo === 0 ? '—' : upTo >= others ? `all ${whole(others)}` : `k = ${whole(upTo)}`,
    ]
  })
  return table(['Person', 'Other photos', 'k = 1', 'k = 5', 'k = other photos', `k = ${whole(last)}`, '100 % up to'], rows, {
    numeric: [1, 2, 3, 4, 5, 6],
    label: 'Precision at k',
  })
}

/** All people by the number of their photos: how many there are, and their mean precision where all could be right. */
function sizesOf(people: readonly Row[]): Html {
  const rows = steps.flatMap((from, i) => {
    const to = (steps[i + 1] ?? Infinity) - 1
    const some = people.filter((p) => p.others >= from && p.others <= to)
    if (some.length === 0) return []
    const mean = (k: (p: Row) => number) => {
      const known = some.flatMap((p) => p.at.filter((q) => q.k === k(p)).map((q) => q.precision))
      return known.length === 0 ? '—' : pct(known.reduce((a, b) => a + b, 0) / known.length)
    }
    const size = to === from ? whole(from) : to === Infinity ? `${whole(from)} or more` : `${whole(from)} to ${whole(to)}`
    return [[size, whole(some.length), mean(() => 1), mean((p) => p.others)]]
  })
  return table(['Other photos of the person', 'People', 'Mean at k = 1', 'Mean at k = other photos'], rows, {
    numeric: [1, 2, 3],
    label: 'Precision by the number of photos',
  })
}
