/**
 * @file Every image once per epoch, in a new random order each time.
 */
import { checkOptions, ensure, type RngState } from '../base/index.ts'
import { checkBatch, checkState } from './labels.ts'
import { checkPosition, randomOf, type Sampler } from './sampler.ts'

/** Where {@link shuffledBatches} is: the generator before this epoch's shuffle, and how many images of the epoch are out. */
export interface ShuffleState {
  kind: 'shuffled batches'
  random: RngState
  position: number
}

/** Options of {@link shuffledBatches}. */
export interface ShuffledBatchesOptions {
  /** At most as many as there are images. */
  readonly batchSize: number
  /** Leave out the last, smaller batch of an epoch: a training step takes batches of one size. Default true. */
  readonly dropLast?: boolean
}

/**
 * Batches of a random order of all images; the next epoch begins by itself with a new order. An epoch is floor (ceil, without `dropLast`) of n / batchSize
 * batches.
 *
 * @throws KindredError `usage` for an empty set or a batch larger than the set
 * Cost: O(n) an epoch
 */
export function shuffledBatches(options: ShuffledBatchesOptions): Sampler<ShuffleState> {
  const where = 'shuffled batches'
  checkOptions(where, options, ['batchSize', 'dropLast'])
  const { batchSize: asked, dropLast = true } = options
  ensure(Number.isInteger(asked) && asked > 0, where, 'batchSize must be a whole number above 0', asked)
  return {
    name: where,
    options: { batchSize: asked, dropLast },
    over({ length: n }, { seed = 0, state, fit = false } = {}) {
      const batchSize = fit ? Math.min(asked, n) : asked
      checkBatch(where, n, batchSize)
      checkState(where, 'shuffled batches', state)
      const random = randomOf(where, seed, state)
      const order = new Int32Array(n)
      let before: RngState = random.state()
      let position = state === undefined ? 0 : state.position
      checkPosition(where, position, n)
      const shuffle = (): void => {
        before = random.state()
        for (let i = 0; i < n; i++) order[i] = i
        random.shuffle(order)
      }
      shuffle()
      return {
        size: batchSize,
        stepsPerEpoch: dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize),
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
    },
  }
}
