import { describe, expect, test } from 'vitest'
import { rng } from '../base/index.ts'
import { knnAccuracy } from '../metrics/index.ts'
import { collapseInWords, isShrunk, orderSurvives, spreadOf, type CollapseSigns } from './index.ts'

const [dim, classes, each] = [10, 10, 40]
const labels = Int32Array.from({ length: classes * each }, (_, i) => i % classes)

/** A space with ten classes of which each has its own corner, `scale` wide, `noise` of it within a class, `away` from the origin. */
function space(scale: number, { noise = 0.2, away = 0, unit = false, seed = 0 } = {}): Float32Array {
  const random = rng(seed)
  const points = Float32Array.from({ length: labels.length * dim }, (_, i) => {
    const own = labels[Math.floor(i / dim)] === i % dim ? 1 : 0
    return scale * (own + noise * random.normal()) + (i % dim === 0 ? away : 0)
  })
  if (!unit) return points
  for (let r = 0; r < labels.length; r++) {
    const row = points.subarray(r * dim, (r + 1) * dim)
    const length = Math.hypot(...row)
    row.forEach((v, i) => (row[i] = v / length))
  }
  return points
}
const signs = (points: Float32Array, more: Partial<CollapseSigns>): CollapseSigns => ({
  ...spreadOf(points, dim),
  knnAccuracy: knnAccuracy(points, labels, dim, { k: 5 }),
  chance: 0.1,
  collapsedLoss: more.margin,
  trainLoss: 0.01,
  ...more,
})

describe('a space that shrinks', () => {
  test('is called collapsed at margin 0 although its order survives, in words that say both', () => {
    // measured: 200 steps of the student's network at margin 0, seed 0; spread .033 before the first step
    const measured: CollapseSigns = {
      margin: 0,
      spread: 0.005_68,
      length: 0.162,
      initialSpread: 0.0328,
      knnAccuracy: 0.877,
      chance: 0.1,
      collapsedLoss: 0,
      trainLoss: 0.000_12,
    }
    const words = collapseInWords(measured)!
    expect(words).toContain('the space shrinks towards one point (spread 0.0057, 17.3 % of the 0.033 before the first step)')
    expect(words).toContain('its order survives, kNN accuracy 87.7 %')
    expect(words).toContain('trivial solution')
    const synthetic = collapseInWords(signs(space(0.001, { away: 0.02 }), { margin: 0, initialSpread: 0.033 }))
    expect(synthetic).toContain('its order survives')
    expect(collapseInWords(signs(space(0.001, { noise: 50, away: 0.3 }), { margin: 0, initialSpread: 0.6 }))).not.toContain(
      'its order survives',
    )
  })

  test.each([
    ['margin 0.1 after 1,000 steps, as measured', 0.1, 0.592, 0.0328],
    ['margin 0.9 after 1,000 steps, as measured', 0.9, 4.89, 0.0328],
    ['a small margin that holds a small space, from a network that began large', 0.01, 0.06, 0.445],
    ['fine-tuning from embeddings of length 100', 0.4, 2, 100],
    ['an untrained network under a large margin', 10, 0.033, 0.0328],
    ['unit length and a margin that no sphere can satisfy', 2, 0.9, 0.67],
  ])('is not what a healthy run is: %s', (_, margin, scale, initialSpread) => {
    const points = space(scale, { noise: 0.1 })
    const factor = scale / spreadOf(points, dim).spread
    const sized = points.map((v) => v * factor)
    expect(spreadOf(sized, dim).spread).toBeCloseTo(scale, 4)
    expect(collapseInWords(signs(sized, { margin, initialSpread }))).toBeUndefined()
  })

  test('has the same verdict in any unit: margin and both sizes scaled together', () => {
    for (const unit of [1e-4, 1, 1e4])
      for (const [margin, spread, initialSpread, shrunk] of [
        [0, 0.3, 1, true],
        [0, 0.6, 1, false],
        [1, 0.1, 1, true],
        [1, 0.3, 1, false],
        [1, 0.1, 0.2, false],
      ] as const)
        expect(isShrunk({ margin: margin * unit, spread: spread * unit, initialSpread: initialSpread * unit })).toBe(shrunk)
  })

  test('is judged neither without the size before, nor for a loss without a margin', () => {
    expect(isShrunk({ margin: 0, spread: 1e-9, initialSpread: undefined })).toBe(false)
    expect(isShrunk({ margin: undefined, spread: 1e-9, initialSpread: 1 })).toBe(false)
  })
})

test('normalised embeddings: apart they are healthy at any margin, at one point collapsed', () => {
  for (const margin of [0, 0.1, 0.4, 1])
    expect(collapseInWords(signs(space(1, { unit: true }), { margin, initialSpread: 0.67 }))).toBeUndefined()
  const point = space(0.001, { noise: 3, away: 1, unit: true })
  expect(collapseInWords(signs(point, { margin: 0.4, initialSpread: 0.67 }))).toContain('all embeddings lie at nearly one point')
  const narrow = space(0.03, { away: 1, unit: true })
  expect(collapseInWords(signs(narrow, { margin: 0.4, initialSpread: 0.67 }))).toContain('shrinks towards one point')
})

test('order survives where neighbours do far better than a constant answer', () => {
  expect(orderSurvives(0.877, 0.1)).toBe(true)
  expect(orderSurvives(0.11, 0.1)).toBe(false)
  expect(orderSurvives(0.9, 0.9)).toBe(false)
})
