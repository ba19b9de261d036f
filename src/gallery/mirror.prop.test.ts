/** @file The mirror's bounds never lose a neighbour: any data, any length, after any additions and removals. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rng } from '../base/index.ts'
import { euclidean, Mirror, type MirrorRow } from './mirror.ts'

const row = (ord: number): MirrorRow => ({ ord, id: `item ${ord}`, label: null, source: '' })

/** Points of several kinds: scattered, in clumps, equal, huge, tiny, with zeros. */
function points(n: number, dim: number, seed: number, kind: string): Float32Array {
  const r = rng(seed)
  return Float32Array.from({ length: n * dim }, (_, at) => {
    const i = Math.floor(at / dim)
    if (kind === 'clumps') return Math.sin(100 * (i % 7) + (at % dim)) + 1e-4 * r.normal()
    if (kind === 'integers') return r.integer(3) - 1
    if (kind === 'scales') return r.normal() * 10 ** ((i % 60) - 30)
    if (kind === 'equal') return 1 / 3
    return r.normal()
  })
}

describe('Mirror', () => {
  it('finds what brute force finds, to the last bit', () => {
    fc.assert(
      fc.property(
        fc.record({
          n: fc.integer({ min: 0, max: 300 }),
          dim: fc.integer({ min: 1, max: 70 }),
          k: fc.integer({ min: 1, max: 40 }),
          seed: fc.nat(),
          kind: fc.constantFrom('scattered', 'clumps', 'integers', 'scales', 'equal'),
          parts: fc.integer({ min: 1, max: 4 }),
          every: fc.integer({ min: 2, max: 9 }),
          filtered: fc.boolean(),
        }),
        ({ n, dim, k, seed, kind, parts, every, filtered }) => {
          const all = points(n, dim, seed, kind)
          const mirror = new Mirror(dim)
          for (let part = 0; part < parts; part++) {
            const [from, to] = [Math.floor((n * part) / parts), Math.floor((n * (part + 1)) / parts)]
            mirror.append(
              Array.from({ length: to - from }, (_, i) => row(from + i)),
              all.subarray(from * dim, to * dim),
            )
          }
          mirror.remove(({ ord }) => ord % every === 1)
          const allowed = filtered ? Uint8Array.from(mirror.rows, ({ ord }) => Number(ord % 3 > 0)) : undefined
          const queries = points(3, dim, seed + 1, kind)
          if (n > 0) queries.set(all.subarray(0, dim)) // one query is an item
          const found = mirror.search(queries, k, allowed)
          for (let q = 0; q < 3; q++) {
            const expected = Array.from({ length: n }, (_, ord) => ({
              ord,
              distance: euclidean(queries.subarray(q * dim, (q + 1) * dim), all, ord * dim),
            }))
              .filter(({ ord }) => ord % every !== 1 && (!filtered || ord % 3 > 0))
              .sort((a, b) => a.distance - b.distance || a.ord - b.ord)
              .slice(0, k)
            expect(found[q].map(({ row: { ord }, distance }) => ({ ord, distance }))).toEqual(expected)
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  it('passes over several blocks, and its products stay within 32 bits at 4096 coordinates of one sign', () => {
    const dim = 4096
    const mirror = new Mirror(dim)
    const all = new Float32Array(5 * dim).map((_, at) => 1 - Math.floor(at / dim) ** 2 * 1e-3)
    mirror.append([0, 1, 2, 3, 4].map(row), all)
    expect(mirror.search(all.slice(2 * dim, 3 * dim), 2)[0].map(({ row: { ord } }) => ord)).toEqual([2, 1])
    const small = new Mirror(3)
    const many = points(10_000, 3, 5, 'scattered')
    small.append(
      Array.from({ length: 10_000 }, (_, i) => row(i)),
      many,
    )
    for (const ord of [0, 2047, 2048, 4096, 9999])
      expect(small.search(many.slice(3 * ord, 3 * ord + 3), 1)[0]).toEqual([{ row: row(ord), distance: 0 }])
  })
})
