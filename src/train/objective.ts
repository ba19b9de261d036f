/**
 * @file What a step minimises, put together from parts: embeddings -> miner -> loss -> reducer, and regularisers beside it.
 *
 * The design is PyTorch Metric Learning's. Each part is a value that says what it was made with, so that a resumed run knows it again, or a plain function.
 */
import { checkOptions, ensure, KindredError, show } from '../base/index.ts'
import {
  meanReducer,
  type BatchShape,
  type Loss,
  type LossFunction,
  type LossParts,
  type Reducer,
  type Regulariser,
} from '../losses/index.ts'
import { allPairs, allTriplets, type Miner, type MinerFunction } from '../miners/index.ts'
import type { Scope } from '../nn/index.ts'
import { add, cast, div, greater, maximum, mean, mul, showType, sum, Tensor } from '../tensor/index.ts'
import type { Tuples } from '../tuples/index.ts'

/** What an {@link Objective} is built from. */
export interface ObjectiveBatch {
  /** float32 [n, dim] */
  readonly embeddings: Tensor
  /** int64 [n] */
  readonly labels: Tensor
  /** Rows that have a class; those after them are outliers. Default n. */
  readonly labelled?: number
  /** Where weights of the loss's own come from. */
  readonly scope: Scope
}

/** What an {@link Objective} gives. */
export interface ObjectiveParts {
  /** float32 scalar */
  readonly loss: Tensor
  /**
   * Scalars to report: `active`, the share of existing tuples that still pull (of rows, where there are no tuples); `tuples`, how many exist, where some may
   * not; and what the loss adds.
   */
  readonly figures: Readonly<Record<string, Tensor>>
}

/** What a step minimises; see {@link objective} and {@link sumOfObjectives}. */
export interface Objective {
  /** What it is made of, by name: a resumed run compares it. */
  readonly words: Readonly<Record<string, string>>
  /** The loss's margin, where it has one. */
  readonly margin?: number
  /** The miner's name, where there is one. */
  readonly miner?: string
  build(batch: ObjectiveBatch): ObjectiveParts
  /** The loss when all embeddings lie at one point, where the loss knows it. */
  atCollapse(batch: BatchShape): number | undefined
}

/** Options of {@link objective}. */
export interface ObjectiveOptions {
  /** A loss, or a function of your own from embeddings, labels and scope to one number or one a row. */
  readonly loss: Loss | LossFunction
  /** Default: all triplets or all pairs of the batch, where the loss needs such. */
  readonly miner?: Miner | MinerFunction
  /** Default: the mean over the tuples that exist. */
  readonly reducer?: Reducer | Reducer['reduce']
  /** Terms added to the loss. */
  readonly regularisers?: readonly (Regulariser | Regulariser['build'])[]
}

const where = 'objective'

/**
 * Puts an objective together and checks that its parts fit.
 *
 * @throws KindredError `usage` for parts that do not fit each other
 * @example
 * objective({ loss: tripletMarginLoss({ margin: 0.2 }), miner: semiHard() })
 * objective({ loss: (embeddings, labels, scope) => ... })
 */
export function objective(options: ObjectiveOptions): Objective {
  checkOptions(where, options, ['loss', 'miner', 'reducer', 'regularisers'])
  const loss = lossOf(options.loss)
  const miner = minerFor(loss, options.miner)
  const reducer = reducerOf(options.reducer)
  const regularisers = (options.regularisers ?? []).map(regulariserOf)
  const margin = loss.options?.margin
  return {
    words: wordsOfAll(loss, miner, reducer, regularisers),
    margin: typeof margin === 'number' ? margin : undefined,
    miner: miner?.name,
    build({ embeddings, labels, labelled, scope }) {
      const tuples = miner?.mine(embeddings, labels, { labelled: labelled ?? (embeddings.shape[0] as number) })
      if (tuples !== undefined) checkTuples(tuples, loss, miner!.name)
      const parts = loss.build({ embeddings, labels, tuples, scope })
      const exists = parts?.exists ?? tuples?.exists
      checkParts(parts, exists, loss.name)
      const single = parts.each.rank === 0
      const reduced = single ? parts.each : reducer.reduce(parts.each, exists)
      return {
        loss: regularisers.reduce((total, r) => add(total, r.build({ embeddings, labels, scope })), reduced),
        figures: {
          active: activeShare(parts, single ? undefined : exists),
          ...(exists === undefined || single ? {} : { tuples: sum(exists) }),
          ...parts.figures,
        },
      }
    },
    atCollapse: (batch) => (reducer.name === 'mean' ? loss.atCollapse?.(batch) : undefined),
  }
}

function lossOf(loss: Loss | LossFunction): Loss {
  if (typeof loss === 'function')
    return {
      name: nameOf(loss, 'loss'),
      needs: 'labels',
      build: ({ embeddings, labels, scope }) => ({ each: loss(embeddings, labels, scope) }),
    }
  ensure(
    loss !== null && typeof loss === 'object' && typeof loss.build === 'function' && typeof loss.name === 'string',
    where,
    'loss must be { name, needs, build } or a function (embeddings, labels, scope) => Tensor',
    loss,
  )
  ensure(['labels', 'pairs', 'triplets'].includes(loss.needs), where, `${loss.name} must need labels, pairs or triplets`, loss.needs)
  return loss
}

