/**
 * @file Batches in which every class is equally likely, however many images it has.
 */
import { checkOptions, ensure, KindredError, rng, type Rng, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel } from './labels.ts'
import { checkPosition, randomOf, type Sampler } from './sampler.ts'

/** Where {@link balanced} is: the class generator, and per class its generator before the current shuffle and how many images of it are out. */
export interface BalancedState {
  kind: 'balanced'
  random: RngState
  classes: { random: RngState; position: number }[]
}

/** Options of {@link balanced}. */
export interface BalancedOptions {
  /** At most as many as there are images. */
  readonly batchSize: number
  readonly stepsPerEpoch?: number
}

/**
 * Each image of a batch from a class chosen uniformly; within a class every image comes once before any comes again. An epoch is ceil(n / batchSize) batches
 * unless `stepsPerEpoch` is given.
 *
 * @throws KindredError `usage`, when drawn from, for an empty set, a batch larger than the set, or one class only
 * Cost: O(n) once, O(batchSize) a batch
 */
export function balanced(options: BalancedOptions): Sampler<BalancedState> {
  const where = 'balanced'
  checkOptions(where, options, ['batchSize', 'stepsPerEpoch'])
  const { batchSize: asked } = options
  ensure(Number.isInteger(asked) && asked > 0, where, 'batchSize must be a whole number above 0', asked)
  return {
    name: where,
    options: { ...options },
    over(labels, { seed = 0, state, fit = false } = {}) {
      const batchSize = fit ? Math.min(asked, labels.length) : asked
      checkBatch(where, labels.length, batchSize)
      checkState(where, 'balanced', state)
      const groups = groupByLabel(labels)
      ensure(groups.length >= 2, where, 'there must be at least two classes', `one class only (label ${groups[0].label})`)
      const places = state?.classes as unknown
      if (
        state !== undefined &&
        (!Array.isArray(places) || places.length !== groups.length || places.some((p) => p === null || typeof p !== 'object'))
      )
        throw new KindredError('corrupt', where, `the state must know ${groups.length} classes`, JSON.stringify(places))
      const root = rng(seed).fork(where)
      const random = state === undefined ? root.fork('classes') : randomOf(where, seed, state)
      const decks = groups.map(({ label, members }, g) => {
        const place = state?.classes[g]
        const position = place === undefined ? 0 : place.position
        checkPosition(where, position, members.length)
        return deck(members, place === undefined ? root.fork(`label ${label}`) : randomOf(where, seed, place), position)
      })
      return {
        size: batchSize,
        stepsPerEpoch: epochSteps(where, labels.length, batchSize, options.stepsPerEpoch),
        next: () => Int32Array.from({ length: batchSize }, () => decks[random.integer(decks.length)].draw()),
        state: () => ({ kind: 'balanced', random: random.state(), classes: decks.map((d) => d.state()) }),
      }
    },
  }
}

/** Cards dealt one by one, shuffled again when all are out. */
function deck(members: Int32Array, random: Rng, start: number): { draw(): number; state(): { random: RngState; position: number } } {
  let before: RngState = random.state()
  let position = start
  let order = random.shuffle(members.slice())
  return {
    draw() {
      if (position >= order.length) {
        before = random.state()
        order = random.shuffle(members.slice())
        position = 0
      }
      return order[position++]
    },
    state: () => ({ random: before, position }),
  }
}
