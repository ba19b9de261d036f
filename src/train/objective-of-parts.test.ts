/** @file The mean over parts against each part by itself, and the ensemble whose embedding has such parts. */
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { softNegativeTripletLoss } from '../losses/index.ts'
import { digitEnsemble, digitNetwork, initialWeights, Scope } from '../nn/index.ts'
import { evaluate, input, integers, ndarray, type NdArray } from '../tensor/index.ts'
import { objective, objectiveOfParts } from './index.ts'

const one = objective({ loss: softNegativeTripletLoss({ margin: 0.4 }) })
const random = rng(3)
const labels = integers(
  [...Array(12).keys()].map((i) => i % 3),
  [12],
)
const valuesOf = (objectiveOfThem: typeof one, points: NdArray): Record<string, number> => {
  const { loss, figures } = objectiveOfThem.build({ embeddings: input('e', points.shape), labels, scope: new Scope() })
  const all = { loss, ...figures }
  return Object.fromEntries(evaluate(Object.values(all), { e: points }).map((a, i) => [Object.keys(all)[i], a.data[0]]))
}

test('loss and active share are the means over the parts, each brought back to its own scale', () => {
  const parts = [2, 3].map(() => ({ shape: [12, 2], data: ndarray([12, 2]).data.map(() => random.normal()) }))
  const together = ndarray([12, 4])
  parts.forEach((part, p) => part.data.forEach((v, i) => (together.data[(i >> 1) * 4 + p * 2 + (i & 1)] = v / Math.SQRT2)))
  const [a, b] = parts.map((part) => valuesOf(one, part))
  const both = valuesOf(objectiveOfParts(one, 2), together)
  expect(a.loss).not.toBeCloseTo(b.loss, 3)
  expect(both.loss).toBeCloseTo((a.loss + b.loss) / 2, 6)
  expect(both.active).toBeCloseTo((a.active + b.active) / 2, 6)
  expect(objectiveOfParts(one, 2)).toMatchObject({ margin: 0.4, words: { ...one.words, parts: '2' } })
})

test('parts must be whole and divide the embedding', () => {
  for (const parts of [0, 1.5, Number.NaN]) expect(() => objectiveOfParts(one, parts)).toThrow('parts must be a whole number above 0')
  expect(() => valuesOf(objectiveOfParts(one, 3), { shape: [12, 4], data: new Float64Array(48) })).toThrow('a multiple of 3 numbers')
})

test('an ensemble is its members side by side, of length 1, each with weights of its own', () => {
  const build = (network: ReturnType<typeof digitNetwork>) => {
    const scope = new Scope()
    const y = network(input('images', [2, 28, 28], 'uint8'), scope)
    return { scope, y, features: scope.taps.get('features')! }
  }
  const ensemble = build(digitEnsemble({ dim: 2, members: 2 }))
  const single = build(digitNetwork({ dim: 2 }))
  const weights = initialWeights(ensemble.scope.weights, 1)
  const images = { shape: [2, 28, 28], data: Float64Array.from({ length: 1568 }, () => Math.floor(random.uniform() * 256)) }
  const arrays = (prefix: string, scope: Scope) =>
    Object.fromEntries(scope.weights.map(({ name, shape }) => [name, { shape, data: Float64Array.from(weights.get(prefix + name)!) }]))
  const [all, features] = evaluate([ensemble.y, ensemble.features], { images, ...arrays('', ensemble.scope) })
  const members = ['member1.', 'member2.'].map((prefix) =>
    evaluate([single.y, single.features], { images, ...arrays(prefix, single.scope) }),
  )
  expect([all.shape, features.shape]).toEqual([
    [2, 4],
    [2, 256],
  ])
  for (const i of [0, 1]) {
    expect(Math.hypot(...all.data.subarray(4 * i, 4 * i + 4))).toBeCloseTo(1, 6)
    members.forEach(([embedding, own], m) => {
      for (const k of [0, 1]) expect(all.data[4 * i + 2 * m + k]).toBeCloseTo(embedding.data[2 * i + k] / Math.SQRT2, 6)
      expect(features.data[256 * i + 128 * m + 5]).toBeCloseTo(own.data[128 * i + 5], 6)
    })
  }
  expect(members[0][0].data[0]).not.toBeCloseTo(members[1][0].data[0], 3)
})
