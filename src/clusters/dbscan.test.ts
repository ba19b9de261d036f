import { describe, expect, test } from 'vitest'
import golden from '../../test/golden/clusters.json' with { type: 'json' }
import { rng } from '../base/index.ts'
import { dbscan } from './index.ts'

describe.each(golden.cases)("scikit-learn's DBSCAN: $name", ({ dim, points, radius, minPoints, labels, core }) => {
  const vectors = Float32Array.from(points)
  const clustered = dbscan(vectors, dim, { radius, minPoints })

  test('the same core points in the same clusters, the same noise', async () => {
    const got = await clustered
    expect([...got.core]).toEqual(core)
    expect(got.count).toBe(Math.max(...labels) + 1)
    expect([...got.clusters].map((c, i) => (core[i] ? c : c < 0))).toEqual(labels.map((c, i) => (core[i] ? c : c < 0)))
  })

  test('each border joins the cluster of its nearest core point, which scikit-learn too has within the radius', async () => {
    const got = await clustered
    const apart = (i: number, j: number) =>
      Math.hypot(...Array.from({ length: dim }, (_, d) => vectors[i * dim + d] - vectors[j * dim + d]))
    for (const [i, cluster] of got.clusters.entries()) {
      if (core[i] || cluster < 0) continue
      const near = core.flatMap((isCore, j) => (isCore ? [{ j, d: apart(i, j) }] : [])).sort((a, b) => a.d - b.d || a.j - b.j)
      expect(cluster).toBe(got.clusters[near[0].j])
      expect(near.filter(({ d }) => d <= radius).map(({ j }) => labels[j])).toContain(labels[i])
    }
  })
})

test('the golden cases have noise, borders and ties to disagree about', () => {
  const borders = golden.cases.map(({ labels, core }) => labels.filter((l, i) => l >= 0 && core[i] === 0).length)
  expect(borders.reduce((a, b) => a + b)).toBeGreaterThan(40)
  expect(golden.cases.filter(({ labels }) => labels.includes(-1)).length).toBeGreaterThan(3)
})

test('minPoints counts the point itself; the radius belongs to the neighbourhood', async () => {
  const line = Float32Array.of(0, 1, 2, 10, 11, 30)
  expect([...(await dbscan(line, 1, { radius: 1 })).clusters]).toEqual([0, 0, 0, -1, -1, -1])
  expect([...(await dbscan(line, 1, { radius: 1 })).core]).toEqual([0, 1, 0, 0, 0, 0])
  expect([...(await dbscan(line, 1, { radius: 1, minPoints: 2 })).clusters]).toEqual([0, 0, 0, 1, 1, -1])
  expect([...(await dbscan(line, 1, { radius: 0.999, minPoints: 2 })).clusters]).toEqual([-1, -1, -1, -1, -1, -1])
  expect(await dbscan(line, 1, { radius: 1, minPoints: 1 })).toMatchObject({ count: 3, core: Uint8Array.of(1, 1, 1, 1, 1, 1) })
  expect((await dbscan(line, 1, { radius: 100, minPoints: 7 })).count).toBe(0)
})

test('a border between two crowds goes to the nearer, whatever the order of points', async () => {
  const points = [0, 0, 0, 0, 0.25, 1, 1.625, 2, 2, 2, 2] // 1 is 0.75 from the left crowd, 0.625 from the right one
  const options = { radius: 0.75, minPoints: 5 }
  expect([...(await dbscan(Float32Array.from(points), 1, options)).clusters]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
  expect([...(await dbscan(Float32Array.from(points.toReversed()), 1, options)).clusters]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
})

test('no points, one point, points that coincide', async () => {
  expect(await dbscan(new Float32Array(0), 3, { radius: 1 })).toEqual({ clusters: new Int32Array(0), core: new Uint8Array(0), count: 0 })
  expect((await dbscan(new Float32Array(3), 3, { radius: 1 })).clusters).toEqual(Int32Array.of(-1))
  expect(await dbscan(new Float32Array(3000), 2, { radius: 1e-9 })).toMatchObject({ count: 1, clusters: new Int32Array(1500) })
})

test('many wide vectors in passable time', async () => {
  const random = rng(1)
  const centres = Float32Array.from({ length: 50 * 128 }, () => 0.5 * random.normal())
  const vectors = Float32Array.from({ length: 2000 * 128 }, (_, i) => centres[i % centres.length] + 0.05 * random.normal())
  const { count, clusters } = await dbscan(vectors, 128, { radius: 1.2 })
  expect(count).toBe(50)
  expect(clusters.includes(-1)).toBe(false)
})

test('says what is wrong', async () => {
  const v = new Float32Array(6)
  await expect(dbscan(v, 4, { radius: 1 })).rejects.toThrow('dbscan: vectors.length must be a multiple of dim 4, got 6')
  await expect(dbscan(v, 2, { radius: 0 })).rejects.toThrow(
    'dbscan: radius must be a positive number, got 0. For faces a little less than the threshold',
  )
  await expect(dbscan(v, 2, { radius: Number.NaN })).rejects.toThrow('radius must be a positive number')
  await expect(dbscan(v, 2, { radius: 1, minPoints: 0 })).rejects.toThrow('minPoints must be an integer of at least 1, got 0')
  await expect(dbscan(Float32Array.of(1, 2, Number.NaN, 0), 2, { radius: 1 })).rejects.toThrow(
    'every number in vectors must be finite, got NaN in row 1, column 0',
  )
  await expect(dbscan(v, 2, { radius: 1, minpoints: 2 } as never)).rejects.toThrow('Did you mean "minPoints"?')
})
