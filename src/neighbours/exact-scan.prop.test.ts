/** @file The scan's bounds never lose a neighbour: any data, any length, after any additions and removals. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rng } from '../base/index.ts'
import { euclideanDistance, ExactScan } from './exact-scan.ts'

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

describe('ExactScan', () => {
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
          const scan = new ExactScan(dim)
          for (let part = 0; part < parts; part++) {
            const [from, to] = [Math.floor((n * part) / parts), Math.floor((n * (part + 1)) / parts)]
            scan.append(all.subarray(from * dim, to * dim))
          }
          scan.remove((position) => position % every === 1)
          const left = Array.from({ length: n }, (_, row) => row).filter((row) => row % every !== 1)
          const allowed = filtered ? Uint8Array.from(left, (row) => Number(row % 3 > 0)) : undefined
          const queries = points(3, dim, seed + 1, kind)
          if (n > 0) queries.set(all.subarray(0, dim)) // one query is an item
          const found = scan.search(queries, k, allowed)
          for (let q = 0; q < 3; q++) {
            const expected = left
              .map((row, position) => ({
                position,
                distance: euclideanDistance(queries.subarray(q * dim, (q + 1) * dim), all, row * dim),
              }))
              .filter(({ position }) => !filtered || left[position] % 3 > 0)
              .sort((a, b) => a.distance - b.distance || a.position - b.position)
              .slice(0, k)
            expect(scan.count).toBe(left.length)
            expect(found[q]).toEqual(expected)
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  it('passes over several blocks, and its products stay within 32 bits at 4096 coordinates of one sign', () => {
    const dim = 4096
    const scan = new ExactScan(dim)
    const all = new Float32Array(5 * dim).map((_, at) => 1 - Math.floor(at / dim) ** 2 * 1e-3)
    scan.append(all)
    expect(scan.search(all.slice(2 * dim, 3 * dim), 2)[0].map(({ position }) => position)).toEqual([2, 1])
    const small = new ExactScan(3)
    const many = points(10_000, 3, 5, 'scattered')
    small.append(many)
    for (const position of [0, 2047, 2048, 4096, 9999])
      expect(small.search(many.slice(3 * position, 3 * position + 3), 1)[0]).toEqual([{ position, distance: 0 }])
  })
})
