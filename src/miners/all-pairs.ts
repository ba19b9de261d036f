/** @file Every pair of a batch. */
import { cast, constant, equal, gather } from '../tensor/index.ts'
import type { PairMiner } from './miner.ts'

/** All n (n - 1) / 2 pairs of a batch of n, each once: what a loss that needs pairs gets where no miner is given. Every pair exists. */
export function allPairs(): PairMiner {
  return {
    name: 'all pairs',
    gives: 'pairs',
    mine(embeddings, labels) {
      const n = embeddings.shape[0] as number
      const rows: number[][] = [[], []]
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) {
          rows[0].push(i)
          rows[1].push(j)
        }
      }
      const [first, second] = rows.map((list) => constant(BigInt64Array.from(list, BigInt)))
      return { first, second, alike: cast(equal(gather(labels, first), gather(labels, second)), 'float32') }
    },
  }
}
