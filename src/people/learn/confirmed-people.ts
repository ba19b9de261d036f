/** @file Who is on which face, as people have confirmed it: the names of folders, and what stands under a name in groups.jsonl. */
import type { CropRecord } from '../../faces/index.ts'
import { placeNamed } from '../group-file.ts'
import { peopleIn } from '../people-of.ts'

/**
 * Confirmed people. A name in groups.jsonl counts before that of a folder; faces that were only found near a named group do not count, and faces of nobody
 * (`-`) are nobody's.
 *
 * @param out the output folder with the groups
 * @returns names, sorted, and for each record which of them it bears (-1: none)
 * @throws KindredError `corrupt` for a groups.jsonl that cannot be read
 */
export function confirmedPeople(out: string, records: readonly CropRecord[]): { people: string[]; labels: Int32Array } {
  const { people: folders, labels } = peopleIn(out, records)
  const names: (string | null)[] = Array.from(labels, (l) => (l < 0 ? null : folders[l]))
  const { names: said, placed } = placeNamed(out, records)
  for (const [at, name] of said.entries()) for (const row of placed.lines[at].rows) names[row] = name === '-' ? null : name
  const people = [...new Set(names.filter((n) => n !== null))].sort()
  const place = new Map(people.map((n, i) => [n, i]))
  return { people, labels: Int32Array.from(names, (n) => (n === null ? -1 : place.get(n)!)) }
}
