/** @file All rows against all rows in slices: what plain loops over float64 sums give, to the last bit, for any data. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allAtOnce, KindredError, rng, type Progress } from '../base/index.ts'
import { eachPairWithin, knnGraph, matchRanks, nearest, nearestAmong, squaredDistance, type MatchRanks } from './index.ts'

/** Vectors of one kind: noise, crowds around few points, copies, all equal, far from zero, huge, tiny, one row far out. */
const kinds = ['noise', 'crowds', 'copies', 'equal', 'offset', 'huge', 'tiny', 'outlier', 'grid'] as const
const worlds = fc
  .record({
    kind: fc.constantFrom(...kinds),
    n: fc.integer({ min: 2, max: 90 }),
    dim: fc.constantFrom(1, 2, 3, 5, 8, 9, 17, 33),
    seed: fc.nat(),
  })
  .map(({ kind, n, dim, seed }) => {
    const random = rng(seed)
    const some = Float32Array.from({ length: 3 * dim }, () => random.normal())
    const vectors = Float32Array.from({ length: n * dim }, (_, at) => {
      const copied = some[(Math.floor(at / dim) % 3) * dim + (at % dim)]
      if (kind === 'crowds') return copied + 1e-4 * random.normal()
      if (kind === 'copies') return copied
      if (kind === 'equal') return 0.1
      if (kind === 'offset') return 1e6 + random.normal()
      if (kind === 'huge') return 1e38 * (2 * random.uniform() - 1)
      if (kind === 'tiny') return 1e-42 * random.normal()
      if (kind === 'outlier') return at < dim ? 1e9 : random.normal()
      if (kind === 'grid') return random.integer(3)
      return random.normal()
    })
    return { kind, n, dim, vectors, random }
  })

test('k nearest of every row', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.integer({ min: 1, max: 30 }), async ({ n, dim, vectors }, most) => {
      const k = Math.min(most, n - 1)
      expect(await knnGraph(vectors, dim, k)).toEqual(nearest(vectors, vectors, dim, k, { exclude: 'same-index', method: 'brute-force' }))
    }),
    { numRuns: 300 },
  )
})

test('pairs within a radius, each once; the radius of a pair belongs to it', async () => {
  const met = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(worlds, async ({ kind, n, dim, vectors, random }) => {
      const squared = (i: number, j: number) => squaredDistance(vectors, i * dim, vectors, j * dim, dim, Infinity)
      const [a, b] = [random.integer(n), random.integer(n)]
      const radius = Math.sqrt(squared(a, b)) * (random.integer(2) === 0 ? 1 : 0.999)
      const got: string[] = []
      await eachPairWithin(vectors, dim, radius, (i, j) => got.push(`${i} ${j}`))
      const want: string[] = []
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) if (squared(i, j) <= radius * radius) want.push(`${i} ${j}`)
      expect(got.toSorted()).toEqual(want.toSorted())
      met.set(kind, (met.get(kind) ?? 0) + want.length)
    }),
    { numRuns: 400 },
  )
  for (const kind of kinds) expect(met.get(kind) ?? 0).toBeGreaterThan(0)
})

test('the nearest among some rows', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ n, dim, vectors, random }) => {
      const order = random.shuffle(Int32Array.from({ length: n }, (_, i) => i))
      const cut = random.integer(n + 1)
      const [asking, candidates] = [order.slice(0, cut), order.slice(cut).sort()]
      const squared = (i: number, j: number) => squaredDistance(vectors, i * dim, vectors, j * dim, dim, Infinity)
      const radius = Math.sqrt(squared(random.integer(n), random.integer(n)))
      const { rows, squares } = allAtOnce(nearestAmong(vectors, dim, asking, candidates, radius))
      for (const [q, i] of asking.entries()) {
        const near = [...candidates].filter((j) => squared(i, j) <= radius * radius).sort((x, y) => squared(i, x) - squared(i, y) || x - y)
        expect(rows[q]).toBe(near[0] ?? -1)
        expect(squares[q]).toBe(near.length === 0 ? Infinity : squared(i, near[0]))
      }
    }),
    { numRuns: 200 },
  )
})

