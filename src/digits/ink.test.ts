import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/data.json' with { type: 'json' }
import { growInk, inkBox, resampleBox, squaredDistances, strokeWidth } from './ink.ts'

describe('ink', () => {
  it("measures distances as scipy's exact transform does", () => {
    const { height, width, mask, toInk, toPaper } = golden.distance
    expect([...squaredDistances(Uint8Array.from(mask), height, width, 1)]).toEqual(toInk)
    expect([...squaredDistances(Uint8Array.from(mask), height, width, 0)]).toEqual(toPaper)
    const near = squaredDistances(Uint8Array.from(mask), height, width, 1, 3)
    toInk.forEach((d, i) => (d <= 9 ? expect(near[i]).toBe(d) : expect(near[i]).toBeGreaterThan(9)))
  })

  it('measures the width of a stroke, grows and shrinks it by the radius', () => {
    // a bar 6 px wide and 40 long
    const bar = new Float32Array(30 * 60)
    for (let y = 12; y < 18; y++) bar.fill(1, y * 60 + 10, y * 60 + 50)
    const width = (ink: Float32Array): number => ink.filter((_, i) => i % 60 === 30).reduce((a, b) => a + b, 0)
    expect(strokeWidth(Uint8Array.from(bar), 30, 60)).toBeCloseTo(6, 0)
    expect(width(growInk(bar, 30, 60, 2))).toBeCloseTo(10, 5)
    expect(width(growInk(bar, 30, 60, 1.25))).toBeCloseTo(8.5, 5)
    expect(width(growInk(bar, 30, 60, -1.5))).toBeCloseTo(3, 5)
    expect(strokeWidth(new Uint8Array(100), 10, 10)).toBe(0)
  })

  it('finds the box of ink', () => {
    const ink = new Float32Array(20)
    ink[7] = 0.3
    ink[13] = 0.2
    expect(inkBox(ink, 4, 5)).toEqual({ x0: 2, y0: 1, x1: 3, y1: 2 })
    expect(inkBox(ink, 4, 5, 0.1)).toEqual({ x0: 2, y0: 1, x1: 4, y1: 3 })
    expect(inkBox(ink, 4, 5, 0.5)).toBeUndefined()
  })

  it('averages areas: two by two to one, and by uneven factors keeps the mean', () => {
    const ink = Float32Array.from({ length: 36 }, (_, i) => (i * 7) % 11)
    const half = resampleBox(ink, 6, { x0: 0, y0: 0, x1: 6, y1: 6 }, 0.5, 3, 3)
    expect(half[0]).toBeCloseTo((ink[0] + ink[1] + ink[6] + ink[7]) / 4, 5)
    expect(half[8]).toBeCloseTo((ink[28] + ink[29] + ink[34] + ink[35]) / 4, 5)
    const odd = resampleBox(ink, 6, { x0: 0, y0: 0, x1: 6, y1: 6 }, 2 / 3, 4, 4)
    const mean = (a: Float32Array): number => a.reduce((x, y) => x + y, 0) / a.length
    expect(mean(odd)).toBeCloseTo(mean(ink), 4)
  })

  it('enlarges linearly', () => {
    const ramp = Float32Array.of(0, 1, 2, 3)
    const twice = resampleBox(ramp, 4, { x0: 0, y0: 0, x1: 4, y1: 1 }, 2, 1, 8)
    expect([...twice]).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
  })
})
