/**
 * @file What a head is worth on people and photos it has not seen: folds, each judged by a head that was trained without it, before and after.
 */
import { setImmediate } from 'node:timers/promises'
import { gatherRows, rng, squaredDistance, stopIfAborted } from '../../base/index.ts'
import { pairedPeopleBootstrap, type PairDistances } from '../../metrics/index.ts'
import { projectVectors, type ProjectionHead } from '../../train/index.ts'

/** A figure before and after, with the 95 % interval of the difference; people were drawn again. */
export interface BeforeAfter {
  readonly before: number
  readonly after: number
  readonly difference: number
  readonly low: number
  readonly high: number
}

/** What one kind of question finds. */
export interface JudgedQuestions {
  /** Faces that asked. */
  readonly queries: number
  readonly people: number
  /** Share whose nearest face is of the same person. */
  readonly knnAccuracy: BeforeAfter
  /** Mean average precision over whole rankings. */
  readonly map: BeforeAfter
  /** Share of pairs of one person within the distance that 1 % of the pairs of two people reach; the distance is held fixed for the interval. */
  readonly trueAccepts?: BeforeAfter
}

/** Labelled vectors, and worse copies of some. */
export interface HeadData {
  /** [n, dim] */
  readonly vectors: Float32Array
  readonly dim: number
  /** [n] Person of each, all >= 0. */
  readonly labels: Int32Array
  /** [n] Photos with the same text are never apart: copies of one photo. */
  readonly photos: readonly string[]
  /** Worse copies: their vectors, and of which row each is a copy. */
  readonly worse?: { readonly vectors: Float32Array; readonly of: Int32Array }
}

/** A fold: the rows that the head of this fold does not see, and the head. */
export interface JudgedFold {
  readonly unseen: readonly number[]
  readonly head: ProjectionHead
}

/** Parts of people: person by person in turn into `count` parts, in an order drawn from the seed. */
export function foldsOfPeople({ labels }: Pick<HeadData, 'labels'>, count: number, seed: number): number[][] {
  const people = [...new Set(labels)].sort((a, b) => a - b)
  const order = Int32Array.from(people)
  rng(seed).fork('folds of people').shuffle(order)
  const fold = new Map(Array.from(order, (person, i) => [person, i % Math.min(count, people.length)]))
  return parts([...labels.keys()], Math.min(count, people.length), (i) => fold.get(labels[i])!)
}

/** Parts of photos: those of each person in turn into `count` parts, copies of one photo together. */
export function foldsOfPhotos({ labels, photos }: Pick<HeadData, 'labels' | 'photos'>, count: number, seed: number): number[][] {
  const names = [...new Set(photos.map((photo, i) => `${labels[i]} ${photo}`))]
  const order = Int32Array.from(names.keys())
  rng(seed).fork('folds of photos').shuffle(order)
  const [seen, fold] = [new Map<string, number>(), new Map<string, number>()]
  for (const at of order) {
    const [person] = names[at].split(' ')
    fold.set(names[at], (seen.get(person) ?? 0) % count)
    seen.set(person, (seen.get(person) ?? 0) + 1)
  }
  return parts([...labels.keys()], count, (i) => fold.get(`${labels[i]} ${photos[i]}`)!)
}

function parts(rows: readonly number[], count: number, of: (row: number) => number): number[][] {
  const out = Array.from({ length: count }, (): number[] => [])
  for (const row of rows) out[of(row)].push(row)
  return out.filter((part) => part.length > 0)
}

/** Figures of single questions. */
interface Questions {
  right: number[]
  precision: number[]
  person: number[]
}

/**
 * Unseen faces ask all others, before and after.
 *
 * @param worse let the worse copies of the unseen ask instead; a copy does not find its own photo
 * @returns undefined where nobody has anything to find
 * @throws KindredError `interrupted`
 */
export async function judgeQuestions(
  data: HeadData,
  folds: readonly JudgedFold[],
  { worse = false, seed = 0, signal }: { worse?: boolean; seed?: number; signal?: AbortSignal } = {},
): Promise<JudgedQuestions | undefined> {
  const [before, after] = [questions(), questions()]
  for (const { unseen, head } of folds) {
    await ask(data, data.vectors, data.worse?.vectors, unseen, worse, before, signal)
    const moved = data.worse === undefined ? undefined : projectVectors(head, data.worse.vectors)
    await ask(data, projectVectors(head, data.vectors), moved, unseen, worse, after, signal)
  }
  if (before.person.length === 0) return undefined
  const people = Int32Array.from(before.person)
  const figure = (a: number[], b: number[]): BeforeAfter => beforeAfter(a, b, people, seed)
  const pairs = worse ? undefined : judgePairs(data, folds, seed)
  return {
    queries: people.length,
    people: new Set(people).size,
    knnAccuracy: figure(after.right, before.right),
    map: figure(after.precision, before.precision),
    trueAccepts: pairs,
  }
}

const questions = (): Questions => ({ right: [], precision: [], person: [] })

