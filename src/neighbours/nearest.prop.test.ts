import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from './index.ts'

/** Small integers make ties and duplicates common; the wide range exercises rounding. */
const coordinate = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.float({ min: -1000, max: 1000, noNaN: true }))
const cloud = fc.integer({ min: 1, max: 18 }).chain((dim) =>
  fc.record({
    dim: fc.constant(dim),
    queries: points(dim, 1, 12),
    references: points(dim, 2, 260),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
)

function points(dim: number, least: number, most: number) {
  return fc
    .integer({ min: least, max: most })
    .chain((n) => fc.array(coordinate, { minLength: n * dim, maxLength: n * dim }).map((x) => Float32Array.from(x)))
}

/** The definition itself: measure all, sort all. */
function definition(queries: Float32Array, references: Float32Array, dim: number, k: number, exclude: boolean): number[] {
  const out: number[] = []
  for (let q = 0; q < queries.length / dim; q++) {
    const all: [number, number][] = []
    for (let r = 0; r < references.length / dim; r++) {
      let sum = 0
      let d = 0
      for (; d + 4 <= dim; d += 4) {
        const t = [0, 1, 2, 3].map((e) => (queries[q * dim + d + e] - references[r * dim + d + e]) ** 2)
        sum += t[0] + t[1] + (t[2] + t[3])
      }
      for (; d < dim; d++) sum += (queries[q * dim + d] - references[r * dim + d]) ** 2
      if (!exclude || r !== q) all.push([sum, r])
    }
    all.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    out.push(...all.slice(0, k).map((pair) => pair[1]))
  }
  return out
}

test('tree and brute force, short lists and long, equal the definition', () => {
  fc.assert(
    fc.property(cloud, fc.boolean(), ({ dim, queries, references, share }, exclude) => {
      const most = references.length / dim - (exclude ? 1 : 0)
      const k = Math.max(1, Math.round(share * most))
      const expected = definition(queries, references, dim, k, exclude)
      for (const method of ['tree', 'brute-force'] as const) {
        const got = nearest(queries, references, dim, k, { method, exclude: exclude ? 'same-index' : undefined })
        expect([...got.indices]).toEqual(expected)
        for (let i = 1; i < k; i++) expect(got.distances[i]).toBeGreaterThanOrEqual(got.distances[i - 1])
      }
    }),
    { numRuns: 150 },
  )
})
