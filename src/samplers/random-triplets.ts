/**
 * @file Triplets drawn by label alone: the plain way to feed a network with three inputs that share their weights.
 */
import { checkOptions, ensure, type RngState } from '../base/index.ts'
import { checkBatch, checkState, epochSteps, groupByLabel } from './labels.ts'
import { randomOf, type Sampler } from './sampler.ts'

/** What {@link randomTriplets} needs to go on where it was; survives JSON. */
export interface TripletState {
  kind: 'random triplets'
  random: RngState
}

/** Options of {@link randomTriplets}. */
export interface RandomTripletsOptions {
  /** Triplets in a batch, at most as many as there are images. Default 128. */
  readonly triplets?: number
  readonly stepsPerEpoch?: number
}

/**
 * Batches [anchors; positives; negatives], `triplets` of each, as the miner `stackedTriplets` reads them. A triplet is: a class uniformly among those with two
 * images or more, two different images of it (anchor, positive), another class uniformly among the rest, one image of it (negative).
 *
 * Every class is anchor equally often, however many images it has. Draws are independent: an image may come twice in a batch. An epoch is
 * ceil(images / triplets) batches, so that each image is an anchor once on average.
 *
 * @throws KindredError `usage`, when drawn from, for an empty set, a batch larger than the set, one class only, or no class with two images
 * Cost: O(n) once, O(triplets) a batch
 */
export function randomTriplets(options: RandomTripletsOptions = {}): Sampler<TripletState> {
  const where = 'random triplets'
  checkOptions(where, options, ['triplets', 'stepsPerEpoch'])
  const { triplets: asked = 128 } = options
  ensure(Number.isInteger(asked) && asked > 0, where, 'triplets must be a whole number above 0', asked)
  return {
    name: where,
    options: { triplets: asked, stepsPerEpoch: options.stepsPerEpoch },
    over(labels, { seed = 0, state, fit = false } = {}) {
      const batch = fit ? Math.min(asked, labels.length) : asked
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
      const random = randomOf(where, seed, state)
      return {
        size: 3 * batch,
        stepsPerEpoch: epochSteps(where, labels.length, batch, options.stepsPerEpoch),
        next() {
          const out = new Int32Array(3 * batch)
          for (let i = 0; i < batch; i++) {
            const own = anchors[random.integer(anchors.length)]
            let other = random.integer(groups.length - 1)
            if (other >= own) other++
            const { members } = groups[own]
            const a = random.integer(members.length)
            let p = random.integer(members.length - 1)
            if (p >= a) p++
            out[i] = members[a]
            out[batch + i] = members[p]
            out[2 * batch + i] = groups[other].members[random.integer(groups[other].members.length)]
          }
          return out
        },
        state: () => ({ kind: 'random triplets', random: random.state() }),
      }
    },
  }
}
