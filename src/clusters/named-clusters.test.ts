import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dbscan } from './index.ts'
import { namedClusters } from './named-clusters.ts'

/** Crowded points in the plane, some named. */
const worlds = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 24 }), fc.constantFrom(-2, -1, -1, -1, -1, 0, 1, 2)), {
    minLength: 1,
    maxLength: 50,
  })
  .chain((list) =>
    fc.record({
      list: fc.constant(list),
      radius: fc.constantFrom(0.5, 1, 1.3, 2),
      more: fc.constantFrom(1, 1.2, 2),
      minPoints: fc.integer({ min: 1, max: 5 }),
    }),
  )
  .map(({ list, radius, more, minPoints }) => ({
    points: Float32Array.from(list.flatMap(([x, y]) => [x / 2, y / 2])),
    names: Int32Array.from(list, (l) => l[2]),
    radius,
    reach: radius * more,
    minPoints,
  }))

test('without names it is DBSCAN', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, radius, minPoints }) => {
      const mine = await namedClusters(points, 2, { radius, minPoints })
      const plain = await dbscan(points, 2, { radius, minPoints })
      expect(mine.core).toEqual(plain.core)
      expect(mine.count).toBe(plain.count)
      // the same partition: only the numbers may differ, and which of two equally near core points a border joins
      const renamed = new Map<number, number>()
      plain.clusters.forEach((c, i) => {
        expect(mine.clusters[i] < 0).toBe(c < 0)
        if (plain.core[i] === 0) return
        if (!renamed.has(c)) renamed.set(c, mine.clusters[i])
        expect(mine.clusters[i]).toBe(renamed.get(c))
      })
    }),
  )
})

test('one name is one cluster, two names are two, and nobody stays alone', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, names, ...settings }) => {
      const { clusters } = await namedClusters(points, 2, { ...settings, names })
      for (let i = 0; i < names.length; i++) {
        if (names[i] === -2) expect(clusters[i]).toBe(-1)
        for (let j = 0; j < i; j++) if (names[i] >= 0 && names[j] >= 0) expect(clusters[i] === clusters[j]).toBe(names[i] === names[j])
        if (names[i] >= 0) expect(clusters[i]).toBeGreaterThanOrEqual(0)
      }
    }),
  )
})

test('a larger reach takes in more stragglers and joins no clusters', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, names, radius, reach, minPoints }) => {
      const tight = await namedClusters(points, 2, { radius, minPoints, names })
      const loose = await namedClusters(points, 2, { radius, reach, minPoints, names })
      expect(loose.core).toEqual(tight.core)
      expect(loose.count).toBe(tight.count)
      tight.clusters.forEach((c, i) => c >= 0 && expect(loose.clusters[i]).toBeGreaterThanOrEqual(0))
    }),
  )
})

describe('by hand', () => {
  // two crowds, 0..0.4 and 1.2..1.6, and a bridge of single steps between them
  const line = Float32Array.of(0, 0.2, 0.4, 0.7, 1, 1.2, 1.4, 1.6)
  const clusters = async (names: number[]) => [...(await namedClusters(line, 1, { radius: 0.35, names: Int32Array.from(names) })).clusters]

  test('siblings merged by a bridge come apart when one face of each is named, at the longest link', async () => {
    expect(await clusters([-1, -1, -1, -1, -1, -1, -1, -1])).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(await clusters([0, -1, -1, -1, -1, -1, -1, 1])).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
  })

  test('far faces of one name lie in one cluster, and what lies near either follows', async () => {
    const far = Float32Array.of(0, 0.2, 0.3, 9, 9.2, 9.3)
    expect([...(await namedClusters(far, 1, { radius: 0.35 })).clusters]).toEqual([0, 0, 0, 1, 1, 1])
    expect([...(await namedClusters(far, 1, { radius: 0.35, names: Int32Array.of(0, -1, -1, 0, -1, -1) })).clusters]).toEqual([
      0, 0, 0, 0, 0, 0,
    ])
  })

  test('a named face needs no crowd, and a face of nobody is no bridge', async () => {
    expect([...(await namedClusters(Float32Array.of(0, 0.3, 5), 1, { radius: 0.35, names: Int32Array.of(0, -1, 1) })).clusters]).toEqual([
      0, 0, 1,
    ])
    expect(await clusters([-1, -1, -1, -2, -2, -1, -1, -1])).toEqual([0, 0, 0, -1, -1, 1, 1, 1])
  })

  test('the reach joins a straggler to its nearest core point', async () => {
    const with_ = async (reach?: number) => [
      ...(await namedClusters(Float32Array.of(0, 0.1, 0.2, 1, 2, 2.1, 2.2), 1, { radius: 0.2, reach })).clusters,
    ]
    expect(await with_()).toEqual([0, 0, 0, -1, 1, 1, 1])
    expect(await with_(0.9)).toEqual([0, 0, 0, 0, 1, 1, 1])
    expect(await with_(1.5)).toEqual([0, 0, 0, 0, 1, 1, 1])
  })

  test('nothing, and what is wrong', async () => {
    expect(await namedClusters(new Float32Array(0), 3, { radius: 1 })).toMatchObject({ count: 0, conflicts: [], conflictCount: 0 })
    const v = new Float32Array(4)
    await expect(namedClusters(v, 2, { radius: 0 })).rejects.toThrow('radius must be a positive number, got 0')
    await expect(namedClusters(v, 2, { radius: 1, reach: 0.5 })).rejects.toThrow('reach must be a number not below radius, got 0.5')
    await expect(namedClusters(v, 2, { radius: 1, minPoints: 0 })).rejects.toThrow('minPoints must be an integer of at least 1')
    await expect(namedClusters(v, 2, { radius: 1, names: new Int32Array(3) })).rejects.toThrow(
      'names must be one for each of 2 rows, got 3',
    )
  })
})
