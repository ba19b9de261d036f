/**
 * @file What a distance does on photos that have labels: pairs of one person and of two within it, and the pairs that contradict it.
 *
 * A threshold from other people's photos says nothing of these; a handful of labelled ones does.
 */
import { counted, gatherRows, inSlices, percent, squaredDistance, type Pieces, type Stage } from '../base/index.ts'
import { clopperPearson, peopleBootstrap, type Interval } from '../metrics/index.ts'
import type { KnownPoints } from './known-faces.ts'
import { some } from './pictures.ts'

/** Pairs of one kind, and how many of them lie within a distance. */
export interface PairShare {
  readonly pairs: number
  readonly within: number
  /** 95 % of the share; the wider of that of pairs, as if they were independent, and that of people drawn again (three people and more). */
  readonly interval: Interval
}

/** What a distance does on the labelled photos at hand. */
export interface DistanceHere {
  readonly distance: number
  readonly samePerson: PairShare
  readonly twoPeople: PairShare
}

/** Who somebody is, by the word of a person. */
export interface Identities {
  /** One a face: an index into `people`, or -1: the label of its photo's folder. */
  readonly labels: Int32Array
  readonly people: readonly string[]
  /** One a face: the number of a name that was given to it in groups.jsonl; -1 nobody has said, -2 nobody's. Default: none has any. */
  readonly names?: Int32Array
  /** One a face: equal for faces of one photo's content. */
  readonly photos: readonly string[]
}

/** Two rows and their Euclidean distance. */
export interface RowPair {
  readonly a: number
  readonly b: number
  readonly distance: number
}

/** All pairs of which labels say whether they show one person. */
export interface LabelledPairs {
  readonly same: Float64Array
  readonly different: Float64Array
  /** The person of each pair of one, and the two people of each pair of two. */
  readonly samePeople: Int32Array
  readonly differentPeople: Int32Array
  /** Pairs of two people within `near`, nearest first, at most {@link mostListed}, and how many there are. */
  readonly near: readonly RowPair[]
  readonly nearCount: number
  /** Faces whose nearest face of the same person lies beyond `far`, with that face, farthest first, at most {@link mostListed}; and how many there are. */
  readonly far: readonly RowPair[]
  readonly farCount: number
  readonly faces: number
  readonly people: number
  /** True where there were more labelled faces than are compared, so that some were drawn. */
  readonly sampled: boolean
}

/** Pairs that are listed. */
export const mostListed = 100
/** Faces that are compared, as pairs grow with the square. */
const mostCompared = 2000

/**
 * Compares all faces that have a name with each other. A name that was given counts before a folder's; where one of two faces has only the one and the other
 * only the other, nothing is known of the pair. Pairs within one photo, and copies of a photo, are left out.
 *
 * @param vectors row-major [n, dim]
 * @param near pairs of two people within it are listed
 * @param far faces beyond it from all others of their person are listed
 * @param most faces that are compared; of more, some are drawn by seed 0. Default 2,000
 * @throws KindredError `interrupted`
 * Cost: O(m^2 dim), m at most `most`; 12 bytes a pair
 */
export async function labelledPairs(
  vectors: Float32Array,
  dim: number,
  { labels, names, photos }: Identities,
  { near, far, most = mostCompared, signal }: { near: number; far: number; most?: number; signal?: AbortSignal },
): Promise<LabelledPairs> {
  const all = [...labels.keys()].filter((i) => names?.[i] !== -2 && (labels[i] >= 0 || (names?.[i] ?? -1) >= 0))
  const rows = some(all.length, most, 0).map((at) => all[at])
  const named = Int32Array.from(rows, (i) => names?.[i] ?? -1)
  const labelled = Int32Array.from(rows, (i) => labels[i])
  const points = gatherRows(vectors, dim, rows)
  /** Given names are counted after those of folders. */
  const person = (at: number): number => (named[at] >= 0 ? 1e6 + named[at] : labelled[at])
  const [same, different, samePeople, differentPeople]: number[][] = [[], [], [], []]
  let [nearPairs, nearCount]: [RowPair[], number] = [[], 0]
  const [closest, closestRow] = [new Float64Array(rows.length).fill(Infinity), new Int32Array(rows.length).fill(-1)]
  const stage: Stage = { task: 'comparing labelled faces', total: rows.length, unit: 'face', done: 0 }
  const compared = function* (): Pieces<void> {
    for (; stage.done < rows.length; stage.done++) {
      compare(stage.done)
      yield stage
    }
  }
  /** Compares a face with all before it. */
  const compare = (i: number): void => {
    for (let j = 0; j < i; j++) {
      const both = named[i] >= 0 && named[j] >= 0
      if (!both && (labelled[i] < 0 || labelled[j] < 0)) continue
      if (photos[rows[i]] === photos[rows[j]]) continue
      const isSame = both ? named[i] === named[j] : labelled[i] === labelled[j]
      const distance = Math.sqrt(squaredDistance(points, i * dim, points, j * dim, dim))
      if (isSame) {
        same.push(distance)
        samePeople.push(person(i))
        for (const [at, other] of [
          [i, j],
          [j, i],
        ])
          if (distance < closest[at]) [closest[at], closestRow[at]] = [distance, other]
        continue
      }
      different.push(distance)
      differentPeople.push(both ? person(i) : labelled[i], both ? person(j) : labelled[j])
      if (distance > near) continue
      nearCount++
      nearPairs.push({ a: rows[j], b: rows[i], distance })
      if (nearPairs.length >= 20 * mostListed) nearPairs = nearest(nearPairs)
    }
  }
  await inSlices(compared(), { where: 'group', signal })
  const lone = [...rows.keys()].filter((at) => closestRow[at] >= 0 && closest[at] > far)
  return {
    same: Float64Array.from(same),
    different: Float64Array.from(different),
    samePeople: Int32Array.from(samePeople),
    differentPeople: Int32Array.from(differentPeople),
    near: nearest(nearPairs),
    nearCount,
    far: lone
      .map((at) => ({ a: rows[at], b: rows[closestRow[at]], distance: closest[at] }))
      .sort((x, y) => y.distance - x.distance)
      .slice(0, mostListed),
    farCount: lone.length,
    faces: rows.length,
    people: new Set([...rows.keys()].map(person)).size,
    sampled: rows.length < all.length,
  }
}

