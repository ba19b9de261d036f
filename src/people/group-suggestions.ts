/** @file Groups and lone faces that may be one person: what is suggested, why, and a picture of it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { counted, type Progress } from '../base/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { pairSheet, toPng } from '../plots/index.ts'
import type { FaceGroup } from './group.ts'
import type { Named } from './group-contradictions.ts'
import { groupTitles } from './group-sheets.ts'
import { photoName, thumbnails } from './pictures.ts'
import { oddsAt, suggestPairs, type OddsSource, type PairOdds, type SuggestedPair } from './suggest-pairs.ts'
import { faceByContent, rowsByContent, type SuggestionLine } from './suggestion-file.ts'

/** How much farther than the reach the faces of two may lie on average to be suggested: the mean of a person's own pairs is larger than their links. */
const farther = 1.2
/** Pairs on the picture, and pictures a side. */
const [mostDrawn, mostASide] = [30, 3]

/** A suggestion with the rows of its sides, those that lie nearest to the other side first. */
export interface Suggestion extends SuggestedPair {
  readonly line: SuggestionLine
  /** Names as they are shown. */
  readonly titles: readonly [string, string]
  readonly rows: readonly [readonly number[], readonly number[]]
}

/** Settings of {@link suggestForGroups}. */
export interface GroupSuggestOptions {
  readonly radius: number
  readonly reach: number
  /** What is known of labelled pairs; the first that knows enough is asked. */
  readonly odds: readonly OddsSource[]
  /** Lines with an answer. */
  readonly answered: readonly SuggestionLine[]
  /** Of the groups. Default: their names and numbers. */
  readonly titles?: readonly string[]
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/**
 * Suggests which groups and lone faces may be one person, nearest first, 200 at most.
 *
 * Left out: two names that were given, two of whom somebody has answered that they are different, two that share a photo, and two of different folders unless
 * they are as near as the reach.
 */
export async function suggestForGroups(
  named: Named,
  groups: readonly FaceGroup[],
  alone: readonly number[],
  { radius, reach, odds, answered, titles: given, signal, progress }: GroupSuggestOptions,
): Promise<Suggestion[]> {
  const { records, vectors, dim, labels, people } = named
  const sides = [...groups.map((g) => (g.name === '-' ? [] : [...g.rows, ...g.found])), ...alone.map((i) => [i])]
  const sideOf = new Int32Array(records.length).fill(-1)
  for (const [at, rows] of sides.entries()) for (const i of rows) sideOf[i] = at
  const folder = sides.map((rows) => majority(rows.map((i) => labels[i])))
  const photos = sides.map((rows) => new Set(rows.map((i) => records[i].source)))
  const find = rowsByContent(records)
  const different = new Set(
    answered.flatMap(({ a, b }) =>
      find(a.face).flatMap((i) => find(b.face).flatMap((j) => [`${sideOf[i]} ${sideOf[j]}`, `${sideOf[j]} ${sideOf[i]}`])),
    ),
  )
  const isNamed = (at: number): boolean => at < groups.length && groups[at].name !== null
  const skip = (a: number, b: number, distance: number): boolean =>
    (isNamed(a) && isNamed(b)) ||
    different.has(`${a} ${b}`) ||
    (folder[a] >= 0 && folder[b] >= 0 && folder[a] !== folder[b] && distance > reach) ||
    [...photos[a]].some((photo) => photos[b].has(photo))
  const found = await suggestPairs(vectors, dim, sideOf, { limit: farther * reach, skip, signal, progress })
  const titles = given ?? groupTitles(groups).map((title) => title.replace(', no name yet', ''))
  const titleOf = (at: number): string => (at < groups.length ? titles[at] : photoName(records[sides[at][0]]))
  return found.map((pair): Suggestion => {
    const { a, b, distance, nearest } = pair
    const known = oddsAt(odds, distance)
    const side = (at: number, row: number) => ({
      name: isNamed(at) ? groups[at].name : folder[at] < 0 ? null : people[folder[at]],
      faces: sides[at].length,
      face: faceByContent(records[row]),
    })
    const nearestFirst = (at: number, row: number): number[] => [row, ...sides[at].filter((i) => i !== row)].slice(0, mostASide)
    return {
      ...pair,
      titles: [titleOf(a), titleOf(b)],
      rows: [nearestFirst(a, nearest.a), nearestFirst(b, nearest.b)],
      line: {
        a: side(a, nearest.a),
        b: side(b, nearest.b),
        distance: Number(distance.toFixed(4)),
        nearest: Number(nearest.distance.toFixed(4)),
        pairs: pair.pairs,
        odds: known ?? null,
        why: reason(pair, folder[a], folder[b], people, radius, known),
        pictures: [records[nearest.a].crop, records[nearest.b].crop],
      },
    }
  })
}

/** The label most of them bear, -1 where none does. */
function majority(labels: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const label of labels) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].sort(([p, a], [q, b]) => b - a || p - q)[0]?.[0] ?? -1
}

