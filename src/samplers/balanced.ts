/**
 * @file Batches in which every class is equally likely, however many images it has.
 */
import { checkOptions, ensure, rng, rngFromState, type Rng, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel, type Labels } from './labels.ts'
import type { BatchSampler } from './m-per-class.ts'

/** Where {@link balanced} is: the class generator, and per class its generator before the current shuffle and how many images of it are out. */
export interface BalancedState {
  kind: 'balanced'
  random: RngState
  classes: { random: RngState; position: number }[]
}

/**
 * Draws each image of a batch from a class chosen uniformly; within a class every image comes once before any comes again.
 *
 * @param labels [n] class of each image
 * @param options.batchSize at most n
 * @returns sampler of [batchSize] image numbers; an epoch is ceil(n / batchSize) batches unless `stepsPerEpoch` is given
 * @throws KindredError `usage` for an empty set, a batch larger than the set, or one class only
 * cost: O(n) once, O(batchSize) a call
 */
export function balanced(
  labels: Labels,
  options: { batchSize: number; seed?: number; stepsPerEpoch?: number; state?: BalancedState },
): BatchSampler<BalancedState> {
  const where = 'balanced'
  checkOptions(where, options, ['batchSize', 'seed', 'stepsPerEpoch', 'state'])
  const { batchSize, seed = 0, state } = options
  checkBatch(where, labels.length, batchSize)
  checkState(where, 'balanced', state)
  const groups = groupByLabel(labels)
  ensure(groups.length >= 2, where, 'there must be at least two classes', `one class only (label ${groups[0].label})`)
  ensure(
    state === undefined || state.classes.length === groups.length,
    where,
    `the state must know ${groups.length} classes`,
    state?.classes.length,
  )
  const root = rng(seed).fork(where)
  const random = state === undefined ? root.fork('classes') : rngFromState(state.random)
  const decks = groups.map(({ label, members }, g) =>
    deck(
      members,
      state === undefined ? root.fork(`label ${label}`) : rngFromState(state.classes[g].random),
      state?.classes[g].position ?? 0,
    ),
  )
  return {
    stepsPerEpoch: epochSteps(where, labels.length, batchSize, options.stepsPerEpoch),
    next: () => Int32Array.from({ length: batchSize }, () => decks[random.integer(decks.length)].draw()),
    state: () => ({ kind: 'balanced', random: random.state(), classes: decks.map((d) => d.state()) }),
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
