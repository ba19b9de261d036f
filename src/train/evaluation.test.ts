/** @file What is judged must be numbers. */
import { expect, test } from 'vitest'
import { tinyTraining } from '../../test/support/tiny-training.ts'
import { initialWeights, Scope } from '../nn/index.ts'
import { input } from '../tensor/index.ts'
import { Evaluation } from './evaluation.ts'
import { imageShape } from './network-embedder.ts'
import { settle } from './options.ts'

test('embeddings so large that their distances overflow are no result', async () => {
  const tiny = await tinyTraining()
  const scope = new Scope()
  tiny.network(input('images', imageShape('N', tiny.source), 'uint8'), scope)
  const weights = initialWeights(scope.weights, 1)
  const evaluation = await Evaluation.create({ ...settle(tiny), outliers: undefined, runtime: tiny.runtime!, knnReferences: 100 })
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