function beforeAfter(after: readonly number[], before: readonly number[], people: Int32Array, seed: number): BeforeAfter {
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
  const { difference, low, high } = pairedPeopleBootstrap(after, before, people, { seed })
  return { before: mean(before), after: mean(after), difference, low, high }
}

async function ask(
  { dim, labels, photos, worse: copies }: HeadData,
  vectors: Float32Array,
  worseVectors: Float32Array | undefined,
  unseen: readonly number[],
  worse: boolean,
  into: Questions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isUnseen = new Set(unseen)
  const asking = worse ? [...(copies?.of.keys() ?? [])].filter((k) => isUnseen.has(copies!.of[k])) : unseen
  const distance = new Float64Array(labels.length)
  for (const [n, k] of asking.entries()) {
    if (n % 50 === 0) {
      await setImmediate() // a stop is heard, and progress shown
      stopIfAborted(signal, 'learn', 'a stop before all was judged')
    }
    const row = worse ? copies!.of[k] : k
    const others = [...labels.keys()].filter((i) => i !== row && photos[i] !== photos[row])
    const mine = others.filter((i) => labels[i] === labels[row]).length
    if (mine === 0) continue
    for (const i of others) distance[i] = squaredDistance(vectors, i * dim, worse ? worseVectors! : vectors, k * dim, dim)
    others.sort((a, b) => distance[a] - distance[b] || a - b)
    let [found, precision] = [0, 0]
    for (const [at, i] of others.entries()) if (labels[i] === labels[row]) precision += ++found / (at + 1)
    into.right.push(labels[others[0]] === labels[row] ? 1 : 0)
    into.precision.push(precision / mine)
    into.person.push(labels[row])
  }
}

/** Distances of the pairs with an unseen face, by the head that has not seen it; each pair once a fold. */
export function heldOutPairs(data: HeadData, folds: readonly JudgedFold[], after = true): PairDistances {
  const { vectors, dim, labels, photos } = data
  const [genuine, impostor, genuinePeople, impostorPeople]: number[][] = [[], [], [], []]
  for (const { unseen, head } of folds) {
    const x = after ? projectVectors(head, vectors) : vectors
    const isUnseen = new Set(unseen)
    for (const i of unseen)
      for (let j = 0; j < labels.length; j++) {
        if (photos[i] === photos[j] || (isUnseen.has(j) && j <= i)) continue
        const d = Math.sqrt(squaredDistance(x, i * dim, x, j * dim, dim))
        if (labels[i] === labels[j]) {
          genuine.push(d)
          genuinePeople.push(labels[i])
        } else {
          impostor.push(d)
          impostorPeople.push(labels[i], labels[j])
        }
      }
  }
  return {
    genuine: Float64Array.from(genuine),
    impostor: Float64Array.from(impostor),
    genuinePeople: Int32Array.from(genuinePeople),
    impostorPeople: Int32Array.from(impostorPeople),
  }
}

/** Faces of unseen people that find somebody else within a distance, by the head that has not seen them. */
export function strangersAccepted(data: HeadData, folds: readonly JudgedFold[], limit: number): { asked: number; accepted: number } {
  const { dim, labels } = data
  let [asked, accepted] = [0, 0]
  for (const { unseen, head } of folds) {
    const x = projectVectors(head, data.vectors)
    asked += unseen.length
    accepted += unseen.filter((i) =>
      labels.some((l, j) => l !== labels[i] && Math.sqrt(squaredDistance(x, i * dim, x, j * dim, dim)) <= limit),
    ).length
  }
  return { asked, accepted }
}

function judgePairs(data: HeadData, folds: readonly JudgedFold[], seed: number): BeforeAfter | undefined {
  const [before, after] = [heldOutPairs(data, folds, false), heldOutPairs(data, folds)]
  if (before.genuine.length === 0 || before.impostor.length < 100) return undefined
  const accepted = ({ genuine, impostor }: PairDistances): number[] => {
    const limit = impostor.toSorted()[Math.ceil(0.01 * impostor.length) - 1]
    return Array.from(genuine, (d) => (d < limit ? 1 : 0))
  }
  return beforeAfter(accepted(after), accepted(before), before.genuinePeople, seed)
}

/** The rows of data that a fold's head may see, with their worse copies. */
export function seenBy(data: HeadData, unseen: readonly number[]): { vectors: Float32Array; labels: Int32Array } {
  const { vectors, dim, labels, worse } = data
  const hidden = new Set(unseen)
  const rows = [...labels.keys()].filter((i) => !hidden.has(i))
  const copies = worse === undefined ? [] : [...worse.of.keys()].filter((k) => !hidden.has(worse.of[k]))
  const out = new Float32Array((rows.length + copies.length) * dim)
  out.set(gatherRows(vectors, dim, rows))
  if (worse !== undefined) out.set(gatherRows(worse.vectors, dim, copies), rows.length * dim)
  return { vectors: out, labels: Int32Array.from([...rows, ...copies.map((k) => worse!.of[k])], (i) => labels[i]) }
}
