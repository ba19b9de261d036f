import { describe, expect, it } from 'vitest'
import { rng } from '../base/index.ts'
import { imageAt, subset, type Dataset } from '../dataset/index.ts'
import { inkBox, maskOf, strokeWidth } from './ink.ts'
import { inventedCharacters } from './invented.ts'
import { loadMnist } from './mnist.ts'
import { boxOf, drawingSide, drawStrokes, moved, pathLength } from './pen.ts'
import { arc, curve, dot, line, loops, polygon, spiral, written, zigzag } from './strokes.ts'

const test = await loadMnist({ split: 'test' })
const mnist = subset(
  test,
  Array.from({ length: 600 }, (_, i) => 16 * i),
)
const made = inventedCharacters({ count: 600, seed: 2 })
const inkOf = (d: Dataset, i: number): Float32Array => Float32Array.from(imageAt(d, i), (v) => v / 255)

/** Mean ink, stroke width, and of the inked pixels the shares that are faint (below 64) and nearly white (252 and more). */
function texture(d: Dataset): Record<'ink' | 'stroke' | 'faint' | 'white', number> {
  const inked = d.images.filter((v) => v > 0)
  let stroke = 0
  for (let i = 0; i < 600; i++) stroke += strokeWidth(maskOf(inkOf(d, i)), 28, 28) / 600
  return {
    ink: d.images.reduce((a, b) => a + b, 0) / d.images.length / 255,
    stroke,
    faint: inked.filter((v) => v < 64).length / inked.length,
    white: inked.filter((v) => v >= 252).length / inked.length,
  }
}

/** Pieces of ink that do not touch each other, not even at corners. */
function componentsOf(mask: Uint8Array): number {
  const left = new Set([...mask.keys()].filter((i) => mask[i] === 1))
  let count = 0
  for (const start of left) {
    count++
    const stack = [start]
    left.delete(start)
    while (stack.length > 0) {
      const at = stack.pop()!
      for (const step of [-29, -28, -27, -1, 1, 27, 28, 29]) if (left.delete(at + step)) stack.push(at + step)
    }
  }
  return count
}

describe('invented characters', () => {
  it('are seeded, each another one', () => {
    expect(inventedCharacters({ count: 600, seed: 2 }).hash).toBe(made.hash)
    expect(inventedCharacters({ count: 600, seed: 3 }).hash).not.toBe(made.hash)
    expect(new Set(Array.from({ length: made.count }, (_, i) => imageAt(made, i).join())).size).toBe(600)
  })

  it("lie in MNIST's frame: the longer side 20 px, the middle of mass at pixel 14", () => {
    for (let i = 0; i < made.count; i++) {
      const image = imageAt(made, i)
      expect(Math.max(...image)).toBe(255)
      const box = inkBox(inkOf(made, i), 28, 28, 0.01)!
      expect(Math.max(box.x1 - box.x0, box.y1 - box.y0)).toBeGreaterThanOrEqual(18)
      expect(Math.max(box.x1 - box.x0, box.y1 - box.y0)).toBeLessThanOrEqual(20)
      const mass = image.reduce((a, b) => a + b, 0)
      const [mx, my] = [image.reduce((a, v, p) => a + v * (p % 28), 0), image.reduce((a, v, p) => a + v * Math.floor(p / 28), 0)]
      // a lopsided drawing stops at the border
      if (box.x0 > 0 && box.x1 < 28) expect(Math.abs(mx / mass - 14)).toBeLessThanOrEqual(0.51)
      if (box.y0 > 0 && box.y1 < 28) expect(Math.abs(my / mass - 14)).toBeLessThanOrEqual(0.51)
    }
  })

  it("have ink, strokes and edges as MNIST's digits have: a network must not tell them by texture", () => {
    const [theirs, ours] = [texture(mnist), texture(made)]
    expect(Math.abs(ours.ink / theirs.ink - 1)).toBeLessThan(0.12)
    expect(Math.abs(ours.stroke / theirs.stroke - 1)).toBeLessThan(0.12)
    expect(Math.abs(ours.faint / theirs.faint - 1)).toBeLessThan(0.2)
    expect(Math.abs(ours.white / theirs.white - 1)).toBeLessThan(0.2)
  })

  it('are of many kinds: some in several pieces, some wide and some narrow, few lumps', () => {
    const pieces = Array.from({ length: 600 }, (_, i) => componentsOf(maskOf(inkOf(made, i))))
    expect(pieces.filter((n) => n === 2).length).toBeGreaterThan(30)
    expect(pieces.filter((n) => n > 2).length).toBeGreaterThan(15)
    expect(pieces.filter((n) => n === 1).length).toBeGreaterThan(300)
    const aspects = Array.from({ length: 600 }, (_, i) => {
      const { x0, x1, y0, y1 } = inkBox(inkOf(made, i), 28, 28)!
      return (x1 - x0) / (y1 - y0)
    })
    expect(aspects.filter((a) => a > 1.5).length).toBeGreaterThan(60)
    expect(aspects.filter((a) => a < 0.67).length).toBeGreaterThan(60)
    expect(Array.from({ length: 600 }, (_, i) => inkOf(made, i).reduce((a, b) => a + b, 0)).filter((ink) => ink > 230).length).toBeLessThan(
      12,
    )
  })

  it('refuse a count that is none', () => {
    expect(() => inventedCharacters({ count: 0 })).toThrow('whole number above 0')
  })
})

describe('strokes', () => {
  it.each(Object.entries({ written, line, arc, curve, polygon, zigzag, spiral, loops, dot }))(
    '%s: seeded, finite, no longer than a page',
    (_, make) => {
      const draw = (seed: number) => make(rng(seed))
      expect(draw(1)).toEqual(draw(1))
      expect(draw(1)).not.toEqual(draw(2))
      for (let seed = 0; seed < 200; seed++) {
        const points = draw(seed)
        expect(points.length).toBeGreaterThanOrEqual(2)
        for (const [x, y] of points) expect(Math.hypot(x, y)).toBeLessThan(5)
      }
    },
  )

  it('are measured in pixels of the frame, wherever they lie and however large they are', () => {
    const cross = [
      [
        [0, 0],
        [2, 0],
      ],
      [
        [1, -1],
        [1, 1],
      ],
    ] as const
    expect(boxOf(cross)).toEqual({ left: 0, top: -1, right: 2, bottom: 1 })
    expect(pathLength(cross)).toBeCloseTo(36, 9)
    expect(pathLength(cross.map((s) => moved(s, 7, -3)))).toBeCloseTo(36, 9)
  })

  it('are drawn inside the canvas, with a pen whose edge is half a pixel wide', () => {
    const ink = drawStrokes(rng(4), [line(rng(5), 0, 1)])
    const box = inkBox(ink, drawingSide, drawingSide, 0)!
    expect(Math.min(box.x0, box.y0, drawingSide - box.x1, drawingSide - box.y1)).toBeGreaterThan(0)
    expect(Math.max(...ink)).toBe(1)
    const soft = ink.filter((v) => v > 0 && v < 1).length / ink.filter((v) => v > 0).length
    expect(soft).toBeGreaterThan(0)
    expect(soft).toBeLessThan(0.3)
  })
})
