/**
 * @file A space that knows one's own people better: a projection head trained on confirmed people, and judged on people and photos it has not seen.
 */
import { checkOptions, counted, ensure, gatherRows, KindredError, type Progress, silent } from '../../base/index.ts'
import { calibrateVerification, type PairDistances, type VerificationThreshold } from '../../metrics/index.ts'
import type { Runtime } from '../../runtime/index.ts'
import { trainProjectionHead, type ProjectionHead, type ProjectionStep } from '../../train/index.ts'
import { some } from '../pictures.ts'
import {
  foldsOfPeople,
  foldsOfPhotos,
  heldOutPairs,
  judgeQuestions,
  seenBy,
  strangersAccepted,
  type HeadData,
  type JudgedFold,
  type JudgedQuestions,
} from './judge-head.ts'

/** What learning needs at least: people, photos of each, and photos of them all. Measured in docs/decisions/0030-a-learned-head.md. */
export const leastToLearn = { people: 4, photosEach: 4, photos: 40 } as const

/** Faces that judge at most: distances grow with the square. Of more, so many are drawn; all of them train. */
const mostJudged = 1200
/** Parts that people, and photos, are put into. */
const folds = 5

/** Options of {@link learnHead}. */
export interface LearnHeadOptions {
  /** Vectors of faces, row-major [n, dim]. */
  readonly vectors: Float32Array
  readonly dim: number
  /** [n] The person of each; below 0: nobody has said, not used. */
  readonly labels: Int32Array
  /** [n] The photo of each: rows with the same text are one photo and its copies, and are never apart. Default: each its own. */
  readonly photos?: readonly string[]
  /** Worse copies of some faces, see `degradeCrops`: their vectors [m, dim], and of which row each is a copy. */
  readonly worse?: { readonly vectors: Float32Array; readonly of: Int32Array }
  readonly seed?: number
  readonly runtime?: Runtime
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** How a head does on what it has not seen. */
export interface HeadJudgement {
  /** Photos of people the head has not seen ask all others. */
  readonly unseenPeople?: JudgedQuestions
  /** Photos the head has not seen, of people it has seen. */
  readonly unseenPhotos?: JudgedQuestions
  /** Worse copies of photos of people the head has not seen. */
  readonly worseCopies?: JudgedQuestions
}

/** What {@link learnHead} gives. */
export interface LearnedHead {
  /** Trained on all. */
  readonly head: ProjectionHead
  readonly curve: readonly ProjectionStep[]
  readonly judged: HeadJudgement
  /** Whether the new space is better beyond doubt in one respect, and worse in none. */
  readonly better: boolean
  /** Why, in a sentence. */
  readonly verdict: string
  readonly people: number
  readonly photos: number
  readonly copies: number
  /** Distances of pairs with a person whom the head that measured them had not seen. */
  readonly heldOut: PairDistances
  /**
   * A threshold from these, for at most `far` of pairs of two people; and of faces of unseen people how many find somebody else within it.
   * Undefined where there are too few pairs.
   */
  readonly threshold?: {
    readonly far: number
    readonly rule: VerificationThreshold
    readonly strangers: { readonly asked: number; readonly accepted: number }
  }
}

const where = 'learn'

/**
 * Learns a head, and says what it is worth.
 *
 * Five heads are trained without a fifth of the people each, five without a fifth of the photos; the figures are theirs. The head that is
 * given is trained on all, with the same settings.
 * @throws KindredError `usage` where there are too few people or photos, with how many are needed; `interrupted`
 * Cost: eleven trainings of 300 steps, about half a second of processor time each for vectors of 128 numbers; judging O(queries x faces x dim)
 * @example
 * const { head, better, verdict } = await learnHead({ vectors, dim, labels, seed: 0 })
 * const moved = better ? projectVectors(head, vectors) : vectors
 */
export async function learnHead(options: LearnHeadOptions): Promise<LearnedHead> {
  checkOptions(where, options, ['vectors', 'dim', 'labels', 'photos', 'worse', 'seed', 'runtime', 'progress', 'signal'])
  const { seed = 0, runtime, progress = silent, signal } = options
  const data = confirmed(options)
  const task = progress.start('learning', 2 * folds + 1, 'head')
  try {
    let done = 0
    const train = async (unseen: readonly number[]) => {
      const trained = await trainProjectionHead({ ...seenBy(data, unseen), dim: data.dim, seed, runtime, signal })
      task.update(++done)
      return trained
    }
    const judgedBy = async (parts: readonly number[][]): Promise<JudgedFold[]> => {
      const out: JudgedFold[] = []
      for (const unseen of parts) out.push({ unseen, head: await train(unseen) })
      return out
    }
    const { head, curve } = await train([]).then(({ dim, weight, curve: c }) => ({ head: { dim, weight }, curve: c }))
    const byPeople = await judgedBy(foldsOfPeople(data, folds, seed))
    const byPhotos = await judgedBy(foldsOfPhotos(data, folds, seed))
    const fewer = sample(data, seed)
    const judge = (heads: readonly JudgedFold[], worse: boolean): Promise<JudgedQuestions | undefined> =>
      judgeQuestions(fewer.data, fewer.of(heads), { worse, seed, signal })
    const judged: HeadJudgement = {
      unseenPeople: await judge(byPeople, false),
      unseenPhotos: await judge(byPhotos, false),
      worseCopies: data.worse === undefined ? undefined : await judge(byPeople, true),
    }
    const heldOut = heldOutPairs(fewer.data, fewer.of(byPeople))
    return {
      head,
      curve,
      judged,
      ...verdictOn(judged),
      people: new Set(data.labels).size,
      photos: new Set(data.photos).size,
      copies: data.worse?.of.length ?? 0,
      heldOut,
      threshold: thresholdOf(heldOut, (limit) => strangersAccepted(fewer.data, fewer.of(byPeople), limit), seed),
    }
  } finally {
    task.end()
  }
}

/** The labelled rows of people with enough photos. @throws KindredError `usage` where there are too few */
function confirmed({ vectors, dim, labels, photos, worse }: LearnHeadOptions): HeadData {
  const n = labels.length
  ensure(
    Number.isInteger(dim) && dim > 0 && vectors.length === n * dim,
    where,
    `vectors must be [${n}, dim]`,
    `${vectors.length} numbers, dim ${dim}`,
  )
  ensure(photos === undefined || photos.length === n, where, 'photos must be one text a row', photos?.length)
  ensure(
    worse === undefined || (worse.vectors.length === worse.of.length * dim && worse.of.every((i) => i >= 0 && i < n)),
    where,
    'worse must be one vector a copy, each of a row',
    worse?.of.length,
  )
  const photoOf = (i: number): string => photos?.[i] ?? String(i)
  const rows = ensureEnough(labels, photos)
  const place = new Map(rows.map((row, i) => [row, i]))
  const copies = worse === undefined ? [] : [...worse.of.keys()].filter((k) => place.has(worse.of[k]))
  return {
    vectors: gatherRows(vectors, dim, rows),
    dim,
    labels: Int32Array.from(rows, (i) => labels[i]),
    photos: rows.map(photoOf),
    worse:
      worse === undefined
        ? undefined
        : { vectors: gatherRows(worse.vectors, dim, copies), of: Int32Array.from(copies, (k) => place.get(worse.of[k])!) },
  }
}

/**
 * The rows that count: those of people with enough photos.
 *
 * @param photos the photo of each row; default: each its own
 * @throws KindredError `usage` where there are too few, with how many are needed and how many there are
 */
export function ensureEnough(labels: Int32Array, photos?: readonly string[]): number[] {
  const photoOf = (i: number): string => photos?.[i] ?? String(i)
  const own = new Map<number, Set<string>>()
  for (const [i, l] of labels.entries()) if (l >= 0) own.set(l, (own.get(l) ?? new Set()).add(photoOf(i)))
  const enough = new Set([...own].filter(([, set]) => set.size >= leastToLearn.photosEach).map(([person]) => person))
  const rows = [...labels.keys()].filter((i) => enough.has(labels[i]))
  const count = new Set(rows.map(photoOf)).size
  if (enough.size >= leastToLearn.people && count >= leastToLearn.photos) return rows
  throw new KindredError(
    'usage',
    where,
    `there must be ${leastToLearn.people} people or more with ${leastToLearn.photosEach} photos or more each, ${leastToLearn.photos} photos together`,
    enough.size === 0 ? 'nobody with so many' : `${counted(enough.size, 'person', 'people')} with ${counted(count, 'photo')}`,
    'Confirm more people: put their photos into a folder of their own, or name them in groups.jsonl.',
  )
}

/** At most so many faces for judging, and the folds among them. */
function sample(data: HeadData, seed: number): { data: HeadData; of: (heads: readonly JudgedFold[]) => JudgedFold[] } {
  const { vectors, dim, labels, photos, worse } = data
  const rows = some(labels.length, mostJudged, seed)
  const place = new Map(rows.map((row, i) => [row, i]))
  const at = (list: ArrayLike<number>): number[] => Array.from(list).flatMap((i) => place.get(i) ?? [])
  const copies = worse === undefined ? [] : [...worse.of.keys()].filter((k) => place.has(worse.of[k]))
  return {
    data: {
      vectors: gatherRows(vectors, dim, rows),
      dim,
      labels: Int32Array.from(rows, (i) => labels[i]),
      photos: rows.map((i) => photos[i]),
      worse:
        worse === undefined
          ? undefined
          : { vectors: gatherRows(worse.vectors, dim, copies), of: Int32Array.from(at(copies.map((k) => worse.of[k]))) },
    },
    of: (heads) => heads.map(({ unseen, head }) => ({ unseen: at(unseen), head })),
  }
}

/** A fall of mean average precision that is too small to count. */
const noFall = 0.002

/** Better: mean average precision rose beyond its interval in one respect, and fell in none, by more than a hair. */
function verdictOn(judged: HeadJudgement): Pick<LearnedHead, 'better' | 'verdict'> {
  const all = [
    { what: 'photos of people it had not seen', q: judged.unseenPeople },
    { what: 'photos it had not seen', q: judged.unseenPhotos },
    { what: 'worse copies of photos of people it had not seen', q: judged.worseCopies },
  ].flatMap(({ what, q }) => (q === undefined ? [] : [{ what, q }]))
  const text = ({ what, q }: (typeof all)[number]): string =>
    `${what}: mAP ${q.map.before.toFixed(3)} before, ${q.map.after.toFixed(3)} after (95 % interval of the difference ${signed(q.map.low)} to ` +
    `${signed(q.map.high)})`
  const worse = all.find(({ q }) => q.map.difference < -noFall || q.map.high < 0)
  if (worse !== undefined) return { better: false, verdict: `Not taken, as it did worse on ${text(worse)}.` }
  const sure = all.filter(({ q }) => q.map.low > 0)
  if (sure.length === 0)
    return { better: false, verdict: `Not taken, as nothing is sure to be gained on ${all.map(text)[0] ?? 'so few photos'}.` }
  return { better: true, verdict: `Taken, as it did better on ${sure.map(text).join('; on ')}; and worse on nothing.` }
}

const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`

function thresholdOf(
  pairs: PairDistances,
  strangers: (limit: number) => { asked: number; accepted: number },
  seed: number,
): LearnedHead['threshold'] {
  for (const far of [0.001, 0.01]) {
    try {
      const rule = calibrateVerification({ ...pairs, far, seed })
      return { far, rule, strangers: strangers(rule.threshold) }
    } catch (error) {
      if (!(error instanceof KindredError) || error.code !== 'usage') throw error
    }
  }
  return undefined
}
