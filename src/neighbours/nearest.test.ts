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
    const points = new Float32Array(1200 * 3).map(((r) => () => r.normal())(rng(1)))
    const whole = nearest(points, points, 3, 4, { exclude: 'same-index' })
    for (let q = 0; q < 1200; q++) expect(whole.indices.subarray(q * 4, q * 4 + 4)).not.toContain(q)
    const search = neighbourSearch(points, 3)
    const block = search.nearest(points.subarray(500 * 3, 600 * 3), 4, { exclude: 'same-index', firstQuery: 500 })
    expect(block.indices).toEqual(whole.indices.subarray(500 * 4, 600 * 4))
  })

  test('refuses what cannot be searched', () => {
    const p = new Float32Array(8)
    expect(() => nearest(p, p, 3, 1)).toThrow('nearest: references.length must be a multiple of dim 3, got 8.')
    expect(() => nearest(p, p, 2, 4, { exclude: 'same-index' })).toThrow('k must be an integer from 1 to 3, got 4')
    expect(() => nearest(p, Float32Array.of(1, NaN), 2, 1)).toThrow('every coordinate of references must be finite')
    expect(() => nearest(p, p, 2, 1, { metod: 'tree' } as never)).toThrow('Did you mean "method"?')
    expect(() => nearest(p, p, 2, 1, { method: 'trees' as never })).toThrow('Did you mean "tree"?')
  })
})
