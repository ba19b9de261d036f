/**
 * @file The same person or not: a distance threshold set by the false accepts one is willing to bear, and how far its figures can be trusted.
 *
 * A pair is accepted when its distance is at most the threshold. FAR: share of accepted pairs among those of two people; TAR: among those of one person.
 */
import { allAtOnce, checkOptions, checkRows, ensure, KindredError, squaredDistance, type Pieces, type Stage } from '../base/index.ts'
import { clopperPearson } from './clopper-pearson.ts'
import type { Interval } from './intervals.ts'
import { checkLabels, type Labels } from './labels.ts'
import { peopleBootstrapPieces } from './people-bootstrap.ts'

/** Distances of all pairs of labelled photos, in order of the photos. */
export interface PairDistances {
  /** Of two photos of one person. */
  genuine: Float64Array
  /** Of photos of two people. */
  impostor: Float64Array
  /** The person of each genuine pair. */
  genuinePeople: Int32Array
  /** The two people of each impostor pair, [impostors, 2]. */
  impostorPeople: Int32Array
}

/** What {@link calibrateVerification} takes. */
export interface CalibrateOptions {
  /** Distances between photos of one person. */
  genuine: ArrayLike<number>
  /** Distances between photos of two people. */
  impostor: ArrayLike<number>
  /** As in {@link PairDistances}; with both, intervals by resampling people are given too. */
  genuinePeople?: Int32Array
  impostorPeople?: Int32Array
  /** The share of pairs of two people that may be taken for one. Default 0.001. */
  far?: number
  /** Probability that an interval covers the truth. Default 0.95. */
  confidence?: number
  /** Resamples of people. Default 1000; 0 for none. */
  rounds?: number
  /** Seeds the resampling. Default 0. */
  seed?: number
}

/** A threshold and what it is worth on the pairs it was set with. */
export interface VerificationThreshold {
  /** Same person: distance <= threshold. */
  threshold: number
  /** Share of impostor pairs accepted; at most the one asked for. */
  far: number
  /** Clopper-Pearson, as if all pairs were independent: too narrow. */
  farInterval: Interval
  /** Share of genuine pairs accepted. */
  tar: number
  /** Clopper-Pearson, as if all pairs were independent: too narrow. */
  tarInterval: Interval
  /** Genuine pairs. */
  genuine: number
  /** Impostor pairs. */
  impostors: number
  /** The rate at which false accepts and false rejects are equally frequent, and its threshold. */
  equalError: { rate: number; threshold: number }
  /** The honest intervals, people being resampled; only when the pairs' people are given. With fewer than some ten people even these are rough. */
  byPeople?: { people: number; farInterval: Interval; tarInterval: Interval }
}

/**
 * Euclidean distances of all pairs of photos.
 *
 * @param vectors points, row-major [n, dim]
 * @param dim coordinates per point
 * @param labels one person per point; points with a negative label are left out
 * @throws KindredError `usage` when lengths do not fit
 * Cost: O(n^2 dim) time; 16 bytes an impostor pair
 */
export function pairDistances(vectors: Float32Array, dim: number, labels: Labels): PairDistances {
  return allAtOnce(pairDistancePieces(vectors, dim, labels))
}

/** {@link pairDistances} in pieces, one a row. */
export function* pairDistancePieces(vectors: Float32Array, dim: number, labels: Labels): Pieces<PairDistances> {
  const where = 'pair distances'
  checkLabels(where, 'labels', labels, checkRows(where, vectors, dim, 'vectors'))
  const counts = new Map<number, number>()
  for (const l of labels) if (l >= 0) counts.set(l, (counts.get(l) ?? 0) + 1)
  const known = Array.from(labels.keys()).filter((i) => labels[i] >= 0)
  const same = [...counts.values()].reduce((sum, m) => sum + (m * (m - 1)) / 2, 0)
  const different = (known.length * (known.length - 1)) / 2 - same
  const out = {
    genuine: new Float64Array(same),
    impostor: new Float64Array(different),
    genuinePeople: new Int32Array(same),
    impostorPeople: new Int32Array(2 * different),
  }
  let [g, m] = [0, 0]
  const stage: Stage = { task: 'measuring distances', total: same + different, unit: 'pair', done: 0 }
  for (let row = 0; row < known.length; row++) {
    for (let column = 0; column < row; column++) {
      const [i, j] = [known[row], known[column]]
      const distance = Math.sqrt(squaredDistance(vectors, i * dim, vectors, j * dim, dim))
      if (labels[i] === labels[j]) {
        out.genuine[g] = distance
        out.genuinePeople[g++] = labels[i]
      } else {
        out.impostor[m] = distance
        out.impostorPeople[2 * m] = labels[j]
        out.impostorPeople[2 * m++ + 1] = labels[i]
      }
    }
    stage.done += row
    yield stage
  }
  return out
}

/**
 * How many impostor pairs a false-accept rate asks for: so many that a true rate of `far` would show itself at least once with probability `confidence`.
 *
 * n = ln(1 - confidence) / ln(1 - far); about 3 / far for 0.95, the rule of three (Hanley, Lippman-Hand 1983).
 */
export function impostorsNeeded(far: number, confidence = 0.95): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-far))
}

