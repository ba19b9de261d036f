/**
 * @file What a threshold is worth on people it was not set with: set on some people's pairs, tried on others', in turns.
 *
 * As the protocol of Labeled Faces in the Wild (Huang, Ramesh, Berg, Learned-Miller 2007, view 2): a threshold from the other folds, no person in two folds.
 */
import { checkOptions, ensure, KindredError, rng } from '../base/index.ts'
import { clopperPearson } from './clopper-pearson.ts'
import type { Interval } from './intervals.ts'
import { compactLabels } from './labels.ts'
import { thresholdAt, upTo, type PairDistances } from './verification.ts'

/** How {@link crossValidateVerification} divides. */
export interface VerificationFoldsOptions {
  /** False-accept rate at which each fold's threshold is set. Default 0.001. */
  far?: number
  /** Groups of people. Default 10, or half as many as there are people if that is less. */
  folds?: number
  /** Seeds the division. Default 0. */
  seed?: number
  /** Probability that an interval covers the truth. Default 0.95. */
  confidence?: number
}

/** One turn. */
export interface VerificationFold {
  /** Set on the pairs among the other folds' people. */
  threshold: number
  /** Genuine pairs of this fold's people, and how many were accepted. */
  genuine: number
  kept: number
  /** Impostor pairs among this fold's people, and how many were accepted. */
  impostors: number
  accepted: number
}

/** Error rates on people that had no part in setting the threshold; all folds' pairs together. */
export interface CrossValidatedVerification {
  far: number
  /** Clopper-Pearson, as if all pairs were independent. */
  farInterval: Interval
  tar: number
  tarInterval: Interval
  /** (TAR + 1 - FAR) / 2. */
  balancedAccuracy: number
  genuine: number
  impostors: number
  people: number
  folds: VerificationFold[]
}

/**
 * Sets a threshold on the people of all folds but one, tries it on the people of that one, and so on through the folds.
 *
 * Pairs between a fold and the rest take no part. With fewer than some twenty people the figure says little more than how much a threshold depends on whom it
 * was set with: on five people, two women against three men, a threshold for 1 % accepted 23 %. A fold's threshold asks for one impostor pair that may be
 * accepted, thus 1 / far of them.
 * @param pairs of {@link pairDistances}
 * @throws KindredError `usage` for fewer than four people, or when a fold leaves too few impostor pairs to set a threshold, saying how many are needed
 * Cost: O(folds * pairs)
 */
export function crossValidateVerification(pairs: PairDistances, options: VerificationFoldsOptions = {}): CrossValidatedVerification {
  const where = 'cross-validated verification'
  checkOptions(where, options, ['far', 'folds', 'seed', 'confidence'])
  const { genuine, impostor, genuinePeople, impostorPeople } = pairs
  const { far = 0.001, seed = 0, confidence = 0.95 } = options
  ensure(far > 0 && far < 1, where, 'far must be in (0, 1)', far)
  const { classes, ids } = compactLabels(Int32Array.from([...genuinePeople, ...impostorPeople]))
  ensure(classes.length >= 4, where, 'there must be at least four people, two a fold', classes.length, 'Add photos of more people.')
  const folds = options.folds ?? Math.min(10, Math.floor(classes.length / 2))
  ensure(
    Number.isInteger(folds) && folds >= 2 && 2 * folds <= classes.length,
    where,
    `folds must be an integer from 2 to ${Math.floor(classes.length / 2)}, two people a fold`,
    folds,
  )
  const order = rng(seed).shuffle(Int32Array.from(classes.keys()))
  const foldOf = new Int32Array(classes.length)
  for (const [place, person] of order.entries()) foldOf[person] = place % folds
  const genuineFold = Int32Array.from(genuine, (_, g) => foldOf[ids[g]])
  const impostorFolds = Int32Array.from(impostorPeople, (_, at) => foldOf[ids[genuine.length + at]])

  const turns = Array.from({ length: folds }, (_, fold): VerificationFold => {
    const training = impostor.filter((_, m) => impostorFolds[2 * m] !== fold && impostorFolds[2 * m + 1] !== fold).sort()
    const needed = Math.ceil(1 / far - 1e-9)
    if (training.length < needed)
      throw new KindredError(
        'usage',
        where,
        `a threshold for a false-accept rate of ${far} needs at least ${needed} pairs of two people outside each fold`,
        String(training.length),
        'Add photos of more people, or ask for a larger rate.',
      )
    const threshold = thresholdAt(where, training, far)
    const own = genuine.filter((_, g) => genuineFold[g] === fold).sort()
    const others = impostor.filter((_, m) => impostorFolds[2 * m] === fold && impostorFolds[2 * m + 1] === fold).sort()
    return { threshold, genuine: own.length, kept: upTo(own, threshold), impostors: others.length, accepted: upTo(others, threshold) }
  })
  const sum = (name: 'genuine' | 'kept' | 'impostors' | 'accepted') => turns.reduce((total, turn) => total + turn[name], 0)
  const [kept, all, accepted, different] = [sum('kept'), sum('genuine'), sum('accepted'), sum('impostors')]
  ensure(all > 0, where, 'there must be two photos of one person', 'none')
  return {
    far: accepted / different,
    farInterval: clopperPearson(accepted, different, confidence),
    tar: kept / all,
    tarInterval: clopperPearson(kept, all, confidence),
    balancedAccuracy: (kept / all + 1 - accepted / different) / 2,
    genuine: all,
    impostors: different,
    people: classes.length,
    folds: turns,
  }
}
