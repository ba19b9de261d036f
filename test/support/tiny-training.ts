/** @file A training run of a second: a few hundred real digits and a network of two dense layers. */
import { loadMnist } from '../../src/digits/index.ts'
import { stratifiedSplit, take, type Dataset } from '../../src/dataset/index.ts'
import { softNegativeTripletLoss } from '../../src/losses/index.ts'
import { dense, flatten, greyPixels, relu, sequential, type Layer } from '../../src/nn/index.ts'
import { adamw, cosine } from '../../src/optim/index.ts'
import { nodeRuntime } from '../../src/runtime/index.ts'
import { mPerClass } from '../../src/samplers/index.ts'
import { objective, type TrainEmbedderOptions } from '../../src/train/index.ts'

export const tinyNetwork = (dim = 4): Layer =>
  sequential({ pixels: greyPixels(), flatten: flatten(), hidden: dense(24), relu: relu(), embedding: dense(dim) })

/** 400 digits for training, 120 for validation. */
export async function tinyDigits(): Promise<{ train: Dataset; validation: Dataset }> {
  const some = take(await loadMnist({ split: 'test' }), 520, { seed: 3 })
  return stratifiedSplit(some, { count: 120, seed: 3 })
}

/** Three epochs of six steps: soft negatives, augmentation, averaged weights, a schedule that ends at 0. */
export async function tinyTraining(): Promise<TrainEmbedderOptions & { source: Dataset; validation: Dataset }> {
  const { train: source, validation } = await tinyDigits()
  return {
    source,
    validation,
    network: tinyNetwork(),
    objective: objective({ loss: softNegativeTripletLoss() }),
    batches: mPerClass({ classes: 8, perClass: 6 }),
    optimizer: adamw(),
    schedule: (total) => cosine(0.01, total, { warmUp: 2 }),
    averageDecay: 0.8,
    epochs: 3,
    stepsPerEpoch: 6,
    augmentation: { rotate: 10, translate: 1 },
    seed: 5,
    runtime: await nodeRuntime({ threads: 1 }),
  }
}
