/** @file What is judged must be numbers. */
import { expect, test } from 'vitest'
import { tinyNetwork, tinyTraining } from '../../test/support/tiny-training.ts'
import { initialWeights, Scope } from '../nn/index.ts'
import { input } from '../tensor/index.ts'
import { fullBatchSize, imageShape } from './batches.ts'
import { Evaluation } from './evaluation.ts'

test('embeddings so large that their distances overflow are no result', async () => {
  const { train, validation, runtime } = await tinyTraining()
  const network = tinyNetwork()
  const scope = new Scope()
  network(input('images', imageShape('N', train), 'uint8'), scope)
  const weights = initialWeights(scope.weights, 1)
  const evaluation = await Evaluation.create({
    runtime: runtime!,
    network,
    train,
    validation,
    outliers: undefined,
    seed: 1,
    knnReferences: 100,
    size: fullBatchSize('soft-negative', { classes: 8, perClass: 6 }, train, false),
    loss: { margin: 0.4, distance: 'euclidean', temperature: 0.1 },
  })
  try {
    expect((await evaluation.figures(weights)).validationLoss).toBeGreaterThan(0)
    weights.set(
      'embedding.weight',
      weights.get('embedding.weight')!.map((v) => v * 1e25),
    )
    await expect(evaluation.figures(weights)).rejects.toMatchObject({
      code: 'collapsed',
      message: expect.stringContaining('validationLoss must be a finite number'),
    })
  } finally {
    await evaluation.dispose()
  }
})
