import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { removeOverlaps } from './remove-overlaps.ts'

const box = { left: 10, top: 20, width: 300, height: 200 }

/** The largest overlap of two squares: of the pair's overlap lengths along x and y, the smaller. */
function overlap(at: Float64Array, side: number): number {
  let most = 0
  for (let i = 0; i < at.length / 2; i++)
    for (let j = 0; j < i; j++)
      most = Math.max(most, Math.min(side - Math.abs(at[2 * i] - at[2 * j]), side - Math.abs(at[2 * i + 1] - at[2 * j + 1])))
  return most
}

/** Points with many coincidences, some outside the box. */
const clouds = fc.integer({ min: 1, max: 60 }).chain((n) =>
  fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 4 }).map((v) => v * 60),
      fc.double({ min: -20, max: 340, noNaN: true }),
    ),
    { minLength: 2 * n, maxLength: 2 * n },
  ),
)

test('no two squares overlap, none leaves the box, and the same points get the same places', () => {
  fc.assert(
    fc.property(clouds, fc.double({ min: 4, max: 25, noNaN: true }), (points, side) => {
      const wanted = Float64Array.from(points)
      const at = removeOverlaps(wanted, side, box)
      expect(overlap(at, side)).toBeLessThan(1e-6)
      for (let i = 0; i < at.length / 2; i++) {
        expect(Math.abs(at[2 * i] - box.left - box.width / 2)).toBeLessThanOrEqual((box.width - side) / 2 + 1e-6)
        expect(Math.abs(at[2 * i + 1] - box.top - box.height / 2)).toBeLessThanOrEqual((box.height - side) / 2 + 1e-6)
      }
      expect(removeOverlaps(wanted, side, box)).toEqual(at)
    }),
    { numRuns: 60 },
  )
})

test('the test for overlaps can fail', () => {
  expect(overlap(Float64Array.of(0, 0, 7, 3), 10)).toBe(3)
})

test('squares that stand free keep their places', () => {
  const wanted = Float64Array.of(50, 60, 100.3, 60.7, 250, 130, 50, 90)
  expect([...removeOverlaps(wanted, 20, box)]).toEqual([...wanted])
})

test('a crowd stays a crowd: about as near as a filled disc is, and in its order', () => {
  const random = rng(3)
  const wanted = Float64Array.from({ length: 80 }, (_, k) => (k % 2 === 0 ? 160 : 120) + 8 * random.normal())
  const side = 14
  const at = removeOverlaps(wanted, side, box)
  const moves = Array.from({ length: 40 }, (_, i) => Math.hypot(at[2 * i] - wanted[2 * i], at[2 * i + 1] - wanted[2 * i + 1]))
  // Forty squares fill a disc of radius sqrt(40 / pi) sides; the mean move cannot be far below half of it, and must not be far above.
  expect(moves.reduce((a, b) => a + b, 0) / 40).toBeLessThan(0.75 * side * Math.sqrt(40 / Math.PI))
  let kept = 0
  let pairs = 0
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [wanted[2 * i] - wanted[2 * j], wanted[2 * i + 1] - wanted[2 * j + 1]]
      if (Math.abs(dx) < 4 && Math.abs(dy) < 4) continue
      pairs++
      const k = Math.abs(dx) > Math.abs(dy) ? 0 : 1
      if ((k === 0 ? dx : dy) * (at[2 * i + k] - at[2 * j + k]) >= 0) kept++
    }
  }
  expect(kept / pairs).toBeGreaterThan(0.95)
})

test('a box that is too small is an error', () => {
  expect(() => removeOverlaps(new Float64Array(20), 100, box)).toThrow('the box must hold 10 squares of 100 pixels, got "room for 6"')
})
