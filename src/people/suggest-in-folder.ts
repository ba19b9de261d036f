/** @file Who may be one person in a folder whose faces nobody has grouped yet: folders' names count as groups, the others fall into density clusters. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, type Progress } from '../base/index.ts'
import { namedClusters } from '../clusters/index.ts'
import type { EmbeddedFaces } from './embed-folder.ts'
import { photoNumbers } from './group-contradictions.ts'
import type { FaceGroup } from './group.ts'
import { radiusFor, type UsedRadius } from './group-radius.ts'
import { suggestForGroups, suggestionPicture, type Suggestion } from './group-suggestions.ts'
import { labelledPairs } from './labelled-pairs.ts'
import { meanDistance, oddsOfHistogram, oddsOfPairs } from './suggest-pairs.ts'
import { answeredSuggestions, keptApart, writeSuggestions, type SuggestionLine } from './suggestion-file.ts'

/** A folder whose faces fall into two groups or more that no chain of near faces joins. */
export interface SplitFolder {
  readonly person: string
  /** Faces in each group, most first. */
  readonly pieces: readonly number[]
  /** Mean distance of the faces of the two largest. */
  readonly distance: number
  /** A photo of each of the two. */
  readonly photos: readonly [string, string]
}

/** What {@link suggestInFolder} finds. */
export interface FolderSuggestions {
  readonly distances: UsedRadius
  readonly suggestions: readonly Suggestion[]
  readonly split: readonly SplitFolder[]
  /** The nearest pairs as an SVG document; undefined where there are none. */
  readonly picture: string | undefined
}

/** Settings of {@link suggestInFolder}. */
export interface SuggestInFolderOptions {
  /** Holds the crops. */
  readonly out: string
  /** Lines of `suggestions.jsonl` with an answer. */
  readonly answered?: readonly SuggestionLine[]
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const minPoints = 3
/** Pairs on the picture of a page. */
const onThePage = 10

/**
 * Suggests who may be one person, and which folders look like two.
 *
 * @returns undefined for vectors whose radius nobody knows
 * @throws KindredError `interrupted`
 * Cost: as `namedClusters` and `suggestPairs`
 */
export async function suggestInFolder(
  { records, vectors, dim, labels, people, recipe }: Pick<EmbeddedFaces, 'records' | 'vectors' | 'dim' | 'labels' | 'people' | 'recipe'>,
  { out, answered = [], progress, signal }: SuggestInFolderOptions,
): Promise<FolderSuggestions | undefined> {
  const distances = knownRadius(recipe, out)
  if (distances === undefined) return undefined
  const { radius, reach, calibration } = distances
  const apart = keptApart(records, answered, photoNumbers(records))
  const { clusters, count } = await namedClusters(vectors, dim, { radius, reach, minPoints, apart, progress, signal })
  const folders: FaceGroup[] = people.map((_, label) => ({
    name: null,
    rows: [...labels.keys()].filter((i) => labels[i] === label),
    found: [],
  }))
  const loose: number[][] = Array.from({ length: count }, () => [])
  const alone: number[] = []
  for (const [i, label] of labels.entries()) {
    if (label >= 0) continue
    if (clusters[i] >= 0) loose[clusters[i]].push(i)
    else alone.push(i)
  }
  const crowds = loose.filter((rows) => rows.length > 1)
  for (const rows of loose) if (rows.length === 1) alone.push(rows[0])
  const groups = [...folders, ...crowds.map((rows): FaceGroup => ({ name: null, rows, found: [] }))]
  const titles = [...people, ...crowds.map((_, at) => `Group ${at + 1}`)]
  const names = new Int32Array(records.length).fill(-1)
  const photos = records.map((r) => r.sourceHash)
  const pairs = await labelledPairs(vectors, dim, { labels, people, photos }, { near: 0, far: Infinity, signal })
  const odds = [oddsOfPairs('here', pairs.same, pairs.different)]
  if (calibration?.histogram !== undefined) odds.push(oddsOfHistogram(calibration.histogram))
  const named = { records, vectors, dim, labels, people, names, given: [] }
  const suggestions = await suggestForGroups(
    named,
    groups,
    alone.sort((a, b) => a - b),
    {
      radius,
      reach,
      odds,
      answered,
      titles,
      progress,
      signal,
    },
  )
  return {
    distances,
    suggestions,
    split: folders.flatMap(({ rows }, label) => {
      const found = inPieces(rows, clusters, (a, b) => meanDistance(vectors, dim, a, b))
      return found === undefined
        ? []
        : [
            {
              person: people[label],
              pieces: found.sizes,
              distance: found.distance,
              photos: [records[found.first[0]].source, records[found.first[1]].source],
            },
          ]
    }),
    picture: await suggestionPicture(out, named, suggestions, onThePage),
  }
}

/**
 * Writes `suggestions.jsonl`, with the answers that stand in it by now. Where faces have been grouped in the folder, it is left as it is: `group` knows the
 * names that were given since, and writes it.
 *
 * @throws KindredError `corrupt` naming a line that cannot be read
 */
export function keepSuggestions(out: string, suggestions: readonly Suggestion[]): void {
  if (existsSync(join(out, 'groups.jsonl'))) return
  const lines = suggestions.map((s) => s.line)
  const answered = answeredSuggestions(out)
  if (lines.length > 0 || answered.length > 0 || existsSync(join(out, 'suggestions.jsonl'))) writeSuggestions(out, [...lines, ...answered])
}

/** The groups of at least {@link minPoints} faces into which rows fall; undefined for fewer than two. */
function inPieces(
  rows: readonly number[],
  clusters: Int32Array,
  distance: (a: readonly number[], b: readonly number[]) => number,
): { sizes: number[]; distance: number; first: [number, number] } | undefined {
  const pieces = new Map<number, number[]>()
  for (const i of rows) if (clusters[i] >= 0) pieces.set(clusters[i], [...(pieces.get(clusters[i]) ?? []), i])
  const large = [...pieces.values()].filter((piece) => piece.length >= minPoints).sort((a, b) => b.length - a.length || a[0] - b[0])
  if (large.length < 2) return undefined
  return { sizes: large.map((piece) => piece.length), distance: distance(large[0], large[1]), first: [large[0][0], large[1][0]] }
}

function knownRadius(recipe: EmbeddedFaces['recipe'], out: string): UsedRadius | undefined {
  try {
    return radiusFor({}, recipe, join(out, 'threshold.json'), () => {})
  } catch (error) {
    if (error instanceof KindredError && error.code === 'usage') return undefined
    throw error
  }
}
