import { describe, expect, it } from 'vitest'
import { rng } from '../base/index.ts'
import golden from '../../test/golden/pca.json' with { type: 'json' }
import { pca, symmetricEigen } from './index.ts'

const close = (got: ArrayLike<number>, want: number[], tolerance: number) => {
  expect(got.length).toBe(want.length)
  const scale = Math.max(...want.map(Math.abs))
  expect(scale).toBeGreaterThan(1e-3)
  for (let i = 0; i < want.length; i++) if (!(Math.abs(got[i] - want[i]) <= tolerance * scale)) expect([i, got[i]]).toEqual([i, want[i]])
}

const noise = (count: number, seed: number) => {
  const random = rng(seed)
  return Float32Array.from({ length: count }, () => random.normal())
}

describe('pca equals scikit-learn', () => {
  for (const name of ['tall', 'wide', 'rank deficient'] as const) {
    for (const solver of ['exact', 'subspace'] as const) {
      it(`${name}, ${solver}`, () => {
        const g = golden[name]
        const points = Float32Array.from(g.points)
        const fit = pca(points, g.dim, { components: g.components, solver, seed: 5 })
        close(fit.mean, g.mean, 1e-12)
        close(fit.explainedVariance, g.explainedVariance, 1e-9)
        close(fit.explainedVarianceRatio, g.explainedVarianceRatio, 1e-9)
        close(fit.axes, g.axes, solver === 'exact' ? 1e-10 : 1e-4)
        close(fit.transform(points), g.transformed, solver === 'exact' ? 1e-6 : 1e-4)
      })
    }
  }
})

describe('pca', () => {
  it('subspace iteration finds the axes of the exact solver', () => {
    const n = 300
    const dim = 60
    const points = noise(n * dim, 1).map((v, i) => v * 0.9 ** (i % dim))
    const exact = pca(points, dim, { components: 4, solver: 'exact' })
    const iterated = pca(points, dim, { components: 4, solver: 'subspace', seed: 9 })
    close(iterated.explainedVariance, Array.from(exact.explainedVariance), 1e-9)
    close(iterated.axes, Array.from(exact.axes), 1e-4)
  })

  it('gives orthonormal axes and zero variance beyond the rank of the points', () => {
    const points = Float32Array.from({ length: 40 }, (_, i) => Math.floor(i / 4) * [1, 2, 3, 4][i % 4])
    const { axes, explainedVariance, explainedVarianceRatio } = pca(points, 4, { components: 4 })
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        const dot = [0, 1, 2, 3].reduce((sum, d) => sum + axes[a * 4 + d] * axes[b * 4 + d], 0)
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 12)
      }
    }
    expect(explainedVarianceRatio[0]).toBeCloseTo(1, 12)
    expect(explainedVariance[1]).toBeLessThan(1e-10 * explainedVariance[0])
  })

  it('explains nothing where all points are equal', () => {
    const fit = pca(new Float32Array(30).fill(0.3), 3)
    expect(Array.from(fit.explainedVarianceRatio)).toEqual([0, 0])
    expect(Array.from(fit.transform(new Float32Array(30).fill(0.3))).every((v) => Math.abs(v) < 1e-6)).toBe(true)
  })

  it('says what is wrong', () => {
    expect(() => pca(Float32Array.of(1, NaN, 3, 4), 2)).toThrow('every number in points must be finite, got NaN in row 0, column 1')
    expect(() => pca(new Float32Array(12), 3, { components: 4 })).toThrow(
      'components must be an integer from 1 to min(points, dim) = 3, got 4',
    )
    expect(() => pca(new Float32Array(3), 3)).toThrow('at least 2 points')
    expect(() => pca(new Float32Array(12), 5)).toThrow('multiple of dim 5')
    expect(() => pca(new Float32Array(12), 3, { component: 1 } as never)).toThrow('Did you mean "components"')
  })
})

describe('symmetricEigen', () => {
  it('solves A v = lambda v, with the trace kept', () => {
    const n = 40
    const half = noise(n * n, 2)
    const a = new Float64Array(n * n)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] = half[i * n + j] + half[j * n + i]
    const { values, vectors } = symmetricEigen(a, n)
    for (let c = 0; c < n; c++) {
      if (c > 0) expect(values[c]).toBeLessThanOrEqual(values[c - 1])
      for (let i = 0; i < n; i++) {
        let av = 0
        for (let j = 0; j < n; j++) av += a[i * n + j] * vectors[c * n + j]
        expect(Math.abs(av - values[c] * vectors[c * n + i])).toBeLessThan(1e-12 * Math.abs(values[0]) * n)
      }
    }
    const trace = Array.from({ length: n }, (_, i) => a[i * n + i]).reduce((s, v) => s + v)
    expect(values.reduce((s, v) => s + v)).toBeCloseTo(trace, 10)
  })

  it('copes with zero, diagonal and one-sided matrices', () => {
    expect(Array.from(symmetricEigen(new Float64Array(9), 3).values)).toEqual([0, 0, 0])
    expect(Array.from(symmetricEigen(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, -2), 3).values)).toEqual([3, 1, -2])
    expect(Array.from(symmetricEigen(Float64Array.of(7), 1).values)).toEqual([7])
  })
})
