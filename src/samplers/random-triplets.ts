/**
 * @file Triplets drawn by label alone: the plain way to feed a network with three inputs that share their weights.
 */
import { checkOptions, ensure, rng, rngFromState, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel, type Labels } from './labels.ts'

/** Image numbers of a batch of triplets, three arrays of the same length. */
export interface TripletBatch {
  anchor: Int32Array
  positive: Int32Array
  negative: Int32Array
}

/** What {@link randomTriplets} needs to go on where it was; survives JSON. */
export interface TripletState {
  kind: 'random triplets'
  random: RngState
}

/** A source of triplets. */
export interface TripletSampler {
  /** The next batch. */
  next(): TripletBatch
  /** ceil(images / batch), unless given. */
  readonly stepsPerEpoch: number
  state(): TripletState
}

/**
 * Draws triplets: a class uniformly among those with two images or more, two different images of it (anchor, positive), another class
 * uniformly among the rest, one image of it (negative).
 *
 * Every class is anchor equally often, however many images it has. Draws are independent: an image may come twice in a batch.
 *
 * @param labels [n] class of each image
 * @param options.batch triplets per batch, at most n
 * @param options.seed ignored when `state` is given
 * @param options.state goes on exactly where {@link TripletSampler.state} was taken
 * @throws KindredError `usage` for an empty set, a batch larger than the set, one class only, or no class with two images
 * cost: O(n) once, O(batch) a call
 */
export function randomTriplets(
  labels: Labels,
  options: { batch: number; seed?: number; stepsPerEpoch?: number; state?: TripletState },
): TripletSampler {
  const where = 'random triplets'
  checkOptions(where, options, ['batch', 'seed', 'stepsPerEpoch', 'state'])
  const { batch, seed = 0, state } = options
  checkBatch(where, labels.length, batch)
  checkState(where, 'random triplets', state)
  const groups = groupByLabel(labels)
  ensure(
    groups.length >= 2,
    where,
    'there must be at least two classes',
    `one class only (label ${groups[0].label})`,
    'A negative needs another class.',
  )
  const anchors = groups.map((_, g) => g).filter((g) => groups[g].members.length >= 2)
  ensure(
    anchors.length > 0,
    where,
    'at least one class must have two images',
    'one image in each class',
    'A positive must differ from its anchor.',
  )
  const random = state === undefined ? rng(seed).fork(where) : rngFromState(state.random)
  return {
    stepsPerEpoch: epochSteps(where, labels.length, batch, options.stepsPerEpoch),
    next() {
      const out = { anchor: new Int32Array(batch), positive: new Int32Array(batch), negative: new Int32Array(batch) }
      for (let i = 0; i < batch; i++) {
        const own = anchors[random.integer(anchors.length)]
        let other = random.integer(groups.length - 1)
        if (other >= own) other++
        const { members } = groups[own]
        const a = random.integer(members.length)
        let p = random.integer(members.length - 1)
        if (p >= a) p++
        out.anchor[i] = members[a]
        out.positive[i] = members[p]
        out.negative[i] = groups[other].members[random.integer(groups[other].members.length)]
      }
      return out
    },
    state: () => ({ kind: 'random triplets', random: random.state() }),
  }
}
