import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { dbscan } from './index.ts'

/** Crowded points in the plane: many near each other, many exactly at the radius. */
const worlds = fc.record({
  points: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 24 })), { minLength: 1, maxLength: 60 })
    .map((list) => Float32Array.from(list.flat(), (v) => v / 2)),
  radius: fc.constantFrom(0.5, 1, 1.3, 2),
  minPoints: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
})
const apart = (p: Float32Array, i: number, j: number) => Math.hypot(p[2 * i] - p[2 * j], p[2 * i + 1] - p[2 * j + 1])

test('core points are those with enough points around; their neighbours share their cluster or are shared borders; noise has no core neighbour', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, radius, minPoints }) => {
      const { clusters, core, count } = await dbscan(points, 2, { radius, minPoints })
      const n = clusters.length
      const near = (i: number) => Array.from({ length: n }, (_, j) => j).filter((j) => apart(points, i, j) <= radius)
      for (let i = 0; i < n; i++) {
        expect(core[i]).toBe(near(i).length >= minPoints ? 1 : 0)
        const cores = near(i).filter((j) => core[j])
        if (core[i])
          for (const j of near(i)) expect(core[j] ? clusters[j] : Math.max(0, clusters[j])).toBe(core[j] ? clusters[i] : clusters[j])
        else if (cores.length === 0) expect(clusters[i]).toBe(-1)
        else expect(cores.map((j) => clusters[j])).toContain(clusters[i])
      }
      // Numbered 0, 1, 2, ... by first core point, each with a core point.
      const seen = [...new Set([...clusters].filter((_, i) => core[i]))]
      expect(seen).toEqual(Array.from({ length: count }, (_, c) => c))
    }),
  )
})

test('clusters are connected: from any core point any other of its cluster is reached through core points', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, radius, minPoints }) => {
      const { clusters, core, count } = await dbscan(points, 2, { radius, minPoints })
      for (let c = 0; c < count; c++) {
        const members = [...clusters.keys()].filter((i) => core[i] && clusters[i] === c)
        const reached = new Set([members[0]])
        for (const i of reached) for (const j of members) if (apart(points, i, j) <= radius) reached.add(j)
        expect(reached.size).toBe(members.length)
      }
    }),
  )
})

test('another order of the points gives the same core points, the same noise and the same partition of core points', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, radius, minPoints, seed }) => {
      const first = await dbscan(points, 2, { radius, minPoints })
      const order = rng(seed).shuffle(Int32Array.from(first.clusters.keys()))
      const second = await dbscan(
        Float32Array.from({ length: points.length }, (_, k) => points[2 * order[k >> 1] + (k & 1)]),
        2,
        { radius, minPoints },
      )
      const renamed = new Map<number, number>()
      for (const [place, i] of order.entries()) {
        expect(second.core[place]).toBe(first.core[i])
        expect(second.clusters[place] < 0).toBe(first.clusters[i] < 0)
        if (!first.core[i]) continue
        if (!renamed.has(second.clusters[place])) renamed.set(second.clusters[place], first.clusters[i])
        expect(renamed.get(second.clusters[place])).toBe(first.clusters[i])
      }
      expect(second.count).toBe(first.count)
      expect(new Set(renamed.values()).size).toBe(first.count)
    }),
  )
})

test('a larger radius only joins', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, radius, minPoints }) => {
      const small = await dbscan(points, 2, { radius, minPoints })
      const large = await dbscan(points, 2, { radius: 1.5 * radius, minPoints })
      for (let i = 0; i < small.clusters.length; i++) {
        if (small.core[i]) expect(large.core[i]).toBe(1)
        for (let j = 0; j < i; j++)
          if (small.core[i] && small.core[j] && small.clusters[i] === small.clusters[j]) expect(large.clusters[i]).toBe(large.clusters[j])
      }
    }),
  )
})
