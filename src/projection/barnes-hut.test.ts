import { describe, expect, it } from 'vitest'
import { rng } from '../base/index.ts'
import { barnesHut } from './barnes-hut.ts'

/** Plain double loop. */
function direct(positions: Float64Array): { z: number; force: Float64Array } {
  const n = positions.length / 2
  const force = new Float64Array(2 * n)
  let z = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue
      const dx = positions[2 * i] - positions[2 * j]
      const dy = positions[2 * i + 1] - positions[2 * j + 1]
      const q = 1 / (1 + dx * dx + dy * dy)
      z += q
      force[2 * i] += q * q * dx
      force[2 * i + 1] += q * q * dy
    }
  }
  return { z, force }
}

function relativeError(got: Float64Array, want: Float64Array): number {
  const miss = got.reduce((sum, v, i) => sum + (v - want[i]) ** 2, 0)
  return Math.sqrt(miss / want.reduce((sum, v) => sum + v * v, 0))
}

/** Normal clusters, spread over a map of 60 units. */
function map(n: number, seed: number, clusters = 8): Float64Array {
  const random = rng(seed)
  const centres = Array.from({ length: 2 * clusters }, () => 60 * random.uniform())
  return Float64Array.from({ length: 2 * n }, (_, c) => centres[2 * ((c >> 1) % clusters) + (c & 1)] + 3 * random.normal())
}

describe('barnesHut', () => {
  for (const n of [2, 3, 17, 64, 700]) {
    it(`is exact with angle 0, n = ${n}`, () => {
      const positions = map(n, n)
      const want = direct(positions)
      const force = new Float64Array(2 * n)
      expect(barnesHut(n)(positions, 0, force) / want.z).toBeCloseTo(1, 12)
      expect(relativeError(force, want.force)).toBeLessThan(1e-11)
    })
  }

  it('is near with angle 0.5, nearer with 0.3, and not exact', () => {
    const n = 2000
    const positions = map(n, 5)
    const want = direct(positions)
    const errors = [0.3, 0.5, 1].map((angle) => {
      const force = new Float64Array(2 * n)
      expect(Math.abs(barnesHut(n)(positions, angle, force) / want.z - 1)).toBeLessThan(0.1 * angle * angle)
      return relativeError(force, want.force)
    })
    expect(errors[0]).toBeGreaterThan(1e-7)
    expect(errors[0]).toBeLessThan(0.004)
    expect(errors[1]).toBeLessThan(0.02)
    expect(errors[0]).toBeLessThan(errors[1])
    expect(errors[1]).toBeLessThan(errors[2])
  })

  it('counts points that share a place, and lone ones far away', () => {
    const positions = Float64Array.from({ length: 400 }, (_, c) => (c < 300 ? 1.25 : c < 398 ? (c % 7) * 0.1 : 1e6))
    const want = direct(positions)
    const force = new Float64Array(400)
    expect(barnesHut(200)(positions, 0.5, force) / want.z).toBeCloseTo(1, 6)
    expect(relativeError(force, want.force)).toBeLessThan(1e-4)
  })

  it('takes all points in one place', () => {
    const force = new Float64Array(2000).fill(7)
    expect(barnesHut(1000)(new Float64Array(2000).fill(0.1), 0.5, force)).toBeCloseTo(1000 * 999, 3)
    expect(force.every((v) => Math.abs(v) < 1e-9)).toBe(true)
  })

  it('remembers nothing between calls', () => {
    const once = barnesHut(500)
    const positions = map(500, 3)
    const first = new Float64Array(1000)
    const again = new Float64Array(1000)
    const z = once(positions, 0.5, first)
    once(map(500, 4), 0.5, again)
    expect(once(positions, 0.5, again)).toBe(z)
    expect(again).toEqual(first)
  })
})