const nearest = (pairs: readonly RowPair[]): RowPair[] =>
  [...pairs].sort((x, y) => x.distance - y.distance || x.a - y.a || x.b - y.b).slice(0, mostListed)

/** People of whom intervals by drawing people again are taken at most: their cost grows with the square. */
const mostDrawn = 200

/** How many of these pairs lie within a distance; undefined where there are none of either kind. */
export function distanceHere(
  { same, different, samePeople, differentPeople }: Pick<LabelledPairs, 'same' | 'different' | 'samePeople' | 'differentPeople'>,
  distance: number,
): DistanceHere | undefined {
  if (same.length + different.length === 0) return undefined
  const many = new Set(samePeople)
  const all = new Set(differentPeople)
  // Where most people have one photo alone, a draw of people holds hardly a pair of one.
  const drawn =
    all.size > mostDrawn || many.size < 3 || 2 * many.size < all.size
      ? undefined
      : peopleBootstrap({ genuine: same, impostor: different, genuinePeople: samePeople, impostorPeople: differentPeople }, distance, {
          rounds: 400,
          seed: 0,
          level: 0.95,
        })
  const share = (list: Float64Array, people: Interval | undefined): PairShare => {
    const within = list.reduce((n, d) => n + (d <= distance ? 1 : 0), 0)
    const pairs = list.length === 0 ? { low: 0, high: 1 } : clopperPearson(within, list.length, 0.95)
    return {
      pairs: list.length,
      within,
      interval: { low: Math.min(pairs.low, people?.low ?? 1), high: Math.max(pairs.high, people?.high ?? 0) },
    }
  }
  return { distance, samePerson: share(same, drawn?.tarInterval), twoPeople: share(different, drawn?.farInterval) }
}

/** What a distance does on faces that are known, where two of them have labels. @param most faces that are compared */
export async function measureHere(
  { vectors, dim, people, labels, ids }: KnownPoints,
  distance: number,
  { most, signal }: { most: number; signal?: AbortSignal },
): Promise<DistanceHere | undefined> {
  const photos = ids.map((id) => id.split('#')[0])
  const pairs = await labelledPairs(vectors, dim, { labels, people, photos }, { near: 0, far: Infinity, most, signal })
  return distanceHere(pairs, distance)
}

/** A share as a person reads it, small ones with two digits. */
export const shareText = (x: number): string => (x === 0 ? '0' : x >= 0.1 ? percent(x) : `${Number((100 * x).toPrecision(2))} %`)

/** What a distance does here, in one sentence. @param what the distance: `the radius` */
export function hereLine(here: DistanceHere | undefined, what: string): string {
  if (here === undefined)
    return `on your photos: not known, as no two of them have names; put them into a folder per person, or name groups, and it is measured`
  const words = ({ pairs, within, interval }: PairShare, kind: string): string =>
    pairs === 0
      ? `there are no pairs of ${kind}`
      : `${within} of ${counted(pairs, 'pair')} of ${kind} (${within === 0 ? '0 %' : shareText(within / pairs)}, 95 % interval ` +
        `${shareText(interval.low)} to ${shareText(interval.high)})`
  return `on your photos: within ${what} lie ${words(here.twoPeople, 'two people')} and ${words(here.samePerson, 'one person')}`
}
