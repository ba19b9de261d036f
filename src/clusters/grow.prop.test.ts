/** @file Clusters of few links in memory are those of all links in one list, sorted. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { squaredDistance } from '../neighbours/index.ts'
import { namedClusters } from './index.ts'

interface World {
  points: Float32Array
  names: Int32Array
  apart: Int32Array
  radius: number
  reach: number
  minPoints: number
}

/** Crowded points in the plane: many ties, some points named, some of one photo. */
const worlds: fc.Arbitrary<World> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom(-2, -1, -1, -1, -1, -1, 0, 1),
      fc.constantFrom(-1, -1, 0, 1, 2, 3, 4, 5),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .chain((list) =>
    fc.record({
      list: fc.constant(list),
      radius: fc.constantFrom(0.5, 1, 1.3, 2),
      more: fc.constantFrom(1, 1.2, 2),
      minPoints: fc.integer({ min: 1, max: 4 }),
    }),
  )
  .map(({ list, radius, more, minPoints }) => ({
    points: Float32Array.from(list.flatMap(([x, y]) => [x / 2, y / 2])),
    names: Int32Array.from(list, (l) => l[2]),
    apart: Int32Array.from(list, (l) => l[3]),
    radius,
    reach: radius * more,
    minPoints,
  }))

/** The definition: every pair in one list, sorted by length, then by rows; parts as sets. */
function plainly({ points, names, apart, radius, reach, minPoints }: World) {
  const n = names.length
  const links: { i: number; j: number; squared: number }[] = []
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const squared = squaredDistance(points, 2 * i, points, 2 * j, 2, Infinity)
      if (names[i] !== -2 && names[j] !== -2 && squared <= reach * reach) links.push({ i, j, squared })
    }
  links.sort((p, q) => p.squared - q.squared || p.i - q.i || p.j - q.j)
  const crowd = Array.from(
    { length: n },
    (_, i) => 1 + links.filter((l) => (l.i === i || l.j === i) && l.squared <= radius * radius).length,
  )
  const core = crowd.map((c, i) => names[i] >= 0 || (names[i] === -1 && c >= minPoints))
  let parts: Set<number>[] = [...names.keys()].map((i) => new Set([i]))
  const partOf = (i: number) => parts.find((p) => p.has(i))!
  const join = (i: number, j: number) => {
    const [a, b] = [partOf(i), partOf(j)]
    if (a !== b) parts = [...parts.filter((p) => p !== a && p !== b), new Set([...a, ...b])]
  }
  const nameOf = (part: Set<number>) => [...part].map((i) => names[i]).find((name) => name >= 0)
  const photos = (part: Set<number>) => new Set([...part].map((i) => apart[i]).filter((p) => p >= 0))
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (names[i] >= 0 && names[i] === names[j]) join(i, j)
  const refused: { i: number; j: number; squared: number }[] = []
  for (const link of links) {
    const { i, j, squared } = link
    if (squared > radius * radius || !core[i] || !core[j]) continue
    const [a, b] = [partOf(i), partOf(j)]
    if (a === b || (nameOf(a) !== undefined && nameOf(b) !== undefined && nameOf(a) !== nameOf(b))) continue
    if ([...photos(a)].some((p) => photos(b).has(p))) refused.push(link)
    else join(i, j)
  }
  const joined = new Set([...core.keys()].filter((i) => core[i]))
  for (const link of links) {
    const { i, j } = link
    if (core[i] === core[j]) continue
    const [border, inside] = core[i] ? [j, i] : [i, j]
    if (joined.has(border)) continue
    const part = partOf(inside)
    if (apart[border] >= 0 && photos(part).has(apart[border])) refused.push(link)
    else {
      part.add(border)
      parts = parts.filter((p) => p === part || !p.has(border) || p.size > 1)
      joined.add(border)
    }
  }
  const clusters = new Int32Array(n).fill(-1)
  let count = 0
  for (let i = 0; i < n; i++) {
    if (clusters[i] >= 0 || !joined.has(i)) continue
    for (const member of parts.find((p) => p.has(i))!) clusters[member] = count
    count++
  }
  const side = (i: number) => (clusters[i] < 0 ? -1 - i : clusters[i])
  const seen = new Set<string>()
  const conflicts = refused
    .sort((p, q) => p.squared - q.squared || p.i - q.i || p.j - q.j)
    .filter(({ i, j }) => {
      const key = [side(i), side(j)].sort((a, b) => a - b).join(' ')
      return !seen.has(key) && seen.add(key)
    })
    .map(({ i, j, squared }) => ({ a: i, b: j, distance: Math.sqrt(squared) }))
  return { clusters, core: Uint8Array.from(core, Number), count, conflicts }
}

test('with names and photos, all links in memory or a handful: the clusters and conflicts of the plain definition', async () => {
  let [conflicted, banded] = [0, 0]
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom(2, 3, 10, 40, undefined), async ({ points, ...world }, mostLinks) => {
      const want = plainly({ points, ...world })
      const got = await namedClusters(points, 2, { ...world, mostLinks })
      expect(got.core).toEqual(want.core)
      expect(got.clusters).toEqual(want.clusters)
      expect(got.count).toBe(want.count)
      expect(got.conflicts.map(({ a, b, distance }) => ({ a, b, distance }))).toEqual(want.conflicts)
      expect(got.conflictCount).toBe(want.conflicts.length)
      if (want.conflicts.length > 0) conflicted++
      if (mostLinks !== undefined) banded++
      for (const { a, b, apart } of got.conflicts) {
        for (const row of [a, b]) {
          const holds = got.clusters[row] < 0 ? [row] : [...got.clusters.keys()].filter((i) => got.clusters[i] === got.clusters[row])
          expect(holds.some((i) => world.apart[i] === apart)).toBe(true)
        }
      }
    }),
    { numRuns: 400 },
  )
  expect(conflicted).toBeGreaterThan(50) // the worlds have something to disagree about
  expect(banded).toBeGreaterThan(100)
})

test('two rows of one photo share a cluster only where both have one name', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ points, ...world }) => {
      const { clusters } = await namedClusters(points, 2, world)
      const { names, apart } = world
      for (let i = 0; i < names.length; i++)
        for (let j = 0; j < i; j++)
          if (apart[i] >= 0 && apart[i] === apart[j] && clusters[i] >= 0 && clusters[i] === clusters[j])
            expect([names[i], names[i]]).toEqual([names[j], Math.max(0, names[i])])
    }),
  )
})