/** The miner given, or all tuples of the kind that the loss needs. */
function minerFor(
  loss: Loss,
  given: ObjectiveOptions['miner'],
): { readonly name: string; readonly options?: Readonly<Record<string, unknown>>; readonly mine: MinerFunction } | undefined {
  if (given === undefined) return loss.needs === 'triplets' ? allTriplets() : loss.needs === 'pairs' ? allPairs() : undefined
  ensure(
    loss.needs !== 'labels',
    where,
    `${loss.name} takes the whole batch, so there must be no miner`,
    typeof given === 'function' ? 'a function' : given.name,
    'Leave the miner out.',
  )
  if (typeof given === 'function') return { name: nameOf(given, 'miner'), mine: given }
  ensure(
    given !== null && typeof given === 'object' && typeof given.mine === 'function' && typeof given.name === 'string',
    where,
    'miner must be { name, gives, mine } or a function (embeddings, labels) => tuples',
    given,
  )
  ensure(
    given.gives === loss.needs,
    where,
    `the miner must give ${loss.needs}, as ${loss.name} needs`,
    `${given.name}, which gives ${given.gives}`,
    loss.needs === 'pairs' ? 'Leave it out for all pairs.' : 'Leave it out for all triplets.',
  )
  return given
}

function reducerOf(given: ObjectiveOptions['reducer']): Reducer {
  if (given === undefined) return meanReducer()
  if (typeof given === 'function') return { name: nameOf(given, 'reducer'), reduce: given }
  ensure(
    given !== null && typeof given === 'object' && typeof given.reduce === 'function',
    where,
    'reducer must be { name, reduce } or a function (each, exists) => Tensor',
    given,
  )
  return given
}

function regulariserOf(given: Regulariser | Regulariser['build']): Regulariser {
  if (typeof given === 'function') return { name: nameOf(given, 'regulariser'), build: given }
  ensure(
    given !== null && typeof given === 'object' && typeof given.build === 'function',
    where,
    'a regulariser must be { name, build } or a function ({ embeddings, labels, scope }) => Tensor',
    given,
  )
  return given
}

/** A function's name, unless it is only that of the option it was given for. */
const nameOf = ({ name }: { readonly name: string }, option: string): string => (name === '' || name === option ? 'own' : name)

function wordsOfAll(loss: Named, miner: Named | undefined, reducer: Named, regularisers: readonly Named[]): Record<string, string> {
  const words = wordsOf('loss', loss)
  if (miner !== undefined) Object.assign(words, wordsOf('miner', miner))
  Object.assign(words, wordsOf('reducer', reducer))
  regularisers.forEach((r, i) => Object.assign(words, wordsOf(`regulariser ${i + 1}`, r)))
  return words
}

/** A part as far as its words go. */
interface Named {
  readonly name: string
  readonly options?: Readonly<Record<string, unknown>>
}

/** `loss: triplet margin`, `loss margin: 0.4`, ... */
export function wordsOf(part: string, { name, options = {} }: Named): Record<string, string> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return {
    [part]: name,
    ...Object.fromEntries(given.map(([key, value]) => [`${part} ${key}`, typeof value === 'string' ? value : JSON.stringify(value)])),
  }
}

function activeShare({ each, active }: LossParts, exists: Tensor | undefined): Tensor {
  const pulls = cast(active ?? greater(each, 0), 'float32')
  return exists === undefined ? mean(pulls) : div(sum(mul(pulls, exists)), maximum(sum(exists), 1))
}

function checkTuples(tuples: Tuples, loss: Loss, miner: string): void {
  const got =
    tuples !== null && typeof tuples === 'object' ? ('anchor' in tuples ? 'triplets' : 'first' in tuples ? 'pairs' : undefined) : undefined
  ensure(
    got === loss.needs,
    where,
    `the miner must give ${loss.needs}, as ${loss.name} needs`,
    `${miner}, which gives ${got ?? 'neither triplets nor pairs'}`,
  )
}

function checkParts(parts: LossParts | undefined, exists: Tensor | undefined, name: string): void {
  const each = parts?.each
  const fits = each instanceof Tensor && each.dtype === 'float32' && each.rank <= 1
  if (!fits)
    throw new KindredError(
      'shape',
      `loss ${name}`,
      'it must give float32 numbers, one in all or one a row or tuple',
      each === undefined ? 'nothing' : each instanceof Tensor ? showType(each) : show(each),
    )
  if (exists === undefined || (parts?.exists === undefined && each.rank === 0)) return
  const same = exists.dtype === 'float32' && exists.rank === 1 && exists.shape[0] === each.shape[0]
  if (same) return
  const fix = parts?.exists === undefined ? 'Give one number a tuple, or one in all.' : undefined
  throw new KindredError('shape', `loss ${name}`, `exists must be of the shape of each, ${showType(each)}`, showType(exists), fix)
}