/**
 * The largest threshold at which at most the share `far` of impostor pairs is accepted: halfway between the last accepted distance and the next.
 *
 * Pairs are not independent, as each photo is in many: `farInterval` and `tarInterval` look better than they are. `byPeople` resamples people,
 * who are independent; quote that one. And both speak of people like these in photos like these.
 *
 * @example const rule = calibrateVerification({ ...pairDistances(vectors, dim, labels), far: 0.001 })
 * @throws KindredError `usage` for no genuine pairs, a far outside (0, 1), fewer impostor pairs than {@link impostorsNeeded}, or so many pairs of two people at
 *   distance 0
 * Cost: O(n log n), and O(rounds * people^2) for the resampling
 * Source: FAR and TAR as ISO/IEC 19795-1:2021 and NIST FRVT name them (FMR, 1 - FNMR)
 */
export function calibrateVerification(options: CalibrateOptions): VerificationThreshold {
  return allAtOnce(calibratePieces(options))
}

/** {@link calibrateVerification} in pieces: sorting (.3 s for 4.5 million pairs), then one a draw of people. */
export function* calibratePieces(options: CalibrateOptions): Pieces<VerificationThreshold> {
  const where = 'verification threshold'
  checkOptions(where, options, ['genuine', 'impostor', 'genuinePeople', 'impostorPeople', 'far', 'confidence', 'rounds', 'seed'])
  const { far: asked = 0.001, confidence = 0.95, rounds = 1000, seed = 0, genuinePeople, impostorPeople } = options
  ensure(asked > 0 && asked < 1, where, 'far must be in (0, 1)', asked)
  ensure(confidence > 0 && confidence < 1, where, 'confidence must be in (0, 1)', confidence)
  const stage: Stage = { task: 'sorting distances', total: 3, unit: 'part', done: 0 }
  const genuine = ascending(where, 'genuine', options.genuine)
  yield stage
  const impostor = ascending(where, 'impostor', options.impostor)
  yield stage
  ensure(genuine.length > 0, where, 'there must be two photos of one person', 'none', 'Put the photos of one person into one folder.')
  const needed = impostorsNeeded(asked, confidence)
  if (impostor.length < needed) {
    const least = impostor.length === 0 ? undefined : -Math.expm1(Math.log(1 - confidence) / impostor.length)
    const fix =
      least === undefined || least >= 0.5
        ? 'Add photos of more people.'
        : `Add photos of more people, or ask for a rate of at least ${(Math.ceil(least * 1e4) / 1e4).toString()}.`
    throw new KindredError(
      'usage',
      where,
      `a false-accept rate of ${asked} needs at least ${needed} pairs of two people`,
      String(impostor.length),
      fix,
    )
  }
  const threshold = thresholdAt(where, impostor, asked)
  const [accepted, kept] = [upTo(impostor, threshold), upTo(genuine, threshold)]
  const people =
    genuinePeople === undefined || impostorPeople === undefined
      ? undefined
      : yield* peopleBootstrapPieces({ genuine: options.genuine, impostor: options.impostor, genuinePeople, impostorPeople }, threshold, {
          rounds,
          seed,
          level: confidence,
        })
  return {
    threshold,
    far: accepted / impostor.length,
    farInterval: clopperPearson(accepted, impostor.length, confidence),
    tar: kept / genuine.length,
    tarInterval: clopperPearson(kept, genuine.length, confidence),
    genuine: genuine.length,
    impostors: impostor.length,
    equalError: equalError(genuine, impostor),
    byPeople: people,
  }
}

/** Ascending finite numbers. */
function ascending(where: string, name: string, list: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(list).sort()
  const bad = sorted.find((v) => !Number.isFinite(v) || v < 0)
  ensure(bad === undefined, where, `${name} must hold finite distances >= 0`, bad)
  return sorted
}

/** How many of ascending distances are at most `threshold`. */
export function upTo(sorted: Float64Array, threshold: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= threshold) low = middle + 1
    else high = middle
  }
  return low
}

/** The threshold halfway between the last impostor distance that may be accepted and the next larger one. */
export function thresholdAt(where: string, impostor: Float64Array, far: number): number {
  let allowed = Math.floor(far * impostor.length)
  if ((allowed + 1) / impostor.length <= far) allowed++ // 0.29 * 100 is a hair below 29
  allowed = Math.min(impostor.length - 1, allowed)
  while (allowed > 0 && impostor[allowed - 1] === impostor[allowed]) allowed--
  const next = impostor[allowed]
  ensure(
    next > 0,
    where,
    'photos of two people must differ',
    `${upTo(impostor, 0)} pairs of two people at distance 0`,
    'The same photo may lie in two folders.',
  )
  const threshold = ((allowed === 0 ? 0 : impostor[allowed - 1]) + next) / 2
  return threshold < next ? threshold : impostor[allowed - 1] // two neighbouring numbers have no middle
}

/** Where the share of impostors accepted meets the share of genuine pairs refused; of equals the lower threshold. */
function equalError(genuine: Float64Array, impostor: Float64Array): { rate: number; threshold: number } {
  let best = { rate: 1, threshold: 0, gap: Infinity }
  let [g, i] = [0, 0]
  while (g < genuine.length || i < impostor.length) {
    const threshold = Math.min(g < genuine.length ? genuine[g] : Infinity, i < impostor.length ? impostor[i] : Infinity)
    while (g < genuine.length && genuine[g] <= threshold) g++
    while (i < impostor.length && impostor[i] <= threshold) i++
    const [accepted, refused] = [i / impostor.length, 1 - g / genuine.length]
    const gap = Math.abs(accepted - refused)
    if (gap < best.gap) best = { rate: (accepted + refused) / 2, threshold, gap }
    else if (accepted > refused) break // from here on they only part
  }
  return { rate: best.rate, threshold: best.threshold }
}
