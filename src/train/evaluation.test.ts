/** @file What is judged must be numbers, and is embedded within memory. */
import { expect, test } from 'vitest'
import { tinyTraining } from '../../test/support/tiny-training.ts'
import type { ImageSource } from '../dataset/index.ts'
import { globalAveragePool, greyPixels, initialWeights, Scope, sequential } from '../nn/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { input } from '../tensor/index.ts'
import { Evaluation } from './evaluation.ts'
import { imageShape, NetworkEmbedder } from './network-embedder.ts'
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

test('large images pass the network a few at a time', async () => {
  const [count, side] = [60, 200]
  const asked: number[] = []
  const source: ImageSource = {
    count,
    height: side,
    width: side,
    channels: 1,
    classes: ['all'],
    labels: new Int32Array(count),
    source: 'grey',
    hash: '',
    read: (indices, out) => {
      asked.push(indices.length)
      for (let i = 0; i < indices.length; i++) out.fill(indices[i], i * side * side, (i + 1) * side * side)
    },
  }
  const network = sequential({ pixels: greyPixels(), pool: globalAveragePool() })
  const embedder = await NetworkEmbedder.create(await nodeRuntime({ threads: 1 }), network, source)
  try {
    const means = await embedder.embed(new Map(), source)
    for (let i = 0; i < count; i++) expect(means[i]).toBeCloseTo(i / 255, 4)
  } finally {
    await embedder.dispose()
  }
  expect(asked).toEqual([25, 25, 10])
})
