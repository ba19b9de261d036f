import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { nearest, neighbourSearch } from './index.ts'

describe('nearest', () => {
  test('finds hand-checked neighbours with Euclidean, not squared, distances', () => {
    const references = Float32Array.of(0, 0, 3, 4, 6, 8, 0, 1)
    const { indices, distances } = nearest(Float32Array.of(0, 0, 6, 7), references, 2, 3)
    expect([...indices]).toEqual([0, 3, 1, 2, 1, 3])
    expect(distances[0]).toBe(0)
    expect(distances[2]).toBe(5)
    expect(distances[4]).toBeCloseTo(Math.sqrt(18), 6)
  })

  test.each(['tree', 'brute-force'] as const)('%s breaks ties by the lower index, also among many equal points', (method) => {
    const references = new Float32Array(200 * 2)
    for (let i = 0; i < 200; i++) references[2 * i] = i % 3
    const { indices } = nearest(Float32Array.of(1, 0), references, 2, 70, { method })
    const ones = Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 3 === 1)
    const rest = Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 3 !== 1)
    expect([...indices]).toEqual([...ones, ...rest].slice(0, 70))
  })

  test('leaves the same index out, in blocks too', () => {
    const points = new Float32Array(1200 * 3).map(
      (
        (r) => () =>
          r.normal()
      )(rng(1)),
    )
    const whole = nearest(points, points, 3, 4, { exclude: 'same-index' })
    for (let q = 0; q < 1200; q++) expect(whole.indices.subarray(q * 4, q * 4 + 4)).not.toContain(q)
    const search = neighbourSearch(points, 3)
    const block = search.nearest(points.subarray(500 * 3, 600 * 3), 4, { exclude: 'same-index', firstQuery: 500 })
    expect(block.indices).toEqual(whole.indices.subarray(500 * 4, 600 * 4))
  })

  test.each([4, 7])('long lists, where only likely candidates are sorted, equal short ones (dim %i)', (dim) => {
    const random = rng(2)
    // Four groups by index, one of them small: the guess from a sample is now too wide, now too narrow.
    const points = Float32Array.from({ length: 1500 * dim }, (_, i) => random.normal() + 4 * Math.max(0, (Math.floor(i / dim) % 16) - 12))
    const long = nearest(points, points, dim, 400, { exclude: 'same-index' })
    const short = nearest(points, points, dim, 128, { exclude: 'same-index', method: 'tree' })
    for (let q = 0; q < 1500; q += 60) {
      const list = [...long.indices.subarray(q * 400, q * 400 + 400)]
      expect(list.slice(0, 128)).toEqual([...short.indices.subarray(q * 128, q * 128 + 128)])
      expect(new Set(list).size).toBe(400)
      const reach = long.distances[q * 400 + 399]
      const distances = Array.from({ length: 1500 }, (_, r) =>
        Math.hypot(...Array.from({ length: dim }, (_, d) => points[q * dim + d] - points[r * dim + d])),
      )
      expect(distances.filter((d, r) => r !== q && d < reach - 1e-5).length).toBeLessThan(400)
    }
  })

  test('a long list is whole even when the guess from a sample is far too narrow', () => {
    // The places that the search looks at first, drawn as it draws them, hold all the near points.
    const random = rng(0)
    const points = Float32Array.from({ length: 1000 }, (_, i) => 1000 + i)
    for (let i = 0; i < 512; i++) {
      const place = random.integer(1000)
      points[place] = place / 1000
    }
    const { distances } = nearest(Float32Array.of(0), points, 1, 480, { method: 'brute-force' })
    expect([...distances]).toEqual([...points.slice().sort().subarray(0, 480)])
  })

  test('distances that differ by a rounding error only are still in order', () => {
    // Seen from far away, squared distances agree to 13 digits: more than the native sort sees.
    const random = rng(3)
    const points = Float32Array.from({ length: 600 * 2 }, () => random.normal())
    const query = Float32Array.of(3e7, 0)
    const { indices } = nearest(query, points, 2, 600, { method: 'brute-force' })
    const { indices: byTree } = nearest(query, points, 2, 600, { method: 'tree' })
    expect([...indices]).toEqual([...byTree])
  })

  test('refuses what cannot be searched', () => {
    const p = new Float32Array(8)
    expect(() => nearest(p, p, 3, 1)).toThrow('nearest: references.length must be a multiple of dim 3, got 8.')
    expect(() => nearest(p, p, 2, 4, { exclude: 'same-index' })).toThrow('k must be an integer from 1 to 3, got 4')
    expect(() => nearest(p, Float32Array.of(1, NaN), 2, 1)).toThrow('every number in references must be finite')
    expect(() => nearest(p, p, 2, 1, { metod: 'tree' } as never)).toThrow('Did you mean "method"?')
    expect(() => nearest(p, p, 2, 1, { method: 'trees' as never })).toThrow('Did you mean "tree"?')
  })
})
