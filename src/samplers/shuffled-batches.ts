/**
 * @file Every image once per epoch, in a new random order each time.
 */
import { checkOptions, rng, rngFromState, type Rng, type RngState } from '../base/index.ts'
import { checkBatch, checkState } from './labels.ts'
import type { BatchSampler } from './m-per-class.ts'

/** Where {@link shuffledBatches} is: the generator before this epoch's shuffle, and how many images of the epoch are out. */
export interface ShuffleState {
  kind: 'shuffled batches'
  random: RngState
  position: number
}

/**
 * Batches of a random order of 0..n-1; the next epoch begins by itself with a new order.
 *
 * @param n number of images
 * @param options.batchSize at most n
 * @param options.dropLast leave out the last, smaller batch of an epoch (default false)
 * @returns sampler of [batchSize] (the last of an epoch may be shorter) image numbers; an epoch is floor (dropLast) or ceil of n / batchSize batches
 * @throws KindredError `usage` for an empty set or a batch larger than the set
 * cost: O(n) an epoch
 */
export function shuffledBatches(
  n: number,
  options: { batchSize: number; seed?: number; dropLast?: boolean; state?: ShuffleState },
): BatchSampler<ShuffleState> {
  const where = 'shuffled batches'
  checkOptions(where, options, ['batchSize', 'seed', 'dropLast', 'state'])
  const { batchSize, seed = 0, dropLast = false, state } = options
  checkBatch(where, n, batchSize)
  checkState(where, 'shuffled batches', state)
  const random: Rng = state === undefined ? rng(seed).fork(where) : rngFromState(state.random)
  const stepsPerEpoch = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize)
  const order = new Int32Array(n)
  let before: RngState = random.state()
  let position = state?.position ?? 0
  const shuffle = (): void => {
    before = random.state()
    for (let i = 0; i < n; i++) order[i] = i
    random.shuffle(order)
  }
  shuffle()
  return {
    stepsPerEpoch,
    next() {
      if (position >= n || (dropLast && position + batchSize > n)) {
        shuffle()
        position = 0
      }
      const batch = order.slice(position, position + batchSize)
      position += batch.length
      return batch
    },
    state: () => ({ kind: 'shuffled batches', random: before, position }),
  }
}
