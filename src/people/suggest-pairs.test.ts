import { expect, test } from 'vitest'
import { faceCollection, spreads } from '../../test/support/face-collections.ts'
import { rng } from '../base/index.ts'
import { namedClusters } from '../clusters/index.ts'
import { oddsAt, oddsOfHistogram, oddsOfPairs, suggestPairs } from './suggest-pairs.ts'

/** Groups by density, each lone row a number of its own. */
async function groupsOf(vectors: Float32Array, dim: number, radius: number): Promise<Int32Array> {
  const { clusters, count } = await namedClusters(vectors, dim, { radius, minPoints: 3 })
  let next = count
  return clusters.map((c) => (c < 0 ? next++ : c))
}

test('of people in pieces, the nearest pairs are of one person', async () => {
  for (const spread of Object.values(spreads)) {
    const { vectors, dim, labels } = faceCollection(4, 100, spread)
    const groups = await groupsOf(vectors, dim, 0.35)
    const found = await suggestPairs(vectors, dim, groups, { limit: 1 })
    expect(found).toHaveLength(200)
    expect(found.map((p) => p.distance)).toEqual(found.map((p) => p.distance).sort((x, y) => x - y))
    const right = found.slice(0, 50).filter(({ nearest }) => labels[nearest.a] === labels[nearest.b])
    expect(right.length).toBeGreaterThanOrEqual(48)
    for (const { a, b, nearest, distance } of found) {
      expect([groups[nearest.a], groups[nearest.b], a < b]).toEqual([a, b, true])
      expect(nearest.distance).toBeLessThanOrEqual(distance)
    }
  }
})

test('a large group does not hide what lies beside it; limit, most and skip hold; nobody is left out', async () => {
  const random = rng(1)
  const cloud = (n: number, x: number) => Array.from({ length: n }, () => [x + 0.1 * random.normal(), 0.1 * random.normal()]).flat()
  const vectors = Float32Array.from([...cloud(500, 0), 0.7, 0, ...cloud(40, 3), 3.5, 0, 0.8, 0])
  const groups = Int32Array.from({ length: 543 }, (_, i) => (i < 500 ? 0 : i === 500 ? 1 : i < 541 ? 2 : i === 541 ? 3 : -1))
  const pairs = async (options: object) => (await suggestPairs(vectors, 2, groups, { limit: 1, ...options })).map(({ a, b }) => [a, b])
  expect(await pairs({})).toEqual([
    [2, 3],
    [0, 1],
  ])
  expect(await pairs({ most: 1 })).toEqual([[2, 3]])
  expect(await pairs({ limit: 0.6 })).toEqual([[2, 3]])
  expect(await pairs({ skip: (a: number) => a === 2 })).toEqual([[0, 1]])
  const [one] = await suggestPairs(vectors, 2, groups, { limit: 1 })
  expect(one).toMatchObject({ pairs: 16, nearest: { b: 541 } })
  expect(one.distance).toBeCloseTo(0.5, 1)
  expect(await suggestPairs(vectors, 2, groups.fill(0), { limit: 1 })).toEqual([])
})

test('a stop is heard', async () => {
  const signal = AbortSignal.abort()
  const groups = Int32Array.from({ length: 3000 }, (_, i) => i)
  await expect(suggestPairs(new Float32Array(3000 * 128), 128, groups, { limit: 1, signal })).rejects.toMatchObject({ code: 'interrupted' })
})

test('odds come from the first source that knows enough', () => {
  const here = oddsOfPairs('here', Float64Array.from([0.5, 0.5]), Float64Array.from([0.51]))
  const there = oddsOfHistogram({ step: 0.01, same: [...Array(49).fill(0), 15, 15], different: [...Array(50).fill(0), 10] })
  expect(oddsAt([here, there], 0.5)).toEqual({ same: 30, of: 40, from: 'calibration' })
  expect(oddsAt([here], 0.5)).toBeUndefined()
  expect(oddsAt([oddsOfPairs('here', new Float64Array(20).fill(0.5), Float64Array.of(0.9)), there], 0.5)).toEqual({
    same: 20,
    of: 20,
    from: 'here',
  })
})
