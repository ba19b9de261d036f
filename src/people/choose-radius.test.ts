import { describe, expect, test } from 'vitest'
import { faceCollection, spreads, type FaceCollection } from '../../test/support/face-collections.ts'
import { squaredDistance } from '../base/index.ts'
import { namedClusters } from '../clusters/index.ts'
import { bCubed, calibrateVerification, pairDistances } from '../metrics/index.ts'
import { chooseRadius, densityAt } from './choose-radius.ts'
import { dlibRadius, reachFactor } from './published.ts'

const published = { radius: dlibRadius, reach: dlibRadius * reachFactor }
const minPoints = 3
/** B-cubed F of the groups of a collection. */
const judge = async ({ vectors, dim, labels }: FaceCollection, { radius, reach }: { radius: number; reach: number }): Promise<number> =>
  bCubed(labels, (await namedClusters(vectors, dim, { radius, reach, minPoints })).clusters).f1
const pairsOf = ({ vectors, dim, labels }: FaceCollection) => pairDistances(vectors, dim, labels)
const choose = (c: FaceCollection) => {
  const threshold = calibrateVerification({ ...pairsOf(c), far: 0.001, rounds: 0 }).threshold
  return chooseRadius(c.vectors, c.dim, c.labels, { threshold, minPoints })
}

test('what is tried is what groups are made by', async () => {
  const { vectors, dim, labels } = faceCollection(3, 25, spreads.near)
  const n = labels.length
  const squares = Float32Array.from({ length: n * n }, (_, at) =>
    squaredDistance(vectors, Math.floor(at / n) * dim, vectors, (at % n) * dim, dim),
  )
  for (const distances of [published, { radius: 0.42, reach: 0.42 }, { radius: 0.55, reach: 0.7 }]) {
    const { clusters, count } = await namedClusters(vectors, dim, { ...distances, minPoints })
    const tried = densityAt(squares, n, [...labels.keys()], { ...distances, minPoints })
    expect(count).toBeGreaterThan(3)
    // the same faces together; numbers may differ
    expect(bCubed(clusters, tried)).toEqual({ precision: 1, recall: 1, f1: 1 })
    expect(tried.map((c) => Math.sign(c + 0.5))).toEqual(clusters.map((c) => Math.sign(c + 0.5)))
  }
})

describe('three collections, by how many pairs of two people lie within 0.6', () => {
  const shares = Object.entries(spreads).map(([name, spread]) => {
    const { impostor } = pairsOf(faceCollection(2, 200, spread))
    return [name, impostor.filter((d) => d <= 0.6).length / impostor.length] as const
  })
  test('they are 0, 0.36 and 2.1 %, about', () => {
    expect(Object.fromEntries(shares)).toMatchObject({ wide: 0, near: expect.closeTo(0.0036, 3), dense: expect.closeTo(0.021, 2) })
  })

  test.each(Object.entries(spreads))(
    '%s: calibrated on 60 people, other people are grouped at least as well as by what is published',
    async (_, spread) => {
      const chosen = choose(faceCollection(1, 60, spread))!
      const others = faceCollection(2, 200, spread)
      const [before, after] = [await judge(others, published), await judge(others, chosen)]
      expect(after).toBeGreaterThan(0.9)
      if (spread === spreads.wide) expect(after).toBeGreaterThan(before - 0.01)
      if (spread === spreads.near) expect(after).toBeGreaterThan(before + 0.01)
      if (spread === spreads.dense) expect(after).toBeGreaterThan(before + 0.08)
      // what is said of people it was not chosen on holds for those here
      expect(Math.abs(chosen.heldOut.f1 - after)).toBeLessThan(0.05)
      expect(chosen.range[0]).toBeLessThanOrEqual(chosen.radius)
      expect(chosen.range[1]).toBeGreaterThanOrEqual(chosen.radius)
    },
  )
})

test('too few people, or people with too few photos, cannot say', () => {
  const c = faceCollection(1, 3, spreads.wide)
  expect(chooseRadius(c.vectors, c.dim, c.labels, { threshold: 0.6, minPoints })).toBeUndefined()
  const many = faceCollection(1, 30, spreads.wide)
  const firsts = [...many.labels.keys()].filter((i) => many.labels.indexOf(many.labels[i]) === i)
  const rows = Float32Array.from(firsts.flatMap((i) => [...many.vectors.subarray(i * many.dim, (i + 1) * many.dim)]))
  expect(chooseRadius(rows, many.dim, Int32Array.from(firsts.keys()), { threshold: 0.6, minPoints })).toBeUndefined()
})
