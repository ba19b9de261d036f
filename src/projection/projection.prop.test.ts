import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barnesHut } from './barnes-hut.ts'
import { normalise01, pca, tsne } from './index.ts'

const cloud = (dim: number, fewest: number, most: number) =>
  fc
    .array(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: dim, maxLength: dim }), {
      minLength: fewest,
      maxLength: most,
    })
    .map((rows) => Float32Array.from(rows.flat()))

describe('barnesHut', () => {
  it('forces cancel and Z stays within its bound, however the points lie', () => {
    fc.assert(
      fc.property(cloud(2, 2, 60), (points) => {
        const n = points.length / 2
        const force = new Float64Array(2 * n)
        const z = barnesHut(n)(Float64Array.from(points), 0, force)
        expect(z).toBeGreaterThan(0)
        expect(z).toBeLessThanOrEqual(n * (n - 1) * (1 + 1e-12))
        for (const axis of [0, 1])
          expect(Math.abs(force.reduce((sum, v, c) => (c % 2 === axis ? sum + v : sum), 0))).toBeLessThan(1e-9 * n * n)
      }),
    )
  })
})

describe('pca', () => {
  it('explains at most everything, widest first, and transform keeps the variance', () => {
    fc.assert(
      fc.property(cloud(4, 5, 20), (points) => {
        const n = points.length / 4
        const fit = pca(points, 4, { components: 4 })
        const sum = fit.explainedVarianceRatio.reduce((s, v) => s + v)
        expect(sum === 0 || Math.abs(sum - 1) < 1e-9).toBe(true)
        for (let c = 1; c < 4; c++) expect(fit.explainedVariance[c]).toBeLessThanOrEqual(fit.explainedVariance[c - 1])
        const along = fit.transform(points)
        const variance = along.reduce((s, v, i) => (i % 4 === 0 ? s + v * v : s), 0) / (n - 1)
        expect(Math.abs(variance - fit.explainedVariance[0])).toBeLessThan(1e-5 * fit.explainedVariance[0] + 1e-9)
      }),
    )
  })
})

describe('tsne', () => {
  it('gives finite places and a KL that is no less than 0, whatever the points', () => {
    fc.assert(
      fc.property(cloud(3, 4, 40), fc.integer({ min: 0, max: 1e6 }), (points, seed) => {
        const run = tsne(points, 3, { iterations: 40, seed, angle: 0 })
        run.step(40)
        expect(run.positions.every(Number.isFinite)).toBe(true)
        expect(run.kl()).toBeGreaterThan(-1e-9)
      }),
      { numRuns: 40 },
    )
  })
})

describe('normalise01', () => {
  it('fills 0..1 along the longest side and keeps the ratio of distances', () => {
    fc.assert(
      fc.property(cloud(2, 2, 20), (points) => {
        const out = normalise01(points)
        const spans = [0, 1].map((axis) => {
          const along = out.filter((_, c) => c % 2 === axis)
          return Math.max(...along) - Math.min(...along)
        })
        expect(Math.min(...out)).toBeGreaterThanOrEqual(0)
        expect(Math.max(...out)).toBeLessThanOrEqual(1)
        if (new Set(out).size > 1) expect(Math.max(...spans)).toBeCloseTo(1, 6)
      }),
    )
  })
})