function reason(
  { distance, nearest, pairs }: SuggestedPair,
  mine: number,
  yours: number,
  people: readonly string[],
  radius: number,
  known: PairOdds | undefined,
): string {
  const labels =
    mine < 0 || yours < 0
      ? undefined
      : mine === yours
        ? `both lie in the folder ${people[mine]}`
        : `the folders ${people[mine]} and ${people[yours]} look alike`
  return [
    labels,
    pairs === 1
      ? `their distance is ${distance.toFixed(3)}`
      : `mean distance ${distance.toFixed(3)} over ${pairs} pairs of faces, the closest ${nearest.distance.toFixed(3)}` +
        (nearest.distance <= radius ? ', within the radius' : ''),
    known === undefined ? undefined : oddsLine(known),
  ]
    .filter((part) => part !== undefined)
    .join('; ')
}

/** What is known of labelled pairs about as far apart, in words. */
export const oddsLine = ({ same, of, from }: PairOdds): string =>
  `of ${counted(of, 'labelled pair')} about as far apart ${from === 'here' ? 'here' : 'where the threshold was calibrated'}, ${same} ` +
  `${same === 1 ? 'shows' : 'show'} one person`

/** Draws the first suggestions side by side. @returns an SVG document; undefined where there are none */
export async function suggestionPicture(
  out: string,
  { records }: Pick<Named, 'records'>,
  suggestions: readonly Suggestion[],
  most = mostDrawn,
): Promise<string | undefined> {
  if (suggestions.length === 0) return undefined
  const side = 96
  const shown = suggestions.slice(0, most)
  const pictures = async (rows: readonly number[]): Promise<Uint8Array[]> => {
    const pixels = await thumbnails(
      out,
      rows.map((i) => records[i]),
      side,
    )
    const each = side * side * 3
    return rows.map((_, at) => pixels.subarray(at * each, (at + 1) * each))
  }
  const rows = []
  for (const { rows: sides, titles, line, distance } of shown) {
    const [left, right] = await Promise.all(
      ([0, 1] as const).map(async (at) => {
        const { faces = 1, name } = [line.a, line.b][at]
        return {
          name: titles[at],
          detail: [faces > 1 ? counted(faces, 'face') : 'alone', name === titles[at] ? undefined : (name ?? undefined)]
            .filter((d) => d !== undefined)
            .join(', '),
          pictures: await pictures(sides[at]),
        }
      }),
    )
    const { odds } = line
    rows.push({ left, right, distance, detail: odds === null || odds === undefined ? undefined : `${odds.same} of ${odds.of} one person` })
  }
  return pairSheet(rows, {
    height: side,
    width: side,
    title: `${counted(suggestions.length, 'pair')} may be one person${shown.length < suggestions.length ? `; the nearest ${shown.length}` : ''}`,
    subtitle:
      'Between them the mean distance of their faces, and how many labelled pairs that far apart show one person, where that is known.',
    most: mostASide,
  })
}

/** Writes `suggestions.png`, or removes it where there are none. */
export async function drawSuggestions(out: string, named: Pick<Named, 'records'>, suggestions: readonly Suggestion[]): Promise<void> {
  const svg = await suggestionPicture(out, named, suggestions)
  if (svg === undefined) rmSync(join(out, 'suggestions.png'), { force: true })
  else writeFileAtomic(join(out, 'suggestions.png'), await toPng(svg, { scale: 1.5 }))
}
