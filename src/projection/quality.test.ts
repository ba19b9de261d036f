import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/tsne.json' with { type: 'json' }
import { neighbourPreservation, normalise01, trustworthiness } from './index.ts'

const { small } = golden
const points = Float32Array.from(small.points)
const positions = Float32Array.from(small.positions)

describe('map quality', () => {
  it('trustworthiness equals scikit-learn', () => {
    expect(trustworthiness(points, small.dim, positions)).toBeCloseTo(small.trustworthiness, 10)
  })

  it('a map of itself is perfect', () => {
    expect(trustworthiness(points, 5, points, { lowDim: 5 })).toBe(1)
    expect(neighbourPreservation(points, 5, points, { lowDim: 5, k: 7 })).toBe(1)
  })

  it('preservation by hand: five on a line, the last moved between the first two', () => {
    const line = Float32Array.of(0, 1, 3, 6, 10)
    const moved = Float32Array.of(0, 1, 3, 6, 0.4)
    // nearest before: 1 0 1 2 3; after: 4 4 1 2 0
    expect(neighbourPreservation(line, 1, moved, { lowDim: 1, k: 1 })).toBeCloseTo(2 / 5, 12)
  })

  it('says what is wrong', () => {
    expect(() => trustworthiness(points, 5, positions, { k: 30 })).toThrow('k must be less than half the number of points (30), got 30')
    expect(() => neighbourPreservation(points, 5, positions, { k: 60 })).toThrow('k must be less than')
    expect(() => neighbourPreservation(points, 5, positions.slice(2))).toThrow('as many points as there are (60), got 59')
    expect(() => neighbourPreservation(points, 5, positions, { K: 3 } as never)).toThrow('Did you mean "k"')
  })
})

describe('normalise01', () => {
  it('keeps proportions and centres the shorter side', () => {
    expect(Array.from(normalise01(Float32Array.of(-10, 5, 30, 15, 10, 10)))).toEqual([0, 0.375, 1, 0.625, 0.5, 0.5])
  })
  it('puts coinciding points in the middle', () => {
    expect(Array.from(normalise01(Float32Array.of(4, 2, 4, 2)))).toEqual([0.5, 0.5, 0.5, 0.5])
  })
  it('survives the largest numbers', () => {
    expect(Array.from(normalise01(Float32Array.of(-3e38, 0, 3e38, 0)))).toEqual([0, 0.5, 1, 0.5])
  })
})
