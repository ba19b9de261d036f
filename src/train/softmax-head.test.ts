/** @file The linear head learns what is linearly separable, is seeded, and survives JSON. */
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { headFromJson, headLogits, headToJson, predictions, trainSoftmaxHead } from './softmax-head.ts'

const random = rng(1)
const centres = [
  [3, 0],
  [0, 3],
  [-3, -3],
]
const n = 300
const labels = Int32Array.from({ length: n }, (_, i) => i % 3)
const vectors = Float32Array.from({ length: n * 2 }, (_, i) => centres[labels[i >> 1]][i & 1] + 0.5 * random.normal())
const options = { vectors, dim: 2, labels, classes: ['a', 'b', 'c'], steps: 150, batch: 64 }

test('separates three blobs; same seed, same head', async () => {
  const head = await trainSoftmaxHead(options)
  const guess = predictions(headLogits(head, vectors), 3)
  expect(guess.filter((c, i) => c === labels[i]).length / n).toBeGreaterThan(0.98)
  expect((await trainSoftmaxHead(options)).weight).toEqual(head.weight)
  expect((await trainSoftmaxHead({ ...options, seed: 1 })).weight).not.toEqual(head.weight)
  const back = headFromJson(headToJson(head, { hash: 'f00' }), 'head', { hash: 'f00' })
  expect(back).toEqual(head)
  expect(() => headFromJson(headToJson(head, { hash: 'f00' }), 'head.json', { hash: 'ba5' })).toThrow(
    'must belong to the model ba5, got f00',
  )
  expect(() => headFromJson('{"format": 1}', 'head.json')).toThrow(
    'head.json: format must be as the format says: expected "kindred-softmax-head-1", got 1',
  )
  const written = JSON.parse(headToJson(head, { hash: 'f00' })) as Record<string, unknown>
  const wrong: readonly [string, unknown, string][] = [
    ['bias', [0, null, 0], 'bias[1]'],
    ['weight', [1], 'dim x classes weights'],
    ['classes', ['a', 7, 'c'], 'classes[1]'],
    ['temperature', 0, 'temperature'],
    ['dim', -2, 'dim'],
    ['model', undefined, 'model'],
  ]
  for (const [key, value, place] of wrong)
    expect(() => headFromJson(JSON.stringify({ ...written, [key]: value }), 'head.json'), key).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining(place) }),
    )
  expect(() => headFromJson(JSON.stringify(written).replace(/"bias":\[[^,]*/, '"bias":[1e999'), 'head.json')).toThrow(
    'bias[0] must be as the format says',
  )
  expect(() => headFromJson('{', 'head.json')).toThrow('must hold JSON')
  const soft = headLogits({ ...head, temperature: 2 }, vectors)
  headLogits(head, vectors).forEach((v, i) => expect(soft[i]).toBeCloseTo(v / 2, 5))
})

test('bad input is told', async () => {
  await expect(trainSoftmaxHead({ ...options, classes: ['a'] })).rejects.toThrow('at least two classes')
  await expect(trainSoftmaxHead({ ...options, classes: ['a', 'b'] })).rejects.toThrow('labels must lie in 0..1, got 2')
  await expect(trainSoftmaxHead({ ...options, dim: 3 })).rejects.toThrow('[300, 3]')
})

test('logits that overflow are refused, never shown as a share', () => {
  const head = { dim: 2, classes: ['a', 'b'], weight: Float32Array.of(3e38, 3e38, 1, 1), bias: Float32Array.of(0, 0), temperature: 1 }
  expect(() => headLogits(head, Float32Array.of(0, 0, 1, 2))).toThrow(
    expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('Infinity for vector 2') }),
  )
  expect(() => headLogits(head, Float32Array.of(NaN, 0))).toThrow('NaN for vector 1')
})