test('more rows than a block, wider than a register', async () => {
  const random = rng(5)
  const [n, dim, k] = [1333, 130, 7]
  const vectors = Float32Array.from({ length: n * dim }, () => random.normal())
  const graph = await knnGraph(vectors, dim, k)
  expect(graph).toEqual(nearest(vectors, vectors, dim, k, { exclude: 'same-index' }))
  const radius = graph.distances[3 * k + 6]
  let pairs = 0
  await eachPairWithin(vectors, dim, radius, () => pairs++)
  let want = 0
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) if (squaredDistance(vectors, i * dim, vectors, j * dim, dim, Infinity) <= radius ** 2) want++
  expect(pairs).toBe(want)
})

test('the event loop turns while rows are compared, progress is told, and a signal is heard at once', async () => {
  const random = rng(1)
  const [n, dim] = [6000, 128]
  const vectors = Float32Array.from({ length: n * dim }, () => random.normal())
  const told: number[] = []
  const progress: Progress = { start: () => ({ update: (done) => void told.push(done), end() {} }), log() {}, warn() {} }
  const controller = new AbortController()
  let [turns, longest, last] = [0, 0, performance.now()]
  const clock = setInterval(() => {
    turns++
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  setTimeout(() => controller.abort(new Error('enough')), 150)
  const started = performance.now()
  const stopped = await knnGraph(vectors, dim, 20, { signal: controller.signal, progress }).catch((error: unknown) => error)
  clearInterval(clock)
  expect(stopped).toBeInstanceOf(KindredError)
  expect(stopped).toMatchObject({ code: 'interrupted' })
  expect((stopped as KindredError).message).toMatch(/a stop after \d+ of 6000 rows \(looking for neighbours\)/)
  expect(performance.now() - started).toBeLessThan(2000)
  expect(turns).toBeGreaterThan(1)
  expect(longest).toBeLessThan(1000) // slices are of 30 ms; machines are shared
  expect(told.length).toBeGreaterThan(0)
  let visits = 0
  const gone = eachPairWithin(vectors, dim, 1e9, () => visits++, { signal: AbortSignal.abort() })
  await expect(gone).rejects.toMatchObject({ code: 'interrupted' })
  expect(visits).toBeLessThan(n * (n - 1) * 0.5)
})

test('says what is wrong', async () => {
  const v = new Float32Array(6)
  await expect(knnGraph(v, 4, 1)).rejects.toThrow('knnGraph: vectors.length must be a multiple of dim 4, got 6')
  await expect(knnGraph(v, 2, 3)).rejects.toThrow('k must be an integer from 1 to 2, got 3')
  await expect(knnGraph(v, 2, 1, { sginal: undefined } as never)).rejects.toThrow('signal')
  await expect(eachPairWithin(v, 2, -1, () => {})).rejects.toThrow('radius must be a number of at least 0, got -1')
  await expect(eachPairWithin(Float32Array.of(1, Number.NaN), 1, 1, () => {})).rejects.toThrow('every number in vectors must be finite')
})

test('ranks of the rows of one label, ties and copies included, and the nearest row', async () => {
  let misled = 0
  await fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 5 }), ({ n, dim, vectors, random }, people) => {
      const labels = Int32Array.from({ length: n }, () => random.integer(people))
      const squared = (i: number, j: number) => squaredDistance(vectors, i * dim, vectors, j * dim, dim, Infinity)
      const asking = Int32Array.from(labels.keys()).filter(
        (i) => random.integer(3) > 0 && labels.some((label, j) => j !== i && label === labels[i]),
      )
      const got: unknown[] = []
      const take = (found: MatchRanks): void => void got.push({ ...found, ranks: [...found.ranks] })
      allAtOnce(matchRanks(vectors, dim, labels, asking, take))
      const want = Array.from(asking, (row) => {
        const order = [...labels.keys()].filter((i) => i !== row).sort((i, j) => squared(row, i) - squared(row, j) || i - j)
        const ranks = order.flatMap((i, at) => (labels[i] === labels[row] ? [at + 1] : []))
        if (ranks[0] > 1) misled++
        return { row, ranks, nearest: order[0], squared: squared(row, order[0]) }
      })
      expect(got).toEqual(want)
    }),
    { numRuns: 400 },
  )
  expect(misled).toBeGreaterThan(100)
})
