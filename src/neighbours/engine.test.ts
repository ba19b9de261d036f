/** @file The search on the runtime against brute force. */
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { nodeRuntime } from '../runtime/index.ts'
import { engineSearch, nearest } from './index.ts'

const random = rng(3)
const points = (n: number, dim: number) => Float32Array.from({ length: n * dim }, () => random.normal())

test('equals brute force over several blocks, with and without leave-one-out', async () => {
  const dim = 40
  const references = points(530, dim)
  references.copyWithin(100 * dim, 0, dim) // a duplicate: ties go to the lower index
  const search = engineSearch(await nodeRuntime({ threads: 1 }), references, dim, { block: 200, queries: 64 })
  const queries = references.slice(0, 150 * dim)
  for (const exclude of [undefined, 'same-index'] as const) {
    const options = exclude === undefined ? {} : { exclude }
    const got = await search.nearest(queries, 7, options)
    const want = nearest(queries, references, dim, 7, options)
    expect(got.indices).toEqual(want.indices)
    got.distances.forEach((d, i) => expect(d).toBeCloseTo(want.distances[i], 5))
    expect(await search.order(queries, 7, options)).toEqual(want.indices)
    expect(await search.order(queries, 300, options)).toEqual(nearest(queries, references, dim, 300, options).indices)
  }
  const block = await search.nearest(references.slice(50 * dim, 60 * dim), 3, { exclude: 'same-index', firstQuery: 50 })
  expect(block.indices).toEqual(nearest(references, references, dim, 3, { exclude: 'same-index' }).indices.slice(150, 180))
  await search.dispose()
})

test('order tells neighbours apart that float32 products cannot', async () => {
  // far from the origin, where 2 q.r and |r|^2 cancel: distances differ in the last bits of the products alone
  const dim = 16
  const references = Float32Array.from({ length: 200 * dim }, (_, i) => 3 + (i % dim === 0 ? (((i / dim) * 77) % 200) * 1e-4 : 0))
  const search = engineSearch(await nodeRuntime({ threads: 1 }), references, dim)
  expect(await search.order(references, 192)).toEqual(nearest(references, references, dim, 192).indices)
  await search.dispose()
})

test('k out of range and torn points are errors', async () => {
  const search = engineSearch(await nodeRuntime({ threads: 1 }), points(5, 8), 8)
  await expect(search.nearest(points(1, 8), 6)).rejects.toThrow('1..5')
  await expect(search.nearest(new Float32Array(9), 1)).rejects.toThrow('queries.length must be a multiple of dim 8')
})

test('a search is stopped between two runs, with the reason kept, and its programs end with its block', async () => {
  const ended: string[] = []
  const runtime = await nodeRuntime({ threads: 1 })
  const watched = {
    ...runtime,
    load: async (...given: Parameters<typeof runtime.load>) => {
      const program = await runtime.load(...given)
      return { ...program, dispose: () => program.dispose().then(() => void ended.push('program')) }
    },
  }
  const stop = new AbortController()
  {
    await using search = engineSearch(watched, points(40, 8), 8, { queries: 10 })
    const going = search.nearest(points(40, 8), 3, { signal: stop.signal })
    stop.abort('enough')
    await expect(going).rejects.toMatchObject({
      code: 'interrupted',
      cause: 'enough',
      message: expect.stringMatching(/a stop after \d+ of 40 queries/),
    })
    expect(ended).toEqual([])
  }
  expect(ended).toEqual(['program'])
})
